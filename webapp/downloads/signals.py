"""What becomes of downloads when something below them changes."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver

from webapp.downloads.deleting import forget
from webapp.downloads.models import Download
from webapp.downloads.thumbnails import finished_path
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.signals import photo_removed
from webapp.studies.models import Study
from webapp.studies.signals import photo_taken_out


@receiver(photo_removed)
def forget_downloads(photo: Photo, **kwargs: Any) -> None:
    """Nobody sees a photo that was removed."""
    _forget(Episode.objects.filter(photo=photo))


@receiver(photo_taken_out)
def forget_downloads_of_study(study: Study, photo: Photo, **kwargs: Any) -> None:
    """Nor in a study that it was taken out of."""
    _forget(Episode.objects.filter(study=study, photo=photo))


def _forget(episodes: QuerySet[Episode]) -> None:
    forget(Download.objects.filter(episode__in=episodes))
    for episode in episodes.filter(status=Episode.Status.SUBMITTED):
        transaction.on_commit(partial(finished_path(episode).unlink, missing_ok=True))
