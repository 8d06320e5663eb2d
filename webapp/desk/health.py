"""How the site itself is: what is wrong, and what that means for the studies on it."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateWorker

from webapp.backups.models import BackupRun, drills_elsewhere, last_success
from webapp.desk.access import for_researchers, render_desk
from webapp.http.disk_full import why_unwritable
from webapp.storage.site_file import site_storage

# A worker says every ten seconds that it is there.
_SILENCE = timedelta(minutes=1)
_LONG_WAIT = timedelta(minutes=30)
_LITTLE_ROOM = 0.05  # of the disk
# Every night and every week, and some hours.
_BACKUP_AGE, _DRILL_AGE = timedelta(hours=36), timedelta(days=8)


@dataclass(frozen=True)
class Condition:
    """One thing about the site.

    Attributes:
        state: how it is, in a few words.
        meaning: what is wrong, what it means for studies, and what to do; empty where all is well.
    """

    name: str
    state: str
    meaning: str = ""


@for_researchers
def health_page(request: HttpRequest) -> HttpResponseBase:
    """Render how the site is. That the page comes says that Postgres answers."""
    return render_desk(request, "health", conditions=list(conditions()))


def conditions() -> Iterator[Condition]:
    """Yield all that is looked at."""
    yield _disk()
    if folder := disks().get("backups"):
        yield _backups_disk(folder)
    if settings.S3_BUCKET:
        yield _bucket()
    yield _worker()
    yield _queue()
    if settings.SITE_URL:  # on one's own machine nobody makes backups by a timer
        yield _age("Backup", BackupRun.Kind.BACKUP, _BACKUP_AGE, "if the disk breaks, what was played since is lost")
        if drills_elsewhere():
            yield Condition("Drill", "done on another server: this one cannot read its backups")
        else:
            yield _age("Drill", BackupRun.Kind.DRILL, _DRILL_AGE, "nobody knows whether the backups come back")


def disks() -> dict[str, Path]:
    """Return the folders that the site fills, each on a disk of its own; backups only where this process sees them."""
    folders = {"data": Path(settings.DATA_DIR)}
    with suppress(OSError):
        if settings.BACKUP_DIR.stat().st_dev != folders["data"].stat().st_dev:
            folders["backups"] = settings.BACKUP_DIR
    return folders


def _disk() -> Condition:
    folder = disks()["data"]
    if reason := why_unwritable(folder):
        return Condition("Disk", reason, f"No photo, download or export can be saved. People play on. Mend {folder}.")
    state, is_full = _room(folder)
    return Condition("Disk", state, "Soon no photo, download or export can be saved. Make room." if is_full else "")


def _backups_disk(folder: Path) -> Condition:
    state, is_full = _room(folder)
    meaning = f"Soon no backup can be made. Make room in {folder}, or keep backups for fewer days (BACKUP_DAYS)."
    return Condition("Disk of backups", state, meaning if is_full else "")


def _room(folder: Path) -> tuple[str, bool]:
    """Return in words how much room a folder's disk has, and whether that is little."""
    usage = shutil.disk_usage(folder)
    state = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.0f}"
    return state, usage.free < _LITTLE_ROOM * usage.total


def _bucket() -> Condition:
    if reason := site_storage().why_unusable(by_writing=False):
        meaning = "Nobody can play, and nothing can be downloaded or saved; what was played is kept. Mend the bucket."
        return Condition("Bucket", reason, meaning)
    return Condition("Bucket", "answers")


def _worker() -> Condition:
    newest = ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True).first()
    if newest is not None and timezone.now() - newest < _SILENCE:
        return Condition("Worker", "runs")
    return Condition(
        "Worker",
        "does not run",
        "Downloads and exports wait, the agent does not play, Prolific is not asked, and nobody's identity is "
        "forgotten. People play on. On a server: systemctl status safelight-worker.",
    )


def _queue() -> Condition:
    waiting = ProcrastinateEvent.objects.filter(type="deferred", job__status="todo", job__scheduled_at=None)
    oldest = waiting.order_by("at").values_list("at", flat=True).first()
    count = waiting.count()
    state = f"{count} jobs wait" if count else "empty"
    if oldest is not None and timezone.now() - oldest > _LONG_WAIT:
        return Condition("Queue", state, "Some have waited for more than half an hour: downloads and exports are late.")
    return Condition("Queue", state)


def _age(name: str, kind: BackupRun.Kind, most: timedelta, risk: str) -> Condition:
    last = BackupRun.objects.filter(kind=kind).first()
    done = last_success(kind)
    failed = f" The last one failed: {last.problem}." if last is not None and last.problem else ""
    state = f"last done {_moment(done)}" if done else "never done"
    if done is None or timezone.now() - done > most or failed:
        return Condition(name, state, f"{risk[0].upper()}{risk[1:]}.{failed} On a server: deploy/{kind.value}.")
    return Condition(name, state)


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} (UTC)"
