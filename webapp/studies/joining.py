"""Joining a study: the consent that it asks for, who has joined, and the refusal of play before that.

Nothing is stored of anybody before they agree: agreeing and joining are one act.
"""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Count
from django.http import Http404, HttpRequest
from django.utils.translation import gettext
from rest_framework.request import Request

from webapp.database.statements import Row, fetch
from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.participants.pseudonyms import new_pseudonym
from webapp.participants.sessions import holder_of, participant_key, participant_of, remember
from webapp.studies.entries import Entry, check_entry, has_withdrawn, holder_of_entry, keep_entry
from webapp.studies.leases import has_room, lease_photos, release_lapsed
from webapp.studies.members import Role, may
from webapp.studies.models import Consent, Participation, Study
from webapp.studies.task_order import reserve_tasks

# Of Postgres' advisory locks: each study that counts who has joined has one.
_COUNTING_LOCK = 5_417
# Of the study, what a batch of events may be about; what else is asked of it is fetched when it is.
_JSON = {"filters", "conditions", "attention_items", "tasks"}
_ASKED_OF_STUDY = (
    _JSON
    | {"id", "slug", "seed", "state", "consent_version", "maximum_steps", "allow_untouched"}
    | {"episodes_per_photo", "count_by_condition", "photos_per_participant", "repeat_share"}
)
_ASKED_OF_PARTICIPATION = {"id", "study_id", "participant_id", "joined", "condition", "preview", "completed"}
_OF_STUDY = [field.attname for field in Study._meta.concrete_fields if field.attname in _ASKED_OF_STUDY]
_OF_PARTICIPATION = [
    field.attname for field in Participation._meta.concrete_fields if field.attname in _ASKED_OF_PARTICIPATION
]
_COLUMNS = [
    *(f"study.{name}" for name in _OF_STUDY),
    *(f"participation.{name}" for name in _OF_PARTICIPATION),
    """study.consent_text = '' OR EXISTS (
        SELECT FROM studies_consent consent
        WHERE (consent.study_id, consent.participant_id, consent.version)
            = (study.id, participation.participant_id, study.consent_version)
    )""",
]


def find_study(slug: str) -> Study:
    """Return the study of that slug, or the one that had it before it was renamed.

    Raises:
        Http404: there is none.
    """
    study = Study.objects.at(slug)
    if study is None:
        raise Http404(gettext("There is no such study."))
    return study


def study_for(request: HttpRequest | Request, slug: str) -> Study:
    """Return the study of that slug as it is for the visitor: under their condition, and open to who may try it.

    Raises:
        Http404: there is none.
    """
    return as_seen_by(request, find_study(slug))


def as_seen_by(request: HttpRequest | Request, study: Study) -> Study:
    """Return the study as it is for the visitor."""
    participant = participant_of(request)
    if participant is not None:
        own = Participation.objects.filter(study=study, participant=participant).first()
        if own is not None:
            own.study = study  # it has half a hundred columns: not read once more
            return own.own_study
    is_tried = study.state == Study.State.PREVIEW and may(request, study, Role.VIEWER)
    return study.opened() if is_tried else study


def join(
    request: HttpRequest | Request,
    study: Study,
    kind: str,
    *,
    ticket: str = "",
    agreed_to: int | None = None,
    key: UUID | None = None,
    entry: Entry | None = None,
) -> Participant:
    """Return the session's participant, else the holder of the ticket, else a new one, who has now joined this study.

    Who comes by a recruiter's link is whom the link names, whatever session or ticket the browser has.

    Args:
        agreed_to: the version of the study's text to which they have just agreed; any other than that of the text as
            it stands is no consent.
        key: of the request: the same one again, be it at the same moment, makes no second participant.
        entry: who they are at the recruiter, where the study asks for that.

    Raises:
        Refusal: ``entry_needed``, ``withdrawn``, ``study_closed`` unless they had joined before, ``study_full``,
            ``consent_needed``, or ``conflict`` if the session, or the ticket, is of another kind of player.
    """
    if entry is not None:
        participant = holder_of_entry(study, entry) or _made_by(key)
    else:
        participant = participant_of(request) or holder_of(ticket) or _made_by(key)
    is_here = participant is not None and study.participants.filter(pk=participant.pk).exists()
    if not study.open and not is_here:
        raise Refusal("study_closed", gettext("This study is closed."), HTTPStatus.FORBIDDEN)
    if participant is not None and participant.kind != kind:
        message = gettext("This session plays as another kind of player already: %(kind)s.")
        raise Refusal("conflict", message % {"kind": participant.kind})
    check_consent(study, participant, agreed_to)
    if not is_here:
        check_entry(study, entry, is_person=kind == Participant.Kind.HUMAN)
    if not is_here and study.is_planned:
        release_lapsed(study)
    with transaction.atomic():
        participant = participant or _new_participant(kind, key)
        if not is_here:
            participation = _take_part(study, participant, preview=request.user.is_staff)
            participant = keep_entry(participation, entry) if entry is not None else participant
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
        raise _not_joined(study, participant_key(request))
    check_consent(study, participant)
    return participant


def has_joined(study: Study, participant: Participant | None) -> bool:
    """Tell whether somebody takes part in the study."""
    return participant is not None and Participation.objects.filter(study=study, participant=participant).exists()


