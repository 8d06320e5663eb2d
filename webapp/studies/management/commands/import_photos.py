"""``manage.py import_photos DIR...``"""

import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from editing.photos.decoding import find_photos, source_sha256
from editing.photos.open_photo import printable
from editing.photos.photo_error import PhotoError
from editing.photos.read_options import PRIMARIES, TRANSFERS, ReadOptions
from webapp.command_line import INTERRUPTED
from webapp.photos.decoding import Decoded, NotSaved, without_name
from webapp.photos.decoding_pool import decode_all
from webapp.photos.models import Photo, previews_folder
from webapp.photos.originals import keep_original
from webapp.photos.storing import NotStored, Outcome, known, store
from webapp.studies.adding import bring_in
from webapp.studies.models import DEFAULT, Study

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
        found_study = Study.objects.filter(slug=study).first()
        if found_study is None:
            raise CommandError(f"there is no study {study!r}: name one of {', '.join(_slugs())}")
        credit = {name: _credit(name, options[name]) for name in ("licence", "attribution")}
        try:
            photos = find_photos(paths)
        except PhotoError as error:
            raise CommandError(str(error)) from None
        console = Console(stderr=True, soft_wrap=True)
        with Progress(*_COLUMNS, console=console, transient=True) as progress:
            importing = _Import(found_study, options, credit, progress, len(photos))
            try:
                importing.run(photos, max(1, processes))
            except KeyboardInterrupt:
                progress.stop()
                message = f"interrupted: {importing.summary}; run it again to go on"
                raise CommandError(message, returncode=INTERRUPTED) from None
            except NotSaved as error:
                progress.stop()
                raise CommandError(f"{error}: {importing.summary}; mend that, and run it again to go on") from None
        self.stdout.write(importing.summary)
        if importing.failed:
            raise CommandError(f"{importing.failed} of {len(photos)} files could not be imported")


def _slugs() -> list[str]:
    return list(Study.objects.values_list("slug", flat=True))


def _credit(option: str, text: str) -> str:
    limit: int = Photo._meta.get_field(option).max_length  # type: ignore[union-attr,assignment]  # these have one
    if len(text) > limit:
        raise CommandError(f"--{option} has {len(text)} characters, the limit is {limit}")
    return printable(text)


class _Import:
    """One run: which photos were added, known or failed."""

    def __init__(
        self, study: Study, options: dict[str, Any], credit: dict[str, str], progress: Progress, total: int
    ) -> None:
        self.study = study
        self.read_options = ReadOptions(options["transfer"], options["primaries"])
        self.originals = options["originals"]
        self.credit = credit
        self.progress = progress
        self.task = progress.add_task("", total=total)
        self.counts: Counter[str] = Counter()

    @property
    def failed(self) -> int:
        return self.counts["failed"]

    @property
    def summary(self) -> str:
        counts = ", ".join(f"{self.counts[name]} {text}" for name, text in _TEXTS.items() if self.counts[name])
        return f"{counts or '0 added'}; the study '{self.study.slug}' has {self.study.playable.count()} photos"

    def run(self, paths: list[Path], processes: int) -> None:
        unknown = self._unknown(paths)
        for path, result in decode_all(unknown, previews_folder(), self.read_options, processes):
            if isinstance(result, PhotoError):
                self._fail(path, result)
            else:
                self._keep(path, result)

    def _unknown(self, paths: list[Path]) -> Iterator[Path]:
        """The photos that must be decoded; the others are dealt with here."""
        for path in paths:
            try:
                photo = known(source_sha256(path))
            except PhotoError as error:
                self._fail(path, error)
                continue
            if photo is None:
                yield path
            else:
                self._bring_in(path, photo, "known")

    def _keep(self, path: Path, decoded: Decoded) -> None:
        try:
            photo, outcome = store(decoded, **self.credit)
        except NotStored as error:
            self._fail(path, error)
        else:
            self._bring_in(path, photo, outcome)

    def _bring_in(self, path: Path, photo: Photo, stored: Outcome) -> None:
        try:
            if self.originals:
                keep_original(photo, path)
        except NotStored as error:
            self._fail(path, error)
            return
        outcome, note = bring_in(self.study, photo, stored, self.read_options, **self.credit)
        if note:
            self._say(f"{printable(str(path))}: {note}")
        self._count(outcome)

    def _fail(self, path: Path, error: ValueError) -> None:
        self._say(f"not imported {printable(str(path))}: {without_name(error, path)}")
        self._count("failed")

    def _say(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False)

    def _count(self, outcome: str) -> None:
        self.counts[outcome] += 1
        self.progress.advance(self.task)


_TEXTS = {
    "added": "added",
    "restored": "brought back",
    "linked": "here already, new in this study",
    "known": "here already",
    "failed": "failed",
}
