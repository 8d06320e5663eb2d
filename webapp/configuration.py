"""What the settings need to know of this machine: the secret key, the database's address, the languages."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import to_locale
from psycopg.conninfo import conninfo_to_dict

POSTGRES_CONVENTION = "postgresql://safelight@127.0.0.1:5432/safelight"


def local_secret_key(path: Path) -> str:
    """Return the key kept in a file that only its owner can read; made at the first call."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole under a name of its own, then linked: of two first starts at once, one key wins.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def embedded_database_url() -> str:
    """Return the address of the embedded Postgres if it runs, else the conventional one, which fails clearly."""
    try:
        from webapp.local import embedded_postgres
    except ImportError:
        return POSTGRES_CONVENTION
    return embedded_postgres.url() or POSTGRES_CONVENTION


def postgres(url: str, *, pooled: bool) -> dict[str, Any]:
    """Return an entry of Django's DATABASES for a libpq address.

    Raises:
        ImproperlyConfigured: the address cannot be understood.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not an address of Postgres: {str(error).strip()}") from None
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    entry: dict[str, Any] = {setting: str(parts.pop(key, "") or "") for key, setting in names.items()}
    options: dict[str, Any] = {"connect_timeout": 5, **parts}
    if pooled:
        # Who waits for a Postgres that is away is told so soon, and finds it again as soon as it is back.
        options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 3, "reconnect_timeout": 3}
    # From its third time on each of the statements of webapp/database/statements.py is prepared.
    return {"ENGINE": "webapp.database", "OPTIONS": options | {"prepare_threshold": 2}, **entry}


def compiled_languages(locale: Path, languages: list[tuple[str, str]], *, source: str) -> list[tuple[str, str]]:
    """Return those of the languages, each with its name, that the site can speak: whose catalogues were compiled."""
    return [
        (code, name)
        for code, name in languages
        if code == source or (locale / to_locale(code) / "LC_MESSAGES" / "django.mo").is_file()
    ]
