"""Developing pictures at full size, one after the other, in the worker: ``manage.py worker``."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued, JobAborted
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status

from editing.photos.photo_error import PhotoError
from editing.processes import Crashed, Stopped, run_isolated
from webapp.downloads.deleting import delete_old
from webapp.downloads.models import Download
from webapp.downloads.pictures import READ_OTHERWISE, check_offered
from webapp.downloads.sharing import priority
from webapp.games.pictures import episode_steps
from webapp.http.models import RequestCount
from webapp.http.refusals import Refusal
from webapp.photos.decoding import ReadOtherwise, strip_file_name
from webapp.photos.large_previews import add_large_preview, next_without_large_preview
from webapp.photos.leftovers import delete_leftovers
from webapp.photos.models import Photo
from webapp.storage.deleting import DELETE_FILES, delete_files
from webapp.storage.site_file import scratch

if TYPE_CHECKING:
    from editing.photos.exif import Metadata
    from editing.rendering.writing import OutputFormat

QUEUE = "downloads"  # and what else the worker does: one thing after the other
AFTER_DOWNLOADS = -1  # the priority of what nobody waits for
# How often a job is done whose worker dies at it: it may be the reason.
TRIES = 3
LIMIT = 15 * 60  # seconds: a gigapixel on a slow machine
FAILED_JOBS_HOURS = 24  # for which they are kept, and /metrics counts them
_CRASHED = gettext_noop("The photo is too much for this server: it ran out of memory, or its decoder crashed.")
_NOT_WRITTEN = gettext_noop(
    "The server cannot save the picture at the moment, its disk may be full. Please try again later."
)
_BROKEN = gettext_noop("The server failed at it. Its log says why.")
_TOO_LONG = gettext_noop("It took too long, and was given up.")
_logger = logging.getLogger(__name__)


# Jobs are stored under the names of their tasks. Those in the queue since before a task had a name of its own bear the
# path of its function then, which stays among the aliases.


# Given up when the worker is stopped, it is done again by the next one.
@app.task(
    name="develop_download",
    aliases=["webapp.downloads.tasks.develop_download"],
    queue=QUEUE,
    pass_context=True,
    retry=RetryStrategy(retry_exceptions=[JobAborted]),
)
def develop_download(context: JobContext, *, download: int) -> None:
    """Make the picture of a `Download`; what goes wrong is for the player to read in its row."""
    row = Download.objects.select_related("episode__study", "episode__photo").filter(pk=download).first()
    if row is None or row.is_there:
        return
    _note(download, Download.State.WORKING)
    try:
        _develop(row, context)
    except Stopped:
        if context.should_abort():
            _note(download, Download.State.QUEUED)
            raise JobAborted from None
        _fail(download, _TOO_LONG)
    except (Refusal, PhotoError, OSError, Crashed) as error:
        _fail(download, _sentence(row, error))
    except Exception:
        _fail(download, _BROKEN)
        raise
    else:
        if not _note(download, Download.State.READY):
            row.file.delete()  # of a photo that was removed meanwhile


@app.periodic(cron="* * * * *")
@app.task(
    name="clean_up",
    aliases=["webapp.downloads.tasks.keep_house"],
    queue=QUEUE,
    pass_context=True,
    queueing_lock="keep house",  # as it is stored with jobs in the queue
)
async def clean_up(context: JobContext, timestamp: int) -> None:
    """Every minute: take up what a worker has left when it died, and delete what is old."""
    jobs = context.app.job_manager
    await jobs.delete_old_jobs(FAILED_JOBS_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
    for job in await jobs.get_stalled_jobs(queue=QUEUE):
        # What is done every minute comes again by itself.
        is_download = job.task_name in (develop_download.name, *develop_download.aliases)
        if is_download and job.attempts + 1 < TRIES:  # those before this one
            await jobs.retry_job(job)
            continue
        if is_download:
            await sync_to_async(_fail)(job.task_kwargs.get("download"), _CRASHED)
        await jobs.finish_job(job, Status.FAILED, delete_job=False)
    await sync_to_async(_clean_up_downloads)()
    await sync_to_async(delete_leftovers)()
    await sync_to_async(RequestCount.forget_old)()


@app.task(name=DELETE_FILES, queue=QUEUE, retry=RetryStrategy(linear_wait=60, retry_exceptions=[OSError]))
def delete_files_again(*, names: list[str], folder: str, asked: int) -> None:
    """Delete what could not be deleted when it was to be: a minute later, two minutes later, and so on."""
    delete_files(names, folder, asked)


@app.task(
    name="make_large_previews",
    queue=QUEUE,
    pass_context=True,
    queueing_lock="large previews",
    priority=AFTER_DOWNLOADS,
)
def make_large_previews(context: JobContext, *, after: str = "") -> None:
    """Give the next photo after one, by its SHA-256, the larger preview that it lacks; again, until none lacks it.

    Downloads come in between.
    """
    photo = next_without_large_preview(after)
    if photo is None:
        return
    try:
        add_large_preview(photo, context.should_abort)
    except Stopped:
        _defer_large_previews(after)  # for the next worker
    else:
        _defer_large_previews(photo.pk)


def _defer_large_previews(after: str) -> None:
    with suppress(AlreadyEnqueued), transaction.atomic():
        make_large_previews.configure().defer(after=after)


def ask_for_large_previews(**kwargs: Any) -> None:
    """Let the worker make what is missing: a site that is updated migrates before it serves.

    Sent after a migration, also one back to before there were tables.
    """
    tables = connection.introspection.table_names()
    if {Photo._meta.db_table, ProcrastinateJob._meta.db_table} <= set(tables) and next_without_large_preview():
        _defer_large_previews("")


def enqueue(row: Download) -> None:
    """Put a download into the queue, in the same transaction as its row; `priority` says where."""
    row.state, row.reason, row.asked, row.finished = Download.State.QUEUED, "", timezone.now(), None
    with suppress(AlreadyEnqueued), transaction.atomic():
        # One job for a row; and never two that write the same file at once.
        job = develop_download.configure(
            queueing_lock=f"download {row.pk}", lock=Path(row.file.name).name, priority=priority(row)
        )
        row.job = job.defer(download=row.pk)
    row.save()


def _clean_up_downloads() -> None:
    delete_old()
    under_way = ProcrastinateJob.objects.filter(status__in=(Status.TODO.value, Status.DOING.value))
    # Whose job is gone, because somebody cancelled it, say.
    for row in Download.objects.filter(state__in=Download.COMING).exclude(job__in=under_way.values("pk")):
        enqueue(row)


def _note(download: int, state: Download.State, reason: str = "") -> bool:
    """Write down how far a download is; False if it was forgotten meanwhile."""
    finished = None if state in Download.COMING else timezone.now()
    rows = Download.objects.filter(pk=download)
    return rows.update(state=state, reason=reason[:500], finished=finished) == 1


def _fail(download: Any, reason: str) -> None:
    _note(download, Download.State.FAILED, reason)


def _develop(row: Download, context: JobContext) -> None:
    # Only here: the web processes, which import this module to put jobs in the queue, have no use for a renderer.
    from editing.rendering.writing import Output
    from webapp.downloads.developing import develop_as_played

    check_offered(row.episode)
    photo = row.episode.photo
    row.metadata = row.episode.study.download_metadata
    Download.objects.filter(pk=row.pk).update(metadata=row.metadata)
    with scratch() as folder:
        developed = folder / "developed"
        run_isolated(
            develop_as_played,
            photo.original.fetch(folder),
            photo.preview.fetch(folder),
            photo.reading,
            episode_steps(row.episode),
            developed,
            Output(cast("OutputFormat", row.format), metadata=cast("Metadata", row.metadata)),
            should_stop=context.should_abort,
            limit=LIMIT,
        )
        row.file.take(developed)


def _sentence(row: Download, error: Exception) -> str:
    """Why it failed, for the player; the log has what only the server's keeper can mend."""
    if isinstance(error, Refusal):
        return str(error.detail)
    if isinstance(error, ReadOtherwise):
        row.episode.photo.note_comparison(reads_otherwise=True)
        return READ_OTHERWISE
    if isinstance(error, PhotoError):
        return f"The original cannot be developed: {strip_file_name(error, Path(row.episode.photo.original.name))}."
    _logger.error("%s cannot be developed: %s", row, error or "its process died")
    return _NOT_WRITTEN if isinstance(error, OSError) else _CRASHED
