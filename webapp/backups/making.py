"""Making a backup: the database as one moment has it, and the photos' files that it names."""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from webapp.backups import postgres
from webapp.backups.store import (
    UNFINISHED,
    BackupError,
    KnownFiles,
    Manifest,
    Store,
    StoredFile,
    new_name,
    sha256_of,
)
from webapp.photos.models import Photo
from webapp.photos.storing import is_needed
from webapp.storage.site_file import SiteFile, scratch

# Of the machine, not of the data.
_NOT_KEPT = {
    *("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_POOL", "DATA_DIR", "BACKUP_DIR", "BACKUP_IDENTITY"),
    *("S3_BUCKET", "S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY", "SAFELIGHT_CACHE"),
}


def site_store(folder: Path | None = None, identity: Path | None = None) -> Store:
    """Return the folder of backups that the settings name, or another one."""
    named = identity or (Path(settings.BACKUP_IDENTITY) if settings.BACKUP_IDENTITY else None)
    return Store(folder or settings.BACKUP_DIR, settings.BACKUP_RECIPIENT, named)


def back_up(store: Store) -> tuple[str, Manifest]:
    """Write a backup and verify it; return its name and what it has. Those older than BACKUP_DAYS are deleted.

    Raises:
        BackupError: it cannot be written; nothing is left of it.
    """
    try:
        with store.locked():
            return _back_up(store)
    except OSError as error:
        raise BackupError(f"{error.filename or store.folder} cannot be written or read: {error.strerror}") from None


def _back_up(store: Store) -> tuple[str, Manifest]:
    name, now = new_name()
    if name in store.names():
        raise BackupError("there is a backup of this second")
    before = now - timedelta(days=settings.BACKUP_DAYS)
    # First, too: on a disk that is full of old ones there would never be another.
    store.delete_old(before)
    # Whatever stops it, by whatever signal, leaves this.
    draft = store.folder / f"{UNFINISHED}{name}"
    draft.mkdir(mode=0o700)
    try:
        manifest = _write_backup(store, draft, now)
        store.finish(draft, name, manifest)
    except Exception:
        with suppress(OSError):
            store.delete_old(before)
        raise
    store.delete_old(before)
    return name, manifest


def _write_backup(store: Store, draft: Path, now: datetime) -> Manifest:
    with transaction.atomic(), connection.cursor() as cursor:
        # One moment: the dump, the counts and the names of files are of the same.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        tables = postgres.tables(cursor)
        names = dict.fromkeys(_names())
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
        # Beside the site's data, not beside backups, which may be copied elsewhere at any time: it is not encrypted.
        with scratch() as folder:
            dumped = folder / "database.dump"
            postgres.dump(snapshot, dumped)
            database = _write(store, draft, dumped)
            written = folder / "settings"
            written.write_text(settings_text())
            values = _write(store, draft, written)
    known = _known(store)
    files, missing = [], []
    for name in names:
        try:
            files.append(store.keep(SiteFile(name), known))
            known.add(files[-1])
        except FileNotFoundError:
            missing.append(name)
    return Manifest(now.isoformat(), version, store.recipient, tables, database, values, files, missing)


def _write(store: Store, folder: Path, source: Path) -> StoredFile:
    target = folder / (source.name + (".age" if store.recipient else ""))
    return store.write(source, target, source.name, sha256_of(source))


def _known(store: Store) -> KnownFiles:
    """Return the files of all backups that can be read and were encrypted for the same key."""
    known = KnownFiles()
    for name in store.names():
        with suppress(BackupError):
            manifest = store.manifest(name)
            if manifest.encrypted_for == store.recipient:
                for file in manifest.files:
                    known.add(file)
    return known


def _names() -> Iterable[str]:
    """Yield the names of the photos' files that cannot be made again; two photos can have the same."""
    for photo in Photo.objects.order_by("pk").iterator():
        if photo.removed_at is not None and not is_needed(photo):
            continue
        yield photo.preview.name
        if photo.large_preview_sha256:
            yield photo.large_preview.name
        if photo.original_suffix:
            yield photo.original.name


def settings_text() -> str:
    """Return the settings that belong to the data, as lines NAME=VALUE."""
    names = [name for name in settings.ENVIRONMENT_VARIABLES if name not in _NOT_KEPT]
    values = {name: os.environ[name] for name in names if name in os.environ}
    return "".join(f"{name}={value}\n" for name, value in (values | {"SECRET_KEY": settings.SECRET_KEY}).items())
