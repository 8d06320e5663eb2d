"""What the games do when something below them changes."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.dispatch import receiver

from webapp.games.models import Episode
from webapp.games.recording import close_outdated
from webapp.photos.models import Photo
from webapp.photos.signals import files_needed, photo_removed
from webapp.studies.models import Study
from webapp.studies.signals import photo_taken_out


@receiver(photo_removed)
def exclude_open_episodes(photo: Photo, **kwargs: Any) -> None:
    """Nobody can finish an episode whose photo is gone."""
    _exclude_open(Episode.objects.filter(photo=photo))


@receiver(photo_taken_out)
def exclude_open_episodes_of_study(study: Study, photo: Photo, **kwargs: Any) -> None:
    """Nor one whose photo is gone from its study."""
    _exclude_open(Episode.objects.filter(study=study, photo=photo))


def _exclude_open(episodes: QuerySet[Episode]) -> None:
    episodes.filter(status=Episode.Status.OPEN).update(status=Episode.Status.EXCLUDED, exclusion_reason="photo removed")


def close_outdated_episodes(**kwargs: Any) -> None:
    """Close what was begun with older filters: a site that is updated migrates before it serves the new ones.

    Sent after a migration, also one back to before this app had tables.
    """
    if Episode._meta.db_table in connection.introspection.table_names():
        close_outdated()


@receiver(files_needed)
def is_exported(photo: Photo, **kwargs: Any) -> bool:
    """An export shows what the submitted episodes were played on."""
    return Episode.objects.filter(photo=photo, status=Episode.Status.SUBMITTED).exists()
