"""A site as a server runs it: Postgres, the processes of deploy's units, nginx where it is installed.

Each is kept as systemd keeps it: what ends is started again after its pause, with all that goes before it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import IO

import httpx

from webapp.local.embedded_postgres import Cluster, free_port
from webapp.local.postgres_programs import PostgresError
from webapp.local.serve import ROOT

DEPLOY = ROOT / "deploy"
CLONE = "/opt/safelight"  # where the units look for it
PATIENCE = 30  # seconds for a process to end by itself
_STARTING = 0.1  # seconds between looks
_POSTGRES_PAUSE = 2.0
_NGINX = """
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-bodies;
    proxy_temp_path {folder}/nginx-answers;
    fastcgi_temp_path {folder}/nginx-unused;
    scgi_temp_path {folder}/nginx-unused;
    uwsgi_temp_path {folder}/nginx-unused;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


@dataclass(frozen=True)
class Unit:
    """What is run, as a unit of systemd says it.

    Attributes:
        before: commands that must succeed each time before it starts.
        pause: in seconds, before it is started again.
    """

    name: str
    command: Sequence[str]
    before: Sequence[Sequence[str]] = ()
    pause: float = 2.0

    @classmethod
    def read(cls, name: str) -> "Unit":
        """Read one of deploy's, with this Python in place of the installed one."""
        text = (DEPLOY / f"{name}.service").read_text()

        def commands(setting: str) -> list[list[str]]:
            found = re.findall(rf"^{setting}=(.+)$", text, re.M)
            return [line.replace(f"{CLONE}/.venv/bin/python", sys.executable).split() for line in found]

        (command,) = commands("ExecStart")
        (pause,) = re.findall(r"^RestartSec=(\d+)$", text, re.M)
        return cls(name, command, commands("ExecStartPre"), float(pause))


class Service:
    """A unit that runs, whatever ends it."""

    def __init__(self, unit: Unit, environment: Mapping[str, str], log: Path) -> None:
        """Start it; what it says goes to the end of a file."""
        self.unit, self._environment, self._log = unit, environment, log
        self.process: subprocess.Popen[bytes] | None = None
        self._is_wanted = True
        self._skips_pause = Event()
        self._thread = Thread(target=self._keep, name=unit.name)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End its first process, by SIGKILL; systemd then ends all others of it."""
        self._send(signal.SIGKILL)

    def restart(self) -> None:
        """Let it end in order, and start again at once with what goes before it."""
        self._skips_pause.set()
        self._send(signal.SIGTERM)

    def stop(self) -> None:
        self._is_wanted = False
        self.restart()
        self._thread.join(PATIENCE)
        self.kill()
        self._thread.join()

    def _send(self, number: int) -> None:
        process = self.process
        if process is not None and process.poll() is None:
            process.send_signal(number)

    def _keep(self) -> None:
        with self._log.open("ab") as log:
            while self._is_wanted:
                if all(self._run(command, log) == 0 for command in self.unit.before) and self._is_wanted:
                    self._run(self.unit.command, log)
                if self._is_wanted:
                    self._skips_pause.wait(self.unit.pause)
                    self._skips_pause.clear()

    def _run(self, command: Sequence[str], log: IO[bytes]) -> int:
        self.process = process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status = process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it has left
        return status


class KeptPostgres:
    """The Postgres of a cluster, which runs, whatever ends it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        cluster.start()
        self._stopped = Event()
        self._thread = Thread(target=self._keep, name="Postgres")
        self._thread.start()

    @property
    def process(self) -> int:
        """The number of its first process; 0 while it does not run."""
        return self.cluster._pid_file()[0] if self.cluster.url() is not None else 0

    def kill(self) -> None:
        """End its first process, by SIGKILL."""
        if self.process:
            os.kill(self.process, signal.SIGKILL)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self.cluster.stop()

    def _keep(self) -> None:
        while not self._stopped.wait(_STARTING):
            if self.cluster.url() is None and not self._stopped.wait(_POSTGRES_PAUSE):
                with suppress(PostgresError):  # a full disk, say: it is tried again
                    self.cluster.start()


