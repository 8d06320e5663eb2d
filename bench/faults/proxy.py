"""A small proxy that cuts, delays and doubles requests between clients and a site."""

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from threading import Event, Thread
from typing import Literal

from webapp.local.embedded_postgres import free_port

Trouble = Literal["cut before", "cut within", "cut unanswered", "cut answer", "delay", "twice"]
TROUBLES: tuple[Trouble, ...] = ("cut before", "cut within", "cut unanswered", "cut answer", "delay", "twice")
LONGEST_DELAY = 10.0  # seconds
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Troubled:
    """What happens to a request.

    ``cut before``: it never leaves; ``within``: half of it arrives; ``unanswered``: all of it does, and nobody hears
    the answer; ``answer``: half of that comes. ``delay``: it leaves after ``seconds``; ``twice``: it arrives twice.
    """

    trouble: Trouble
    seconds: float = 0.0


class CuttingProxy:
    """The proxy, in a thread: one request for each connection to the site, from the address of its client."""

    def __init__(self, port: int) -> None:
        """Start it in front of a port of this machine."""
        self._target = port
        self.port = free_port()
        self._planned: deque[Troubled] = deque()
        self._listens = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._listen()), name="proxy")
        self._thread.start()
        self._listens.wait()

    def trouble(self, planned: Iterable[Troubled]) -> None:
        """Let the next requests meet this, one each."""
        self._planned.extend(planned)

    def is_quiet(self) -> bool:
        """Tell whether all that was planned has happened."""
        return not self._planned

    def close(self) -> None:
        """Stop it, with whatever is under way."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _listen(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._serve, "127.0.0.1", self.port):
            self._listens.set()
            await self._stopped.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if request := await _request(reader):
                planned = self._planned.popleft() if self._planned else None
                writer.write(await self._carry(request, planned, writer.get_extra_info("peername")[0]))
                await writer.drain()
        writer.close()

    async def _carry(self, request: bytes, planned: Troubled | None, client: str) -> bytes:
        """Return the answer, or what of it there is: empty where the client is to hear nothing."""
        trouble = planned.trouble if planned else None
        if planned and trouble == "delay":
            await asyncio.sleep(planned.seconds)
        if trouble == "cut before":
            return b""
        if trouble == "cut within":
            # At least one byte lacks, of the headers where there is no body.
            await self._send(request[: len(request) // 2], client, waits=False)
            return b""
        if trouble == "twice":
            await self._send(request, client)
        answer = await self._send(request, client)
        if trouble == "cut unanswered":
            return b""
        return answer[: len(answer) // 2] if trouble == "cut answer" else answer

    async def _send(self, request: bytes, client: str, *, waits: bool = True) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target, local_addr=(client, 0))
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read(-1) if waits else b""
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """Return the next request, which asks the site to close the connection after it; empty where there is none."""
    try:
        head = await reader.readuntil(_END)
    except asyncio.IncompleteReadError:
        return b""
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return _CONNECTION.sub(b"", head[: -len(_END)]) + b"\r\nConnection: close" + _END + body


def troubles(random: Random) -> list[Troubled]:
    """Return what one to eight requests meet, all of one kind."""
    trouble = random.choice(TROUBLES)
    return [Troubled(trouble, random.uniform(0, LONGEST_DELAY)) for _ in range(random.randint(1, 8))]
