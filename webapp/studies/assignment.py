"""Which photo a participant plays next."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Study


@dataclass(frozen=True)
class Assignment:
    """What comes next, and how far the participant is.

    photos: the next photo and the one after it, as far as there are any. Asking settles nothing: once the first is
        played, another may come, if photos were added or removed meanwhile.
    """

    photos: tuple[Photo, ...]
    done: int
    total: int


def assign(study: Study, participant: Participant, played: Collection[str]) -> Assignment:
    """The first photos, in the participant's own order, that are not among those played (SHA-256 of their sources).

    The order is a shuffle seeded by the study and the pseudonym. It sorts by a hash for each photo, so that photos
    which are added or removed meanwhile leave the order of the others as it is. Photos whose preview is lost are
    passed over.
    """
    photos = set(study.playable.values_list("pk", flat=True))
    left = photos.difference(played)
    in_order = sorted(left, key=lambda sha256: _rank(study, participant, sha256))
    candidates = (Photo.objects.get(pk=sha256) for sha256 in in_order)
    chosen = islice((photo for photo in candidates if photo.has_preview), 2)
    return Assignment(photos=tuple(chosen), done=len(photos) - len(left), total=len(photos))


def _rank(study: Study, participant: Participant, sha256: str) -> bytes:
    return hashlib.sha256(f"{study.slug} {participant.pseudonym} {sha256}".encode()).digest()
