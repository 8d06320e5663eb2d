"""``python -m bench.soak [--minutes 30] [--players 100]``: a site under load for long, with idle connections before it.

Whether its memory grows, its answers get slower, or anything fails; and what a thousand connections that send nothing
cost the others. Every other minute they are there.
"""

import argparse
import resource
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median, quantiles
from threading import Lock
from urllib.parse import urlsplit

import httpx

from bench.faults.journal import Journal
from bench.faults.players import Players, configuration, prepare, wait_for_play
from bench.services import Site
from webapp.local import embedded_postgres
from webapp.local.embedded_postgres import Cluster
from webapp.local.serve import ROOT, stop_on_signals

IDLE = 1000
PACE = 1.0  # robots think as long as people do
MOST_MEMORY, MOST_P99 = 1.05, 1.5  # of the last sixth of the time, over the first and the second
_MINUTE = 60.0
_EVERY = 5.0  # seconds between samples of memory; less in a short time
_PATIENCE = 600  # seconds for all to have begun to play
_PARTS = 6  # of the time: of 30 minutes, five each


@dataclass
class Watched:
    """What is measured: times in seconds since the beginning.

    Attributes:
        answers: when each came, and how long it took, in seconds.
        memory: when, and the resident memory of all server processes, in MB, by what they are of.
        idle: from when to when there were idle connections.
    """

    began: float = field(default_factory=time.monotonic)
    answers: list[tuple[float, float]] = field(default_factory=list)
    memory: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    idle: list[tuple[float, float]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def begin(self) -> None:
        """Begin now, and forget what was before."""
        with self.lock:
            self.began, self.answers = time.monotonic(), []


class Timed(httpx.BaseTransport):
    """The way to a site, on which each answer is timed, to its last byte."""

    def __init__(self, below: httpx.BaseTransport, watched: Watched) -> None:
        self._below, self._watched = below, watched

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request."""
        began = time.perf_counter()
        response = self._below.handle_request(request)
        response.read()
        with self._watched.lock:
            self._watched.answers.append((self._watched.now, time.perf_counter() - began))
        return response

    def close(self) -> None:
        """Close the transport below."""
        self._below.close()


def main(arguments: list[str]) -> int:
    """Load it. Returns 1 where memory has grown, answers got slower, or something failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--players", type=int, default=100)
    options = parser.parse_args(arguments)
    stop_on_signals()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = ROOT / "var" / "soak"
    cluster = Cluster(embedded_postgres.cluster().directory.with_name("soak"))
    for left in (folder, cluster.directory):
        shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(parents=True)
    watched, errors = load(folder, cluster, options.minutes * _MINUTE, options.players)
    lines, is_fine = summary(watched, options.minutes * _MINUTE, errors)
    print("\n".join(lines))
    return 0 if is_fine else 1


def load(folder: Path, cluster: Cluster, seconds: float, count: int) -> tuple[Watched, list[str]]:
    """Let robots play for some time; return what was measured, and what was wrong."""
    cluster.start()
    site = Site(cluster, "safelight", folder)
    prepare(site)
    journal = Journal(folder / "journal.jsonl")
    with site:
        site.wait_until_ready()
        watched = Watched()
        players = Players(
            site.address,
            journal,
            configuration(folder / "photos" / "0.npy"),
            count=count,
            seed=0,
            pace=PACE,
            on_error=lambda error: print(f"WRONG: {error}", flush=True),
            transport=lambda below: Timed(below, watched),
        )
        try:
            # A hundred who join in one moment are no load as it is later.
            wait_for_play(journal, players, _PATIENCE, batches=count)
            watched.begin()
            _watch(site, watched, seconds)
        finally:
            players.stop(at_once=True)
            journal.close()
    return watched, players.errors


def _watch(site: Site, watched: Watched, seconds: float) -> None:
    """Take samples of memory, and have idle connections in every other minute, or third of a shorter time."""
    part, every = min(_MINUTE, seconds / _PARTS / 2), min(_EVERY, seconds / _PARTS / 20)
    while watched.now < seconds:
        end = watched.now + part
        if int(watched.now // part) % 2:
            with idle_connections(site.address, IDLE):
                began = watched.now
                _sample(site, watched, end, every)
                watched.idle.append((began, watched.now))
        else:
            _sample(site, watched, end, every)


def _sample(site: Site, watched: Watched, end: float, every: float) -> None:
    while watched.now < end:
        sizes = {name: sum(map(_resident_mb, family)) for name, family in site.processes().items()}
        watched.memory.append((watched.now, sizes))
        time.sleep(min(every, max(0.0, end - watched.now)))


def _resident_mb(process: int) -> float:
    """Return the memory of a process that is in use, with its share of what it shares with others.

    Shared memory is left out: PostgreSQL's buffers have a fixed size, and fill as they are used.
    """
    with suppress(OSError, KeyError):  # it has ended
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        kilobytes = {name: int(size.split()[0]) for name, size in (line.split(":", 1) for line in lines[1:])}
        return (kilobytes["Pss"] - kilobytes["Pss_Shmem"]) / 1024
    return 0.0


@contextmanager
def idle_connections(address: str, count: int) -> Iterator[None]:
    """Keep connections open that send nothing; those that are closed are opened again.

    Raises:
        RuntimeError: somebody refused them.
    """
    # In a process of its own: it takes no time from the robots.
    context, parts = get_context("spawn"), urlsplit(address)
    stopped = context.Event()
    process = context.Process(target=_keep_idle, args=(parts.hostname, parts.port, count, stopped), daemon=True)
    process.start()
    try:
        yield
    finally:
        stopped.set()
        process.join()
    if process.exitcode:
        raise RuntimeError(f"{count} idle connections could not be kept; what was wrong stands above")


def _keep_idle(host: str, port: int, count: int, stopped: Event) -> None:
    connections: list[socket.socket] = []
    while not stopped.is_set():
        connections = [each for each in connections if not _is_closed(each)]
        while len(connections) < count and not stopped.is_set():
            connections.append(socket.create_connection((host, port), timeout=30))
        stopped.wait(1)


def _is_closed(connection: socket.socket) -> bool:
    try:
        connection.setblocking(False)
        if connection.recv(1) == b"":
            connection.close()
            return True
    except BlockingIOError:
        return False
    except OSError:
        connection.close()
        return True
    return False


def summary(watched: Watched, seconds: float, errors: Sequence[str]) -> tuple[list[str], bool]:
    """Say what was measured, and whether it is as it should be."""
    part = seconds / _PARTS
    # At the fifth minute of thirty, what is loaded once is loaded.
    early, late = _memory(watched, part, 1.2 * part), _memory(watched, seconds - 0.2 * part, seconds)
    growth = sum(late.values()) / sum(early.values())
    first = _p99([took for when, took in watched.answers if when < part])
    last = _p99([took for when, took in watched.answers if seconds - part <= when < seconds])
    idle = [took for when, took in watched.answers if _is_within(when, watched.idle)]
    others = [took for when, took in watched.answers if when < seconds and not _is_within(when, watched.idle)]
    is_fine = growth <= MOST_MEMORY and last <= MOST_P99 * first and not errors
    return [
        f"{len(watched.answers)} answers in {seconds / _MINUTE:g} minutes",
        f"memory at the end over that after a sixth of the time: {growth:.3f} (at most {MOST_MEMORY})",
        *(f"  {name}: {early[name]:.0f} MB, {late.get(name, 0):.0f} MB" for name in early),
        f"p99 of the last sixth over that of the first: {last / first:.2f} (at most {MOST_P99}); "
        f"{1000 * first:.0f} ms, {1000 * last:.0f} ms",
        f"with {IDLE} idle connections over without: median {median(idle) / median(others):.2f}, "
        f"p99 {_p99(idle) / _p99(others):.2f}",
        f"{len(errors)} errors",
    ], is_fine


def _memory(watched: Watched, begin: float, end: float) -> dict[str, float]:
    samples = [sizes for when, sizes in watched.memory if begin <= when <= end]
    return {name: median(sizes.get(name, 0.0) for sizes in samples) for name in samples[0]}


def _p99(times: Sequence[float]) -> float:
    return quantiles(times, n=100)[-1]


def _is_within(when: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(begin <= when < end for begin, end in spans)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
