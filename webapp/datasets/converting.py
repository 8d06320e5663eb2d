"""Versions in the forms of other programs: ``safelight dataset convert``, in a process of its own, when asked for."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Sum

from editing.formats.sizes import csv_bytes, minari_bytes
from editing.trajectories.checksums import file_sha256
from webapp.datasets.building import ARCHIVE, pack
from webapp.datasets.command_jobs import Command, Limits, ShouldStop, carry_out, check_installed, finish, unpack
from webapp.datasets.learning_command import CommandFailed
from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.datasets.queueing import ask_to_carry_out
from webapp.games.models import Episode
from webapp.storage.deleting import delete_once_stored

Form = ConvertedVersion.Form
_PACKED = (Form.CSV, Form.PSYCH_DS)  # text, which takes a tenth of its size then
_NOT_INSTALLED = "The learning extra is not installed on this server: pip install '.[learn,formats]' for the worker."
_LIMITS = Limits(
    6 * 60 * 60,
    "It took more than six hours. Convert the download on a faster machine, by safelight dataset convert.",
    "It crashed, or ran out of memory. Convert the download on a larger machine, by safelight dataset convert.",
)
_NO_FILES = "The files of the version are not there any more."
_NO_ROOM = "It would take about {needed:,.0f} MB for a while, and the disk has {free:,.0f} MB: take fewer episodes."


def sizes_of(version: DatasetVersion, most: int | None = None) -> Mapping[str, int]:
    """Return about how many bytes a version takes in each form, before it is packed.

    Args:
        most: Minari: so many episodes at most.
    """
    tables = csv_bytes(version.manifest.get("rows", {}))
    own = version.version_episodes.order_by().values("episode")
    played = Episode.objects.filter(pk__in=own, status=Episode.Status.SUBMITTED, step_count__gt=0)
    counted = played.filter(tutorial=False, preview=False, attention=False)
    episodes, steps = counted.order_by().aggregate(Count("pk"), Sum("step_count", default=0)).values()
    if most is not None and most < episodes:
        episodes, steps = most, round(steps * most / episodes)
    archive = version.files.get(ARCHIVE, {}).get("bytes", 0)
    return {
        Form.CSV: tables,
        Form.PSYCH_DS: tables,
        Form.HUGGING_FACE: archive,
        Form.MINARI: minari_bytes(episodes, steps),
    }


@transaction.atomic
def ask_for_form(version: DatasetVersion, form: str, most: int | None, asked_by: User | None) -> bool:
    """Put a form of a version into the queue; False where it is there or coming already, or the version is not."""
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("study").get(pk=version.pk)
    row = ConvertedVersion.objects.filter(version=version, form=form).first()
    if not version.is_there or (row is not None and (row.is_there or row.state in ConvertedVersion.COMING)):
        return False
    if row is not None:
        row.delete()
    row = ConvertedVersion.objects.create(version=version, form=form, most=most, asked_by=asked_by)
    ask_to_carry_out(row)
    return True


@transaction.atomic
def delete_form(row: ConvertedVersion) -> None:
    """Delete a form of a version, so that it can be asked for anew."""
    delete_once_stored(row.file)
    row.delete()


def convert(key: int, should_stop: ShouldStop) -> None:
    """Write a version in another form; what goes wrong is for the researcher to read in its row."""
    rows = ConvertedVersion.objects.filter(pk=key).select_related("version__study")
    carry_out(rows, should_stop, _LIMITS, _write)


def _write(row: ConvertedVersion, folder: Path, command: Command) -> None:
    if row.form == Form.MINARI:
        check_installed(_NOT_INSTALLED)
    if not row.version.is_there:
        raise CommandFailed(_NO_FILES)
    _check_room(row, folder)
    out, packed = folder / str(row), folder / "packed.zip"
    version = unpack(row.version.file, folder)
    command.run("dataset", "convert", version, "--to", row.form, "-o", out, *_told(row))
    pack(out, packed, zipfile.ZIP_DEFLATED if row.form in _PACKED else zipfile.ZIP_STORED)
    finish(row, packed, row.file, size=packed.stat().st_size, sha256=file_sha256(packed))


def _check_room(row: ConvertedVersion, folder: Path) -> None:
    needed = sizes_of(row.version, row.most)[row.form] + row.version.file.state()[0]
    if (free := shutil.disk_usage(folder).free) < needed:
        raise CommandFailed(_NO_ROOM.format(needed=needed / 1e6, free=free / 1e6))


def _told(row: ConvertedVersion) -> list[str]:
    """Return what the command is told beside the version: of Minari how many episodes, else what its page says."""
    if row.form == Form.MINARI:
        return ["--yes", *(["--most", str(row.most)] if row.most else [])]
    version = row.version
    told = {
        "title": version.study.title,
        "description": version.description,
        "licence": version.licence or version.study.data_licence,
        "doi": version.doi,
        "author": version.study.controller,
        "date": version.stored.date().isoformat(),
    }
    return [f"--{name}={value}" for name, value in told.items() if value and row.form != Form.CSV]
