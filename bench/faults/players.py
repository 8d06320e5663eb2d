"""Robots that take part in a study, one after the other, until they are told to stop."""

import json
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import httpx
import numpy as np

from bench.faults.journal import Journal, Recorded
from bench.services import Site
from editing.trajectories.checksums import file_sha256
from learning.robots.client import RobotError
from learning.robots.crowd import take_part
from learning.robots.visitor import Manner, Visitor

PHOTOS = 30
# Two minutes of trying again, more often than people do: a fault passes sooner.
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, *(1.6,) * 75)
_ADDRESSES = 250**2


def prepare(site: Site) -> None:
    """Make a study with all that robots can do: questionnaires, tutorial, repeats, an attention item, codes."""
    folder = site.folder / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(PHOTOS):
        photo = np.random.default_rng(number).random((64, 96, 3), dtype=np.float32) * 0.1
        np.save(folder / f"{number}.npy", photo)
    site.manage("migrate", "-v0")
    site.manage("import_photos", str(folder), "--transfer", "linear")
    path = site.folder / "study.json"
    content = {"format": "safelight-study", "format_version": 1, "settings": configuration(folder / "0.npy")}
    path.write_text(json.dumps(content))
    site.manage("study", "import", "default", str(path))


def configuration(asked: Path) -> dict[str, Any]:
    """Return the study's settings; ``asked``: the photo on which something is asked."""
    rule = {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1}
    item = {"photo": file_sha256(asked), "instruction": {"en": "Make it black and white."}, **rule}
    question = {"type": "radiogroup", "name": "often", "choices": ["never", "sometimes", "daily"]}
    words = {"type": "comment", "name": "words"}
    return {
        "tasks": [
            {"kind": "questionnaire", "name": "before"},
            {"kind": "play"},
            {"kind": "questionnaire", "name": "after"},
        ],
        "questionnaires": {"before": {"elements": [question]}, "after": {"elements": [question, words]}},
        "photos_per_participant": 3,
        "repeat_share": 0.4,
        "attention_items": [item],
        "tutorial": True,
        "entry_parameter": "PROLIFIC_PID",
        "entry_required": True,
        "consent_boxes": ["I am 18 or older."],
        "completion_code": "DONE",
        "attention_code": "CARELESS",
    }


class _Over(Exception):
    """A visit that is not to go on."""


class _Ending(httpx.BaseTransport):
    """The way to a site, until an event is set: then the next request ends the visit."""

    def __init__(self, below: httpx.BaseTransport, over: Event) -> None:
        self._below, self._over = below, over

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request."""
        if self._over.is_set():
            raise _Over
        return self._below.handle_request(request)

    def close(self) -> None:
        """Close the transport below."""
        self._below.close()


class Players:
    """So many robots at a time, each the whole way from a recruiter's link to the code.

    Every third withdraws, of these every second half-way.

    Attributes:
        errors: what was wrong with the site, as robots say it.
    """

    def __init__(
        self,
        url: str,
        journal: Journal,
        settings: Mapping[str, Any],
        *,
        count: int,
        seed: int,
        pace: float = 0.0,
        on_error: Callable[[str], None] = lambda _: None,
        transport: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda below: below,
    ) -> None:
        """Start them.

        Args:
            settings: of the study.
            seed: what each does follows from it.
            pace: how long they think, as a share of the time that people take.
            transport: what their requests go through, around the journal's.
        """
        self.errors: list[str] = []
        self._url, self._journal, self._seed, self._on_error = url, journal, seed, on_error
        self._transport = transport
        self._manner = Manner(pace, entry={"PROLIFIC_PID": "{robot}"}, configuration=settings, pauses=PAUSES)
        self._stop, self._over = Event(), Event()
        self._answered = Event()
        self._answered.set()  # from the first request on it is worth another try
        self._threads = [Thread(target=self._play, args=(number,), daemon=True) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self, *, at_once: bool = False) -> None:
        """Let each finish its visit; or, ``at_once``, leave at its next request."""
        self._stop.set()
        if at_once:
            self._over.set()
        for thread in self._threads:
            thread.join()

    def _play(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            try:
                self._visit(number, turn)
            except _Over:
                return
            except RobotError as error:
                self._complain(str(error))
            except Exception:
                self._complain(traceback.format_exc())
            turn += 1

    def _visit(self, number: int, turn: int) -> None:
        # Each comes from an address of its own, as visitors do: who joins is counted by it.
        place = (self._seed * 7919 + number * 1009 + turn) % _ADDRESSES
        below = httpx.HTTPTransport(local_address=f"127.1.{place // 250}.{1 + place % 250}")
        transport = _Ending(self._transport(Recorded(below, self._journal, str(uuid4()))), self._over)
        seed = self._seed * 1_000_003 + turn
        own: dict[str, Any] = {"manner": self._manner, "number": number, "seed": seed}
        visitor = Visitor(self._url, "default", transport, self._answered, **own)
        leaving = (number + turn) % 6
        with visitor.client.http:
            take_part(visitor, withdraws=leaving in (2, 5), half_way=leaving == 2, devices=0.1, seed=seed)

    def _complain(self, error: str) -> None:
        self.errors.append(error)
        self._on_error(error)
        self._stop.wait(1)


def wait_for_play(journal: Journal, players: Players, seconds: float, batches: int = 1) -> None:
    """Wait until so many more batches were acknowledged.

    Raises:
        TimeoutError: they were not.
    """
    aim, until = journal.batches + batches, time.monotonic() + seconds
    while journal.batches < aim:
        if time.monotonic() > until:
            raise TimeoutError(f"no batch was acknowledged within {seconds:g} s; robots said: {players.errors[-3:]}")
        time.sleep(0.02)
