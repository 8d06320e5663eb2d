"""Putting a version into the worker's queue, by the name of the task, which itself imports what does the work."""

from procrastinate.contrib.django import app

from webapp.datasets.models import DatasetVersion
from webapp.downloads.tasks import QUEUE

BUILD_VERSION = "build_version"


def ask_to_build(version: DatasetVersion) -> None:
    """Put a version into the queue, in the same transaction as its row; one after another of a study."""
    job = app.configure_task(BUILD_VERSION, queue=QUEUE, lock=f"versions of {version.study_id}")
    job.defer(version=version.pk)
