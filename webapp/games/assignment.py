"""What a participant plays next: people the tutorial, once; then the photos of the study, in an order of their own."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import get_language

from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.leases import has_open_leases, open_leases
from webapp.studies.models import Lease, Participation, Study
from webapp.studies.task_order import Task, TaskKind, add_kind
from webapp.studies.task_structures import PLAY


@dataclass(frozen=True)
class Assignment:
    """What comes next, and how far the participant is.

    instruction: what is asked of the player on the next photo, if it is an attention item; empty else.
    photos: the next photo and the one after it, as far as there are any. Asking settles nothing: once the first is
        played, another may come, if photos were added or removed meanwhile.
    """

    photos: tuple[Photo, ...]
    done: int
    total: int
    instruction: str = ""


def assign(study: Study, participant: Participant, played: Collection[str]) -> Assignment:
    """Return what the participant plays next: of their leases where the study has any, else of all its photos."""
    if not study.is_planned:
        return _of_all(study, participant, played)
    participation = Participation.objects.get(study=study, participant=participant)
    held = [lease for lease in open_leases(participation).select_related("photo") if lease.photo.has_preview]
    done = Lease.objects.filter(participation=participation, state=Lease.State.HANDED_IN).count()
    photos = tuple(lease.photo for lease in held[:2])
    asked = instruction(study, photos[0].pk) if held and held[0].purpose == Lease.Purpose.ATTENTION else ""
    return Assignment(photos, done, done + len(held), asked)


def instruction(study: Study, photo: str) -> str:
    """Return what is asked on an attention item, in the visitor's language where there is such a text."""
    given = (item["instruction"] for item in study.attention_items if item["photo"] == photo)
    texts: dict[str, str] = next(given, {})
    return texts.get(get_language() or "") or next(iter(texts.values()), "")


def _of_all(study: Study, participant: Participant, played: Collection[str]) -> Assignment:
    """Return the first photos, in the participant's own order, that are not played yet (SHA-256 of their sources).

    The order is a shuffle seeded by the study, whatever it is called by now, and the pseudonym. It sorts by a hash for
    each photo, so that photos which are added or removed meanwhile leave the order of the others as it is. Photos whose
    preview is lost are passed over.
    """
    photos = set(study.playable.values_list("pk", flat=True))
    left = photos.difference(played)
    in_order = sorted(left, key=lambda sha256: _rank(study, participant, sha256))
    candidates = (Photo.objects.get(pk=sha256) for sha256 in in_order)
    chosen = islice((photo for photo in candidates if photo.has_preview), 2)
    return Assignment(photos=tuple(chosen), done=len(photos) - len(left), total=len(photos))


def _rank(study: Study, participant: Participant, sha256: str) -> bytes:
    return hashlib.sha256(f"{study.seed} {participant.pseudonym} {sha256}".encode()).digest()


def has_practised(participant: Participant) -> bool:
    """Tell whether the participant has been through the tutorial once, in any study."""
    done = Episode.objects.filter(participant=participant, tutorial=True, status=Episode.Status.SUBMITTED)
    return done.exists()


def is_tutorial_due(study: Study, participant: Participant) -> bool:
    """Tell whether the participant, a person, begins with the tutorial. Who has begun to play is not held up."""
    if not study.tutorial or participant.kind != Participant.Kind.HUMAN:
        return False
    has_played = Episode.objects.filter(study=study, participant=participant, tutorial=False).exists()
    return not has_played and not has_practised(participant)


def _is_play_done(participation: Participation, task: Task) -> bool:
    """Tell whether there is no photo left that a participant can play."""
    study = participation.own_study
    if study.is_planned:
        return not has_open_leases(participation)
    done = Episode.objects.filter(study=study, participant=participation.participant_id, status="submitted")
    return not study.playable.exclude(pk__in=done.values("photo")).exists()


def _has_begun_play(participation: Participation, task: Task) -> bool:
    own = Episode.objects.filter(study=participation.study_id, participant=participation.participant_id)
    return own.filter(tutorial=False).exists()


add_kind(PLAY, TaskKind(page="play", is_done=_is_play_done, has_begun=_has_begun_play))
