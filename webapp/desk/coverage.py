"""How many treatments each photo of a study has, of those that are wanted."""

from dataclasses import dataclass

from django.db.models import Count, Q

from webapp.desk.studies import wanted_places
from webapp.games.models import Episode
from webapp.studies.models import Lease, Study


@dataclass(frozen=True)
class CoveredPhoto:
    """A photo with the treatments that count.

    Attributes:
        filled: handed in; reserved: somebody has it still before them.
        wanted: 0 where any number is.
        is_attention: whether it is shown as an attention item alone.
    """

    sha256: str
    name: str
    version: str
    filled: int
    reserved: int
    wanted: int
    is_attention: bool

    @property
    def share(self) -> int:
        """How much of it is filled, in percent."""
        return min(100, 100 * self.filled // self.wanted) if self.wanted else 0

    @property
    def reserved_share(self) -> int:
        """How much more is reserved, in percent."""
        return min(100 - self.share, 100 * self.reserved // self.wanted) if self.wanted else 0


def photos_covered(study: Study) -> list[CoveredPhoto]:
    """Return the photos of a study, those with the fewest treatments first."""
    filled, reserved = _counts(study)
    shown_alone = {item["photo"] for item in study.attention_items}
    photos = list(study.playable.order_by("studyphoto__added", "name").values_list("pk", "name", "preview_sha256"))
    each = wanted_places(study, 1 + len(shown_alone))
    covered = [
        CoveredPhoto(
            sha256=key,
            name=name,
            version=version[:16],
            filled=filled.get(key, 0),
            reserved=reserved.get(key, 0),
            wanted=0 if key in shown_alone else each,
            is_attention=key in shown_alone,
        )
        for key, name, version in photos
    ]
    return sorted(covered, key=lambda photo: (photo.is_attention, photo.filled))


def _counts(study: Study) -> tuple[dict[str, int], dict[str, int]]:
    """Return the treatments of each photo that are handed in, and those that are reserved."""
    if study.is_planned:
        held = Q(state=Lease.State.HELD)
        leases = Lease.objects.filter(participation__study=study, coverage__isnull=False).order_by()
        rows = list(leases.values("photo").annotate(held=Count("pk", filter=held), done=Count("pk", filter=~held)))
        return {row["photo"]: row["done"] for row in rows}, {row["photo"]: row["held"] for row in rows}
    played = Episode.objects.filter(study=study, tutorial=False, preview=False, participant__kind="human").order_by()
    done, held = Q(status=Episode.Status.SUBMITTED), Q(status=Episode.Status.OPEN)
    rows = list(played.values("photo").annotate(done=Count("pk", filter=done), held=Count("pk", filter=held)))
    return {row["photo"]: row["done"] for row in rows}, {row["photo"]: row["held"] for row in rows}
