"""What the settings need to know of this machine: the secret key, the database's address, the languages."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import to_locale
from psycopg.conninfo import conninfo_to_dict

SHORTEST_KEY = 50  # characters; Django warns of less
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


def postgres(url: str, *, pooled: bool, by_transaction: bool = False, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """Return an entry of Django's DATABASES for a libpq address.

    Args:
        pooled: whether connections are kept in a pool of this process.
        by_transaction: whether the address is of a PgBouncer that gives each transaction another connection.
        variable: where the address is from, for what is said of it.

    Raises:
        ImproperlyConfigured: the address cannot be understood.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ImproperlyConfigured(f"{variable} is not an address of Postgres: {str(error).strip()}") from None
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    entry: dict[str, Any] = {setting: str(parts.pop(key, "") or "") for key, setting in names.items()}
    options: dict[str, Any] = {"connect_timeout": 5, **parts}
    if pooled:
        # Who waits for a Postgres that is away is told so soon, and finds it again as soon as it is back.
        options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 3, "reconnect_timeout": 3}
    # From its third time on each of the statements of webapp/database/statements.py is prepared: by a connection that
    # stays the same. So are cursors of the server's.
    options["prepare_threshold"] = None if by_transaction else 2
    return {
        "ENGINE": "webapp.database",
        "OPTIONS": options,
        "DISABLE_SERVER_SIDE_CURSORS": by_transaction,
        **entry,
    }


def postgres_address(entry: Mapping[str, Any]) -> str:
    """Return the libpq address of an entry of Django's DATABASES, whose host may be the folder of a socket."""
    user, password, name, host = (quote(str(entry[key]), safe="") for key in ("USER", "PASSWORD", "NAME", "HOST"))
    return f"postgresql://{user}:{password}@:{entry['PORT']}/{name}?host={host}"


def check_server(site_host: str, secret_key: str, hosts: list[str], origins: list[str], *, debug: bool) -> None:
    """Refuse settings of a server that contradict each other, or that no server can do with.

    Raises:
        ImproperlyConfigured: says what is wrong, and what to do.
    """
    if len(secret_key) < SHORTEST_KEY:
        raise ImproperlyConfigured(
            f"SECRET_KEY has {len(secret_key)} characters: a server needs {SHORTEST_KEY}, drawn at random"
        )
    if debug:
        raise ImproperlyConfigured("DEBUG shows visitors the inside of the site: unset it, or SITE_URL")
    if site_host not in hosts and "*" not in hosts and not any(site_host.endswith(h) for h in hosts if h[:1] == "."):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS lacks {site_host}, the host of SITE_URL: add it, or unset the variable"
        )
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ImproperlyConfigured(f"CSRF_TRUSTED_ORIGINS has {origin!r}, which must begin with https://")


def mail_server(url: str) -> tuple[str, int, str, str, bool, bool]:
    """Return host, port, user and password of a mail server, whether it begins TLS, and whether it speaks TLS at once.

    Raises:
        ImproperlyConfigured: the address cannot be understood.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if url and (parts.scheme not in ("smtp", "smtps") or not host):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp://user:password@host:587 or smtps://...:465")
    at_once = parts.scheme == "smtps"
    begins = bool(host) and not at_once and host not in ("localhost", "127.0.0.1", "::1")
    usual = 465 if at_once else 587 if begins else 25
    return host, port or usual, unquote(parts.username or ""), unquote(parts.password or ""), begins, at_once


def check_backups(recipient: str, identity: str) -> None:
    """Refuse keys of backups that are none.

    Raises:
        ImproperlyConfigured: says what is wrong.
    """
    if recipient and not recipient.startswith(("age1", "ssh-")):
        raise ImproperlyConfigured(f"BACKUP_RECIPIENT must be a public key of age, age1..., not {recipient[:20]!r}")
    if identity and not recipient:
        raise ImproperlyConfigured(
            "BACKUP_IDENTITY reads encrypted backups, and BACKUP_RECIPIENT, which makes them, is unset"
        )


def file_storage(bucket: str, endpoint: str, region: str, access_key: str, secret_key: str) -> dict[str, Any]:
    """Return the entry of Django's STORAGES for the files that machines of the site share; without a bucket, the disk.

    Raises:
        ImproperlyConfigured: the settings contradict each other, or packages are missing.
    """
    given = {"S3_ENDPOINT": endpoint, "S3_REGION": region, "S3_ACCESS_KEY": access_key, "S3_SECRET_KEY": secret_key}
    if not bucket:
        if names := [name for name, value in given.items() if value]:
            raise ImproperlyConfigured(f"{names[0]} is set, and S3_BUCKET is not: set both, or neither")
        return {"BACKEND": "webapp.storage.disk.Disk"}
    if "://" in bucket or bucket.startswith("/"):
        raise ImproperlyConfigured(f"S3_BUCKET must be a name, or bucket/folder, not {bucket!r}")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"S3_ENDPOINT must look like https://s3.example.org, not {endpoint!r}")
    if bool(access_key) != bool(secret_key):
        raise ImproperlyConfigured("S3_ACCESS_KEY and S3_SECRET_KEY need each other: set both, or neither")
    if find_spec("boto3") is None or find_spec("storages") is None:
        raise ImproperlyConfigured("S3_BUCKET needs packages that are not installed: pip install '.[web,s3]'")
    options = {name.removeprefix("S3_").lower(): value for name, value in given.items()}
    return {"BACKEND": "webapp.storage.bucket.Bucket", "OPTIONS": {"bucket": bucket, **options}}


def make_folders(*folders: Path) -> None:
    """Make the folders that the site writes into.

    Raises:
        ImproperlyConfigured: they cannot be made.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"DATA_DIR cannot be used: {folder}: {error.strerror}. Name another folder, or give this one to the "
                "user that runs the site"
            ) from None


def compiled_languages(locale: Path, languages: list[tuple[str, str]], *, source: str) -> list[tuple[str, str]]:
    """Return those of the languages, each with its name, that the site can speak: whose catalogues were compiled."""
    return [
        (code, name)
        for code, name in languages
        if code == source or (locale / to_locale(code) / "LC_MESSAGES" / "django.mo").is_file()
    ]
