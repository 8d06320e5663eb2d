"""The faults: what is killed, cut, filled, set or run in the middle of play."""

import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.faults.disks import Disk
from bench.faults.proxy import CuttingProxy, troubles
from bench.services import Site

DAY = 86_400
_PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Harness:
    """What faults are done to.

    Attributes:
        clock: the file by which libfaketime knows how far ahead web and worker are; None where there is no libfaketime.
        disks: of the database and of the site's files, by name; none where they cannot be made.
    """

    site: Site
    proxy: CuttingProxy
    clock: "Clock | None"
    disks: dict[str, Disk]


@dataclass(frozen=True)
class Clock:
    """The wall clock of web and worker, by a file that libfaketime reads; their monotonic clock is left alone."""

    file: Path
    library: Path

    def set(self, seconds: int) -> None:
        """Let it go so far ahead."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n")
        draft.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """What the processes need."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(Path(__file__).with_name("faked_clock")),
        }


def library() -> Path | None:
    """Return libfaketime, where Debian's package put it."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def _kill_web_worker(harness: Harness, random: Random) -> None:
    if workers := harness.site.web_workers():
        with suppress(ProcessLookupError):
            os.kill(random.choice(workers), signal.SIGKILL)


def _kill_gunicorn(harness: Harness, _: Random) -> None:
    harness.site.web.kill()


def _kill_worker(harness: Harness, _: Random) -> None:
    harness.site.worker.kill()


def _kill_postgres(harness: Harness, _: Random) -> None:
    harness.site.postgres.kill()


def _kill_two(harness: Harness, random: Random) -> None:
    for kill in random.sample(_KILLS, 2):
        kill(harness, random)


def _trouble_requests(harness: Harness, random: Random) -> None:
    harness.proxy.trouble(troubles(random))
    until = time.monotonic() + _PATIENCE
    while not harness.proxy.is_quiet() and time.monotonic() < until:
        time.sleep(0.02)


def _fill_disk(harness: Harness, random: Random) -> None:
    disk = harness.disks[random.choice(sorted(harness.disks))]
    disk.fill()
    try:
        time.sleep(random.uniform(1, 6))
    finally:
        disk.empty()


def _set_clock(harness: Harness, random: Random) -> None:
    assert harness.clock is not None  # noqa: S101
    harness.clock.set(DAY)
    try:
        time.sleep(random.uniform(2, 6))
    finally:
        harness.clock.set(0)


def _back_up(harness: Harness, _: Random) -> None:
    harness.site.manage("backup")
    harness.site.manage("drill")


def _upgrade(harness: Harness, _: Random) -> None:
    harness.site.manage("migrate", "--no-input", "-v0")
    processes = [service.process for service in (harness.site.web, harness.site.worker)]
    for service in (harness.site.web, harness.site.worker):
        service.restart()
    for process in processes:
        if process is not None:
            process.wait()


Fault = Callable[[Harness, Random], None]
_KILLS: list[Fault] = [_kill_web_worker, _kill_gunicorn, _kill_worker, _kill_postgres]
# With the share of each.
FAULTS: dict[str, tuple[int, Fault]] = {
    "web worker killed": (14, _kill_web_worker),
    "gunicorn killed": (8, _kill_gunicorn),
    "worker killed": (8, _kill_worker),
    "Postgres killed": (10, _kill_postgres),
    "two killed": (8, _kill_two),
    "requests cut, late or twice": (36, _trouble_requests),
    "disk full": (5, _fill_disk),
    "clock a day ahead and back": (4, _set_clock),
    "backup and drill": (3, _back_up),
    "upgrade": (4, _upgrade),
}


def choose(harness: Harness, random: Random, kinds: Collection[str]) -> str:
    """Return the name of one of these kinds of faults that can be done here."""
    missing = {"disk full": not harness.disks, "clock a day ahead and back": harness.clock is None}
    shares = {name: share for name, (share, _) in FAULTS.items() if name in kinds and not missing.get(name)}
    return random.choices(list(shares), list(shares.values()))[0]
