"""The participant behind an anonymous session."""

from django.http import HttpRequest
from rest_framework.request import Request

from webapp.participants.models import Participant

_KEY = "participant"


def participant_of(request: HttpRequest | Request) -> Participant | None:
    """Who joined in this session, or None."""
    key = request.session.get(_KEY)
    return Participant.objects.filter(pk=key).first() if key is not None else None


def remember(request: HttpRequest | Request, participant: Participant) -> None:
    """Make the session the participant's."""
    request.session[_KEY] = participant.pk
