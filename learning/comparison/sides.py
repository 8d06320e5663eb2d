"""The two sides of a comparison: snapshots of play, and the episodes of them that count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from editing.game.rules import Step
from editing.trajectories.schemas import InvalidSnapshot, Snapshot, rows
from editing.trajectories.snapshot import is_snapshot, read_snapshot

# What players of a kind are called, several of them.
PLAYERS = {"human": "people", "agent": "agents", "robot": "robots", "baseline": "baselines", "expert": "experts"}
# What a snapshot with several kinds of players is taken for: the first of these kinds that is in it. Robots stand in
# for people who have not played yet.
_AS_PEOPLE: tuple[str, ...] = ("human", "robot")
_AS_AGENTS: tuple[str, ...] = ("agent",)


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

    @property
    def kinds(self) -> Counter[str]:
        """How many episodes count, by the kind of player."""
        return Counter(episode.player_kind for episode in self.episodes)

    def of_kinds(self, kinds: Collection[str]) -> Side:
        """Return the side with the play of these kinds alone; what that leaves out is counted with the rest."""
        others = {
            f"played by another kind of player ({kind})": count
            for kind, count in self.kinds.items()
            if kind not in kinds
        }
        episodes = tuple(episode for episode in self.episodes if episode.player_kind in kinds)
        return replace(self, episodes=episodes, left_out=dict(sorted({**self.left_out, **others}.items())))


def read_side(directory: Path, label: str) -> Side:
    """Read a snapshot and choose the episodes that count, whoever played them.

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
        reason = _reason(row)
        if reason:
            left_out[reason] += 1
            continue
        ordered = tuple(steps[row["id"]][index] for index in sorted(steps[row["id"]]))
        preview = photos[row["photo"]]["preview_sha256"]
        episodes.append(Episode(row["id"], row["player"], row["player_kind"], row["photo"], preview, ordered))
    return Side(label, snapshot, tuple(episodes), dict(sorted(left_out.items())), photos)


def _reason(row: Mapping[str, Any]) -> str | None:
    """Why an episode does not count, or ``None``; the first reason that applies."""
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


def choose_kinds(a: Side, b: Side, chosen_a: Collection[str] = (), chosen_b: Collection[str] = ()) -> tuple[Side, Side]:
    """Return both sides with the kinds of players that are compared: kinds never mix unless that is chosen.

    Without a choice, a side whose play is all of one kind stays as it is. Of several kinds A keeps people and B agents;
    or A agents and B people, where A holds agents alone or B holds none. Where nobody else has played, robots stand for
    people.

    Args:
        chosen_a, chosen_b: player kinds to keep; empty leaves it to the rule.

    Raises:
        ComparisonError: a side holds several kinds, and the rule names none of them.
    """
    kinds_a, kinds_b = set(chosen_a) or set(a.kinds), set(chosen_b) or set(b.kinds)
    swapped = kinds_a == {"agent"} or (kinds_b and "agent" not in kinds_b)
    return (
        a.of_kinds(chosen_a or _kinds_by_rule(a, _AS_AGENTS if swapped else _AS_PEOPLE, "--kind-a")),
        b.of_kinds(chosen_b or _kinds_by_rule(b, _AS_PEOPLE if swapped else _AS_AGENTS, "--kind-b")),
    )


def _kinds_by_rule(side: Side, expected: Collection[str], option: str) -> Collection[str]:
    if len(side.kinds) <= 1:
        return side.kinds
    for kind in expected:
        if kind in side.kinds:
            return (kind,)
    raise ComparisonError(
        f"{side.label} holds play by several kinds of players ({episodes_by_kind(side.kinds)}), and none that goes "
        f"with the other side: choose with {option} {' or '.join(sorted(side.kinds))}"
    )


def episodes_by_kind(counts: Mapping[str, int]) -> str:
    """Return how many episodes are by whom, such as ``12 by people, 3 by robots``; the most first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} by {PLAYERS[kind]}" for kind, count in ordered)


def shared_photos(a: Side, b: Side) -> list[str]:
    """Return the photos that both sides played from the same preview, in order of their SHA-256."""
    return sorted(photo for photo, _ in a.played.items() & b.played.items())
