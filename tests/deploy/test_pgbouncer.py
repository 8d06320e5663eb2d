"""The site behind Debian's PgBouncer in transaction mode, with fewer connections than it has threads."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.services import Site
from webapp.local.embedded_postgres import Cluster, free_port

# Debian's 1.18 knows no prepared statements.
PACKAGES = ("pgbouncer", "libevent-2.1-7", "libc-ares2")
CONNECTIONS = 2
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
"""


@pytest.fixture(scope="session")
def program() -> Iterator[tuple[str, dict[str, str]]]:
    """PgBouncer, and the variables that it needs: this machine's, else out of Debian's packages, without installing."""
    path = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if path is not None:
        yield path, {}
        return
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        pytest.skip("PgBouncer is missing, and this is no Debian")
    # Not in pytest's folder, into which only root can look: somebody else runs it.
    with TemporaryDirectory(prefix="pgbouncer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        done = subprocess.run(["apt-get", "-qq", "download", *PACKAGES], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"PgBouncer is missing, and apt-get cannot download it: {done.stderr.strip()[:200]}")
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "--extract", package, folder], check=True)
        libraries = {str(library.parent) for library in folder.rglob("*.so.*")}
        yield str(folder / "usr/sbin/pgbouncer"), {"LD_LIBRARY_PATH": ":".join(libraries)}


@contextmanager
def bouncing(program: tuple[str, dict[str, str]], database: str, folder: Path) -> Iterator[str]:
    """Run PgBouncer before a database, as somebody else than root, and give its address."""
    path, variables = program
    parts, own_port = conninfo_to_dict(database), free_port()
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(own_port=own_port, connections=CONNECTIONS, **parts))
    account = pwd.getpwnam("nobody")
    identity = {"user": account.pw_uid, "group": account.pw_gid} if os.geteuid() == 0 else {}
    if identity:
        # Only who runs it may read the password.
        os.chown(configuration, account.pw_uid, account.pw_gid)
        configuration.chmod(0o600)
    with (
        configuration.open() as readable,
        subprocess.Popen(
            [path, "/dev/stdin"],
            stdin=readable,
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **identity,
        ) as process,
    ):
        try:
            yield f"postgresql://{parts['user']}:{parts['password']}@127.0.0.1:{own_port}/{parts['dbname']}"
        finally:
            process.terminate()


@pytest.mark.long
def test_robots_play_through_it_while_migrations_and_the_worker_go_past_it(
    root: Path, cluster: Cluster, program: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    direct = cluster.fresh_database("bounced")
    with bouncing(program, direct, tmp_path) as bouncer:
        through = {"DATABASE_URL": bouncer, "DATABASE_DIRECT_URL": direct, "DATABASE_BY_TRANSACTION": "true"}
        site = Site(cluster, "bounced", tmp_path, through)
        site.manage("migrate", "-v0")
        site.manage("import_demo_photos")
        with site:
            site.wait_until_ready()
            command = [sys.executable, "-m", "learning.command_line", "robots", "--url", site.address]
            # Each verifies what the site has of it.
            subprocess.run([*command, "--episodes", "24", "--workers", "12"], cwd=root, check=True)
            with psycopg.connect(direct) as connection:
                episodes = connection.execute(
                    "SELECT count(*) FROM games_episode WHERE status = 'submitted' AND checkpoint_hash = ''"
                ).fetchone()
                workers = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
            assert episodes == (24,)
            assert workers == (1,)
            assert site.worker.is_running
