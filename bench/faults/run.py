"""A run of random faults, which goes on where it was stopped: its folder has the seed, and all that was told."""

import json
import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

import psycopg

from bench.faults.checker import Difference, differences, read_stored
from bench.faults.disks import Disk, can_mount
from bench.faults.journal import Journal, read
from bench.faults.kinds import FAULTS, Clock, Harness, choose, library
from bench.faults.players import Players, configuration, prepare, wait_for_play
from bench.faults.proxy import CuttingProxy
from bench.services import Site, answers
from editing.files import write_atomically
from webapp.local.embedded_postgres import Cluster

EPISODES = 5
PATIENCE = 180  # seconds for all to be back after a fault, and for play to go on
_EVERY = 0.2  # seconds between looks at whether the site is up
_DATABASE_MB, _FILES_MB = 1500, 200
# So that a run of thousands of episodes fits on the small disk.
_POSTGRES_SETTINGS = {"max_wal_size": "128MB", "min_wal_size": "32MB"}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


@dataclass
class State:
    """What was done so far.

    Attributes:
        kinds: how often each kind of fault.
        seconds, seconds_up: while faults were done, of wall time; as far as /readyz answered 200.
        complaints: of robots, and of what did not come back, with the fault's number before each.
    """

    seed: int
    faults: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    seconds_up: float = 0.0
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """How a run stands; ``left_out``: kinds of faults that cannot be done here."""

    state: State
    episodes: int
    differences: list[Difference]
    left_out: list[str]

    @property
    def is_fine(self) -> bool:
        return not self.differences and not self.state.complaints


class Run:
    """A run in a folder."""

    def __init__(
        self,
        folder: Path,
        cluster: Cluster,
        seed: int,
        players: int,
        kinds: Collection[str] = FAULTS,
        episodes: int = EPISODES,
    ) -> None:
        """Go on with a run, or begin one.

        Args:
            kinds: the names of those faults that may be done.
            episodes: acknowledged for each fault, at least, over the whole run.
        """
        self.folder, self._cluster, self._players, self._kinds, self._episodes = (
            folder,
            cluster,
            players,
            kinds,
            episodes,
        )
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "state.json"
        self.state = State(seed)
        if self._file.exists():
            self.state = State(**json.loads(self._file.read_text()))
        self._left_out: list[str] = []

    def go(self, faults: int, say: Callable[[str], None] = say) -> Result:
        """Do faults until there were so many, let play go on until there are enough episodes, and compare.

        What is interrupted (Ctrl-C) is compared all the same.
        """
        with self._harness() as harness:
            journal = Journal(self.folder / "journal.jsonl")
            settings = configuration(harness.site.folder / "photos" / "0.npy")
            proxied = f"http://127.0.0.1:{harness.proxy.port}"
            before = len(self.state.complaints)
            players = Players(
                proxied,
                journal,
                settings,
                count=self._players,
                seed=self.state.seed * 100_003 + self.state.faults,
                on_error=lambda error: self._complain(error, say),
            )
            try:
                with self._watched(harness.site):
                    while self.state.faults < faults:
                        self._do_next(harness, journal, players, say)
                    while len(journal.submitted) < self._episodes * faults and len(self.state.complaints) == before:
                        wait_for_play(journal, players, PATIENCE)
            except TimeoutError as error:
                self._complain(str(error), say)
            except KeyboardInterrupt:
                say("Stopped; robots finish what they are at, and all is compared.")
            finally:
                players.stop()
                self._save()
            found = self._compare(harness.site)
            journal.close()
            return Result(self.state, len(journal.submitted), found, self._left_out)

    def _do_next(self, harness: Harness, journal: Journal, players: Players, say: Callable[[str], None]) -> None:
        """Do the next fault, once all is ready and a robot has had a batch acknowledged."""
        harness.site.wait_until_ready(PATIENCE)
        wait_for_play(journal, players, PATIENCE)
        random = Random(f"{self.state.seed}:{self.state.faults}")  # noqa: S311 (nothing is secret)
        name = choose(harness, random, self._kinds)
        say(f"{self.state.faults + 1:5d} {name:28s} {len(journal.submitted):6d} episodes")
        try:
            FAULTS[name][1](harness, random)
        except subprocess.CalledProcessError as error:
            self._complain(f"{name}: {error.cmd[1:]} failed: {error.stderr[-2000:]}", say)
        self.state.faults += 1
        self.state.kinds[name] = self.state.kinds.get(name, 0) + 1
        self._save()

    def _compare(self, site: Site) -> list[Difference]:
        self._cluster.start()
        with psycopg.connect(self._cluster.url(site.database) or "") as connection, connection.cursor() as cursor:
            stored = read_stored(cursor)
        try:
            stored.receipts = site.manage("receipts", "default")
        except subprocess.CalledProcessError as error:  # something does not add up, which its lines say
            stored.receipts = error.stdout
        return differences(read(self.folder / "journal.jsonl").values(), stored)

    def _complain(self, error: str, say: Callable[[str], None]) -> None:
        self.state.complaints.append(f"{self.state.faults}: {error}")
        say(f"      WRONG: {error}")

    def _save(self) -> None:
        write_atomically(self._file, json.dumps(vars(self.state), indent=1).encode())

    @contextmanager
    def _harness(self) -> Iterator[Harness]:
        with ExitStack() as stack:
            disks = self._disks() if can_mount() else {}
            for disk in disks.values():
                stack.enter_context(disk.mounted())
            found = library()
            clock = Clock(self.folder / "clock", found) if found else None
            if clock:
                clock.set(0)
            self._left_out = ["disk full"] * (not disks) + ["clock a day ahead and back"] * (clock is None)
            self._cluster.start()
            stack.callback(self._cluster.stop)
            site = Site(self._cluster, "safelight", self.folder, clock.environment if clock else {})
            if not (self.folder / "study.json").exists():
                self._set_up_postgres()
                prepare(site)
            stack.enter_context(site)
            site.wait_until_ready(PATIENCE)
            proxy = CuttingProxy(int(site.address.rsplit(":", 1)[1]))
            stack.callback(proxy.close)
            yield Harness(site, proxy, clock, disks)

    def _disks(self) -> dict[str, Disk]:
        kept = self.folder / "kept"
        kept.mkdir(exist_ok=True)
        return {
            "database": Disk(self._cluster.directory, _DATABASE_MB, kept / "database.tar"),
            "files": Disk(self.folder / "data", _FILES_MB, kept / "files.tar"),
        }

    def _set_up_postgres(self) -> None:
        with psycopg.connect(self._cluster.url() or "", autocommit=True) as connection:
            for name, value in _POSTGRES_SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            connection.execute("SELECT pg_reload_conf()")

    @contextmanager
    def _watched(self, site: Site) -> Iterator[None]:
        """Measure for which share of the time people can play."""
        stopped = Event()

        def watch() -> None:
            last = time.monotonic()
            while not stopped.wait(_EVERY):
                is_up = answers(site.address, 2)
                now = time.monotonic()
                self.state.seconds += now - last
                self.state.seconds_up += (now - last) * is_up
                last = now

        thread = Thread(target=watch, name="watch")
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
