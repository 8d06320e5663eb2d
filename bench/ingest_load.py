"""Many players at once in one process: connections that are kept, and batches of events sent without a pause."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from editing.game.events import Event
from editing.game.filters import FILTERS
from editing.game.rules import State, apply_event

BATCH = 58  # events
LONG_BATCH = 100


@dataclass(frozen=True)
class Batch:
    """Events of one episode that are sent together, and the request's body."""

    episode: str
    events: Sequence[Event]
    body: bytes


@dataclass
class Player:
    """Who plays: the cookies of a session that has joined, and the batches still to be sent, in order."""

    cookies: Mapping[str, str]
    batches: list[Batch]


@dataclass
class Load:
    """What became of the batches: seconds each took, and how long all of them did, in wall time."""

    waits: list[float] = field(default_factory=list)
    wall: float = 0.0

    @property
    def batches_per_second(self) -> float:
        return len(self.waits) / self.wall


def batches(study: str, photo: str, actions: Iterable[tuple[str, dict[str, Any]]], size: int) -> list[Batch]:
    """Return an episode of these actions, then submitted, in batches of ``size`` events."""
    episode = str(uuid4())
    events = [
        Event(id=str(uuid4()), episode=episode, seq=seq, kind=kind, ms=250 * seq, **fields)
        for seq, (kind, fields) in enumerate([*actions, ("submit", {})])
    ]
    parts = [events[start : start + size] for start in range(0, len(events), size)]
    return [Batch(episode, part, _body(study, photo, part)) for part in parts]


def _body(study: str, photo: str, events: Sequence[Event]) -> bytes:
    return json.dumps({"study": study, "photo": photo, "events": [event.to_json() for event in events]}).encode()


def varied_play(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield at least ``count`` actions: five steps, their sliders moved in turn, with undo, redo and looks between."""
    chosen = ("exposure", "white_balance", "tone", "contrast", "color")
    yield "start", {}
    yield "view", {"parameters": {"viewport_width": 1440.0, "viewport_height": 900.0, "pixel_ratio": 2.0}}
    for step, slug in enumerate(chosen):
        yield "goto", {"step": step}
        yield "choose", {"step": step, "filter": slug}
    for made in range(2 + 2 * len(chosen), count, 6):
        step = made // 6 % len(chosen)
        adjusted = ("adjust", {"step": step, "filter": chosen[step], "parameters": _moved(chosen[step], made)})
        yield "goto", {"step": step}
        yield from (adjusted, adjusted)
        for kind in ("undo", "redo", "compare"):
            yield kind, {}


def colour_play(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ``count`` actions that move the 24 sliders of ``color``."""
    yield "start", {}
    yield "choose", {"step": 0, "filter": "color"}
    for number in range(2, count):
        yield "adjust", {"step": 0, "filter": "color", "parameters": _moved("color", number)}


def _moved(slug: str, number: int) -> dict[str, float]:
    """Return parameters within their ranges that differ from one number to the next, with digits as sliders give."""
    return {
        parameter.name: parameter.from_position(((number * 7 + index * 13) % 97 + 1) / 99)
        for index, parameter in enumerate(FILTERS[slug].parameters)
    }


def check(plays: Sequence[Batch]) -> None:
    """Apply the rules: what is measured must be legal play."""
    state = State()
    for batch in plays:
        for event in batch.events:
            state = apply_event(state, event)


def play(port: int, players: Sequence[Player]) -> Load:
    """Let all of them send their batches at once, each on a connection of its own.

    Raises:
        RuntimeError: the site refuses a batch.
    """
    return asyncio.run(_play_all(port, players))


async def _play_all(port: int, players: Sequence[Player]) -> Load:
    load = Load()
    start = time.perf_counter()
    await asyncio.gather(*(_play(port, player, load) for player in players))
    load.wall = time.perf_counter() - start
    return load


async def _play(port: int, player: Player, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    cookies = "; ".join(f"{name}={value}" for name, value in player.cookies.items())
    for batch in player.batches:
        head = (
            f"POST /api/episodes/{batch.episode}/events/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Cookie: {cookies}\r\nX-CSRFToken: {player.cookies.get('csrftoken', '')}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(batch.body)}\r\n\r\n"
        )
        sent = time.perf_counter()
        writer.write(head.encode() + batch.body)
        status, content = await _response(reader)
        load.waits.append(time.perf_counter() - sent)
        if status != 200:
            raise RuntimeError(f"a batch was refused ({status}): {content.decode(errors='replace')[:500]}")
    writer.close()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length:")[2].partition("\r\n")[0])
    return int(head.split(maxsplit=2)[1]), await reader.readexactly(length)
