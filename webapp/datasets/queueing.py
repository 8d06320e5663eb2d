"""Putting versions, and what is made of data by commands, into the worker's queue, by the names of tasks."""

from django.db import transaction
from procrastinate.contrib.django import app

from webapp.datasets.models import CommandJob, DatasetVersion
from webapp.downloads.tasks import AFTER_DOWNLOADS, QUEUE

BUILD_VERSION = "build_version"


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


def ask_to_carry_out(job: CommandJob) -> None:
    """Put a job into the queue, in the same transaction as its row; one after another of a study."""
    task = app.configure_task(job.TASK, queue=QUEUE, lock=f"{job.TASK} of {job.owner}", priority=AFTER_DOWNLOADS)
    task.defer(**{job.ARGUMENT: job.pk})


def ask_to_carry_out_again(job: CommandJob) -> None:
    """Put a job into the queue once more that has failed, or whose result was lost or is old."""
    job.state, job.reason, job.attempt = CommandJob.State.QUEUED, "", 0
    job.save(update_fields=["state", "reason", "attempt"])
    ask_to_carry_out(job)
