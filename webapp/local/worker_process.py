"""The worker beside the site on one's own machine: started after it, stopped with it, and started again if it dies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.local.embedded_postgres import CLONE

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0  # seconds before a worker that died is started again, more each time
_PATIENCE = 15  # seconds for it to end what it is at, or put it back


class WorkerProcess:
    """`manage.py worker` as a process of its own."""

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE
        self._start_at = 0.0
        self.process = self._started()

    def tend(self) -> None:
        """See to it that a worker runs; to be called every now and then."""
        if (status := self.process.poll()) is None:
            return
        if not self._start_at:
            print(f"The worker ended ({status}); it is started again in {self._pause:g} s.", file=sys.stderr)
            self._start_at = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        elif time.monotonic() >= self._start_at:
            self._start_at = 0.0
            self.process = self._started()

    def stop(self) -> None:
        """End it, by force if need be; then another one does later what it was at."""
        self.process.terminate()
        try:
            self.process.wait(timeout=_PATIENCE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self.process.kill()
            self.process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the site's process alone, which ends this one in order.
        return subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=CLONE, start_new_session=True)


@contextmanager
def working() -> Iterator[WorkerProcess]:
    """Run a worker for a `with` block. Uses DATABASE_URL."""
    worker = WorkerProcess()
    try:
        yield worker
    finally:
        worker.stop()
