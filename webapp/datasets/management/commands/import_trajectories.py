"""``manage.py import_trajectories DIR``"""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from editing.photos.photo_error import PhotoError
from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import InvalidSnapshot
from editing.trajectories.snapshot import read_snapshot
from editing.trajectories.versions import unknown_text
from webapp.datasets.importing import import_snapshot
from webapp.studies.models import Study


class Command(BaseCommand):
    help = (
        "Import a folder that export_dataset or an agent's play has written. Episodes that are here are skipped; the "
        "studies that are here get no new photos."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")

    def handle(self, *, directory: Path, **options: Any) -> None:
        try:
            snapshot = read_snapshot(directory)
            counts = import_snapshot(snapshot)
        except (InvalidSnapshot, PhotoError, OSError) as error:
            raise CommandError(str(error)) from None
        skipped = counts.pop("known")
        new_rows = ", ".join(f"{count} {name}" for name, count in counts.items())
        self.stdout.write(f"imported {new_rows}; {skipped} episodes were here already")
        if left_out := unknown_text(snapshot.episodes, "imported"):
            self.stdout.write(left_out)
        for line in _not_shown(snapshot):
            self.stdout.write(line)


def _not_shown(snapshot: Snapshot) -> Iterator[str]:
    """Yield a line on each agent that has now played a study, and whose play the study's reveal does not show."""
    agents = {(row["study"], row["player"]) for row in rows(snapshot.episodes) if row["player_kind"] == "agent"}
    for slug, pseudonym in sorted(agents):
        study = Study.objects.filter(state=Study.State.OPEN).exclude(reveal=Study.Reveal.OFF).at(slug)
        if study is not None and study.agent_pseudonym != pseudonym:
            shown = study.agent_pseudonym or "no agent"
            yield f"The reveal of {slug} shows {shown}, not {pseudonym}: the study's setting agent says which"
