"""Ends what `make run` has started, where that is killed before it can: ``python -m webapp.local.guard [DIRECTORY]``.

It reads from its standard input, whose other end `make run` holds: in each line the numbers of all processes that it is
to end. The input ends when `make run` does, however that ends. DIRECTORY is of the Postgres that is stopped then,
unless somebody else uses it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from webapp.local.embedded_postgres import Cluster
from webapp.local.postgres_programs import PostgresError

_PATIENCE = 30.0  # seconds for a process to end by itself


def main(arguments: list[str]) -> None:
    """Wait for the end of the input, and do what is left to do."""
    processes: list[int] = []
    for line in sys.stdin:
        processes = [int(number) for number in line.split()]
    for process in processes:
        _send(process, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and any(_is_running(process) for process in processes):
        time.sleep(0.1)
    for process in processes:
        _send(process, signal.SIGKILL)
    for directory in arguments:
        with suppress(PostgresError):
            Cluster(Path(directory)).stop_unless_used()


def _send(process: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
