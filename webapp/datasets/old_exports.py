"""Deleting exports that researchers had asked for: after some days, and as somebody withdraws whose play is in them."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from webapp.datasets.models import PreparedExport
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_traces

KEPT = timedelta(days=7)


def delete_old_exports() -> int:
    """Delete exports that were asked for long ago, with their files; return how many."""
    old = list(PreparedExport.objects.filter(asked__lt=timezone.now() - KEPT))
    for row in old:
        row.path.unlink(missing_ok=True)
        row.delete()
    return len(old)


@receiver(erasing_traces)
def delete_exports(participation: Participation, **kwargs: Any) -> None:
    """Delete the exports of a study from which somebody withdraws: their play is in them."""
    for row in PreparedExport.objects.filter(study=participation.study_id):
        transaction.on_commit(partial(row.path.unlink, missing_ok=True))
        row.delete()
