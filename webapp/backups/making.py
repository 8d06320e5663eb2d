"""Making a backup: the database as one moment has it, and the photos' files that it names."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from webapp.backups import postgres
from webapp.backups.store import UNFINISHED, BackupError, Manifest, Store, StoredFile, new_name, sha256_of
from webapp.photos.models import Photo
from webapp.storage.site_file import SiteFile

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
    """Write a backup, verify it, and delete those that are older than BACKUP_DAYS; return its name and what it has.

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
    # Whatever stopped it before, by whatever signal, has left this.
    draft = store.folder / f"{UNFINISHED}{name}"
    draft.mkdir(mode=0o700)
    known = _known(store)
    with transaction.atomic(), connection.cursor() as cursor:
        # One moment: the dump, the counts and the names of files are of the same.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        tables = postgres.tables(cursor)
        names = list(_names())
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
        with tempfile.TemporaryDirectory(dir=store.folder, prefix=UNFINISHED) as folder:
            dumped = Path(folder) / "database.dump"
            postgres.dump(snapshot, dumped)
            database = _write(store, draft, dumped)
            written = Path(folder) / "settings"
            written.write_text(settings_text())
            values = _write(store, draft, written)
    files, missing = [], []
    for name_of_file in names:
        try:
            files.append(store.keep(SiteFile(name_of_file), known.get(name_of_file)))
        except FileNotFoundError:
            missing.append(name_of_file)
    manifest = Manifest(now.isoformat(), version, store.recipient, tables, database, values, files, missing)
    store.finish(draft, name, manifest)
    store.delete_old(now - timedelta(days=settings.BACKUP_DAYS))
    return name, manifest


def _write(store: Store, folder: Path, source: Path) -> StoredFile:
    target = folder / (source.name + (".age" if store.recipient else ""))
    return store.write(source, target, source.name, sha256_of(source))


def _known(store: Store) -> dict[str, StoredFile]:
    """Return the files of the newest backup that can be read, if it was encrypted for the same key, by their paths."""
    for name in reversed(store.names()):
        with suppress(BackupError):
            manifest = store.manifest(name)
            return {file.path: file for file in manifest.files} if manifest.encrypted_for == store.recipient else {}
    return {}


def _names() -> Iterable[str]:
    """Yield the names of the photos' files that cannot be made again."""
    for photo in Photo.objects.order_by("pk").iterator():
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
