"""``manage.py import_photos DIR...``"""

import os
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from editing.photos.finding import find_photos
from editing.photos.photo_error import PhotoError, printable
from editing.photos.read_options import PRIMARIES, TRANSFERS, ReadOptions
from webapp.command_line import INTERRUPTED
from webapp.photos.decoding import NotSaved, strip_file_name
from webapp.photos.models import Photo
from webapp.photos.storing import Credit, NotStored
from webapp.studies.models import DEFAULT, Study
from webapp.studies.photos import AddedPhoto, add_photos

_COLUMNS = (TextColumn("Importing photos"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


class Command(BaseCommand):
    help = (
        "Import photos (RAW, TIFF, PNG, JPEG, WebP, .npy) from folders and below, or files, into a study. Photos that "
        "are here already are known by their content: an import that was interrupted goes on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="DIR", help="a folder, or a file")
        parser.add_argument("--transfer", choices=TRANSFERS, default="auto", help="linear: values are linear light")
        parser.add_argument("--primaries", choices=PRIMARIES, default="auto", help="of files without a profile")
        parser.add_argument("--study", default=DEFAULT, help="the slug of the study (%(default)s)")
        parser.add_argument("--licence", default="", help="of all these photos, e.g. 'CC BY 4.0'")
        parser.add_argument("--attribution", default="", help="whom the licence asks to name")
        parser.add_argument(
            "--no-originals",
            dest="originals",
            action="store_false",
            help="keep no copies of the files: what is made of these photos cannot be downloaded at full size",
        )
        parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1), help="(%(default)s)")

    def handle(self, *, paths: list[Path], study: str, processes: int, **options: Any) -> None:
        into = Study.objects.at(study)
        if into is None:
            raise CommandError(f"there is no study {study!r}: name one of {', '.join(_slugs())}")
        credit = Credit(*(_credit(name, options[name]) for name in ("licence", "attribution")))
        read_options = ReadOptions(options["transfer"], options["primaries"])
        try:
            photos_found = find_photos(paths)
        except PhotoError as error:
            raise CommandError(str(error)) from None
        console = Console(stderr=True, soft_wrap=True)
        for note in photos_found.notes:
            console.print(note, markup=False, highlight=False)
        with Progress(*_COLUMNS, console=console, transient=True) as progress:
            importing = _Import(into, progress, len(photos_found.photos))
            try:
                add_photos(
                    into,
                    photos_found.photos,
                    read_options,
                    credit,
                    importing.report,
                    keep_originals=options["originals"],
                    processes=max(1, processes),
                )
            except KeyboardInterrupt:
                progress.stop()
                message = f"interrupted: {importing.summary}; run it again to go on"
                raise CommandError(message, returncode=INTERRUPTED) from None
            except NotSaved as error:
                progress.stop()
                raise CommandError(f"{error}: {importing.summary}; mend that, and run it again to go on") from None
        self.stdout.write(importing.summary)
        for line in importing.warnings:
            self.stdout.write(line)
        if importing.failed:
            raise CommandError(f"{importing.failed} of {len(photos_found.photos)} files could not be imported")


def _slugs() -> list[str]:
    return list(Study.objects.values_list("slug", flat=True))


def _credit(option: str, text: str) -> str:
    limit: int = Photo._meta.get_field(option).max_length  # type: ignore[union-attr,assignment]  # these have one
    if len(text) > limit:
        raise CommandError(f"--{option} has {len(text)} characters, the limit is {limit}")
    return printable(text)


class _Import:
    """One run: which photos were added, known or failed."""

    def __init__(self, study: Study, progress: Progress, total: int) -> None:
        self.study = study
        self.progress = progress
        self.task = progress.add_task("", total=total)
        self.counts: Counter[str] = Counter()
        self.read_otherwise = 0

    @property
    def failed(self) -> int:
        return self.counts["failed"]

    @property
    def summary(self) -> str:
        counts = ", ".join(f"{self.counts[name]} {text}" for name, text in _TEXTS.items() if self.counts[name])
        return f"{counts or '0 added'}; the study '{self.study.slug}' has {self.study.playable.count()} photos"

    @property
    def warnings(self) -> list[str]:
        """What is to be said of several photos together, a line each."""
        if not self.read_otherwise:
            return []
        return [
            f"{self.read_otherwise} of them would be read otherwise by now: they stay as they are, and what was played "
            "on them is not offered at full size"
        ]

    def report(self, path: Path, result: AddedPhoto | PhotoError | NotStored) -> None:
        """Count what became of a file, and say what of it is to be said."""
        if not isinstance(result, AddedPhoto):
            self._say(f"not imported {printable(str(path))}: {strip_file_name(result, path)}")
        elif result.note:
            self._say(f"{printable(str(path))}: {result.note}")
        if isinstance(result, AddedPhoto) and result.photo.would_be_read_otherwise:
            self.read_otherwise += 1
        self.counts[result.outcome if isinstance(result, AddedPhoto) else "failed"] += 1
        self.progress.advance(self.task)

    def _say(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False)


_TEXTS = {
    "added": "added",
    "restored": "brought back",
    "linked": "here already, new in this study",
    "known": "here already",
    "failed": "failed",
}
