"""In which order a participant is shown photos, or pictures to judge, with repeats and attention items among them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from webapp.studies.models import Lease, Study

Content = TypeVar("Content")
# Gives a number that is drawn anew for each player and each word, and always the same for these.
Draw = Callable[[str], int]


@dataclass(frozen=True)
class Item(Generic[Content]):
    """What a participant is shown at a position of their sequence (a photo by its SHA-256, say), and why."""

    content: Content
    purpose: Lease.Purpose


def sequence(study: Study, player: str, photos: Sequence[str], turn: int) -> list[Item[str]]:
    """Return the items that a participant plays.

    Args:
        study: under the participant's condition.
        player: what draws of this participant's begin from.
        photos: those that they play, in the order in which the study has them.
        turn: how many have come before, which shifts a balanced order by one photo for each.
    """
    draw = draws_of(study, player)
    items = with_repeats(_ordered(study, draw, photos, turn), study.repeat_share, study.repeat_distance, draw)
    return with_attention_items(items, [item["photo"] for item in study.attention_items])


def with_repeats(contents: Sequence[Content], share: float, distance: int, draw: Draw) -> list[Item[Content]]:
    """Return items of which a share is shown again, each with at least so many others between.

    Where the sequence is too short for that, they come as late as they can.
    """
    items = [Item(content, Lease.Purpose.PLAY) for content in contents]
    count, steps = round(share * len(items)), distance + 1
    # Those that leave room for the distance behind them come first.
    order = sorted(range(len(items)), key=lambda at: (at + steps > len(items), draw(f"repeat {at}")))
    repeated = sorted((items[at] for at in order[:count]), key=items.index)
    result = list(items)
    for item in repeated:
        earliest = min(result.index(item) + steps, len(result))
        place = earliest + draw(f"place {item.content}") % (len(result) - earliest + 1)
        result.insert(place, Item(item.content, Lease.Purpose.REPEAT))
    return result


def with_attention_items(items: Sequence[Item[Content]], checks: Sequence[Content]) -> list[Item[Content]]:
    """Return the items with attention items spread among them."""
    result = list(items)
    places = [round(len(items) * number / (len(checks) + 1)) for number in range(1, len(checks) + 1)]
    # From behind, so that what is inserted moves nothing that is still to be inserted.
    for place, check in reversed(list(zip(places, checks, strict=True))):
        result.insert(place, Item(check, Lease.Purpose.ATTENTION))
    return result


def draws_of(study: Study, player: str) -> Draw:
    """Return what draws a player's numbers in a study."""

    def draw(word: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{study.seed} {player} {word}".encode()).digest()[:8])

    return draw


def _ordered(study: Study, draw: Draw, photos: Sequence[str], turn: int) -> list[str]:
    if study.order == Study.Order.RANDOM:
        return sorted(photos, key=draw)
    shift = turn % len(photos) if photos and study.order == Study.Order.BALANCED else 0
    return [*photos[shift:], *photos[:shift]]
