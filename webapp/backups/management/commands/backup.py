"""``manage.py backup``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.backups.making import back_up, site_store
from webapp.backups.models import BackupRun, note
from webapp.backups.restoring import check
from webapp.backups.store import BackupError, Manifest


class Command(BaseCommand):
    help = (
        "Back up the database and the photos, and verify what was written. What is older than BACKUP_DAYS is deleted. "
        "--list says which backups there are; --check reads all of one and names what is damaged."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, help="another than BACKUP_DIR")
        other = parser.add_mutually_exclusive_group()
        other.add_argument("--list", action="store_true", dest="lists", help="say which there are")
        other.add_argument("--check", metavar="NAME", help="read all of a backup; `newest` is a name too")

    def handle(self, *, folder: Path | None, lists: bool, check: str | None, **options: Any) -> None:
        store = site_store(folder)
        if lists:
            self._list(folder)
        elif check:
            self._check(folder, check)
        else:
            try:
                name, manifest = back_up(store)
            except BackupError as error:
                note(BackupRun.Kind.BACKUP, "", str(error))
                raise CommandError(f"The backup failed: {error}") from None
            note(BackupRun.Kind.BACKUP, name)
            self.stdout.write(f"{store.folder / name}: {_content(manifest)}")
            if manifest.missing:
                lost = ", ".join(manifest.missing[:3])
                self.stderr.write(f"Warning: {len(manifest.missing)} files of photos were lost before: {lost}")

    def _list(self, folder: Path | None) -> None:
        store = site_store(folder)
        for name in store.names():
            try:
                self.stdout.write(f"{name}: {_content(store.manifest(name))}")
            except BackupError as error:
                self.stdout.write(str(error))
        for name in store.unfinished():
            self.stdout.write(f"{name} is half-written: it was stopped before its end, or is being written")

    def _check(self, folder: Path | None, name: str) -> None:
        store = site_store(folder)
        try:
            name = store.newest() if name == "newest" else name
            manifest = check(store, name)
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{name} is whole: {_content(manifest)}")


def _content(manifest: Manifest) -> str:
    rows = sum(table.rows for table in manifest.tables.values())
    size = (manifest.database.stored_bytes + sum(file.stored_bytes for file in manifest.files)) / 1e6
    secret = ", encrypted" if manifest.encrypted_for else ""
    return f"{rows} rows in {len(manifest.tables)} tables, {len(manifest.files)} files, {size:.1f} MB{secret}"
