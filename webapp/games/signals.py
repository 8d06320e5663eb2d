"""What the games do when something below them changes."""

from typing import Any

from django.dispatch import receiver

from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.signals import photo_removed, preview_needed


@receiver(photo_removed)
def exclude_open_episodes(photo: Photo, **kwargs: Any) -> None:
    """Nobody can finish an episode whose photo is gone."""
    Episode.objects.filter(photo=photo, status=Episode.Status.OPEN).update(
        status=Episode.Status.EXCLUDED, exclusion_reason="photo removed"
    )


@receiver(preview_needed)
def is_exported(photo: Photo, **kwargs: Any) -> bool:
    """An export shows what the submitted episodes were played on."""
    return Episode.objects.filter(photo=photo, status=Episode.Status.SUBMITTED).exists()
