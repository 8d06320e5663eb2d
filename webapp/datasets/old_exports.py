"""Deleting exports that researchers had asked for: after some days, and as somebody withdraws whose play is in them."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from webapp.datasets.models import Comparison, PreparedExport
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_traces

KEPT = timedelta(days=7)


def delete_old_exports() -> int:
    """Delete exports that were asked for long ago, with their files; return how many."""
    old = list(PreparedExport.objects.filter(asked__lt=timezone.now() - KEPT))
    for row in old:
        for path in _files(row):
            path.unlink(missing_ok=True)
        row.delete()
    return len(old)


@receiver(erasing_traces)
def delete_exports(participation: Participation, **kwargs: Any) -> None:
    """Delete the exports of a study from which somebody withdraws: their play is in them."""
    for row in PreparedExport.objects.filter(study=participation.study_id):
        for path in _files(row):
            transaction.on_commit(partial(path.unlink, missing_ok=True))
        row.delete()


def _files(row: PreparedExport) -> tuple[Path, Path]:
    """Return the files that an export may have: its own, and the report of a comparison."""
    return row.path, Comparison(export=row).path
