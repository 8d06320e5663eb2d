"""Robots that play a site over HTTP through the same door as a browser."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from threading import Event, Lock
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import numpy as np
from numpy.typing import NDArray

from editing.game.events import Event as PlayedEvent
from editing.photos.preview_transport import PackedPreviewError, unpack_preview
from learning.robots.history import History
from learning.robots.network import BadNetwork
from learning.robots.temperaments import TEMPERAMENTS, play_photo

# Seconds after each try to reach a site that has answered before: a restart, or a network that is gone for a while.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
_PASSING = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)

# A robot looks at one pixel in so many, across and down: its taste needs no more.
PIXEL_STRIDE = 8


class RobotError(RuntimeError):
    """The site cannot be played: one sentence that says why."""


class _Unreachable(RobotError):
    """The site, or the network, does not answer."""


@dataclass(frozen=True)
class Played:
    """An episode that a robot has submitted."""

    episode: str
    player: str
    events: int


@dataclass(frozen=True)
class Manner:
    """How robots visit a site.

    Attributes:
        pace: how long they think, as a share of the time that their temperament takes: 0 not at all, 1 as people do.
        faults: the share of their requests that meets a fault of the network (`BadNetwork`).
        entry: parameters of the address under which they come, such as those of a recruiter.
    """

    pace: float = 0.0
    faults: float = 0.0
    entry: Mapping[str, str] = field(default_factory=dict)


class Visitor:
    """A visitor of one study, with cookies of its own, who remembers what it has sent."""

    def __init__(
        self,
        url: str,
        study: str,
        transport: httpx.BaseTransport | None = None,
        answered: Event | None = None,
        *,
        manner: Manner = Manner(),
        seed: int = 0,
    ) -> None:
        """Make a visitor who has not come yet; ``answered`` is set once the site has answered anybody."""
        self.study = study
        self.histories: list[History] = []
        self._manner = manner
        self._key = str(uuid4())
        if manner.faults:
            transport = BadNetwork(transport or httpx.HTTPTransport(), manner.faults, seed)
        self.client = httpx.Client(base_url=url.rstrip("/"), timeout=60, transport=transport, follow_redirects=True)
        self._answered = answered or Event()

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Send a request, and return the response of the site.

        A site that has answered before is asked again while it cannot be reached: what was sent twice counts once.

        Raises:
            RobotError: if it cannot be reached, or refuses, with its own words.
        """
        for pause in PAUSES if self._answered.is_set() or self._manner.faults else ():
            try:
                response = self._send(method, path, body)
            except _Unreachable:
                time.sleep(pause)
            else:
                if response.status_code not in _PASSING:
                    return self._accepted(response)
                time.sleep(pause)
        response = self._accepted(self._send(method, path, body))
        self._answered.set()
        return response

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        address = self.client.base_url
        # The referrer, too, is what a browser sends and Django asks for over https.
        headers = {"X-CSRFToken": self.client.cookies.get("csrftoken") or "", "Referer": f"{address}/"}
        try:
            return self.client.request(method, path, json=body, headers=headers)
        except httpx.InvalidURL as error:
            raise RobotError(f"{address} is not an address: {error}") from None
        except httpx.HTTPError as error:
            raise _Unreachable(f"{address} cannot be reached: {error}") from None

    @staticmethod
    def _accepted(response: httpx.Response) -> httpx.Response:
        if response.is_error:
            asked = f"{response.request.method} {response.url}"
            raise RobotError(f"{asked} was refused ({response.status_code}): {_reason(response)}")
        return response

    def join(self) -> str:
        """Open the play page, agree to the study's text, join it as a robot, and be given a pseudonym."""
        text = self.request("GET", f"/api/studies/{self.study}/").json()["consent"]
        self.request("GET", f"/play/{self.study}/?{urlencode(self._manner.entry)}".rstrip("?"))
        # With a key of its own: a request that is sent again, since no reply came, makes no second participant.
        body = {"kind": "robot", "consent": text["version"] if text else None, "key": self._key}
        answer = self.request("POST", f"/api/studies/{self.study}/join/", body).json()
        return str(answer["participant"])

    def play_next(self, number: int, seed: int, player: str) -> Played | None:
        """Play the next photo to its end, as robot ``number`` of that seed would; None when none is left."""
        photo = self.request("GET", f"/api/studies/{self.study}/next/").json()["photo"]
        if photo is None:
            return None
        content = self.request("GET", photo["preview_url"]).content
        preview = _unpacked(content)[::PIXEL_STRIDE, ::PIXEL_STRIDE]
        # Which photos a robot is given, and in what order, is the site's choice: its play of one must not depend on it.
        random = np.random.default_rng((seed, number, int(photo["id"], 16)))
        history: History | None = None
        for batch in play_photo(preview.astype(np.float32), TEMPERAMENTS[number % len(TEMPERAMENTS)], random):
            if history is None:
                history = History(batch[0].episode)
                self.histories.append(history)
            self._think(history, batch)
            self._send_events(history, photo["id"], batch)
        if history is None:
            raise AssertionError("a robot's play begins with a start")
        return Played(history.episode, player, history.acknowledged)

    def verify(self) -> None:
        """Ask the site for every episode that this visitor has sent, and hold it against what it knows.

        Raises:
            RobotError: something is lost, doubled or changed: by episode and number.
        """
        for history in self.histories:
            stored = self.request("GET", f"/api/episodes/{history.episode}/").json()["events"]
            if faults := history.compare(map(PlayedEvent.from_json, stored)):
                raise RobotError(f"the site does not have episode {history.episode} as it was sent: {faults}")

    def _think(self, history: History, batch: Sequence[PlayedEvent]) -> None:
        if self._manner.pace and history.sent:
            time.sleep(self._manner.pace * (batch[0].ms - history.sent[-1].ms) / 1000)

    def _send_events(self, history: History, photo: str, batch: Sequence[PlayedEvent]) -> None:
        history.sent += batch
        body = {"study": self.study, "photo": photo, "events": [event.to_json() for event in batch]}
        answer = self.request("POST", f"/api/episodes/{history.episode}/events/", body).json()
        history.acknowledged = int(answer["next_seq"])


