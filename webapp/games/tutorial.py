"""The tutorial: who is led through it, before the first photo of a study."""

from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.models import Study


def has_practised(participant: Participant) -> bool:
    """Whether the participant has been through it once, in any study."""
    done = Episode.objects.filter(participant=participant, tutorial=True, status=Episode.Status.SUBMITTED)
    return done.exists()


def is_due(study: Study, participant: Participant) -> bool:
    """Whether the participant, a person, begins with it. Who has begun to play is not held up any more."""
    if not study.tutorial or participant.kind != Participant.Kind.HUMAN:
        return False
    has_played = Episode.objects.filter(study=study, participant=participant, tutorial=False).exists()
    return not has_played and not has_practised(participant)