def remember_entry(request: HttpRequest, study: Study, entry: Entry) -> bool:
    """Make the session that of who came by this link before, if anybody did, and tell whether."""
    participant = holder_of_entry(study, entry)
    if participant is not None:
        remember(request, participant)
    return participant is not None


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
            defaults={"text": study.texts.agreed, "language": study.texts.language},
        )


def _take_part(study: Study, participant: Participant, *, preview: bool) -> Participation:
    """Return the participation of somebody who takes part, stored with what they are given to do.

    They are in the condition that has the fewest people. Asked twice, it is stored once.
    """
    if study.conditions or study.order == Study.Order.BALANCED:
        # One after another, so that of two who come at once each sees the other's condition and turn.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_COUNTING_LOCK, study.pk])
    choice = {
        "began_under": study.changes.order_by("pk").last(),
        "condition": _least_filled_condition(study, preview),
        "preview": preview,
        # Data of two studies do not say by their pseudonyms who took part in both.
        "pseudonym": new_pseudonym() if participant.participation_set.exists() else participant.pseudonym,
    }
    participation, is_new = Participation.objects.get_or_create(study=study, participant=participant, defaults=choice)
    if is_new:
        participation.study = study
        lease_photos(participation)
        reserve_tasks(participation)
    return participation


def _least_filled_condition(study: Study, preview: bool) -> str:
    """Return the name of the condition with the fewest people, of those that have room; empty where there are none."""
    people = Participation.objects.filter(study=study, preview=preview, participant__kind=Participant.Kind.HUMAN)
    people = people.filter(rejected=None, released=None)
    filled = dict(people.order_by().values_list("condition").annotate(Count("pk")))
    names = [condition["name"] for condition in study.conditions]
    names = [name for name in names if has_room(study.under(name), name)] or names
    return min(names, key=lambda name: filled.get(name, 0), default="")


def _made_by(key: UUID | None) -> Participant | None:
    return Participant.objects.filter(key=key).first() if key is not None else None


def _new_participant(kind: str, key: UUID | None) -> Participant:
    if key is None:
        return Participant.objects.create(kind=kind)
    return Participant.objects.get_or_create(key=key, defaults={"kind": kind})[0]


def joined_statement(columns: Sequence[str] = (), join: str = "", participant: str = "%s") -> str:
    """Return the statement that asks for a participation and its study, whose row ``read_joined`` reads.

    Its values are those of ``join``, the study's slug and those of ``participant``.

    Args:
        columns, join: what is asked besides, and of which other tables.
        participant: the key of the participant, in SQL.
    """
    return f"""
    SELECT {", ".join([*_COLUMNS, *columns])}
    FROM studies_study study JOIN studies_participation participation ON participation.study_id = study.id {join}
    WHERE study.slug = %s AND participation.participant_id = {participant}
    """  # noqa: S608 (nothing in it is from outside)


_LOCK_JOINED = f"{joined_statement()} FOR NO KEY UPDATE OF participation"


def read_joined(row: Row) -> tuple[Participation, Row]:
    """Return the participation of a row that ``joined_statement`` gave, and what was asked besides.

    Raises:
        Refusal: ``consent_needed``.
    """
    values = [orjson.loads(value) if name in _JSON else value for name, value in zip(_OF_STUDY, row, strict=False)]
    study = Study.from_db("default", _OF_STUDY, values)
    end = len(_COLUMNS) - 1
    participation = Participation.from_db("default", _OF_PARTICIPATION, row[len(_OF_STUDY) : end])
    participation.study = study
    # A closed study asks nobody who has joined it.
    if participation.own_study.open and not row[end]:
        raise _consent_needed(study)
    return participation, row[end + 1 :]


def lock_participation(study: Study, participant: Participant) -> None:
    """Make the participant's other requests in this study wait for the end of the transaction.

    Raises:
        Refusal: ``not_joined``.
    """
    own = Participation.objects.filter(study=study, participant=participant)
    if not own.select_for_update(no_key=True).exists():
        raise _not_joined(study, participant.pk)


def lock_joined(key: int | None, slug: str) -> Participation:
    """Return the participation of who has joined the study of that slug and agreed to its text, with the study.

    The participant's other requests in this study wait for the end of the transaction. All is asked in one query.

    Raises:
        Http404: there is no such study.
        Refusal: ``not_joined`` or ``consent_needed``.
    """
    if key is None:
        raise _not_joined(find_study(slug), None)
    for row in fetch(_LOCK_JOINED, [slug, key]):
        return read_joined(row)[0]
    study = find_study(slug)
    if study.slug == slug:
        raise _not_joined(study, key)
    return lock_joined(key, study.slug)


def _consent_needed(study: Study) -> Refusal:
    message = gettext("Read the study's text (version %(version)s) and agree to it first.")
    return Refusal("consent_needed", message % {"version": study.consent_version}, HTTPStatus.FORBIDDEN)


def _not_joined(study: Study, key: int | None) -> Refusal:
    """Return what is said to whom a study does not know; by the key in their session it knows who has withdrawn."""
    if has_withdrawn(study, key):
        message = gettext("You have withdrawn from this study. Everything stored of you in it has been erased.")
        return Refusal("withdrawn", message, HTTPStatus.FORBIDDEN)
    return Refusal("not_joined", gettext("Join the study first."), HTTPStatus.UNAUTHORIZED)
