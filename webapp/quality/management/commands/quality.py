"""``manage.py quality STUDY``"""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.quality.flags import FLAGS, distributions, flags_of, row_of, thresholds_of
from webapp.quality.measuring import measure_new
from webapp.quality.people import measure_people
from webapp.studies.models import Study


class Command(BaseCommand):
    help = (
        "Measure how each participant of a study has played, and name what lies beyond the study's thresholds. It is "
        "for a researcher to look at, and excludes nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its slug")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write all measures as CSV too")

    def handle(self, *, study: str, output: Path | None, **options: Any) -> None:
        """Measure what is not measured yet, then say what is worth a look."""
        stored = Study.objects.at(study)
        if stored is None:
            raise CommandError(f"there is no study {study!r}")
        measure_new(stored)
        people, thresholds = measure_people(stored), thresholds_of(stored)
        flagged = [(person, raised) for person in people if (raised := flags_of(person, thresholds))]
        for person, raised in flagged:
            said = ", ".join(f"{flag.name} ({_shown(flag.measure(person), flag.unit)})" for flag in raised)
            self.stdout.write(f"{person.pseudonym}: {said}")
        self.stdout.write(f"{len(people)} participants, {len(flagged)} flagged")
        for each in distributions(people, thresholds):
            if each.values:
                low, middle, high = (
                    _shown(each.values[index], each.flag.unit) for index in (0, len(each.values) // 2, -1)
                )
                threshold = "no threshold" if each.threshold is None else _shown(each.threshold, each.flag.unit)
                self.stdout.write(f"  {each.flag.name}: {low} to {high}, median {middle}; flagged beyond {threshold}")
        if output is not None:
            rows = [row_of(person, thresholds) for person in people]
            with output.open("w", newline="", encoding="utf-8") as file:
                table = csv.DictWriter(file, rows[0] if rows else [flag.name for flag in FLAGS])
                table.writeheader()
                table.writerows(rows)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "unknown"
    return f"{value:.0%}" if unit == "%" else f"{value:.3g} {unit}".strip()
