"""What runs beside `make run`: Postgres, the site and the worker, each started again if it ends by itself.

And a guard, which ends them where `make run` is killed before it can.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from webapp.local.embedded_postgres import CLONE, Cluster
from webapp.local.postgres_programs import PostgresError

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0  # seconds before what has ended is started again, more each time
_STEADY = 60.0  # seconds after which what runs is no longer taken for what ends at once
_PATIENCE = 30  # seconds for a process to end what it is at, or put it back


class Restarting:
    """When to start something again that has ended: after a pause that grows while it does not stay."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pause = _FIRST_PAUSE
        self._start_at = 0.0
        self._started = time.monotonic()

    def is_due(self, ended: str) -> bool:
        """Whether it is time to start it again; says so first. To be asked every now and then while it does not run."""
        if not self._start_at:
            if time.monotonic() - self._started > _STEADY:
                self._pause = _FIRST_PAUSE
            print(f"{self.name} ended{ended}; it is started again in {self._pause:g} s.", file=sys.stderr, flush=True)
            self._start_at = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            return False
        if time.monotonic() < self._start_at:
            return False
        self._start_at, self._started = 0.0, time.monotonic()
        return True


class KeptProcess:
    """A program of the virtual environment as a process of its own."""

    def __init__(self, name: str, *arguments: str) -> None:
        """Start ``python ARGUMENTS``; ``name``: what it is called where something is said of it."""
        self._arguments = arguments
        self._restarting = Restarting(name)
        self.process = self._started()

    def tend(self) -> None:
        """See to it that it runs; to be called every now and then."""
        if (status := self.process.poll()) is not None and self._restarting.is_due(f" ({status})"):
            self.process = self._started()

    def stop(self) -> None:
        """End it, by force if need be; what a worker is at then, another one does later."""
        self.process.terminate()
        try:
            self.process.wait(timeout=_PATIENCE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self.process.kill()
            self.process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches `make run` alone, which ends this one in order.
        return subprocess.Popen([sys.executable, *self._arguments], cwd=CLONE, start_new_session=True)


class KeptPostgres:
    """The embedded Postgres, which runs already."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._restarting = Restarting("Postgres")

    def tend(self) -> None:
        """See to it that it runs, at its old address; to be called every now and then."""
        if self._cluster.url() is None and self._restarting.is_due(""):
            try:
                self._cluster.start()
            except PostgresError as error:
                print(error, file=sys.stderr, flush=True)


@contextmanager
def working() -> Iterator[KeptProcess]:
    """Run a worker for a `with` block. Uses DATABASE_URL."""
    worker = KeptProcess("The worker", "manage.py", "worker")
    try:
        yield worker
    finally:
        worker.stop()


@contextmanager
def guarded(cluster: Cluster | None) -> Iterator[Callable[[list[int]], None]]:
    """Have a process that ends others, and then Postgres, if this one ends within the block without doing so.

    Yields what is to be told, each time, of which processes these are.
    """
    directory = [] if cluster is None else [str(cluster.directory)]
    command = [sys.executable, "-m", "webapp.local.guard", *directory]
    last: list[int] = []
    with subprocess.Popen(command, cwd=CLONE, start_new_session=True, stdin=subprocess.PIPE, text=True) as guard:

        def tell(processes: list[int]) -> None:
            nonlocal last
            if processes != last:
                with suppress(BrokenPipeError):  # somebody has ended the guard: the site goes on without
                    print(*processes, file=guard.stdin, flush=True)
                last = processes

        try:
            yield tell
        finally:
            guard.kill()
