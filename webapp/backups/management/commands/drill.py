"""``manage.py drill``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.backups.making import site_store
from webapp.backups.models import BackupRun, drills_elsewhere, note
from webapp.backups.restoring import drill
from webapp.backups.store import BackupError


class Command(BaseCommand):
    help = (
        "Restore the newest backup into a database beside the site's, compare all counts and hashes, and delete it "
        "again. Nothing of the site is touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, help="of the backups, another than BACKUP_DIR")
        parser.add_argument("--identity", type=Path, help="the file of the private key, where backups are encrypted")
        parser.add_argument(
            "--if-readable", action="store_true", help="unless backups are encrypted, and BACKUP_IDENTITY is unset"
        )

    def handle(self, *, folder: Path | None, identity: Path | None, if_readable: bool, **options: Any) -> None:
        if if_readable and drills_elsewhere():
            self.stdout.write("No drill here: the backups are encrypted, and their private key is elsewhere.")
            return
        try:
            restored = drill(site_store(folder, identity))
        except BackupError as error:
            note(BackupRun.Kind.DRILL, "", str(error))
            raise CommandError(f"The drill failed: {error}") from None
        note(BackupRun.Kind.DRILL, restored.name)
        tables, files = restored.manifest.tables, restored.manifest.files
        rows = sum(table.rows for table in tables.values())
        self.stdout.write(
            f"{restored.name} comes back whole: {rows} rows in {len(tables)} tables, {len(files)} files, all as written"
        )
