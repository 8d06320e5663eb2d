"""What is answered in place of a view: to its errors, and where there is none. JSON below /api/, else a page."""

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext, gettext_lazy, gettext_noop, ngettext
from rest_framework.exceptions import NotAuthenticated
from rest_framework.response import Response
from rest_framework.views import exception_handler

from editing.game.events import IllegalEvent
from webapp.http.database_unavailable import is_unavailable
from webapp.http.disk_full import is_disk_full
from webapp.http.refusals import Refusal, body, photos_away
from webapp.storage.unreachable import StorageUnreachable

DISK_FULL = gettext_noop("The server cannot save anything at the moment: its disk is full.")
_logger = logging.getLogger(__name__)

# Of the codes of editing.game.rules: those of play that is legal in itself but does not follow on what is stored.
_CONFLICTS = {"gap", "closed", "stale_contract"}
_CODES = {
    HTTPStatus.UNAUTHORIZED: "forbidden",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
}
# Only what is the researchers' asks for a login.
_LOGGED_OUT = gettext_lazy("You were logged out: log in again.")


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: None, which is a server error, for what is no refusal."""
    if isinstance(error, IllegalEvent):
        status = HTTPStatus.CONFLICT if error.code in _CONFLICTS else HTTPStatus.BAD_REQUEST
        error = Refusal(error.code, _sentence(str(error)), status, error.seq)
    elif is_disk_full(error):
        _logger.error("The disk is full (%s): %s", error, context["request"].path)
        error = Refusal("not_saved", gettext(DISK_FULL), HTTPStatus.INSUFFICIENT_STORAGE)
    elif isinstance(error, StorageUnreachable):
        _logger.error("The files are away (%s): %s", error.strerror, context["request"].path)
        error = photos_away()
    elif isinstance(error, RequestDataTooBig):
        error = Refusal("too_large", str(error), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Refusal):
        response.data = body(error.code, str(error.detail), error.seq, **error.extra)
        if hasattr(error, "wait"):
            # Who has to come again later has met no error: Django, which logs each 5xx as one, takes this as logged.
            vars(response)["_has_been_logged"] = True
    else:
        code = _CODES.get(HTTPStatus(response.status_code), "malformed")
        message = str(_LOGGED_OUT) if isinstance(error, NotAuthenticated) else _message(response.data)
        response.data = body(code, message)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that cannot be understood; what is wrong is said where it was found out here."""
    message = gettext("The request could not be understood.")
    if exception is not None and type(exception).__module__.startswith("webapp."):
        message = str(exception)
    return _page(request, HTTPStatus.BAD_REQUEST, "malformed", message)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, HTTPStatus.FORBIDDEN, "forbidden", gettext("This is not yours to see."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, HTTPStatus.NOT_FOUND, "not_found", gettext("There is nothing at this address."))


def too_many(request: HttpRequest, *, wait: int = 60) -> HttpResponse:
    """Answer who has asked too often; ``wait``: the seconds after which it is worth another try."""
    minutes = -(-wait // 60)
    message = ngettext("Try again in %(minutes)s minute.", "Try again in %(minutes)s minutes.", minutes) % {
        "minutes": minutes
    }
    response = _page(request, HTTPStatus.TOO_MANY_REQUESTS, "throttled", message)
    response["Retry-After"] = str(wait)
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed; called by Django while it handles the error."""
    if is_unavailable(sys.exc_info()[1]):
        message = gettext("The site cannot reach its database at the moment: try again soon.")
        return _page(request, HTTPStatus.SERVICE_UNAVAILABLE, "database_away", message)
    if is_disk_full(sys.exc_info()[1]):
        return _page(request, HTTPStatus.INSUFFICIENT_STORAGE, "not_saved", gettext(DISK_FULL))
    if isinstance(sys.exc_info()[1], StorageUnreachable):
        away = photos_away()
        return _page(request, HTTPStatus.SERVICE_UNAVAILABLE, away.code, str(away.detail))
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "failed", gettext("The site failed; this has been logged."))


def _page(request: HttpRequest, status: HTTPStatus, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(body(code, message), status=status)
    # Without the request, so that no context processor asks a database that may be what failed.
    return HttpResponse(loader.render_to_string(f"{status.value}.html", {"message": message}), status=status)


def _message(data: Any) -> str:
    """One sentence from DRF's detail, or from its errors by field."""
    if isinstance(data, dict) and "detail" in data:
        return str(data["detail"])
    if isinstance(data, dict):
        return " ".join(f"{field}: {_message(errors)}" for field, errors in data.items())
    return " ".join(map(str, data)) if isinstance(data, list) else str(data)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
