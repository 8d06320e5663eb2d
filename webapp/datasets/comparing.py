"""Comparisons that researchers ask for on the desk: ``safelight compare`` of an export, in a process of its own."""

import json
import logging
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from editing.files import atomic_file
from editing.processes import Crashed, Stopped, run_isolated
from webapp.datasets import learning_command
from webapp.datasets.models import Comparison

LIMIT = 60 * 60  # seconds
_CRASHED = "It crashed, or ran out of memory. Compare the download on a larger machine, by safelight compare."
_TOO_LONG = "It took more than an hour. Compare the download on a faster machine, by safelight compare."
_NO_EXPORT = "The export is not there any more."
_BROKEN = "The server failed at it. Its log says why."
_logger = logging.getLogger(__name__)


def compare_export(key: int, should_stop: Callable[[], bool]) -> None:
    """Make a comparison's report; what goes wrong is for the researcher to read in its row.

    Args:
        should_stop: asked now and then: the worker is to end. Then the row waits in the queue's next turn as it was.
    """
    row = Comparison.objects.select_related("export__study").filter(pk=key).first()
    if row is None or row.state == Comparison.State.READY:
        return
    _note(row, Comparison.State.WORKING)
    try:
        answer, problem = _compare(row, should_stop), ""
    except Stopped:
        if should_stop():
            _note(row, Comparison.State.QUEUED)
            raise
        answer, problem = "", _TOO_LONG
    except Crashed:
        answer, problem = "", _CRASHED
    except (learning_command.CommandFailed, OSError, zipfile.BadZipFile) as error:
        _logger.error("the comparison %s failed: %s", row.pk, error)
        answer, problem = "", str(error)
    except Exception:
        _note(row, Comparison.State.FAILED, reason=_BROKEN)
        raise
    with transaction.atomic():
        # Somebody may have withdrawn meanwhile, and the export with them.
        if not Comparison.objects.select_for_update().filter(pk=row.pk).exists():
            row.path.unlink(missing_ok=True)
            return
        _note(row, Comparison.State.FAILED if problem else Comparison.State.READY, answer, problem)


def _compare(row: Comparison, should_stop: Callable[[], bool]) -> str:
    """Write the report, whole or not at all, and return its answer and how many more would do better."""
    if not learning_command.is_installed():
        raise learning_command.CommandFailed(learning_command.NOT_INSTALLED)
    if not row.export.is_there:
        raise learning_command.CommandFailed(_NO_EXPORT)
    with tempfile.TemporaryDirectory(dir=row.path.parent) as folder:
        with zipfile.ZipFile(row.export.path) as archive:
            archive.extractall(folder)
        (export,) = Path(folder).iterdir()
        report = Path(folder) / "report"
        run_isolated(
            learning_command.run, ["compare", str(export), "-o", str(report)], should_stop=should_stop, limit=LIMIT
        )
        with (report / "report.html").open("rb") as page, atomic_file(row.path) as file:
            shutil.copyfileobj(page, file)
        numbers = json.loads((report / "comparison.json").read_text(encoding="utf-8"))
        return f"{numbers['answer']} {numbers['planning']}".strip()


def _note(row: Comparison, state: str, answer: str = "", reason: str = "") -> None:
    Comparison.objects.filter(pk=row.pk).update(state=state, answer=answer[:500], reason=reason[:500])
