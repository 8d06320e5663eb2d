"""How the API says no: ``{"error": {"code", "message", "seq"}}`` with a fitting status, always."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.exceptions import APIException

_LONGEST_MESSAGE = 500


class Refusal(APIException):
    """A request that is refused by name.

    ``wait``: the seconds after which it is worth another try, sent as Retry-After. ``extra`` joins the error's body,
    such as the id of the episode that is open already.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = HTTPStatus.CONFLICT,
        seq: int | None = None,
        *,
        wait: int | None = None,
        **extra: str,
    ) -> None:
        super().__init__(message, code)
        if wait is not None:  # Django REST framework looks for it
            self.wait = wait
        self.code, self.status_code, self.seq, self.extra = code, status, seq, extra


def photo_removed() -> Refusal:
    """Return what is said of a photo that nobody can play any more: it was removed, or its preview is lost."""
    return Refusal("photo_removed", gettext("This photo is gone; go on with the next one."), HTTPStatus.GONE)


def photos_away() -> Refusal:
    """Return what is said while no photo can be read: the folder is not mounted, or the bucket does not answer."""
    message = gettext("The photos are away at the moment; your work is kept. Try again in a while.")
    return Refusal("photos_away", message, HTTPStatus.SERVICE_UNAVAILABLE)


class ErrorDetailSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="A word that programs can rely on.")
    message = serializers.CharField(help_text="A sentence for people.")
    seq = serializers.IntegerField(allow_null=True, help_text="The number of the event that is refused, if it is one.")
    episode = serializers.UUIDField(required=False, help_text="With `other_episode_open`: the episode to resume.")


class ErrorSerializer(serializers.Serializer[Any]):
    error = ErrorDetailSerializer()


def body(code: str, message: str, seq: int | None = None, **extra: str) -> dict[str, Any]:
    """Return the JSON of every refusal."""
    return {"error": {"code": code, "message": message[:_LONGEST_MESSAGE], "seq": seq, **extra}}
