"""What the log says: a line or an object of JSON for each entry, with the id of the request that it belongs to."""

import logging
import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[-\w]{8,64}", re.ASCII)


class RequestIds:
    """Middleware that gives each request an id, which its log entries and its answer bear.

    The reverse proxy's own is taken over, where there is one: so that its log and this one can be read side by side.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "") if settings.NUMBER_OF_PROXIES else ""
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        with bound_contextvars(request_id=request_id):
            response = self._get_response(request)
        response[HEADER] = request_id
        return response


class RequestId(logging.Filter):
    """Gives an entry the id of its request, ``-`` outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add ``request_id`` to the record, and let it pass."""
        record.request_id = structlog.contextvars.get_contextvars().get("request_id", "-")
        return True


def json_formatter() -> logging.Formatter:
    """Return the formatter of objects of JSON: time (UTC, ISO 8601), level, logger, event, request_id, exception."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
