"""Restoring a backup, in earnest or as a drill: all of it is read and compared before anything is replaced."""

from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from webapp.backups import postgres
from webapp.backups.store import BackupError, Manifest, Store, StoredFile, new_name, sha256_of
from webapp.photos.thumbnails import THUMBNAILS
from webapp.photos.transport import PACKED_PREVIEWS
from webapp.storage.site_file import SiteFile, scratch, site_storage


@dataclass(frozen=True)
class Restored:
    """What came back.

    Attributes:
        before: the name that the database of before has now; empty where it held nothing and is gone.
        settings: the file with the settings of the backup.
    """

    name: str
    manifest: Manifest
    before: str = ""
    settings: Path = field(default_factory=Path)


def check(store: Store, name: str) -> Manifest:
    """Read all of a backup and return what it has.

    Raises:
        BackupError: something is missing or damaged; it is named.
    """
    manifest = store.manifest(name)
    if damages := store.damages(name, manifest):
        more = f", and {len(damages) - 5} more" * (len(damages) > 5)
        raise BackupError(
            f"{name} cannot be restored whole: {'; '.join(damages[:5])}{more}. Delete what is damaged there and make "
            "another backup: it writes anew what the site still has"
        )
    return manifest


def drill(store: Store) -> Restored:
    """Restore the newest backup into a database of its own, compare all with the manifest, and delete it again.

    Raises:
        BackupError: it would not come back whole.
    """
    with store.locked():
        name = store.newest()
        manifest = check(store, name)
        database = f"{connection.settings_dict['NAME']}_drill"
        try:
            _fill(store, name, manifest, database)
        finally:
            postgres.drop(database)
        return Restored(name, manifest)


def restore(store: Store, name: str, *, replace: bool = False) -> Restored:
    """Restore a backup in place of the site's database, and its files among the site's. Nobody may use it then.

    Args:
        replace: whether a site that somebody has used may be replaced; its database is kept under another name.

    Raises:
        BackupError: the backup is not whole, or the site is in use; nothing was changed then.
    """
    with store.locked():
        site = connection.settings_dict["NAME"]
        used = postgres.is_used(site)
        if used and not replace:
            raise BackupError(
                f"the database {site} is in use: people have played, or photos were added. To put the backup in its "
                "place, and keep it under another name, say --replace"
            )
        manifest = check(store, name)
        new, before = f"{site}_restoring", f"{site}_before_{new_name()[0].replace('-', '').lower()}"
        try:
            _fill(store, name, manifest, new)
            written = _restore_files(store, name, manifest)
            postgres.take_its_place(new, before)
        finally:
            postgres.drop(new)
        if not used:
            postgres.drop(before)
        return Restored(name, manifest, before if used else "", written)


def _fill(store: Store, name: str, manifest: Manifest, database: str) -> None:
    """Fill a new database with a backup's, and compare what its tables hold."""
    postgres.create(database)
    with scratch() as folder:
        dumped = folder / "database.dump"
        store.read(name, manifest, manifest.database, dumped)
        postgres.restore(dumped, database)
    found = postgres.tables_of(database)
    wrong = [table for table in sorted(found | manifest.tables) if found.get(table) != manifest.tables.get(table)]
    if wrong:
        raise BackupError(f"what was restored differs from what was backed up, in {', '.join(wrong)}")


def _restore_files(store: Store, name: str, manifest: Manifest) -> Path:
    """Write the files that are not there, each whole or not at all; return that of the settings."""
    data = Path(settings.DATA_DIR)
    try:
        for file in manifest.files:
            _restore_file(store, name, manifest, file)
        written = data / "restored-settings"
        store.read(name, manifest, manifest.settings, written)
        written.chmod(0o600)
    except OSError as error:
        raise BackupError(f"{error.filename or data} cannot be written: {error.strerror}") from None
    # Of photos that are there no more, it may have been made.
    for made in (THUMBNAILS, PACKED_PREVIEWS):
        site_storage().delete_folder(made)
    return written


def _restore_file(store: Store, name: str, manifest: Manifest, file: StoredFile) -> None:
    target = SiteFile(file.path)
    with scratch() as folder:
        if target.exists() and sha256_of(target.fetch(folder)) == file.sha256:
            return
        written = folder / "written"
        store.read(name, manifest, file, written)
        target.take(written)
