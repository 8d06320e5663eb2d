"""``manage.py restore``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.backups.making import site_store
from webapp.backups.restoring import restore
from webapp.backups.store import BackupError


class Command(BaseCommand):
    help = (
        "Put a backup in place of the site's database, and its files into DATA_DIR, once all of it was read and "
        "compared. On a server deploy/restore does it, and stops the site meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="newest", help="of the backup (%(default)s)")
        parser.add_argument("--folder", type=Path, help="of the backups, another than BACKUP_DIR")
        parser.add_argument("--identity", type=Path, help="the file of the private key, where backups are encrypted")
        parser.add_argument(
            "--replace", action="store_true", help="a site that was used, whose database is kept under another name"
        )

    def handle(self, *, name: str, folder: Path | None, identity: Path | None, replace: bool, **options: Any) -> None:
        store = site_store(folder, identity)
        try:
            restored = restore(store, store.newest() if name == "newest" else name, replace=replace)
        except BackupError as error:
            raise CommandError(f"Nothing was replaced: {error}") from None
        tables, files = restored.manifest.tables, restored.manifest.files
        rows = sum(table.rows for table in tables.values())
        self.stdout.write(
            f"{restored.name} is back: {rows} rows in {len(tables)} tables, {len(files)} files, all compared.\n"
            f"Its settings, with the secret key, are in {restored.settings}."
        )
        if restored.before:
            self.stdout.write(f"The database of before is kept as {restored.before}.")
        begun = restored.manifest.begun[:16]
        self.stdout.write(f"Whoever has withdrawn since {begun} (UTC) is back, until replay_erasures has run.")
