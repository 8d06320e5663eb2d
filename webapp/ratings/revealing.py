"""The reveal: a photo as its player left it, beside what the agent and up to three other people made of it.

It is blind: before the answer, nobody is told who made a picture, nor by which steps; only the pictures are shown, in
an order that says nothing. With fewer than two others it would be no secret who made which, and there is none.
"""

import hashlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext

from editing.game import filters
from webapp.database.statements import fetch
from webapp.games.assignment import assign
from webapp.games.episodes import resumable_episode
from webapp.games.models import Episode
from webapp.games.recording import reveal_seen
from webapp.http.refusals import Refusal, photo_removed
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.ratings.models import Judgement, Place, Showing
from webapp.studies.joining import lock_participation
from webapp.studies.models import Participation, Study
from webapp.studies.task_order import current_task

OTHER_PEOPLE = 3
LEAST_OTHERS = 2
# More of them tire: the photos that are shown at the end.
MOST_PHOTOS = 12


def comparable(study: Study, participant: Participant) -> QuerySet[Episode]:
    """Return the finished treatments of a study that can be drawn: by the filters of today, on photos that exist.

    Those of researchers who try the study are shown to nobody but themselves, those of attention items to nobody.
    """
    finished = Episode.objects.filter(
        study=study, status=Episode.Status.SUBMITTED, contract_version__in=filters.known_versions()
    )
    shown = finished.filter(tutorial=False, attention=False, photo__in=study.playable)
    return shown.filter(Q(preview=False) | Q(participant=participant))


def by_people() -> Q:
    """Return the episodes that people played."""
    return Q(participant__kind=Participant.Kind.HUMAN)


def by_agent(study: Study) -> Q:
    """Return the episodes of the one agent that the study shows; none where it shows none."""
    return Q(participant__kind=Participant.Kind.AGENT, participant__pseudonym=study.agent_pseudonym)


def may_see_others(study: Study, participant: Participant) -> bool:
    """Tell whether the study shows this participant, by now, what others made."""
    if study.reveal == Study.Reveal.END:
        return not plays_on(study, participant)
    return study.reveal == Study.Reveal.EACH


def plays_on(study: Study, participant: Participant) -> bool:
    """Tell whether there is a photo left that the participant can play, or another task left to do."""
    if study.tasks:
        own = Participation.objects.select_related("study").get(study=study, participant=participant)
        return study.open and current_task(own) is not None
    if resumable_episode(study, participant):
        return True
    done = Episode.objects.filter(study=study, participant=participant, status=Episode.Status.SUBMITTED)
    return study.open and bool(assign(study, participant, set(done.values_list("photo_id", flat=True))).photos)


def photos_to_reveal(study: Study, participant: Participant) -> list[Photo]:
    """Return those photos that the participant has done of which there are enough pictures by others.

    In the order in which they were played; at the end at most ``MOST_PHOTOS``, always the same choice of them.

    Raises:
        Refusal: ``no_reveal`` or ``reveal_later``.
    """
    _check_time(study, participant)
    own = comparable(study, participant).filter(participant=participant)
    others = _by_others(study, participant).filter(photo__in=own.values("photo"))
    counts = others.order_by().values("photo_id").annotate(makers=Count("participant", distinct=True))
    common = set(counts.filter(makers__gte=LEAST_OTHERS).values_list("photo_id", flat=True))
    at_most = MOST_PHOTOS if study.reveal == Study.Reveal.END else None
    chosen = set(sorted(common, key=lambda sha256: _rank(study, participant, sha256))[:at_most])
    photos = {episode.photo_id: episode.photo for episode in own.select_related("photo")}
    return [photo for sha256, photo in photos.items() if sha256 in chosen]


