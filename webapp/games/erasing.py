"""Erasing what somebody has played, as they withdraw."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from webapp.games.models import Episode, Event
from webapp.games.pictures import delete_pictures
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_play


@receiver(erasing_play)
def erase_play(participation: Participation, **kwargs: Any) -> tuple[int, int]:
    """Delete the episodes of a participation with their events and steps; return how many episodes and events."""
    episodes = Episode.objects.filter(study=participation.study_id, participant=participation.participant_id)
    counts = episodes.count(), Event.objects.filter(episode__in=episodes).count()
    for episode in episodes:
        transaction.on_commit(partial(delete_pictures, episode))
    episodes.delete()
    return counts
