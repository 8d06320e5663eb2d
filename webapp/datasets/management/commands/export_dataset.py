"""``manage.py export_dataset -o DIR``, and numbered versions: ``--new-version``, ``--version N``"""

import shutil
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from editing.files import new_folder
from editing.trajectories.schemas import ALL_SCHEMAS, PLAYER_KINDS, STATUSES, InvalidSnapshot
from webapp.datasets.building import ARCHIVE, build, build_again, new_version
from webapp.datasets.choosing import LEFT_OUT, Choice
from webapp.datasets.exporting import export, left_out_text
from webapp.datasets.models import DatasetVersion
from webapp.datasets.selection import Selection
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Study


class Command(BaseCommand):
    help = (
        "Export play as a folder of Parquet files with the photos' previews: a working copy with the site's own names "
        "and times, or a numbered version of a study, to be cited and passed on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="a new or empty folder")
        parser.add_argument("--study", help="the slug of one study; all without it")
        parser.add_argument(
            "--status",
            choices=[*STATUSES, "all"],
            action="append",
            help="of the episodes; may be given several times (submitted)",
        )
        parser.add_argument("--tutorials", action="store_true", help="with the tutorials' episodes, which are flagged")
        versions = parser.add_argument_group("numbered versions of a study")
        versions.add_argument("--new-version", action="store_true", help="make the next version, with what follows")
        versions.add_argument("--version-number", type=int, metavar="N", help="write this version into DIR, as it was")
        versions.add_argument("--kind", choices=PLAYER_KINDS, action="append", help="of players (all)")
        versions.add_argument(
            "--leave-out", choices=LEFT_OUT, action="append", help="episodes with this flag (tutorial, preview)"
        )
        versions.add_argument(
            "--failed-attention", type=int, metavar="N", help="leave out who failed more than N attention checks"
        )
        versions.add_argument(
            "--consent-version", type=int, default=0, metavar="N", help="leave out who agreed to earlier texts alone"
        )
        versions.add_argument("--refused", action="store_true", help="with people whose work was refused")
        versions.add_argument("--free-text", action="store_true", help="with what was written in own words")
        versions.add_argument(
            "--smallest-cell", type=int, metavar="N", help="fewer people alike in condition and window: none told (5)"
        )
        versions.add_argument("--smallest-cell-reason", default="", metavar="TEXT", help="why that is less than 5")
        versions.add_argument("--exact-device", action="store_true", help="with exact sizes of windows and screens")
        versions.add_argument(
            "--unlinkable", action="store_true", help="under new pseudonyms, which no other version has"
        )

    def handle(self, *, output: Path | None, study: str | None, **options: Any) -> None:
        only_study = Study.objects.at(study) if study else None
        if study and only_study is None:
            raise CommandError(f"there is no study {study!r}")
        is_version = options.get("new_version") or options.get("version_number") is not None
        if is_version and only_study is None:
            raise CommandError("a version is of one study: name it with --study")
        if output is None and not options.get("new_version"):
            raise CommandError("name a folder: -o DIR")
        try:
            if only_study is not None and is_version:
                self._version(only_study, output, options)
            elif output is not None:
                self._working_copy(output, only_study, options)
        except (InvalidSnapshot, OSError) as error:
            raise CommandError(str(error)) from None

    def _working_copy(self, output: Path, study: Study | None, options: dict[str, Any]) -> None:
        statuses = tuple(options.get("status") or ["submitted"])
        selection = Selection(study, STATUSES if "all" in statuses else statuses, options.get("tutorials", False))
        snapshot = export(output, selection)
        rows = ", ".join(f"{count} {name}" for name, count in snapshot.manifest["rows"].items())
        self.stdout.write(f"{output}: {rows}")
        if left_out := left_out_text(snapshot.manifest["episodes_left_out"]):
            self.stdout.write(left_out)
        if removed := len(snapshot.manifest["photos_removed"]):
            self.stdout.write(f"Photos removed from the site since then: {removed}.")

    def _version(self, study: Study, output: Path | None, options: dict[str, Any]) -> None:
        if options.get("new_version"):
            version = new_version(study, _choice(options), unlinkable=options.get("unlinkable", False))
            build(version.pk)
        else:
            number = options["version_number"]
            found = DatasetVersion.objects.filter(study=study, number=number).first()
            if found is None:
                raise CommandError(f"{study.slug} has no version {number}")
            version = found
            if version.state == DatasetVersion.State.READY and not version.file.exists():
                build_again(version)
        try:
            version.refresh_from_db()
        except DatabaseError as error:
            raise CommandError(f"the database is away: {error}") from None
        if version.state != DatasetVersion.State.READY:
            raise CommandError(_why_not(version))
        if output is not None:
            unpack(version.file, output)
        counts = version.manifest["rows"]
        rows = ", ".join(f"{counts[name]} {name}" for name in ALL_SCHEMAS if name in counts)
        self.stdout.write(f"{version}: {rows}")
        self.stdout.write(f"{version.file}: SHA-256 {version.files[ARCHIVE]['sha256']}")


def _choice(options: dict[str, Any]) -> Choice:
    given = {
        "kinds": options.get("kind"),
        "statuses": ["submitted", "excluded"] if {"excluded", "all"} & set(options.get("status") or ()) else None,
        "leave_out": options.get("leave_out"),
        "failed_attention": options.get("failed_attention"),
        "smallest_cell": options.get("smallest_cell"),
    }
    flags = ("refused", "free_text", "exact_device", "consent_version", "smallest_cell_reason")
    chosen = {name: value for name, value in given.items() if value is not None}
    choice = Choice.from_json(chosen | {name: options[name] for name in flags if options.get(name)})
    try:
        choice.check()
    except ValueError as error:
        raise CommandError(f"{error} --smallest-cell-reason takes it.") from None
    return choice


def _why_not(version: DatasetVersion) -> str:
    if version.state == DatasetVersion.State.WITHDRAWN:
        later = f" {version.successor} follows it." if version.successor else ""
        return f"{version} has no files any more: {version.reason}{later}"
    return f"{version} is {version.state}: {version.reason or 'the worker has it, or will'}"


def unpack(archive: SiteFile, directory: Path) -> None:
    """Write the files of an archive into a new folder, without the folder that they are in there."""
    with new_folder(directory) as unfinished, archive.open() as file, zipfile.ZipFile(file) as packed:
        for info in packed.infolist():
            target = unfinished.joinpath(*Path(info.filename).parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(info) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