def _unpacked(content: bytes) -> NDArray[np.float16]:
    try:
        return unpack_preview(content)
    except PackedPreviewError as error:
        raise RobotError(f"the site sent a photo that cannot be read: {error}") from None


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def play_site(
    url: str,
    *,
    episodes: int,
    seed: int = 0,
    study: str = "default",
    photos_per_robot: int = 10,
    workers: int = 2,
    on_played: Callable[[Played], None] = lambda _: None,
    manner: Manner = Manner(),
    transport: httpx.BaseTransport | None = None,
) -> list[Played]:
    """Let robots play until so many episodes are submitted.

    Each robot is one visitor, who plays some photos, sees to it that the site has them as they were sent, and is then
    followed by another of the next temperament.

    Args:
        seed: how each of the robots plays a photo follows from it; ids, and who is given which photo, are always new.
        workers: how many robots play at the same time.
        on_played: called after each episode.

    Raises:
        RobotError: if the site cannot be reached, refuses, has no photo to play, or has lost or doubled an event.
    """
    tickets, numbers, answered = _Tickets(episodes), count(), Event()

    def play_as_robots() -> list[Played]:
        played: list[Played] = []
        while tickets.left:
            number = next(numbers)
            visitor = Visitor(url, study, transport, answered, manner=manner, seed=seed + number)
            with visitor.client:
                player = visitor.join()
                for index in range(photos_per_robot):
                    if not tickets.take():
                        break
                    episode = visitor.play_next(number, seed, player)
                    if episode is None:
                        tickets.give_back()
                        if index == 0:
                            raise RobotError(f"the study {study!r} at {url} has no photo to play: import some first")
                        break
                    played.append(episode)
                    on_played(episode)
                visitor.verify()
        return played

    with ThreadPoolExecutor(workers) as pool:
        results = [pool.submit(play_as_robots) for _ in range(workers)]
        try:
            return [episode for result in as_completed(results) for episode in result.result()]
        finally:
            # After an error, or Ctrl-C, the others end with the episode that they are at.
            tickets.close()


class _Tickets:
    """The episodes that are still to be played, shared by the workers."""

    def __init__(self, left: int) -> None:
        self.left = left
        self._closed = False
        self._lock = Lock()

    def take(self) -> bool:
        with self._lock:
            if not self.left:
                return False
            self.left -= 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self.left += not self._closed

    def close(self) -> None:
        with self._lock:
            self.left, self._closed = 0, True
