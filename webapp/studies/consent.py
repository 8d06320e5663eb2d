"""Consent to a study: what its text is, who has agreed to it, and the refusal of play before that.

Nothing is stored of anybody before they agree: agreeing and joining are one act.
"""

from http import HTTPStatus

from django.utils.translation import gettext

from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.studies.models import Consent, Participation, Study


def is_missing(study: Study, participant: Participant | None) -> bool:
    """Whether the study has a text to which the participant has not agreed.

    A new version of the text asks again. A closed study asks nobody who has joined it: what was begun may be finished,
    be it from before the study had a text.
    """
    if not study.consent_text:
        return False
    if not study.open:
        return not Participation.objects.filter(study=study, participant=participant).exists()
    given = Consent.objects.filter(study=study, participant=participant, version=study.consent_version)
    return participant is None or not given.exists()


def check(study: Study, participant: Participant | None, version: int | None = None) -> None:
    """Refuse whoever has not agreed, and does not agree now to the text of that version.

    Raises:
        Refusal: ``consent_needed``.
    """
    if is_missing(study, participant) and version != study.consent_version:
        message = gettext("Read the study's text (version %(version)s) and agree to it first.")
        message %= {"version": study.consent_version}
        raise Refusal("consent_needed", message, HTTPStatus.FORBIDDEN)


def give(study: Study, participant: Participant) -> None:
    """Store that the participant agrees to the study's text as it stands; once for each version."""
    if study.consent_text:
        Consent.objects.get_or_create(
            study=study,
            participant=participant,
            version=study.consent_version,
            defaults={"text": study.consent_text},
        )
