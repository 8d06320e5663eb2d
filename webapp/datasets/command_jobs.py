"""What the worker makes by a command of ``safelight`` as a researcher has asked: forms of versions, comparisons, plans.

Each is a row that waits, is worked at, is there, or says why not; it is made in a process of its own, aside.
"""

import logging
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from editing.processes import Crashed, Stopped, run_isolated
from webapp.datasets import learning_command
from webapp.datasets.building import aside
from webapp.datasets.models import CommandJob
from webapp.http.disk_full import is_disk_full
from webapp.storage.site_file import SiteFile

BROKEN = "The server failed at it. Its log says why."
DISK_FULL = "The disk of the server is full. Nothing of it is left: make room, and try it again."
ShouldStop = Callable[[], bool]
Job = TypeVar("Job", bound=CommandJob)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How long a command may take, and what is said to the researcher where it takes too much.

    Attributes:
        seconds: of its process.
    """

    seconds: float
    too_long: str
    crashed: str


def carry_out(
    jobs: QuerySet[Job], should_stop: ShouldStop, limits: Limits, make: Callable[[Job, Path, "Command"], None]
) -> None:
    """Do a job that waits; what goes wrong is for the researcher to read in its row.

    Args:
        jobs: its row alone, with what is needed of others.
        should_stop: asked now and then: the worker is to end. Then the next one takes it up.
        make: makes it in a folder that is gone afterwards, by commands, and calls ``finish``.

    Raises:
        Exception: what is a mistake of ours, for the log.
    """
    coming = jobs.filter(state__in=CommandJob.COMING)
    if not coming.update(state=CommandJob.State.WORKING, attempt=F("attempt") + 1):
        return
    job = jobs.get()
    try:
        with aside(f"{job.ARGUMENT}-{job.pk}") as folder:
            make(job, folder, Command(should_stop, limits.seconds))
    except Stopped:
        if should_stop():
            coming.update(state=CommandJob.State.QUEUED)
        else:
            _fail(job, limits.too_long)
    except Crashed:
        _fail(job, limits.crashed)
    except (learning_command.CommandFailed, OSError, zipfile.BadZipFile) as error:
        _logger.error("%s failed: %s", job, error)
        _fail(job, DISK_FULL if is_disk_full(error) else str(error))
    except Exception:
        _fail(job, BROKEN)
        raise


@dataclass(frozen=True)
class Command:
    """The command ``safelight``, in a process of its own, which ends with the worker or after so many seconds."""

    should_stop: ShouldStop
    limit: float

    def run(self, *arguments: str | Path) -> None:
        """Do what it does with these arguments.

        Raises:
            Stopped, Crashed, CommandFailed: as ``editing.processes.run_isolated`` and ``learning_command.run``.
        """
        told = [str(argument) for argument in arguments]
        run_isolated(learning_command.run, told, should_stop=self.should_stop, limit=self.limit)


def check_installed(message: str = learning_command.NOT_INSTALLED) -> None:
    """Refuse a server without the learning extra.

    Raises:
        CommandFailed: saying what to install.
    """
    if not learning_command.is_installed():
        raise learning_command.CommandFailed(message)


def unpack(archive: SiteFile, folder: Path) -> Path:
    """Return the export or version in a ZIP file, unpacked into a folder."""
    with archive.open() as file, zipfile.ZipFile(file) as packed:
        packed.extractall(folder / "unpacked")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


def finish(job: CommandJob, made: Path | None = None, to: SiteFile | None = None, **about: Any) -> None:
    """Give a file its place, and say that it is there; not if somebody has withdrawn meanwhile, and the row is gone."""
    with transaction.atomic():
        rows = type(job)._default_manager.select_for_update().filter(pk=job.pk, attempt=job.attempt)
        if not rows.exists():
            return
        if made is not None and to is not None:
            to.take(made)
        rows.update(state=CommandJob.State.READY, reason="", finished=timezone.now(), **about)


def _fail(job: CommandJob, reason: str) -> None:
    rows = type(job)._default_manager.filter(pk=job.pk)
    rows.update(state=CommandJob.State.FAILED, reason=reason[:500], finished=timezone.now())