def show(study: Study, participant: Participant, photo_sha256: str) -> Showing:
    """Return the showing of a photo to the participant who played it: the same one, in the same order, each time.

    Raises:
        Refusal: ``no_reveal``, ``reveal_later``, ``not_played``, ``photo_removed`` or ``nothing_to_compare``.
    """
    _check_time(study, participant)
    if not study.playable.filter(pk=photo_sha256).exists():
        raise photo_removed()
    own = comparable(study, participant).filter(photo=photo_sha256, participant=participant).last()
    if own is None:
        raise Refusal("not_played", gettext("Finish this photo first; then you see what others made of it."))
    with transaction.atomic():
        lock_participation(study, participant)
        showing = Showing.objects.filter(study=study, participant=participant, photo=own.photo_id, task="").first()
        showing = showing or _new_showing(own, _chosen(study, participant, own.photo_id))
    # Showings of before this was asked for may have one other picture.
    if showing.places.count() <= LEAST_OTHERS and not showing.judgements.exists():
        raise _nothing_to_compare()
    return showing


def judge(showing: Showing, place: int, ms: int) -> Judgement:
    """Take down which picture is the favourite. The same answer again changes nothing.

    Raises:
        Refusal: ``malformed``, or ``conflict`` where another answer was given before.
    """
    if not showing.places.filter(index=place).exists():
        message = gettext("There is no picture in place %(place)s.") % {"place": place}
        raise Refusal("malformed", message, HTTPStatus.BAD_REQUEST)
    row, _ = showing.judgements.get_or_create(kind=Judgement.Kind.FAVOURITE, defaults={"answer": place, "ms": ms})
    if row.answer != place:
        raise Refusal("conflict", gettext("You have chosen another picture before."))
    return row


def _check_time(study: Study, participant: Participant) -> None:
    if study.reveal == Study.Reveal.OFF:
        raise Refusal("no_reveal", gettext("This study does not show what others made."), HTTPStatus.FORBIDDEN)
    if not may_see_others(study, participant):
        raise Refusal("reveal_later", gettext("What others made is shown when you have done all photos."))


def _by_others(study: Study, participant: Participant) -> QuerySet[Episode]:
    return comparable(study, participant).filter(by_people() | by_agent(study)).exclude(participant=participant)


def _chosen(study: Study, participant: Participant, photo_sha256: str) -> list[Episode]:
    """Return the agent's treatment, where there is one, and those of up to three other people."""
    agents: dict[int, UUID] = {}
    people: dict[int, UUID] = {}
    rows = _by_others(study, participant).filter(photo=photo_sha256)
    for player_kind, maker, key in rows.values_list("participant__kind", "participant", "pk"):
        (agents if player_kind == Participant.Kind.AGENT else people)[maker] = key
    in_order = sorted(people.values(), key=lambda key: _rank(study, participant, str(key)))
    return list(Episode.objects.filter(pk__in=[*agents.values(), *in_order[:OTHER_PEOPLE]]))


def _new_showing(own: Episode, others: Iterable[Episode]) -> Showing:
    """Return the row of a showing, its pictures in an order that says nothing of who made them."""
    episodes = sorted([own, *others], key=lambda episode: _rank(own.study, own.participant, f"place {episode.pk}"))
    if len(episodes) <= LEAST_OTHERS:
        raise _nothing_to_compare()
    showing = Showing.objects.create(study=own.study, participant=own.participant, photo=own.photo)
    places = [Place(showing=showing, index=index, episode=episode) for index, episode in enumerate(episodes)]
    Place.objects.bulk_create(places)
    return showing


def _nothing_to_compare() -> Refusal:
    return Refusal("nothing_to_compare", gettext("Fewer than two others have done this photo so far."))


def _rank(study: Study, participant: Participant, what: str) -> bytes:
    """Sorts in an order of the participant's own, which is the same every time."""
    return hashlib.sha256(f"reveal {study.seed} {participant.pseudonym} {what}".encode()).digest()


@receiver(reveal_seen)
def has_seen_a_reveal(participant_id: int, **kwargs: Any) -> bool:
    """Answer whether a participant was shown, in any study, what others made: they may play otherwise from then on."""
    return bool(fetch("SELECT FROM ratings_showing WHERE participant_id = %s LIMIT 1", [participant_id]))
