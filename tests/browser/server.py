"""The site's server in the tests, which can be brought to rest between two of them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Gate:
    """Requests pass it; closed, it lets those that are in end and turns the others away."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._is_open = True

    @contextmanager
    def passed(self) -> Iterator[bool]:
        with self._changed:
            passes = self._is_open
            self._inside += passes
        try:
            yield passes
        finally:
            with self._changed:
                self._inside -= passes
                self._changed.notify_all()

    def open(self) -> None:
        with self._changed:
            self._is_open = True

    def close(self, seconds: float = 30) -> None:
        with self._changed:
            self._is_open = False
            assert self._changed.wait_for(lambda: self._inside == 0, seconds), "the server does not come to rest"


GATE = _Gate()


class GatedServer(ThreadedWSGIServer):
    """Django's server for tests, behind the gate; it keeps a connection to the database as long as one to a browser."""

    # It has stopped when all are closed: the database can be deleted then.
    daemon_threads = False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        connection.settings_dict = connection.settings_dict | {"CONN_MAX_AGE": None}
        super().process_request_thread(request, client_address)

    def set_app(self, application: Any) -> None:
        super().set_app(_gated(application))


def _gated(application: Application) -> Application:
    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with GATE.passed() as passes:
            if passes:
                return application(environ, start_response)
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return []

    return respond
