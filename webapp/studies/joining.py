"""Joining a study: the consent that it asks for, who has joined, and the refusal of play before that.

Nothing is stored of anybody before they agree: agreeing and joining are one act.
"""

from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils.translation import gettext
from rest_framework.request import Request

from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.participants.sessions import holder_of, participant_of, remember
from webapp.studies.models import Consent, Participation, Study

# Asked with every batch of events: by hand, since Django takes longer to write it than Postgres to answer.
_LOCK_JOINED = """
SELECT study.*, participation.id AS participation, participation.joined, EXISTS (
    SELECT FROM studies_consent consent
    WHERE (consent.study_id, consent.participant_id, consent.version)
        = (study.id, participation.participant_id, study.consent_version)
) AS agreed
FROM studies_study study JOIN studies_participation participation ON participation.study_id = study.id
WHERE study.slug = %s AND participation.participant_id = %s
FOR NO KEY UPDATE OF participation
"""


def find_study(slug: str) -> Study:
    """Return the study of that slug, or the one that had it before it was renamed.

    Raises:
        Http404: there is none.
    """
    study = Study.objects.at(slug)
    if study is None:
        raise Http404(gettext("There is no such study."))
    return study


def join(
    request: HttpRequest | Request,
    study: Study,
    kind: str,
    *,
    ticket: str = "",
    agreed_to: int | None = None,
    key: UUID | None = None,
) -> Participant:
    """Return the session's participant, else the holder of the ticket, else a new one, who has now joined this study.

    Args:
        agreed_to: the version of the study's text to which they have just agreed; any other than that of the text as
            it stands is no consent.
        key: of the request: the same one again, be it at the same moment, makes no second participant.

    Raises:
        Refusal: ``study_closed`` unless they had joined before, ``consent_needed``, or ``conflict`` if the session, or
            the ticket, is of another kind of player.
    """
    participant = participant_of(request) or holder_of(ticket) or _made_by(key)
    is_here = participant is not None and study.participants.filter(pk=participant.pk).exists()
    if not study.open and not is_here:
        raise Refusal("study_closed", gettext("This study is closed."), HTTPStatus.FORBIDDEN)
    if participant is not None and participant.kind != kind:
        message = gettext("This session plays as another kind of player already: %(kind)s.")
        raise Refusal("conflict", message % {"kind": participant.kind})
    check_consent(study, participant, agreed_to)
    with transaction.atomic():
        participant = participant or _new_participant(kind, key)
        Participation.objects.get_or_create(study=study, participant=participant)
        if agreed_to == study.consent_version:
            give_consent(study, participant)
    remember(request, participant)
    return participant


def joined(request: HttpRequest | Request, study: Study) -> Participant:
    """Return the session's participant, who has agreed to the study's text.

    Raises:
        Refusal: ``not_joined`` or ``consent_needed``.
    """
    participant = participant_of(request)
    if participant is None or not study.participants.filter(pk=participant.pk).exists():
        raise _not_joined()
    check_consent(study, participant)
    return participant


def is_consent_missing(study: Study, participant: Participant | None) -> bool:
    """Tell whether the study has a text to which the participant has not agreed.

    A new version of the text asks again. A closed study asks nobody who has joined it: what was begun may be finished,
    be it from before the study had a text.
    """
    if not study.consent_text:
        return False
    if not study.open:
        return not Participation.objects.filter(study=study, participant=participant).exists()
    given = Consent.objects.filter(study=study, participant=participant, version=study.consent_version)
    return participant is None or not given.exists()


def check_consent(study: Study, participant: Participant | None, version: int | None = None) -> None:
    """Refuse whoever has not agreed, and does not agree now to the text of that version.

    Raises:
        Refusal: ``consent_needed``.
    """
    if is_consent_missing(study, participant) and version != study.consent_version:
        raise _consent_needed(study)


def give_consent(study: Study, participant: Participant) -> None:
    """Store that the participant agrees to the study's text as it stands; once for each version."""
    if study.consent_text:
        Consent.objects.get_or_create(
            study=study,
            participant=participant,
            version=study.consent_version,
            defaults={"text": study.consent_text},
        )


def _made_by(key: UUID | None) -> Participant | None:
    return Participant.objects.filter(key=key).first() if key is not None else None


def _new_participant(kind: str, key: UUID | None) -> Participant:
    if key is None:
        return Participant.objects.create(kind=kind)
    return Participant.objects.get_or_create(key=key, defaults={"kind": kind})[0]


def lock_participation(study: Study, participant: Participant) -> None:
    """Make the participant's other requests in this study wait for the end of the transaction.

    Raises:
        Refusal: ``not_joined``.
    """
    own = Participation.objects.filter(study=study, participant=participant)
    if not own.select_for_update(no_key=True).exists():
        raise _not_joined()


def lock_joined(participant_key: int | None, slug: str) -> Participation:
    """Return the participation of who has joined the study of that slug and agreed to its text, with the study.

    The participant's other requests in this study wait for the end of the transaction. All is asked in one query.

    Raises:
        Http404: there is no such study.
        Refusal: ``not_joined`` or ``consent_needed``.
    """
    if participant_key is None:
        find_study(slug)
        raise _not_joined()
    for study in Study.objects.raw(_LOCK_JOINED, [slug, participant_key]):
        more = vars(study)  # what the query asks besides
        # A closed study asks nobody who has joined it.
        if study.consent_text and study.open and not more["agreed"]:
            raise _consent_needed(study)
        return Participation(more["participation"], study=study, participant_id=participant_key, joined=more["joined"])
    study = find_study(slug)
    if study.slug == slug:
        raise _not_joined()
    return lock_joined(participant_key, study.slug)


def _consent_needed(study: Study) -> Refusal:
    message = gettext("Read the study's text (version %(version)s) and agree to it first.")
    return Refusal("consent_needed", message % {"version": study.consent_version}, HTTPStatus.FORBIDDEN)


def _not_joined() -> Refusal:
    return Refusal("not_joined", gettext("Join the study first."), HTTPStatus.UNAUTHORIZED)
