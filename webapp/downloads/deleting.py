"""Forgetting developed pictures: those that are old, and those of photos that are gone. All can be made again."""

import time
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webapp.downloads.models import Download, downloads_folder

_DAY = 24 * 3600  # seconds


def forget(downloads: Iterable[Download]) -> None:
    """Delete rows, and their files at the end of the transaction."""
    for download in downloads:
        unlink = partial(download.path.unlink, missing_ok=True)
        download.delete()
        transaction.on_commit(unlink)


def delete_old() -> None:
    """Delete what was finished DOWNLOAD_DAYS ago, and files a day old that belong to no download: drafts, say."""
    long_ago = timezone.now() - timedelta(days=settings.DOWNLOAD_DAYS)
    with transaction.atomic():
        forget(Download.objects.select_for_update(skip_locked=True).filter(finished__lt=long_ago))
    if not downloads_folder().is_dir():
        return
    aged = [path for path in downloads_folder().iterdir() if path.stat().st_mtime < time.time() - _DAY]
    if not aged:
        return
    known = {download.path for download in Download.objects.all()}
    for path in set(aged) - known:
        path.unlink(missing_ok=True)
