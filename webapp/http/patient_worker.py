"""A worker of gunicorn's, with threads, that gives a thread only to requests that have arrived.

gunicorn's own gives one to each new connection, which waits there for 5 s, and to each whose request has begun, until
the last of its headers has come: as many idle connections as there are threads stall everybody. Here they wait with the
loop that accepts them, which closes what is not complete in REQUEST_SECONDS. A request with a larger body has its
thread while the body comes, and may pause for PAUSE_SECONDS: a proxy that takes in whole requests, such as nginx, goes
before a site that everybody reaches (docs/deploy.md).
"""

import re
import socket
import struct
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

REQUEST_SECONDS = 20.0
PAUSE_SECONDS = 30
# A body of up to so many bytes is waited for as the headers are; more than so many of headers gunicorn refuses.
SMALL_BODY = 1 << 16
LARGEST_HEADERS = 1 << 17
_READ_BYTES = 1 << 16
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_ANSWER_FIRST = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # who sends this waits to be asked for the body


def has_arrived(content: bytes) -> bool:
    """Tell whether a thread can take a request without waiting: its headers are complete, and its body if it is small.

    What is too large to be a request is for gunicorn to refuse.
    """
    end = content.find(_END)
    if end < 0:
        return len(content) > LARGEST_HEADERS
    headers = content[: end + 2]
    length = _LENGTH.search(headers)
    if length is None or int(length[1]) > SMALL_BODY or _ANSWER_FIRST.search(headers):
        return True
    return len(content) >= end + len(_END) + int(length[1])


class _Connection(TConn):  # type: ignore[misc]  # gunicorn tells no types
    """A connection with what has arrived of its next request."""

    arrived = b""

    def init(self) -> None:
        """Give what has arrived to the parser; called in the request's thread."""
        super().init()
        if self.arrived:
            self.parser.unreader.unread(self.arrived)
            self.arrived = b""


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn tells no types
    """The worker; its methods are called by gunicorn's loop."""

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, whose request is waited for."""
        if self.cfg.is_ssl:  # its bytes are not the request's
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        # Of a thread that reads the body, or sends the answer: the system ends its waiting.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PAUSE_SECONDS, 0))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", PAUSE_SECONDS, 0))
        self._expect(_Connection(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Begin to wait for the rest of the next request of a connection that was kept."""
        if self.cfg.is_ssl:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._expect(conn)

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Take what has come of a request; once it is all there, it has a thread."""
        if self.cfg.is_ssl:
            super().on_pending_socket_readable(conn, client)
            return
        try:
            content = client.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            content = b""
        conn.arrived += content
        if content and not has_arrived(conn.arrived):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if content:
            conn.data_ready = True
            self.enqueue_req(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def _expect(self, conn: Any) -> None:
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _cap_keepalive(self, deadline: float) -> None:
        """Close what sends nothing soon after the worker is asked to stop, too."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)
