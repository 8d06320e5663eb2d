"""The participant behind an anonymous session."""

from django.core import signing
from django.http import HttpRequest
from rest_framework.request import Request

from webapp.participants.models import Participant

_KEY = "participant"
_TICKET_SALT = "safelight.participant"


def participant_key(request: HttpRequest | Request) -> int | None:
    """Return the primary key of who joined in this session, or None."""
    key: int | None = request.session.get(_KEY)
    return key


def participant_of(request: HttpRequest | Request) -> Participant | None:
    """Return who joined in this session, or None."""
    key = participant_key(request)
    return Participant.objects.filter(pk=key).first() if key is not None else None


def remember(request: HttpRequest | Request, participant: Participant) -> None:
    """Make the session the participant's."""
    request.session[_KEY] = participant.pk


def ticket_for(participant: Participant) -> str:
    """Return what the participant's browser keeps, to be known again when its session has ended: signed here."""
    return signing.dumps(participant.pk, salt=_TICKET_SALT)


def holder_of(ticket: str) -> Participant | None:
    """Return whom a ticket was made for, if it is one of ours and they are still here."""
    try:
        key = signing.loads(ticket, salt=_TICKET_SALT)
    except signing.BadSignature:
        return None
    return Participant.objects.filter(pk=key).first()
