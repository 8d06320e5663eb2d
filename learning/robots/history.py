"""What a player knows they have sent, held against what a site has stored of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from editing.game.events import Event


@dataclass(frozen=True)
class Faults:
    """What a site got wrong of an episode, by the numbers of its events.

    Attributes:
        lost: acknowledged, and not stored.
        doubled: stored more than once.
        changed: stored otherwise than sent.
        unsent: stored, though the player sent no such event.
    """

    lost: tuple[int, ...] = ()
    doubled: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    unsent: tuple[int, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, vars(self).values()))

    def __str__(self) -> str:
        return "; ".join(f"{name}: {', '.join(map(str, seqs))}" for name, seqs in vars(self).items() if seqs)


@dataclass
class History:
    """One episode as its player knows it: the events sent, in order, and how many of them the site has acknowledged."""

    episode: str
    is_practice: bool = field(default=False, kw_only=True)
    sent: list[Event] = field(default_factory=list)
    acknowledged: int = 0

    def compare(self, stored: Iterable[Event]) -> Faults:
        """Return what is wrong with the events that a site has of the episode."""
        return compare(self.sent, self.acknowledged, stored)


def compare(sent: Sequence[Event], acknowledged: int, stored: Iterable[Event]) -> Faults:
    """Return what is wrong with the stored events of an episode. Those that are not acknowledged may lack.

    Args:
        sent: from number 0 on, without a gap.
        acknowledged: how many of them, from the first on.
    """
    rows = sorted(stored, key=lambda event: event.seq)
    counts = Counter(event.seq for event in rows)
    return Faults(
        lost=tuple(event.seq for event in sent[:acknowledged] if event.seq not in counts),
        doubled=tuple(seq for seq, count in counts.items() if count > 1),
        changed=tuple(event.seq for event in rows if event.seq < len(sent) and event != sent[event.seq]),
        unsent=tuple(event.seq for event in rows if event.seq >= len(sent)),
    )
