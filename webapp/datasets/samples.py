"""Samples of published data, which everybody may watch."""

from typing import Any

from django.dispatch import receiver

from webapp.datasets.models import DatasetVersion
from webapp.games.models import Episode
from webapp.games.replays import showing_to_all
from webapp.studies.models import pseudonym_in_study


@receiver(showing_to_all)
def show_sample(episode: Episode, **kwargs: Any) -> str:
    """Return what the player of a sample is called in the data; empty for what is no sample."""
    published = DatasetVersion.objects.filter(study=episode.study_id, state=DatasetVersion.State.READY)
    versions = published.exclude(published=None).select_related("study", "key")
    version = versions.filter(samples__contains=[str(episode.pk)]).first()
    if version is None or episode.status != Episode.Status.SUBMITTED:
        return ""
    pseudonym: str = Episode.objects.values_list(pseudonym_in_study(), flat=True).get(pk=episode.pk)
    return version.key.naming.player(pseudonym)
