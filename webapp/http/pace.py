"""The pace of pages, as Django REST framework keeps it for the API: who asks too often is told when to come again."""

import math
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from webapp.http.errors import too_many
from webapp.http.visitors import SessionThrottle


def check_pace(request: HttpRequest | Request, scope: str) -> None:
    """Count a request against the rate of a scope of DEFAULT_THROTTLE_RATES.

    Raises:
        Throttled: there were too many.
    """
    if (seconds := _too_soon_by(request, scope)) is not None:
        raise Throttled(seconds)


def refusal(request: HttpRequest, scope: str) -> HttpResponse | None:
    """Count a request for a page; return what is answered to who comes too often, None for others."""
    seconds = _too_soon_by(request, scope)
    return None if seconds is None else too_many(request, wait=seconds)


def paced(scope: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Make a page that counts against the rate of a scope, and answers 429 beyond it."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def at_pace(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
            return refusal(request, scope) or view(request, *args, **values)

        return at_pace

    return decorate


def _too_soon_by(request: HttpRequest | Request, scope: str) -> int | None:
    throttle: Any = SessionThrottle()  # made for the framework's requests and views, of which it asks no more
    if throttle.allow_request(request, SimpleNamespace(throttle_scope=scope)):
        return None
    return math.ceil(throttle.wait() or 1)
