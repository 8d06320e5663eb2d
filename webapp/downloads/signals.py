"""What becomes of downloads when something below them changes."""

from typing import Any

from django.dispatch import receiver

from webapp.downloads.deleting import forget
from webapp.downloads.models import Download
from webapp.photos.models import Photo
from webapp.photos.signals import photo_removed
from webapp.studies.models import Study
from webapp.studies.signals import photo_taken_out


@receiver(photo_removed)
def forget_downloads(photo: Photo, **kwargs: Any) -> None:
    """Nobody sees a photo that was removed."""
    forget(Download.objects.filter(episode__photo=photo))


@receiver(photo_taken_out)
def forget_downloads_of_study(study: Study, photo: Photo, **kwargs: Any) -> None:
    """Nor in a study that it was taken out of."""
    forget(Download.objects.filter(episode__study=study, episode__photo=photo))