@dataclass
class Site:
    """A site that runs; enter it, and leave it to stop all.

    Attributes:
        cluster: whose Postgres is the site's.
        database: its name there, which exists.
        folder: for DATA_DIR, backups and logs.
        environment: of web and worker, beside what the site needs.
        address: where visitors get to: nginx, or gunicorn where that is not installed.
    """

    cluster: Cluster
    database: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: int = 2

    def __post_init__(self) -> None:
        self.port = free_port()
        self._stack = ExitStack()

    def __enter__(self) -> "Site":
        nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        front = free_port() if nginx else self.port
        self.address = f"http://127.0.0.1:{front}"
        self.postgres = KeptPostgres(self.cluster)
        self._stack.callback(self.postgres.stop)
        services = self.service_environment(proxies=bool(nginx))
        self.web = self._serve(Unit.read("safelight"), services)
        self.worker = self._serve(Unit.read("safelight-worker"), services)
        self.nginx = self._serve(self._nginx(nginx, front), os.environ) if nginx else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def service_environment(self, *, proxies: bool = False) -> dict[str, str]:
        """Return the settings of web and worker."""
        return self.command_environment() | {
            "BIND": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": str(self.workers),
            "NUMBER_OF_PROXIES": str(int(proxies)),
            **self.environment,
        }

    def command_environment(self) -> dict[str, str]:
        """Return the settings of the site's commands."""
        return os.environ | {
            "DATABASE_URL": self.cluster.url(self.database) or "",
            "DATA_DIR": str(self.folder / "data"),
            "BACKUP_DIR": str(self.folder / "backups"),
            "SECRET_KEY": "of a site for tests alone, and long enough to be one",
        }

    def manage(self, *command: str) -> str:
        """Run one of the site's commands and return what it says.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        line = [sys.executable, "manage.py", *command]
        done = subprocess.run(line, cwd=ROOT, env=self.command_environment(), capture_output=True, text=True)
        if done.returncode:
            error = subprocess.CalledProcessError(done.returncode, line, done.stdout, done.stderr)
            error.add_note(done.stderr[-2000:])
            raise error
        return done.stdout

    def web_workers(self) -> list[int]:
        """Return the numbers of gunicorn's worker processes."""
        return _children(self.web.process.pid) if self.web.process is not None and self.web.is_running else []

    def processes(self) -> dict[str, list[int]]:
        """Return the numbers of all server processes, by what they are of."""
        services = [self.web, self.worker, *([self.nginx] if self.nginx else [])]
        found = {each.unit.name: _family(each.process.pid) for each in services if each.process is not None}
        return found | {"postgres": _family(self.postgres.process)}

    def is_ready(self) -> bool:
        """Tell whether everything runs, and people can play."""
        services = [self.web, self.worker, *([self.nginx] if self.nginx else [])]
        is_whole = all(each.is_running for each in services) and len(self.web_workers()) == self.workers
        return is_whole and answers(self.address)

    def wait_until_ready(self, seconds: float = 180) -> None:
        """Wait.

        Raises:
            TimeoutError: something does not come.
        """
        until = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > until:
                log = "".join(path.read_text(errors="replace")[-2000:] for path in sorted(self.folder.glob("*.log")))
                raise TimeoutError(f"the site is not ready after {seconds:g} s; its logs end with:\n{log}")
            time.sleep(_STARTING)

    def _serve(self, unit: Unit, environment: Mapping[str, str]) -> Service:
        service = Service(unit, environment, self.folder / f"{unit.name}.log")
        self._stack.callback(service.stop)
        return service

    def _nginx(self, program: str, port: int) -> Unit:
        """Return an nginx that passes requests on as deploy's does, without TLS."""
        locations = re.findall(r"location / \{[^}]+\}", (DEPLOY / "nginx.conf").read_text())
        (location,) = (text for text in locations if "proxy_pass" in text)
        location = location.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{self.port}")
        path = self.folder / "nginx.conf"
        path.write_text(_NGINX.format(folder=self.folder, port=port, location=location))
        return Unit("nginx", [program, "-c", str(path), "-p", str(self.folder)])


def answers(address: str, seconds: float = 5) -> bool:
    """Tell whether a site says that people can play."""
    try:
        return httpx.get(f"{address}/readyz", timeout=seconds, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _children(process: int) -> list[int]:
    with suppress(OSError):
        return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def _family(process: int) -> list[int]:
    return [process, *(each for child in _children(process) for each in _family(child))] if process else []
