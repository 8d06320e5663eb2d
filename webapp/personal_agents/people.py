"""From whose photos an agent is fitted, and for whom one is to be made."""

from datetime import timedelta

from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from editing.game import filters
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.studies.configuration import PERSONAL_AGENT_PHOTOS
from webapp.studies.models import Participation

# So long people wait for theirs before they go on without it.
WAIT = timedelta(minutes=5)


def finished(participation: Participation) -> QuerySet[Episode]:
    """Return the treatments that an agent of somebody can be fitted by, in the order in which they were begun.

    One of each photo: repeats are left out, and attention items, whose instruction is not their taste.
    """
    own = _treatments().filter(study=participation.study_id, participant=participation.participant_id)
    return own.order_by("started", "pk")


def people_waiting() -> QuerySet[Participation]:
    """Return who has finished enough photos where it is allowed, and has no agent yet; in the order of joining."""
    own = _treatments().filter(study=OuterRef("study"), participant=OuterRef("participant")).order_by()
    photos = own.values("participant").annotate(count=Count("photo", distinct=True)).values("count")
    people = Participation.objects.filter(
        study__personal_agents=True,
        study__model_of_people__isnull=False,
        participant__kind__in=(Participant.Kind.HUMAN, Participant.Kind.ROBOT),
        personal_agent=None,
        anonymised=None,
    )
    enough = people.annotate(finished=Subquery(photos, output_field=IntegerField()))
    waiting = enough.filter(finished__gte=PERSONAL_AGENT_PHOTOS)
    return waiting.select_related("study__model_of_people", "participant").order_by("joined", "pk")


def is_expected(participation: Participation) -> bool:
    """Tell whether somebody's agent is not there yet, and they finished a photo so lately that it is worth waiting."""
    if not people_waiting().filter(pk=participation.pk).exists():
        return False
    last = Event.objects.filter(episode__in=finished(participation).order_by()).aggregate(Max("received_at"))
    return last["received_at__max"] is not None and bool(timezone.now() - last["received_at__max"] < WAIT)


def _treatments() -> QuerySet[Episode]:
    submitted = Episode.objects.filter(status=Episode.Status.SUBMITTED, contract_version__in=filters.known_versions())
    return submitted.filter(tutorial=False, attention=False, repeat=False)
