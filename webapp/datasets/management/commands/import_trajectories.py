"""``manage.py import_trajectories DIR``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from editing.photo import PhotoError
from editing.trajectory import InvalidSnapshot, read_snapshot
from webapp.datasets.importing import import_snapshot


class Command(BaseCommand):
    help = (
        "Import a folder that export_dataset or an agent's play has written. Episodes that are here are skipped; the "
        "studies that are here get no new photos."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")

    def handle(self, *, directory: Path, **options: Any) -> None:
        try:
            counts = import_snapshot(read_snapshot(directory))
        except (InvalidSnapshot, PhotoError, OSError) as error:
            raise CommandError(str(error)) from None
        known = counts.pop("known")
        rows = ", ".join(f"{count} {name}" for name, count in counts.items())
        self.stdout.write(f"imported {rows}; {known} episodes were here already")
