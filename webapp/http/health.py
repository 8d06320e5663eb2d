"""Whether the site is well: what load balancers, monitors, systemd and ``make run`` ask."""

from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from webapp.http.disk_full import why_unwritable
from webapp.storage.site_file import site_storage


def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process serves at all, whatever it needs: if it does not, start it again."""
    return HttpResponse("ok\n", "text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if people can play, and 503 while Postgres does not answer: then send them elsewhere, or wait."""
    return _why_unready() or HttpResponse("ok\n", "text/plain")


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 where all is well, else what somebody has to mend.

    503 while Postgres or the bucket does not answer, 507 while nothing can be saved in DATA_DIR.
    """
    if unready := _why_unready():
        return unready
    if reason := why_unwritable(Path(settings.DATA_DIR)):
        return HttpResponse(f"Nothing can be saved: {reason}\n", "text/plain", HTTPStatus.INSUFFICIENT_STORAGE)
    if reason := site_storage().why_unusable(by_writing=False):
        return HttpResponse(f"No photo can be read: {reason}\n", "text/plain", HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse("ok\n", "text/plain")


def _why_unready() -> HttpResponse | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("Postgres does not answer\n", "text/plain", HTTPStatus.SERVICE_UNAVAILABLE)
    return None
