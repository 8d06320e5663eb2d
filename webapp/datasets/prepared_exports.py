"""Exports that researchers ask for on the desk: the worker writes each as a ZIP file, which is kept for some days."""

import logging
import zipfile
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from editing.trajectories.schemas import InvalidSnapshot
from webapp.datasets.exporting import export
from webapp.datasets.models import PreparedExport
from webapp.datasets.selection import Selection
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import scratch

_BROKEN = "The server failed at it. Its log says why."
_logger = logging.getLogger(__name__)


def prepare(key: int) -> None:
    """Write an export's file; what goes wrong is for the researcher to read in its row."""
    row = PreparedExport.objects.select_related("study").filter(pk=key).first()
    if row is None or row.state == PreparedExport.State.READY:
        return
    _note(row, PreparedExport.State.WORKING)
    try:
        count, problem = _write(row), ""
    except (InvalidSnapshot, OSError) as error:
        _logger.error("the export %s failed: %s", row.pk, error)
        count, problem = 0, str(error)
    except Exception:
        _note(row, PreparedExport.State.FAILED, reason=_BROKEN)
        raise
    with transaction.atomic():
        # Somebody may have withdrawn meanwhile: then it is of before that, and must not appear.
        if not PreparedExport.objects.select_for_update().filter(pk=row.pk).exists():
            delete_or_retry(row.file)
            return
        state = PreparedExport.State.FAILED if problem else PreparedExport.State.READY
        _note(row, state, reason=problem, episodes=count)


def _write(row: PreparedExport) -> int:
    """Write the file, whole or not at all, and return how many episodes are in it."""
    name = f"{row.study.slug}-{row.asked:%Y-%m-%d}"
    with scratch() as folder:
        directory, packed = folder / name, folder / "packed.zip"
        snapshot = export(directory, Selection(row.study, tuple(row.statuses), row.tutorials))
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            # Nothing is compressed once more: Parquet is already.
            for path in sorted(directory.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
                    with suppress(OSError):  # to need the room once, not twice
                        path.unlink()
        row.file.take(packed)
    return int(snapshot.manifest["rows"]["episodes"])


def _note(row: PreparedExport, state: str, reason: str = "", episodes: int = 0) -> None:
    finished = timezone.now() if state in (PreparedExport.State.READY, PreparedExport.State.FAILED) else None
    rows = PreparedExport.objects.filter(pk=row.pk)
    rows.update(state=state, reason=reason[:500], episodes=episodes, finished=finished)
