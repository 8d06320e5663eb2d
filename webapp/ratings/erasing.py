"""Erasing what somebody was shown and said, and where others were shown their pictures, as they withdraw."""

from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from webapp.ratings.models import Showing
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_traces


@receiver(erasing_traces)
def erase_judgements(participation: Participation, **kwargs: Any) -> None:
    """Delete the showings, with what was answered, that are theirs or have a picture of theirs."""
    own = Q(study=participation.study_id, participant=participation.participant_id)
    shown = Q(places__episode__study=participation.study_id, places__episode__participant=participation.participant_id)
    Showing.objects.filter(pk__in=Showing.objects.filter(own | shown).order_by().values("pk")).delete()
