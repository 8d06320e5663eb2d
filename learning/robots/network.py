"""A bad network on the way to a site: requests and replies are lost, cut short, doubled, or come late."""

from collections.abc import Iterator
from random import Random
from typing import NoReturn

import httpx

FAULTS = ("lost", "cut", "unanswered", "doubled", "late")


class BadNetwork(httpx.BaseTransport):
    """A transport on which a share of the requests meets a fault.

    A request is ``lost`` on its way; the connection is ``cut`` in the middle of its body; the site has heard it and the
    reply does not come (``unanswered``); it arrives twice (``doubled``); or it is given up and arrives ``late`` all the
    same, after the one that follows it.
    """

    def __init__(self, transport: httpx.BaseTransport, share: float, seed: int) -> None:
        """Make a network of a seed on which ``share`` of the requests, from 0 to below 1, meets a fault."""
        self._transport = transport
        self._share = share
        self._random = Random(seed)  # noqa: S311 (nothing is secret)
        self._late: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request.

        Raises:
            httpx.TransportError: a fault that the sender notices.
        """
        fault = self._random.choice(FAULTS) if self._random.random() < self._share else ""
        if fault == "lost":
            raise httpx.ConnectError("The network is gone", request=request)
        if fault == "late":
            self._late.append(request)
            raise httpx.ReadTimeout("No answer came", request=request)
        if fault == "cut":
            self._cut(request)
        if fault:
            self._carry_unheard(request)
        if fault == "unanswered":
            raise httpx.ReadError("The connection was lost", request=request)
        response = self._transport.handle_request(request)
        while self._late:
            response.read()
            self._carry_unheard(self._late.pop())
        return response

    def close(self) -> None:
        """Close the transport below."""
        self._transport.close()

    def _carry_unheard(self, request: httpx.Request) -> None:
        self._transport.handle_request(request).read()

    def _cut(self, request: httpx.Request) -> NoReturn:
        cut = httpx.Request(request.method, request.url, headers=request.headers, stream=_HalfSent(request.read()))
        self._transport.handle_request(cut).close()
        raise httpx.WriteError("The connection was lost", request=request)


class _HalfSent(httpx.SyncByteStream):
    """A body of which half is sent."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.WriteError("The connection was lost")
