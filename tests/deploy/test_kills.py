"""Under load, workers, Postgres and clients' connections are killed at random: what was acknowledged is there, once.

And everybody who was given a code has done all, and everybody who has done all was given one.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from editing.game.events import Event as PlayedEvent
from editing.game.rules import replay, trajectory
from learning.robots.crowd import take_part
from learning.robots.history import Faults, History
from learning.robots.network import BadNetwork
from learning.robots.visitor import Manner, Visit, Visitor
from webapp.local.embedded_postgres import Cluster, free_port

KILLS = 200
ROBOTS = 8
PHOTOS = 30
PATIENCE = 120  # seconds in which play goes on after any kill
PLANTED_FAULTS = """
DROP INDEX seq_once_in_an_episode;
DELETE FROM games_event WHERE id = (SELECT id FROM games_event WHERE seq = 1 LIMIT 1);
INSERT INTO games_event (id, episode_id, seq, kind, ms, contract_version, received_at)
SELECT gen_random_uuid(), episode_id, seq, kind, ms, contract_version, now() FROM games_event WHERE seq = 0 LIMIT 1;
UPDATE studies_participation SET completed = NULL
WHERE id = (SELECT id FROM studies_participation WHERE completed IS NOT NULL LIMIT 1);
"""


@contextmanager
def gunicorn(root: Path, environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = str(root / "deploy" / "gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", settings, "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen([*command, "--log-level", "critical"], cwd=root, env=environment) as process:
        try:
            yield process
        finally:
            process.terminate()


class Robot:
    """One robot after the other goes the whole way, from a recruiter's link to the code, until it is told to stop.

    Every third withdraws, of these every second half-way.
    """

    def __init__(self, url: str, number: int, stop: Event, configuration: dict[str, Any]) -> None:
        self.url, self.number, self.stop = url, number, stop
        self.network = BadNetwork(httpx.HTTPTransport(), share=0.03, seed=number)
        self.manner = Manner(entry={"PROLIFIC_PID": "{robot}"}, configuration=configuration)
        self.visitors: list[Visitor] = []
        self.visits: list[Visit] = []
        self.error: BaseException | None = None
        self.thread = Thread(target=self._play)
        self.thread.start()

    @property
    def acknowledged(self) -> int:
        return sum(history.acknowledged for visitor in self.visitors for history in visitor.histories)

    def _play(self) -> None:
        answered = Event()
        answered.set()  # from the first request on it is worth another try
        try:
            while not self.stop.is_set():
                seed = len(self.visitors)
                own = {"manner": self.manner, "number": self.number, "seed": seed}
                visitor = Visitor(self.url, "default", self.network, answered, **own)
                self.visitors.append(visitor)
                leaving = (self.number + seed) % 6
                visit = take_part(visitor, withdraws=leaving in (2, 5), half_way=leaving == 2, devices=0.1, seed=seed)
                self.visits.append(visit)
        except BaseException as error:
            self.error = error
        finally:
            self.network.close()


class Site:
    """What can be killed: the workers of gunicorn, Postgres, and the robots' connections."""

    def __init__(self, server: subprocess.Popen[bytes], cluster: Cluster, robots: list[Robot]) -> None:
        self.server, self.cluster, self.robots = server, cluster, robots
        self.kills: list[str] = []

    def kill_a_worker(self) -> None:
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()
        if children:
            os.kill(int(random.choice(children)), signal.SIGKILL)

    def kill_postgres(self) -> None:
        os.kill(self.cluster._pid_file()[0], signal.SIGKILL)
        self.cluster.start()

    def break_a_connection(self) -> None:
        random.choice(self.robots).network.break_next()

    def kill_at_random(self, count: int) -> None:
        """Kill, each time once play has gone on after the last one."""
        ways: list[Callable[[], None]] = [self.kill_a_worker, self.kill_postgres, self.break_a_connection]
        for way in random.choices(ways, weights=[5, 1, 4], k=count):
            self.wait_for_play()
            way()
            self.kills.append(way.__name__)
        self.wait_for_play()

    def wait_for_play(self) -> None:
        aim, until = self._acknowledged() + 20, time.monotonic() + PATIENCE
        while self._acknowledged() < aim:
            assert not any(robot.error for robot in self.robots), [robot.error for robot in self.robots]
            assert time.monotonic() < until, f"play stands still after {self.kills[-3:]}"
            time.sleep(0.01)

    def _acknowledged(self) -> int:
        return sum(robot.acknowledged for robot in self.robots)


