"""The two sides of a comparison: snapshots of play, and the episodes of them that count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editing.game.rules import Step
from editing.trajectories.schemas import InvalidSnapshot, Snapshot, rows
from editing.trajectories.snapshot import is_snapshot, read_snapshot


class ComparisonError(ValueError):
    """Two folders cannot be compared; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Episode:
    """A submitted episode: who played which photo (SHA-256 of the source), and the steps that stood at the end."""

    id: str
    player: str
    player_kind: str
    photo: str
    preview: str
    steps: tuple[Step, ...]

    @property
    def order(self) -> tuple[str, ...]:
        """The filters' slugs, first step first."""
        return tuple(step.filter for step in self.steps)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its snapshot, the episodes that count, and why others do not."""

    label: str
    snapshot: Snapshot
    episodes: tuple[Episode, ...]
    left_out: Mapping[str, int]
    photos: Mapping[str, Mapping[str, Any]]

    @property
    def played(self) -> dict[str, str]:
        """The preview's SHA-256 by photo, of the photos with an episode that counts."""
        return {episode.photo: episode.preview for episode in self.episodes}


def read_side(directory: Path, label: str, kinds: Collection[str] = ()) -> Side:
    """Read a snapshot and choose the episodes that count.

    Args:
        kinds: player kinds to keep; empty keeps all.

    Raises:
        ComparisonError: no snapshot there, or an invalid one: the message names folder, row and reason. Play under
        another version of the filters is invalid too, since it cannot be rendered.
    """
    if not directory.exists():
        raise ComparisonError(f"{directory} does not exist")
    if not is_snapshot(directory):
        raise ComparisonError(
            f"{directory} is not a snapshot: name the folder that an export or `safelight play` wrote"
        )
    try:
        snapshot = read_snapshot(directory)
    except InvalidSnapshot as error:
        raise ComparisonError(f"{directory} is not a valid snapshot: {error}") from error
    photos = {str(row["sha256"]): row for row in rows(snapshot.photos)}
    steps: defaultdict[str, dict[int, Step]] = defaultdict(dict)
    for row in rows(snapshot.steps):
        steps[row["episode"]][row["index"]] = Step(row["filter"], row["parameters"])
    episodes, left_out = [], Counter[str]()
    for row in sorted(rows(snapshot.episodes), key=lambda row: str(row["id"])):
        reason = _reason(row, kinds)
        if reason:
            left_out[reason] += 1
            continue
        ordered = tuple(steps[row["id"]][index] for index in sorted(steps[row["id"]]))
        preview = photos[row["photo"]]["preview_sha256"]
        episodes.append(Episode(row["id"], row["player"], row["player_kind"], row["photo"], preview, ordered))
    return Side(label, snapshot, tuple(episodes), dict(sorted(left_out.items())), photos)


def _reason(row: Mapping[str, Any], kinds: Collection[str]) -> str | None:
    """Why an episode does not count, or ``None``; the first reason that applies."""
    if kinds and row["player_kind"] not in kinds:
        return f"played by another kind of player ({row['player_kind']})"
    if row["tutorial"]:
        return "tutorial"
    if row["preview"]:
        return "a researcher's preview of a study"
    if row["attention"]:
        return "attention check, played to an instruction"
    if row["status"] == "excluded":
        return f"excluded: {row['exclusion_reason'] or 'no reason given'}"
    if row["status"] != "submitted":
        return f"not submitted ({row['status']})"
    return None


def shared_photos(a: Side, b: Side) -> list[str]:
    """Return the photos that both sides played from the same preview, in order of their SHA-256."""
    return sorted(photo for photo, _ in a.played.items() & b.played.items())
