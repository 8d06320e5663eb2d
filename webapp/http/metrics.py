"""What a web process counts for Prometheus: requests, how long they took, and events that were stored.

Nothing is counted unless METRICS_TOKEN is set. ``webapp.desk.metrics`` answers with it at ``/metrics``. Each web
process counts in files of its own, which the process that is asked adds up (prometheus_client's multiprocess mode, in a
folder that ``webapp.http.counting`` makes).
"""

import os
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from webapp.http.counting import FOLDER

_own = CollectorRegistry()

REQUESTS = Histogram(
    "safelight_request_seconds",
    "Time that the site took to answer, by address and status.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_own,
)
EVENTS = Counter(
    "safelight_events_acknowledged",
    "Events that players were told are stored; those sent again count again.",
    registry=_own,
)


class Metrics:
    """Middleware that counts requests and times them, the short way of events included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = self._get_response(request)
        match = request.resolver_match
        # Only the short way of events counts a request that no address was looked up for.
        route = match.view_name if match else "events" if getattr(request, "is_counted", False) else "none"
        REQUESTS.labels(request.method, route, response.status_code).observe(perf_counter() - began)
        return response


class WebProcesses:
    """What all web processes have counted, for a registry of Prometheus."""

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted since the server was started."""
        if os.environ.get(FOLDER):
            all_processes: Any = MultiProcessCollector
            yield from all_processes(None).collect()
        else:
            yield from _own.collect()
