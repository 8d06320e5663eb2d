"""``manage.py export_dataset -o DIR``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from editing.trajectories.schemas import STATUSES, InvalidSnapshot
from webapp.datasets.exporting import export, left_out_text
from webapp.datasets.selection import Selection
from webapp.studies.models import Study


class Command(BaseCommand):
    help = "Export play as a folder of Parquet files with the photos' previews: episodes, steps, events, photos."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new or empty folder")
        parser.add_argument("--study", help="the slug of one study; all without it")
        parser.add_argument(
            "--status",
            choices=[*STATUSES, "all"],
            action="append",
            help="of the episodes; may be given several times (submitted)",
        )
        parser.add_argument("--tutorials", action="store_true", help="with the tutorials' episodes, which are flagged")

    def handle(
        self, *, output: Path, study: str | None, status: list[str] | None, tutorials: bool, **options: Any
    ) -> None:
        only_study = Study.objects.at(study) if study else None
        if study and only_study is None:
            raise CommandError(f"there is no study {study!r}")
        statuses = tuple(status or ["submitted"])
        selection = Selection(only_study, STATUSES if "all" in statuses else statuses, tutorials)
        try:
            snapshot = export(output, selection)
        except (InvalidSnapshot, OSError) as error:
            raise CommandError(str(error)) from None
        rows = ", ".join(f"{count} {name}" for name, count in snapshot.manifest["rows"].items())
        self.stdout.write(f"{output}: {rows}")
        if left_out := left_out_text(snapshot.manifest["episodes_left_out"]):
            self.stdout.write(left_out)
        if removed := len(snapshot.manifest["photos_removed"]):
            self.stdout.write(f"Photos removed from the site since then: {removed}.")
