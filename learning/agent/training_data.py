"""Whose play an agent was trained on, and on which photos: in a run's ``config.json``, for a fair comparison.

Digests alone are kept, so that a run's folder that is handed on names nobody. What was only held out while training,
to choose a checkpoint by, belongs in it too: the agent was chosen by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TRAINED_ON = "trained_on"


@dataclass(frozen=True)
class TrainingData:
    """The photos and players of a training that are known by name: those that came from exports.

    Attributes:
        photos: the SHA-256 of the photos' sources, as exports have them.
        players: the SHA-256 of the players' names, as exports have them; empty for an agent that saw nobody's play.
    """

    photos: frozenset[str] = frozenset()
    players: frozenset[str] = frozenset()

    @classmethod
    def of(cls, photos: Iterable[str], players: Iterable[str]) -> TrainingData:
        """Return what a training on these photos (SHA-256) and players (names of an export) is to record."""
        return cls(frozenset(photos), frozenset(map(player_digest, players)))

    @classmethod
    def from_json(cls, value: Any) -> TrainingData | None:
        """Return what ``to_json`` gave; ``None`` where there is nothing, or nothing that can be read."""
        if not isinstance(value, Mapping):
            return None
        lists = [value.get(name) for name in ("photos", "players")]
        if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
            return None
        return cls(*(frozenset(names or ()) for names in lists))

    def to_json(self) -> dict[str, list[str]]:
        """Return ``{"photos": [...], "players": [...]}``, for ``config.json`` under the name ``TRAINED_ON``."""
        return {"photos": sorted(self.photos), "players": sorted(self.players)}

    def __or__(self, other: TrainingData) -> TrainingData:
        """Return the data of two trainings that followed each other."""
        return TrainingData(self.photos | other.photos, self.players | other.players)

    def seen_photos(self, photos: Iterable[str]) -> frozenset[str]:
        """Return those of the photos that the agent was trained on."""
        return self.photos.intersection(photos)

    def seen_players(self, players: Iterable[str]) -> set[str]:
        """Return those of the players, by name, whose play the agent was trained on."""
        return {player for player in players if player_digest(player) in self.players}


def player_digest(player: str) -> str:
    """Return the SHA-256 of a player's name."""
    return hashlib.sha256(player.encode()).hexdigest()
