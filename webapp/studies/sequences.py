"""In which order a participant is shown their photos, with repeats and attention items among them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.studies.models import Lease, Study


@dataclass(frozen=True)
class Item:
    """A photo in a participant's sequence, by its SHA-256, and why it is there."""

    photo: str
    purpose: Lease.Purpose


def sequence(study: Study, player: str, photos: Sequence[str], turn: int) -> list[Item]:
    """Return the items of a participant.

    Args:
        study: under the participant's condition.
        player: what draws of this participant's begin from.
        photos: those that they play, in the order in which the study has them.
        turn: how many have come before, which shifts a balanced order by one photo for each.
    """
    items = [Item(photo, Lease.Purpose.PLAY) for photo in _ordered(study, player, photos, turn)]
    items = _with_repeats(study, player, items)
    checks = [Item(item["photo"], Lease.Purpose.ATTENTION) for item in study.attention_items]
    places = [round(len(items) * number / (len(checks) + 1)) for number in range(1, len(checks) + 1)]
    # From behind, so that what is inserted moves nothing that is still to be inserted.
    for place, check in reversed(list(zip(places, checks, strict=True))):
        items.insert(place, check)
    return items


def _ordered(study: Study, player: str, photos: Sequence[str], turn: int) -> list[str]:
    if study.order == Study.Order.RANDOM:
        return sorted(photos, key=lambda photo: _draw(study, player, photo))
    shift = turn % len(photos) if photos and study.order == Study.Order.BALANCED else 0
    return [*photos[shift:], *photos[:shift]]


def _with_repeats(study: Study, player: str, items: list[Item]) -> list[Item]:
    """Show a share of the photos again, each with at least so many other photos between as the study says.

    Where the sequence is too short for that, they come as late as they can.
    """
    count = round(study.repeat_share * len(items))
    distance = study.repeat_distance + 1
    # Those that leave room for the distance behind them come first.
    order = sorted(range(len(items)), key=lambda at: (at + distance > len(items), _draw(study, player, f"repeat {at}")))
    repeated = sorted((items[at] for at in order[:count]), key=items.index)
    result = list(items)
    for item in repeated:
        earliest = min(result.index(item) + distance, len(result))
        place = earliest + _draw(study, player, f"place {item.photo}") % (len(result) - earliest + 1)
        result.insert(place, Item(item.photo, Lease.Purpose.REPEAT))
    return result


def _draw(study: Study, player: str, what: str) -> int:
    """Return a number that is drawn anew for each player, and always the same."""
    return int.from_bytes(hashlib.sha256(f"{study.seed} {player} {what}".encode()).digest()[:8])
