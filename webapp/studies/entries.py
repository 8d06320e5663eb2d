"""Where people come from and go back to: the parameters of a recruiter's link, and the codes of how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Literal, get_args
from urllib.parse import quote

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.studies.models import Identity, Lease, Participation, Study, Withdrawal
from webapp.studies.task_order import failed_in_tasks

# As an outcome is called in addresses.
Outcome = Literal["completed", "attention", "device", "full", "declined"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_MOST_PARAMETERS = 20
_LONGEST = 200


@dataclass(frozen=True)
class Entry:
    """Who somebody is at the recruiter, and what else their link says."""

    platform_id: str
    parameters: Mapping[str, str]


def entry_of(request: HttpRequest, study: Study) -> Entry | None:
    """Return what the link says by which the visitor comes; None where the study asks for nothing, or it says nothing.

    The parameters stay in the address until they are stored as the visitor agrees.
    """
    platform_id = request.GET.get(study.entry_parameter, "").strip() if study.entry_parameter else ""
    if not platform_id:
        return None
    given = list(request.GET.dict().items())[:_MOST_PARAMETERS]
    others = {name[:_LONGEST]: str(value)[:_LONGEST] for name, value in given}
    others.pop(study.entry_parameter, None)
    return Entry(platform_id[:_LONGEST], others)


def holder_of_entry(study: Study, entry: Entry) -> Participant | None:
    """Return who came by this link before, on whatever device."""
    known = Identity.objects.filter(study=study, platform_id=entry.platform_id)
    identity = known.select_related("participation__participant").first()
    return identity.participation.participant if identity else None


def check_entry(study: Study, entry: Entry | None, *, is_person: bool = True) -> None:
    """Refuse a person who comes without the parameter that the study asks for, and anybody who has withdrawn.

    Raises:
        Refusal: ``entry_needed`` or ``withdrawn``.
    """
    if is_person and study.entry_parameter and study.entry_required and entry is None:
        raise Refusal("entry_needed", gettext("Please come by the link that you were given."), HTTPStatus.FORBIDDEN)
    if entry is not None:
        gone = Withdrawal.objects.filter(study=study, identity_digest=identity_digest(study, entry.platform_id))
        if gone.exists():
            message = gettext("You have withdrawn from this study, and cannot take part in it again.")
            raise Refusal("withdrawn", message, HTTPStatus.FORBIDDEN)


def keep_entry(participation: Participation, entry: Entry) -> Participant:
    """Store who somebody is, as they join, within the transaction; two who come at once under one id are one.

    Raises:
        Refusal: ``conflict``: the other one was first; asked again, it is answered with that one.
    """
    try:
        with transaction.atomic():
            Identity.objects.get_or_create(
                participation=participation,
                defaults={
                    "study": participation.study,
                    "platform_id": entry.platform_id,
                    "parameters": dict(entry.parameters),
                },
            )
    except IntegrityError:
        message = gettext("You have just joined in another window. Please try again.")
        raise Refusal("conflict", message) from None
    return participation.participant


def identity_digest(study: Study, platform_id: str) -> str:
    """Return a digest of an id, under the site's key, which differs from study to study."""
    return salted_hmac(f"safelight.identity.{study.pk}", platform_id, algorithm="sha256").hexdigest()


def participant_digest(study: Study, key: int) -> str:
    """Return a digest of a participant's key, under the site's key, which differs from study to study."""
    return salted_hmac(f"safelight.participant.{study.pk}", str(key), algorithm="sha256").hexdigest()


def has_withdrawn(study: Study, participant_key: int | None) -> bool:
    """Tell whether the participant of that key, of whom nothing may be left, has withdrawn from the study."""
    if participant_key is None:
        return False
    digest = participant_digest(study, participant_key)
    return Withdrawal.objects.filter(study=study, participant_digest=digest).exists()


def outcome_of(participation: Participation) -> Outcome | None:
    """Return how a participation ended; None where it has not."""
    if participation.completed is None:
        return None
    failed = Lease.objects.filter(participation=participation, failed=True).count() + failed_in_tasks(participation)
    return "attention" if failed > participation.study.failed_items_allowed else "completed"


def code_for(study: Study, outcome: Outcome) -> str:
    """Return the code of an outcome, as it is configured at the recruiter; empty where there is none."""
    codes = {
        "completed": study.completion_code,
        "attention": study.attention_code or study.completion_code,
        "device": study.device_code,
        "full": study.full_code,
        "declined": study.declined_code,
    }
    return codes[outcome]


def return_link(study: Study, code: str, platform_id: str) -> str:
    """Return the address at which the recruiter takes people back; empty where there is none."""
    if not study.return_link or ("{code}" in study.return_link and not code):
        return ""
    return study.return_link.replace("{code}", quote(code, safe="")).replace("{id}", quote(platform_id, safe=""))


def erase_identities() -> int:
    """Erase who people are in studies that closed long enough ago; return how many."""
    now, count = timezone.now(), 0
    for study in Study.objects.all():
        is_over = study.closed_at is not None and study.closed_at + timedelta(days=study.identity_days) <= now
        if is_over:
            count += Identity.objects.filter(study=study).delete()[0]
    return count
