"""``manage.py import_photos DIR...``"""

import os
from argparse import ArgumentParser, ArgumentTypeError
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
from webapp.photos.contact_sheet import SheetEntry, write_contact_sheet
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
        parser.add_argument(
            "--again",
            action="store_true",
            help="decode again, with these options, what is here already and nobody has played",
        )
        parser.add_argument(
            "--sheet",
            type=_sheet,
            metavar="FILE.html",
            help="write a contact sheet of these photos, as the game shows them and brightened, to open in a browser",
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
                    again=options["again"],
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
        if sheet := options["sheet"]:
            write_contact_sheet(sheet, f"Photos of {into.title}", importing.entries)
            self.stdout.write(f"contact sheet: {sheet}")
        if importing.failed:
            raise CommandError(f"{importing.failed} of {len(photos_found.photos)} files could not be imported")


def _sheet(name: str) -> Path:
    path = Path(name)
    if path.suffix.lower() not in (".html", ".htm") or not path.parent.is_dir():
        raise ArgumentTypeError(f"{name}: name a file that ends in .html, in a folder that is there")
    return path


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
        self.warned: Counter[str] = Counter()
        self.entries: list[SheetEntry] = []

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
        lines = [text.format(self.warned[kind]) for kind, text in _WARNINGS.items() if self.warned[kind]]
        if lines:
            lines.append(
                "--sheet FILE.html shows them; --again decodes again, with other options, what nobody has played"
            )
        if self.read_otherwise:
            lines.append(
                f"{self.read_otherwise} of them would be read otherwise by now: they stay as they are, and what was "
                "played on them is not offered at full size"
            )
        return lines

    def report(self, path: Path, result: AddedPhoto | PhotoError | NotStored) -> None:
        """Count what became of a file, and say what of it is to be said."""
        if not isinstance(result, AddedPhoto):
            self._say(f"not imported {printable(str(path))}: {strip_file_name(result, path)}")
        elif result.note:
            self._say(f"{printable(str(path))}: {result.note}")
        if isinstance(result, AddedPhoto):
            self.counts[result.outcome] += 1
            self.read_otherwise += result.photo.would_be_read_otherwise
            if result.outcome in ("added", "replaced"):
                self.warned.update(result.photo.reading.warnings.keys())
            self.entries.append(SheetEntry(printable(str(path)), result.photo, result.note))
        else:
            self.counts["failed"] += 1
            self.entries.append(SheetEntry(printable(str(path)), None, strip_file_name(result, path)))
        self.progress.advance(self.task)

    def _say(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False)


_WARNINGS = {
    "nearly_black": "{} of them are nearly black: where their values are linear light, --transfer linear says so",
    "no_profile": "{} of them have 16 bits or floating point and no profile: --transfer and --primaries say what they "
    "are, where sRGB is wrong",
}
_TEXTS = {
    "added": "added",
    "replaced": "decoded again",
    "restored": "brought back",
    "linked": "here already, new in this study",
    "known": "here already",
    "failed": "failed",
}
