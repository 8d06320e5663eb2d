"""Putting versions, and their other forms, into the worker's queue, by the names of tasks, which import the work."""

from django.db import transaction
from procrastinate.contrib.django import app

from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.downloads.tasks import AFTER_DOWNLOADS, QUEUE

BUILD_VERSION = "build_version"
CONVERT_VERSION = "convert_version"


def ask_to_build(version: DatasetVersion) -> None:
    """Put a version into the queue, in the same transaction as its row; one after another of a study."""
    job = app.configure_task(BUILD_VERSION, queue=QUEUE, lock=f"versions of {version.study_id}")
    job.defer(version=version.pk)


@transaction.atomic
def ask_again(version: DatasetVersion) -> bool:
    """Put a version into the queue once more that has failed, or whose file was lost; False where it is neither."""
    states = (DatasetVersion.State.FAILED, DatasetVersion.State.READY)
    if version.state not in states or version.is_there:
        return False
    DatasetVersion.objects.filter(pk=version.pk).update(state=DatasetVersion.State.QUEUED, reason="", attempt=0)
    ask_to_build(version)
    return True


def ask_to_convert(row: ConvertedVersion) -> None:
    """Put a form of a version into the queue, in the same transaction as its row; one after another of a study."""
    lock = f"forms of {row.version.study_id}"
    app.configure_task(CONVERT_VERSION, queue=QUEUE, lock=lock, priority=AFTER_DOWNLOADS).defer(conversion=row.pk)
