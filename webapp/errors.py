"""What is answered when no view could: JSON below /api/, else a page."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from webapp.refusals import body


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, HTTPStatus.BAD_REQUEST, "malformed", "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, HTTPStatus.FORBIDDEN, "forbidden", "This is not yours to see.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this address.")


def failed(request: HttpRequest) -> HttpResponse:
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "failed", "The site failed; this has been logged.")


def _answer(request: HttpRequest, status: HTTPStatus, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(body(code, message), status=status)
    # Without the request, so that no context processor asks a database that may be what failed.
    return HttpResponse(loader.render_to_string(f"{status.value}.html"), status=status)
