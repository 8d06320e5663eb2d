"""Comparisons that researchers ask for on the desk: ``safelight compare`` of an export or a version."""

import json
from pathlib import Path

from webapp.datasets.command_jobs import Command, Limits, ShouldStop, carry_out, check_installed, finish, unpack
from webapp.datasets.learning_command import CommandFailed
from webapp.datasets.models import Comparison

_LIMITS = Limits(
    60 * 60,
    "It took more than an hour. Compare the download on a faster machine, by safelight compare.",
    "It crashed, or ran out of memory. Compare the download on a larger machine, by safelight compare.",
)
_NO_FILES = "The files of the play are not there any more."


def compare_export(key: int, should_stop: ShouldStop) -> None:
    """Make a comparison's report; what goes wrong is for the researcher to read in its row."""
    rows = Comparison.objects.filter(pk=key).select_related("export__study", "version__study")
    carry_out(rows, should_stop, _LIMITS, _compare)


def _compare(row: Comparison, folder: Path, command: Command) -> None:
    """Write the report, and keep its answer and how many more would do better."""
    check_installed()
    if not row.source.is_there:
        raise CommandFailed(_NO_FILES)
    report = folder / "report"
    command.run("compare", unpack(row.source.file, folder), "-o", report)
    numbers = json.loads((report / "comparison.json").read_text(encoding="utf-8"))
    answer = f"{numbers['answer']} {numbers['planning']}".strip()
    finish(row, report / "report.html", row.file, answer=answer[:500])