def stored_events(url: str) -> dict[str, list[PlayedEvent]]:
    """All events of the database, by episode."""
    columns = (
        "id::text, episode_id::text AS episode, seq, kind, step, filter, parameters, ms, contract_version, gesture"
    )
    by_episode: dict[str, list[PlayedEvent]] = {}
    with psycopg.connect(url, row_factory=dict_row) as connection:
        for row in connection.execute(f"SELECT {columns} FROM games_event"):  # noqa: S608
            by_episode.setdefault(row["episode"], []).append(PlayedEvent.from_json(row))
    return by_episode


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def prepare(root: Path, environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """Make a study with a recruiter's link, repeats and an attention item; its configuration."""
    for number in range(PHOTOS):
        photo = np.random.default_rng(number).random((64, 96, 3), dtype=np.float32) * 0.1
        np.save(folder / f"{number}.npy", photo)

    def manage(*command: str) -> None:
        subprocess.run([sys.executable, "manage.py", *command], cwd=root, env=environment, check=True)

    manage("migrate", "-v0")
    manage("import_photos", str(folder), "--transfer", "linear")
    rule = {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1}
    item = {"photo": sha256_of(folder / "0.npy"), "instruction": {"en": "Make it black and white."}, **rule}
    settings = {
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
    path = folder / "study.json"
    path.write_text(json.dumps({"format": "safelight-study", "format_version": 1, "settings": settings}))
    manage("study", "import", "default", str(path))
    return settings


@contextmanager
def robots_at(url: str, configuration: dict[str, Any]) -> Iterator[list[Robot]]:
    """Let robots play; at the end each finishes the visit that it is at."""
    stop = Event()
    robots = [Robot(url, number, stop, configuration) for number in range(ROBOTS)]
    try:
        yield robots
    finally:
        stop.set()
        for robot in robots:
            robot.thread.join()


def kept_histories(robots: list[Robot]) -> dict[str, History]:
    """What those who have not withdrawn have sent, by episode."""
    withdrawn = {visit.player for robot in robots for visit in robot.visits if visit.withdrew}
    stayed = [visitor for robot in robots for visitor in robot.visitors if visitor.player not in withdrawn]
    return {history.episode: history for visitor in stayed for history in visitor.histories}


def event_faults(database: str, robots: list[Robot]) -> dict[str, Faults]:
    """What is wrong with the stored events, by episode."""
    stored = stored_events(database)
    histories = kept_histories(robots)
    # Of who has withdrawn there is nothing.
    assert set(stored) == set(histories)
    compared = {episode: history.compare(stored.get(episode, [])) for episode, history in histories.items()}
    return {episode: faults for episode, faults in compared.items() if faults}


def assert_steps_follow_from_events(database: str, robots: list[Robot]) -> None:
    histories = kept_histories(robots)
    # All were played to their end, and their steps follow from what is stored, once.
    expected = {episode: len(trajectory(replay(history.sent))) for episode, history in histories.items()}
    with psycopg.connect(database) as connection:
        counts = connection.execute(
            "SELECT e.id::text, count(s.id) FROM games_episode e LEFT JOIN games_step s ON s.episode_id = e.id "
            "WHERE e.status = 'submitted' GROUP BY e.id"
        )
        assert dict(counts.fetchall()) == expected


def assert_completions_are_exact(database: str, robots: list[Robot]) -> None:
    """Who was given a code is complete, and nobody else; who has withdrawn is counted apart."""
    visits = [visit for robot in robots for visit in robot.visits]
    with psycopg.connect(database) as connection:
        complete = connection.execute(
            "SELECT pseudonym FROM studies_participation WHERE completed IS NOT NULL"
        ).fetchall()
        joined = connection.execute("SELECT count(*) FROM studies_participation").fetchone()
        gone = connection.execute("SELECT completed, count(*) FROM studies_withdrawal GROUP BY completed").fetchall()
    assert sorted(name for (name,) in complete) == sorted(
        visit.player for visit in visits if visit.code and not visit.withdrew
    )
    assert joined == (sum(not visit.withdrew for visit in visits),)
    assert dict(gone) == Counter(bool(visit.code) for visit in visits if visit.withdrew)


@pytest.mark.long
def test_what_was_acknowledged_is_there_once_and_completions_are_exact_after_200_kills(
    root: Path, durable_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.robots.client.PAUSES", (0.05, 0.1, 0.2, 0.4, 0.8, *(1.6,) * 40))
    url, port = durable_cluster.fresh_database("kills"), free_port()
    environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "WEB_CONCURRENCY": "3"}
    configuration = prepare(root, environment, tmp_path)
    with (
        gunicorn(root, environment, port) as server,
        robots_at(f"http://127.0.0.1:{port}", configuration) as robots,
    ):
        site = Site(server, durable_cluster, robots)
        site.kill_at_random(KILLS)
    assert [robot.error for robot in robots] == [None] * ROBOTS
    assert len(site.kills) == KILLS
    database = durable_cluster.url("kills") or ""
    assert event_faults(database, robots) == {}
    assert_steps_follow_from_events(database, robots)
    assert_completions_are_exact(database, robots)
    assert {visit.withdrew for robot in robots for visit in robot.visits} == {True, False}
    # A check that notices nothing proves nothing: an event is lost, another doubled, a completion forgotten.
    with psycopg.connect(database) as connection:
        connection.execute(PLANTED_FAULTS)
    found = event_faults(database, robots).values()
    assert sum((faults.lost for faults in found), ()) == (1,)
    assert sum((faults.doubled for faults in found), ()) == (0,)
    with pytest.raises(AssertionError):
        assert_completions_are_exact(database, robots)
