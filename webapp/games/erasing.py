"""Erasing what somebody has played, as they withdraw."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from webapp.games.models import Episode, Event
from webapp.games.pictures import delete_pictures
from webapp.studies.erasing import erasing_study
from webapp.studies.models import Participation, Study
from webapp.studies.withdrawing import erasing_play


@receiver(erasing_play)
def erase_play(participation: Participation, **kwargs: Any) -> tuple[int, int]:
    """Delete the episodes of a participation with their events and steps; return how many episodes and events."""
    episodes = Episode.objects.filter(study=participation.study_id, participant=participation.participant_id)
    # Locked, so that no batch is stored behind what is being deleted; one that waits finds no episode.
    episodes = Episode.objects.filter(pk__in=[row.pk for row in episodes.select_for_update()])
    counts = episodes.count(), Event.objects.filter(episode__in=episodes).count()
    for episode in episodes:
        transaction.on_commit(partial(delete_pictures, episode))
    episodes.delete()
    return counts


@receiver(erasing_study)
def erase_other_play(study: Study, **kwargs: Any) -> None:
    """Delete what agents have played in a study that is erased; what people played has gone before."""
    for episode in (episodes := Episode.objects.filter(study=study)):
        transaction.on_commit(partial(delete_pictures, episode))
    episodes.delete()
