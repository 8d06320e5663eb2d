"""What robots asked of a site and what they were told, as it went over the wire: a file of lines that outlives them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import httpx

from editing.game.events import Event
from learning.robots.client import Page
from learning.robots.history import History

_EVENTS = re.compile(r"/api/episodes/([0-9a-f-]+)/events/$")
_ANSWERS = re.compile(r"/api/studies/[^/]+/questionnaires/([^/]+)/$")


@dataclass
class Told:
    """What one visitor has sent and was told.

    Attributes:
        player: the pseudonym; empty where none was told.
        episodes: by id.
        sent_answers: to questionnaires, by their names.
        answers: the names of those that the site has acknowledged.
        is_done: whether the site said that nothing is left to do.
        code: of the last page.
        withdrawal: ``asked`` where no answer came.
    """

    player: str = ""
    episodes: dict[str, History] = field(default_factory=dict)
    sent_answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    is_done: bool = False
    code: str = ""
    withdrawal: Literal["", "asked", "acknowledged"] = ""


class Journal:
    """The file, and what is counted of it."""

    def __init__(self, path: Path) -> None:
        """Go on with a file, or begin it."""
        self.path = path
        self._lock = Lock()
        self.batches = 0
        self.submitted: set[str] = set()
        visits = read(path).values() if path.exists() else ()
        for history in (history for told in visits for history in told.episodes.values()):
            self._count(history.episode, history.sent[: history.acknowledged][-1:])
        self._file = path.open("a", encoding="utf-8")

    def asked(self, visitor: str, **what: Any) -> None:
        """Write down what is sent, before it is."""
        self._write({"visitor": visitor, "asked": what})

    def told(self, visitor: str, **what: Any) -> None:
        """Write down what was answered."""
        self._write({"visitor": visitor, "told": what})

    def acknowledged(self, visitor: str, episode: str, events: list[Event], next_seq: int) -> None:
        """Write down that a batch was taken."""
        self.told(visitor, episode=episode, next_seq=next_seq)
        with self._lock:
            self._count(episode, events[-1:])

    def close(self) -> None:
        self._file.close()

    def _count(self, episode: str, last: list[Event]) -> None:
        self.batches += 1
        if last and last[0].kind == "submit":
            self.submitted.add(episode)

    def _write(self, line: Mapping[str, Any]) -> None:
        text = json.dumps(line, separators=(",", ":"))
        with self._lock:
            if not self._file.closed:
                self._file.write(text + "\n")
                self._file.flush()


class Recorded(httpx.BaseTransport):
    """The way of one visitor to a site, of which the journal is kept."""

    def __init__(self, below: httpx.BaseTransport, journal: Journal, visitor: str) -> None:
        self._below, self._journal, self._visitor = below, journal, visitor
        journal.asked(visitor, visit=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request."""
        path, posts = request.url.path, request.method == "POST"
        body = json.loads(request.read()) if posts and path.startswith("/api/") else {}
        episode, answers = _EVENTS.search(path), _ANSWERS.search(path)
        if episode:
            self._journal.asked(self._visitor, episode=episode[1], events=body["events"])
        elif answers:
            self._journal.asked(self._visitor, answers=answers[1], values=body["answers"])
        elif posts and path.endswith("/withdraw/"):
            self._journal.asked(self._visitor, withdrawal=True)
        response = self._below.handle_request(request)
        if not response.is_error:
            response.read()
            self._note(path, posts, body, response)
        return response

    def close(self) -> None:
        """Close the transport below."""
        self._below.close()

    def _note(self, path: str, posts: bool, body: Mapping[str, Any], response: httpx.Response) -> None:
        told = self._journal.told
        if posts and path.endswith("/join/"):
            told(self._visitor, player=response.json()["participant"])
        elif posts and (episode := _EVENTS.search(path)):
            events = [Event.from_json(event) for event in body["events"]]
            self._journal.acknowledged(self._visitor, episode[1], events, response.json()["next_seq"])
        elif posts and (answers := _ANSWERS.search(path)):
            told(self._visitor, answers=answers[1])
        elif posts and path.endswith("/withdraw/"):
            told(self._visitor, withdrawal=True)
        elif path.endswith("/next/") and response.json().get("end"):
            told(self._visitor, is_done=True)
        elif code := Page(response.text).code if path.endswith("/end/") else "":
            told(self._visitor, code=code)


def read(path: Path) -> dict[str, Told]:
    """Return what each visitor has sent and was told. A last line that was cut short is passed over."""
    with path.open(encoding="utf-8") as lines:
        return told_by(json.loads(line) for line in lines if line.endswith("\n"))


def told_by(lines: Iterable[Mapping[str, Any]]) -> dict[str, Told]:
    """Return the same of lines that are read already."""
    visitors: dict[str, Told] = {}
    for line in lines:
        own = visitors.setdefault(line["visitor"], Told())
        if "asked" in line:
            _take_asked(own, line["asked"])
        else:
            _take_told(own, line["told"])
    return visitors


def _take_asked(own: Told, asked: Mapping[str, Any]) -> None:
    if "episode" in asked:
        history = own.episodes.setdefault(asked["episode"], History(asked["episode"]))
        events = [Event.from_json(event) for event in asked["events"]]
        history.sent += [event for event in events if event.seq >= len(history.sent)]
    elif "answers" in asked:
        own.sent_answers[asked["answers"]] = asked["values"]
    elif "withdrawal" in asked:
        own.withdrawal = own.withdrawal or "asked"


def _take_told(own: Told, told: Mapping[str, Any]) -> None:
    if "episode" in told:
        own.episodes[told["episode"]].acknowledged = told["next_seq"]
    elif "answers" in told:
        own.answers.add(told["answers"])
    elif "withdrawal" in told:
        own.withdrawal = "acknowledged"
    else:
        for name, value in told.items():  # player, is_done, code
            setattr(own, name, value)
