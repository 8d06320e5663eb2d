"""What nobody works at any more, since a worker has died at it or a job is lost, is taken up again."""

from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status

from webapp.datasets.building import LOST_AFTER, MOST_ATTEMPTS
from webapp.datasets.models import CommandJob, Comparison, ConvertedVersion, DatasetVersion, PowerAnalysis
from webapp.datasets.queueing import BUILD_VERSION, ask_to_build, ask_to_carry_out

COMMAND_JOBS: tuple[type[CommandJob], ...] = (ConvertedVersion, Comparison, PowerAnalysis)
_INTERRUPTED = "The server, or its database, was interrupted in the midst of it. It is made anew."
_DIED = "The server's worker died at it several times: it may be too large for its memory, or its disk."


def is_lost() -> Q:
    """Return which versions that are being built have had no heartbeat for long."""
    silent = Q(heartbeat=None) | Q(heartbeat__lt=timezone.now() - LOST_AFTER)
    return Q(state=DatasetVersion.State.WORKING) & silent


def take_up() -> None:
    """Put those back into the queue that have lost their worker or their job; give up those that have cost several."""
    waiting = ProcrastinateJob.objects.filter(task_name=BUILD_VERSION, status=Status.TODO.value)
    queued = {arguments.get("version") for arguments in waiting.values_list("args", flat=True)}
    lost = DatasetVersion.objects.filter(is_lost() | Q(state=DatasetVersion.State.QUEUED)).exclude(pk__in=queued)
    for version in lost:
        rows = DatasetVersion.objects.filter(pk=version.pk, state=version.state, attempt=version.attempt)
        if version.attempt >= MOST_ATTEMPTS:
            failed = DatasetVersion.State.FAILED
            rows.update(state=failed, reason=_DIED, attempt=version.attempt + 1, finished=timezone.now())
        elif rows.update(state=DatasetVersion.State.QUEUED, heartbeat=None, reason=_reason(version)):
            ask_to_build(version)


def take_up_jobs() -> None:
    """Do the same of forms, comparisons and plans whose job has ended or is lost: nobody is at them."""
    held = (Status.TODO.value, Status.DOING.value)
    for model in COMMAND_JOBS:
        jobs = ProcrastinateJob.objects.filter(task_name=model.TASK, status__in=held)
        queued = {arguments.get(model.ARGUMENT) for arguments in jobs.values_list("args", flat=True)}
        for row in model._default_manager.filter(state__in=CommandJob.COMING).exclude(pk__in=queued):
            rows = model._default_manager.filter(pk=row.pk, state=row.state, attempt=row.attempt)
            if row.attempt >= MOST_ATTEMPTS:
                rows.update(state=CommandJob.State.FAILED, reason=_DIED, finished=timezone.now())
            elif rows.update(state=CommandJob.State.QUEUED):
                ask_to_carry_out(row)


def _reason(version: DatasetVersion) -> str:
    return _INTERRUPTED if version.state == DatasetVersion.State.WORKING else version.reason
