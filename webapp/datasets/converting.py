"""Versions in the forms of other programs: ``safelight dataset convert``, in a process of its own, when asked for."""

import logging
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from editing.formats.sizes import csv_bytes, minari_bytes
from editing.processes import Crashed, Stopped, run_isolated
from editing.trajectories.checksums import file_sha256
from webapp.datasets import learning_command
from webapp.datasets.building import ARCHIVE, aside, pack, sync
from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.datasets.queueing import ask_to_convert
from webapp.games.models import Episode
from webapp.http.disk_full import is_disk_full

LIMIT = 6 * 60 * 60  # seconds
Form = ConvertedVersion.Form
_PACKED = (Form.CSV, Form.PSYCH_DS)  # text, which takes a tenth of its size then
_NOT_INSTALLED = "The learning extra is not installed on this server: pip install '.[learn,formats]' for the worker."
_CRASHED = "It crashed, or ran out of memory. Convert the download on a larger machine, by safelight dataset convert."
_TOO_LONG = "It took more than six hours. Convert the download on a faster machine, by safelight dataset convert."
_NO_FILES = "The files of the version are not there any more."
_NO_ROOM = "It would take about {needed:,.0f} MB for a while, and the disk has {free:,.0f} MB: take fewer episodes."
_DISK_FULL = "The disk of the server is full. Nothing of it is left: make room, and try it again."
_BROKEN = "The server failed at it. Its log says why."
_logger = logging.getLogger(__name__)


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
    ask_to_convert(row)
    return True


@transaction.atomic
def delete_form(row: ConvertedVersion) -> None:
    """Delete a form of a version, so that it can be asked for anew."""
    path = row.path
    row.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def convert(key: int, should_stop: Callable[[], bool]) -> None:
    """Write a version in another form; what goes wrong is for the researcher to read in its row.

    Args:
        should_stop: asked now and then: the worker is to end. Then the next one takes it up.

    Raises:
        Exception: what is a mistake of ours, for the log.
    """
    rows = ConvertedVersion.objects.filter(pk=key, state__in=ConvertedVersion.COMING)
    if not rows.update(state=ConvertedVersion.State.WORKING, attempt=F("attempt") + 1):
        return
    row = ConvertedVersion.objects.select_related("version__study").get(pk=key)
    try:
        with aside(f"form-{key}") as folder:
            _write(row, folder, should_stop)
    except Stopped:
        if should_stop():
            rows.update(state=ConvertedVersion.State.QUEUED)
        else:
            _fail(key, _TOO_LONG)
    except Crashed:
        _fail(key, _CRASHED)
    except (learning_command.CommandFailed, OSError, zipfile.BadZipFile) as error:
        _logger.error("%s failed: %s", row, error)
        _fail(key, _DISK_FULL if is_disk_full(error) else str(error))
    except Exception:
        _fail(key, _BROKEN)
        raise


def _write(row: ConvertedVersion, folder: Path, should_stop: Callable[[], bool]) -> None:
    if row.form == Form.MINARI and not learning_command.is_installed():
        raise learning_command.CommandFailed(_NOT_INSTALLED)
    if not row.version.is_there:
        raise learning_command.CommandFailed(_NO_FILES)
    _check_room(row, folder)
    with zipfile.ZipFile(row.version.path) as archive:
        archive.extractall(folder)
    out = folder / str(row)
    arguments = ["dataset", "convert", str(folder / str(row.version)), "--to", row.form, "-o", str(out), *_told(row)]
    run_isolated(learning_command.run, arguments, should_stop=should_stop, limit=LIMIT)
    packed = folder / "packed.zip"
    pack(out, packed, zipfile.ZIP_DEFLATED if row.form in _PACKED else zipfile.ZIP_STORED)
    _finish(row, packed)


def _check_room(row: ConvertedVersion, folder: Path) -> None:
    needed = sizes_of(row.version, row.most)[row.form] + row.version.path.stat().st_size
    if (free := shutil.disk_usage(folder).free) < needed:
        raise learning_command.CommandFailed(_NO_ROOM.format(needed=needed / 1e6, free=free / 1e6))


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


def _finish(row: ConvertedVersion, packed: Path) -> None:
    """Give the file its place, unless somebody has withdrawn meanwhile, and the row is gone."""
    about = {"size": packed.stat().st_size, "sha256": file_sha256(packed)}
    with transaction.atomic():
        rows = ConvertedVersion.objects.select_for_update().filter(pk=row.pk, attempt=row.attempt)
        if not rows.exists():
            return
        row.path.parent.mkdir(parents=True, exist_ok=True)
        packed.replace(row.path)
        sync(row.path.parent)
        rows.update(state=ConvertedVersion.State.READY, reason="", finished=timezone.now(), **about)


def _fail(key: int, reason: str) -> None:
    rows = ConvertedVersion.objects.filter(pk=key)
    rows.update(state=ConvertedVersion.State.FAILED, reason=reason[:500], finished=timezone.now())
