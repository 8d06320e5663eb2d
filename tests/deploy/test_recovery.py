"""What `make run` starts comes back, whatever is killed and however often; tests/deploy/test_install.py has servers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from webapp.local.embedded_postgres import Cluster, free_port

KILLS, SECONDS = 10, 1.0
PATIENCE = 180  # seconds, of which up to 60 are a pause
# `make run` but for the photos, on a Postgres of the test's own.
PROGRAM = """
import os, sys
from contextlib import ExitStack
from pathlib import Path
from webapp.local import serve
from webapp.local.embedded_postgres import Cluster
serve.stop_on_signals()
try:
    with ExitStack() as stack:
        cluster = Cluster(Path(sys.argv[1]))
        os.environ["DATABASE_URL"] = stack.enter_context(cluster.running())
        serve.bring_in_photos = lambda *arguments: None
        serve.prepare(researcher=False)
        serve._run(stack, cluster, "127.0.0.1", int(sys.argv[2]))
except KeyboardInterrupt:
    pass
"""


def children(process: int) -> list[int]:
    """The processes that one has started."""
    with suppress(FileNotFoundError):
        return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def started(process: int, name: str) -> list[int]:
    """Those of them whose command has a word."""
    found = []
    for child in children(process):
        with suppress(FileNotFoundError, ProcessLookupError):
            if name.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def kill(processes: list[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def cpu_seconds(process: int) -> float:
    """What a process has used; proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(port: int, address: str) -> int:
    """What the site answers; 0 where nobody does."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{address}", timeout=5).status_code
    except httpx.HTTPError:
        return 0


def wait(until: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@pytest.mark.long
def test_what_make_run_starts_comes_back_from_ten_kills_in_ten_seconds(
    root: Path, cluster: Cluster, tmp_path: Path
) -> None:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DATA_DIR": str(tmp_path), "WEB_CONCURRENCY": "2"}
    command = [sys.executable, "-c", PROGRAM, str(cluster.directory), str(port)]
    with subprocess.Popen(command, cwd=root, env=environment) as process:

        def web() -> list[int]:
            return [worker for master in started(process.pid, "gunicorn") for worker in children(master)]

        def postgres() -> list[int]:
            return [number for number in (cluster._pid_file()[0],) if number]

        victims: dict[str, Callable[[], list[int]]] = {
            "web workers": web,
            "gunicorn": lambda: started(process.pid, "gunicorn"),
            "the worker": lambda: started(process.pid, "manage.py"),
            "Postgres": postgres,
        }
        try:
            wait(lambda: status(port, "readyz") == 200, "the site does not start")
            # The site is loaded once: a web worker that was killed has nothing to load again.
            (master,) = started(process.pid, "gunicorn")
            kill(children(master))
            wait(lambda: status(port, "readyz") == 200, "the site is not back after web workers were killed")
            assert all(cpu_seconds(worker) < cpu_seconds(master) / 2 for worker in children(master))
            for name, found in victims.items():
                wait(lambda found=found: bool(found()), f"{name} does not run")  # type: ignore[misc]
                for _ in range(KILLS):
                    kill(found())
                    time.sleep(SECONDS)
                wait(lambda: status(port, "readyz") == 200, f"the site is not back after {name} was killed")
                wait(lambda found=found: bool(found()), f"{name} is not back")  # type: ignore[misc]
            assert process.poll() is None
        finally:
            process.terminate()
            process.wait()
    assert [status(port, address) for address in ("livez", "readyz")] == [0, 0]
