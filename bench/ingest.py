"""The ingest of events: 200 players at once against gunicorn and Postgres. Needs Postgres on this machine.

Beside the site, in the same run, gunicorn serves a site that parses the same batches and stores nothing.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg

from bench.figures import Figure
from bench.ingest_load import BATCH, LONG_BATCH, Batch, Load, Player, batches, check, colour_play, play, varied_play
from webapp.local.embedded_postgres import free_port
from webapp.local.serve import GUNICORN_SETTINGS, ROOT

PLAYERS = 200
PHOTOS = 12
EPISODES = 1  # of each player
BATCHES = 5  # of each episode
LONG_EPISODES = 8
LONG_BATCHES = 20
STUDY = "default"
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> dict[str, Figure]:
    """Measure batches of 58 events, and an episode of twenty of 100."""
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as name, _database() as (url, postmaster):
        os.environ |= {"DATABASE_URL": url, "DATA_DIR": name}
        photos = _prepare(Path(name))
        with _serving("webapp.wsgi:application") as (port, gunicorn):
            players = _players(port, photos)
            before = _cpu_seconds(gunicorn), _cpu_seconds(postmaster)
            load = play(port, players)
            web, postgres = _cpu_seconds(gunicorn) - before[0], _cpu_seconds(postmaster) - before[1]
            long, sent_long = _long_episodes(port, photos)
        faults = _faults(url, [batch for player in players for batch in player.batches] + sent_long)
        empty, empty_cpu = _empty_site(players)
    return _figures(load, empty) | {
        "ingest.cpu_s_per_1000_batches": Figure(
            1000 * (web + postgres) / len(load.waits),
            "CPU s",
            "",
            f"{postgres / (web + postgres):.0%} in Postgres; {1000 * empty_cpu:.2f} at the site that stores nothing",
        ),
        "ingest.twentieth_batch_over_second": Figure(
            long, "x", "the second batch of the same episode", f"{LONG_BATCH} events each, adjust on color; wall time"
        ),
        "ingest.lost_or_doubled": Figure(faults, "events", "what was acknowledged", "compared with Postgres's rows"),
    }


def _figures(load: Load, empty: Load) -> dict[str, Figure]:
    note = f"{PLAYERS} players without a pause, batches of {BATCH} events; all cores shared with the players"
    return {
        "ingest.events_per_s": Figure(load.batches_per_second * BATCH, "events/s", "", note),
        "ingest.p50_ms": Figure(1000 * statistics.median(load.waits), "ms", "", note),
        "ingest.p99_ms": Figure(1000 * statistics.quantiles(load.waits, n=100)[-1], "ms", "", note),
        "ingest.ratio_to_empty_endpoint": Figure(
            load.batches_per_second / empty.batches_per_second,
            "x",
            "a site that parses the same batches and stores nothing, in this run",
            f"{empty.batches_per_second:.0f} requests a second there",
        ),
    }


@contextmanager
def _database() -> Iterator[tuple[str, int]]:
    """Make a database on the server that DATABASE_URL names; its address, and the server's process."""
    url = os.environ["DATABASE_URL"]
    name = f"bench_ingest_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        backend = connection.info.backend_pid
        try:
            yield psycopg.conninfo.make_conninfo(url, dbname=name), _parent(backend)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _prepare(folder: Path) -> list[str]:
    """Set the site up with some small photos; their SHA-256."""
    pixels = np.random.default_rng(0)
    (folder / "photos").mkdir()
    for number in range(PHOTOS):
        np.save(folder / "photos" / f"{number}.npy", pixels.random((64, 96, 3), dtype=np.float32))
    for command in (["migrate"], ["import_photos", str(folder / "photos")]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        return [sha256 for (sha256,) in connection.execute("SELECT photo_id FROM studies_studyphoto")]


@contextmanager
def _serving(application: str) -> Iterator[tuple[int, int]]:
    """Run gunicorn as a server does: its port, and its process."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(GUNICORN_SETTINGS), "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen([*command, application], cwd=ROOT) as process:
        try:
            _wait_for(port)
            yield port, process.pid
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _players(port: int, photos: list[str]) -> list[Player]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: _player(port, photos), range(PLAYERS)))


def _player(port: int, photos: list[str]) -> Player:
    count = BATCHES * BATCH - 1
    episodes = [batches(STUDY, photo, islice(varied_play(count), count), BATCH) for photo in photos[:EPISODES]]
    return Player(_join(port), [batch for episode in episodes for batch in episode])


def _join(port: int) -> dict[str, str]:
    from learning.robots.visitor import Visitor

    visitor = Visitor(f"http://127.0.0.1:{port}", STUDY)
    with visitor.client.http:
        visitor.join()
        return dict(visitor.client.http.cookies)


def _long_episodes(port: int, photos: list[str]) -> tuple[float, list[Batch]]:
    """Return the time of the twentieth batch over that of the second, one player alone; and the batches."""
    cookies = _join(port)
    ratios, sent = [], []
    for photo in photos[:LONG_EPISODES]:
        episode = batches(STUDY, photo, colour_play(LONG_BATCHES * LONG_BATCH), LONG_BATCH)
        check(episode)
        waits = play(port, [Player(cookies, episode)]).waits
        ratios.append((waits[1], waits[LONG_BATCHES - 1]))
        sent += episode
    return statistics.median(last for _, last in ratios) / statistics.median(second for second, _ in ratios), sent


def _faults(url: str, sent: list[Batch]) -> int:
    """How many of the acknowledged events are lost or doubled, and how many are stored that nobody sent."""
    acknowledged = {UUID(event.id): event for batch in sent for event in batch.events}
    with psycopg.connect(url) as connection:
        stored = list(connection.execute("SELECT id, episode_id::text, seq, kind FROM games_event"))
    expected = {(key, event.episode, event.seq, event.kind) for key, event in acknowledged.items()}
    return len(expected ^ set(stored)) + len(stored) - len(set(stored))


def _empty_site(players: list[Player]) -> tuple[Load, float]:
    """Return what became of the same batches there, and the CPU seconds of each."""
    with _serving("bench.empty_site:application") as (port, gunicorn):
        play(port, players[:20])  # the first request of a process imports
        before = _cpu_seconds(gunicorn)
        load = play(port, players)
        return load, (_cpu_seconds(gunicorn) - before) / len(load.waits)


def _parent(process: int) -> int:
    return int(_stat(process)[1])


def _cpu_seconds(process: int) -> float:
    """CPU seconds of a process and of all that it has started, those that have ended included."""
    children = [path.parent.name for path in Path("/proc").glob("[0-9]*/stat")]
    parents = {int(child): _stat(int(child)) for child in children if Path(f"/proc/{child}/stat").exists()}
    total, level = 0.0, [process]
    while level:
        total += sum(sum(map(int, parents[each][11:15])) / _TICKS for each in level if each in parents)
        level = [child for child, stat in parents.items() if int(stat[1]) in level]
    return total


def _stat(process: int) -> list[str]:
    """Return the fields of /proc/PROCESS/stat from the state on."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X", "0", *["0"] * 20]
