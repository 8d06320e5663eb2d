"""What a start of the site needs: the database migrated, static files collected; not again where nothing changed."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from editing.files import write_atomically

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = ("webapp", "editing")
_NOT_OF_IT = {"__pycache__", "node_modules"}


def prepare_start(*, clear: bool = False) -> bool:
    """Migrate the database and collect the static files; return whether that was done.

    It is not, if it was done before as a whole and nothing has changed since: not a byte of the program, no installed
    package, and in the database neither which one it is nor a row of its migrations. So what was interrupted, failed or
    restored is done again.

    Args:
        clear: whether static files of before are deleted, which pages that are still open may ask for.

    Raises:
        django.db.OperationalError: the database does not answer.
    """
    kept = Path(settings.DATA_DIR) / "prepared.sha256"
    program = _program_digest()
    if _is_collected() and kept.exists() and kept.read_text() == _digest(program):
        return False
    kept.unlink(missing_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", clear=clear, verbosity=0, interactive=False)
    write_atomically(kept, _digest(program).encode())
    return True


def _is_collected() -> bool:
    folder = Path(settings.STATIC_ROOT)
    return folder.is_dir() and any(folder.iterdir())


def _program_digest() -> str:
    """Return the SHA-256 of the program's and the pages' files, and of the names of the packages installed beside."""
    whole = hashlib.sha256()
    for path in _files():
        whole.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    packages = Path(django.__file__).parents[1].glob("*.dist-info")
    whole.update("\n".join(sorted(package.name for package in packages)).encode())
    return whole.hexdigest()


def _files() -> Iterator[Path]:
    for folder in (*(ROOT / name for name in _PROGRAM), *map(Path, settings.STATICFILES_DIRS)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _NOT_OF_IT.intersection(path.parts):
                yield path


def _digest(program: str) -> str:
    """Return the SHA-256 of the program and of the database that it is to find."""
    parameters = connection.get_connection_params()
    server = [str(parameters.get(name)) for name in ("host", "port", "dbname")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::text, to_regclass('django_migrations')::text FROM pg_database "
            "WHERE datname = current_database()"
        )
        found = [list(row) for row in cursor.fetchall()]
        if found and found[0][1]:
            cursor.execute("SELECT id, app, name, applied::text FROM django_migrations ORDER BY id")
            found += [list(row) for row in cursor.fetchall()]
    return hashlib.sha256(json.dumps([program, server, found]).encode()).hexdigest()
