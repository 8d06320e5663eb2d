"""The pace of requests: whoever asks too often is told when to come again.

What a rate allows in a window of time stands in Postgres, for all web processes alike. A process takes a sixtieth of it
at a time (of 60 requests or fewer, one), and counts in its memory what it has used of that. So nobody gets more than
the rate, however many processes there are; whose requests are spread over many may be stopped a few sixtieths early.

Of who has neither agreed to take part nor logged in, nothing is stored: each process counts them in its memory, as
Django REST framework does.
"""

import math
import time
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.connection import ConnectionProxy
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

from webapp.http.errors import too_many
from webapp.http.models import RequestCount

if TYPE_CHECKING:
    from rest_framework.views import APIView

# So many portions make up a rate.
_PORTIONS = 60
# What people send as they agree.
_AGREEING = "join"


class SessionThrottle(ScopedRateThrottle):
    """Counts for each participant, each researcher, or each address of others; each request once."""

    # What this process has taken and not used, and until when a visitor is refused.
    cache: Any = ConnectionProxy(caches, "throttles")
    _wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count a request, and tell whether it may pass."""
        scope, who = getattr(view, "throttle_scope", None), _counted_as(request)
        if scope is None or getattr(request, "is_counted", False):
            return True
        if not who and scope != _AGREEING:
            return super().allow_request(request, view)
        limit_and_seconds: Any = self.parse_rate(self.THROTTLE_RATES[scope])
        return self._pass(f"{scope}:{who or self.get_ident(request)}", *limit_and_seconds)

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Return what the framework counts under."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def wait(self) -> float | None:
        """Return the seconds until a request that was refused may come again."""
        return super().wait() if self._wait is None else self._wait

    def _pass(self, key: str, limit: int, seconds: int) -> bool:
        self._wait = self.cache.get(f"refused:{key}", 0) - time.monotonic()
        if self._wait > 0:
            return False
        in_hand = self._add(key, -1)
        if in_hand is not None and in_hand >= 0:
            return True
        hashed = salted_hmac("webapp.http.pace", key, algorithm="sha256").hexdigest()
        taken, self._wait = RequestCount.take(hashed, math.ceil(limit / _PORTIONS), limit, seconds)
        if taken == 0:
            self.cache.set(f"refused:{key}", time.monotonic() + self._wait, self._wait)
            return False
        # Where there was a count, this request is off it already. Another may have begun one at the same moment.
        rest = taken - 1 if in_hand is None else taken
        if self._add(key, rest) is None and not self.cache.add(key, taken - 1, self._wait):
            self._add(key, taken - 1)
        return True

    def _add(self, key: str, number: int) -> int | None:
        """Return what is in hand after a change, None where nothing was taken in this window."""
        try:
            return int(self.cache.incr(key, number))
        except ValueError:
            return None


def _counted_as(request: Request) -> str:
    participant, user = request.session.get("participant"), getattr(request, "user", None)
    if participant is None and user is not None and user.pk is not None:
        return f"account-{user.pk}"
    return str(participant or "")


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
    seconds: int = math.ceil(throttle.wait() or 1)
    return seconds
