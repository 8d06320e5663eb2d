"""Which photo a participant plays next."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Study


@dataclass(frozen=True)
class Assignment:
    """The next photo, None when all are played, and how far the participant is."""

    photo: Photo | None
    done: int
    total: int


def assign(study: Study, participant: Participant, played: Collection[str]) -> Assignment:
    """The first photo, in the participant's own order, that is not among those played (SHA-256 of their sources).

    The order is a shuffle seeded by the study and the pseudonym. It sorts by a hash for each photo, so that photos
    which are added or removed meanwhile leave the order of the others as it is. Photos whose preview is lost are
    passed over.
    """
    photos = set(study.playable.values_list("pk", flat=True))
    left = photos.difference(played)
    in_order = sorted(left, key=lambda sha256: _rank(study, participant, sha256))
    candidates = (Photo.objects.get(pk=sha256) for sha256 in in_order)
    chosen = next((photo for photo in candidates if photo.has_preview), None)
    return Assignment(photo=chosen, done=len(photos) - len(left), total=len(photos))


def _rank(study: Study, participant: Participant, sha256: str) -> bytes:
    return hashlib.sha256(f"{study.slug} {participant.pseudonym} {sha256}".encode()).digest()
