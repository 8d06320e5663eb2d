"""Deleting exports that researchers had asked for: after some days, and as somebody withdraws whose play is in them."""

from datetime import timedelta
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from webapp.datasets.models import Comparison, PreparedExport
from webapp.storage.deleting import delete_once_stored, delete_or_retry
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_traces

KEPT = timedelta(days=7)


def delete_old_exports() -> int:
    """Delete exports that were asked for long ago, with their files; return how many."""
    old = list(PreparedExport.objects.filter(asked__lt=timezone.now() - KEPT))
    for row in old:
        delete_or_retry(*_files(row))
        row.delete()
    return len(old)


@receiver(erasing_traces)
def delete_exports(participation: Participation, **kwargs: Any) -> None:
    """Delete the exports of a study from which somebody withdraws: their play is in them."""
    for row in PreparedExport.objects.filter(study=participation.study_id):
        delete_once_stored(*_files(row))
        row.delete()


def _files(row: PreparedExport) -> tuple[SiteFile, SiteFile]:
    """Return the files that an export may have: its own, and the report of a comparison."""
    return row.file, Comparison(export=row).file
