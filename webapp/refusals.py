"""How the API says no: ``{"error": {"code", "message", "seq"}}`` with a fitting status, always."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from editing.rules import IllegalEvent

# Of the codes of editing.rules: those where the play is legal but does not follow on what is stored.
_CONFLICTS = {"gap", "closed", "stale_contract"}
_CODES = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
}


class Refusal(APIException):
    """A request that is refused by name.

    ``extra`` joins the error's body, such as the id of the episode that is open already.
    """

    def __init__(
        self, code: str, message: str, status: int = HTTPStatus.CONFLICT, seq: int | None = None, **extra: str
    ) -> None:
        super().__init__(message, code)
        self.code, self.status_code, self.seq, self.extra = code, status, seq, extra


class ErrorDetailSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="A word that programs can rely on.")
    message = serializers.CharField(help_text="A sentence for people.")
    seq = serializers.IntegerField(allow_null=True, help_text="The number of the event that is refused, if it is one.")
    episode = serializers.UUIDField(required=False, help_text="With `other_episode_open`: the episode to resume.")


class ErrorSerializer(serializers.Serializer[Any]):
    error = ErrorDetailSerializer()


def body(code: str, message: str, seq: int | None = None, **extra: str) -> dict[str, Any]:
    """The JSON of every refusal."""
    return {"error": {"code": code, "message": message, "seq": seq, **extra}}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: None, which is a server error, for what is no refusal."""
    if isinstance(error, IllegalEvent):
        status = HTTPStatus.CONFLICT if error.code in _CONFLICTS else HTTPStatus.BAD_REQUEST
        error = Refusal(error.code, _sentence(str(error)), status, error.seq)
    elif isinstance(error, RequestDataTooBig):
        error = Refusal("too_large", str(error), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Refusal):
        response.data = body(error.code, str(error.detail), error.seq, **error.extra)
    else:
        code = _CODES.get(HTTPStatus(response.status_code), "malformed")
        response.data = body(code, _message(response.data))
    return response


def _message(data: Any) -> str:
    """One sentence from DRF's detail, or from its errors by field."""
    if isinstance(data, dict) and "detail" in data:
        return str(data["detail"])
    if isinstance(data, dict):
        return " ".join(f"{field}: {' '.join(map(str, texts))}" for field, texts in data.items())
    return " ".join(map(str, data))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
