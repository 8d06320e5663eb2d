"""Forgetting developed pictures: those that are old, and those of photos that are gone. All can be made again."""

import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils import timezone

from webapp.downloads.models import DOWNLOADS, Download
from webapp.games.models import Episode
from webapp.games.pictures import delete_pictures
from webapp.photos.models import Photo
from webapp.photos.storing import photo_removed
from webapp.storage.deleting import delete_once_stored
from webapp.storage.site_file import SiteFile, site_storage
from webapp.studies.models import Participation, Study
from webapp.studies.photos import photo_taken_out
from webapp.studies.withdrawing import erasing_traces

_DAY = 24 * 3600  # seconds


def forget(downloads: Iterable[Download]) -> None:
    """Delete rows, and their files at the end of the transaction."""
    for download in downloads:
        delete_once_stored(download.file)
        download.delete()


def delete_old() -> None:
    """Delete what was finished DOWNLOAD_DAYS ago, and files a day old that belong to no download: drafts, say."""
    long_ago = timezone.now() - timedelta(days=settings.DOWNLOAD_DAYS)
    with transaction.atomic():
        forget(Download.objects.select_for_update(skip_locked=True).filter(finished__lt=long_ago))
    current = {download.file.name for download in Download.objects.all()}
    for file in map(SiteFile, set(site_storage().names(DOWNLOADS)) - current):
        with suppress(FileNotFoundError):
            if file.state()[1] < (time.time() - _DAY) * 1e9:
                file.delete()


@receiver(photo_removed)
def forget_downloads(photo: Photo, **kwargs: Any) -> None:
    """Delete the downloads of a photo that was removed: nobody sees it any more."""
    _forget_of(Episode.objects.filter(photo=photo))


@receiver(photo_taken_out)
def forget_downloads_of_study(study: Study, photo: Photo, **kwargs: Any) -> None:
    """Delete the downloads of a photo in a study that it was taken out of."""
    _forget_of(Episode.objects.filter(study=study, photo=photo))


@receiver(erasing_traces)
def forget_downloads_of_participant(participation: Participation, **kwargs: Any) -> None:
    """Delete the downloads of somebody who withdraws."""
    _forget_of(Episode.objects.filter(study=participation.study_id, participant=participation.participant_id))


def _forget_of(episodes: QuerySet[Episode]) -> None:
    forget(Download.objects.filter(episode__in=episodes))
    for episode in episodes.filter(status=Episode.Status.SUBMITTED):
        transaction.on_commit(partial(delete_pictures, episode))
