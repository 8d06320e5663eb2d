"""Whether the site can serve: for load balancers, systemd and ``make run``."""

from http import HTTPStatus

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while Postgres answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("Postgres does not answer\n", "text/plain", HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse("ok\n", "text/plain")
