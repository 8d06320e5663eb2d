"""Many robots, side by side: so many episodes, or so many who go the whole way."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import count
from random import Random
from threading import Event, Lock
from typing import TypeVar

import httpx

from learning.robots.client import RobotError
from learning.robots.visitor import Manner, Played, Visit, Visitor

Result = TypeVar("Result")
_AT_ONCE = Manner()


def take_part(
    visitor: Visitor, *, withdraws: bool = False, half_way: bool = False, devices: float = 0.0, seed: int = 0
) -> Visit:
    """Let a visitor go the whole way, from the link to the code, and verify what the site has of them.

    Args:
        withdraws: at the end; or, ``half_way``, after the first photo where there is another.
        devices: the share of photos after which the visitor goes on on another device.

    Raises:
        RobotError: the site cannot be reached, refuses, or is not as the visitor knows that it should be.
    """
    random = Random(seed)  # noqa: S311 (nothing is secret)
    if not visitor.join():
        return Visit("", "full")
    visitor.answer_questionnaires()
    visitor.practise()
    played: list[Played] = []
    while not (withdraws and half_way and played and visitor.has_more()):
        episode = visitor.play_next()
        if episode is None:
            visitor.answer_questionnaires()
            visitor.finish()
            break
        played.append(episode)
        if random.random() < devices:
            visitor.change_device()
    visitor.verify()
    if withdraws:
        visitor.withdraw()
    return Visit(visitor.player, visitor.outcome, tuple(played), visitor.code, withdraws)


def play_study(
    url: str,
    *,
    participants: int,
    study: str = "default",
    seed: int = 0,
    workers: int = 2,
    manner: Manner = _AT_ONCE,
    on_visit: Callable[[Visit], None] = lambda _: None,
    transport: httpx.BaseTransport | None = None,
) -> list[Visit]:
    """Let so many robots take part in a study, each the whole way; return how it went, in no order.

    Raises:
        RobotError: of the first robot that finds something wrong; the others end with their visit.
    """
    tickets, numbers, answered = _Tickets(participants), count(), Event()

    def play_as_robots() -> list[Visit]:
        visits = []
        while tickets.take():
            number = next(numbers)
            random = Random(seed * 1_000_003 + number)  # noqa: S311
            withdraws, half_way = random.random() < manner.withdrawals, random.random() < 0.5
            visitor = Visitor(url, study, transport, answered, manner=manner, number=number, seed=seed)
            with visitor.client.http:
                devices = manner.devices if manner.entry else 0.0
                visit = take_part(visitor, withdraws=withdraws, half_way=half_way, devices=devices, seed=number)
            visits.append(visit)
            on_visit(visit)
        return visits

    return _side_by_side(workers, play_as_robots, tickets)


def play_site(
    url: str,
    *,
    episodes: int,
    seed: int = 0,
    study: str = "default",
    photos_per_robot: int = 10,
    workers: int = 2,
    on_played: Callable[[Played], None] = lambda _: None,
    manner: Manner = _AT_ONCE,
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
            visitor = Visitor(url, study, transport, answered, manner=manner, number=next(numbers), seed=seed)
            with visitor.client.http:
                if not visitor.join():
                    raise RobotError(f"the study {study!r} at {url} is full")
                for index in range(photos_per_robot):
                    if not tickets.take():
                        break
                    episode = visitor.play_next()
                    if episode is None:
                        tickets.give_back()
                        if index == 0:
                            raise RobotError(f"the study {study!r} at {url} has no photo to play: import some first")
                        break
                    played.append(episode)
                    on_played(episode)
                visitor.verify()
        return played

    return _side_by_side(workers, play_as_robots, tickets)


class _Tickets:
    """What is still to be played, shared by the workers."""

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


def _side_by_side(workers: int, work: Callable[[], Iterable[Result]], tickets: _Tickets) -> list[Result]:
    with ThreadPoolExecutor(workers) as pool:
        results = [pool.submit(work) for _ in range(workers)]
        try:
            return [each for result in as_completed(results) for each in result.result()]
        finally:
            # After an error, or Ctrl-C, the others end with what they are at.
            tickets.close()
