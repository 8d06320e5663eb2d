"""Whether an agent was trained on the people and photos that it is compared on: then there is no number.

An agent that learned from people's play may know these people's by heart. What it was trained on stands in its run's
``config.json`` and in the manifest of its play, by the checkpoint that its episodes name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from learning.agent.checkpoint import SHIPPED, CheckpointError, chosen_checkpoint, read_config, run_folder
from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.comparison.sides import ComparisonError, Side

SEEN = "seen in an agent’s training"


@dataclass(frozen=True)
class Overlap:
    """How many of the compared people and photos an agent was trained on.

    Attributes:
        known: whether its training is known at all.
        refused: whether it learned from people's play, and saw some of these people or photos there.
    """

    people: int = 0
    photos: int = 0
    known: bool = True
    refused: bool = False


def training_of_runs(runs: Iterable[Path]) -> dict[str, TrainingData]:
    """Return what runs and the agents that come with the project were trained on, by the SHA-256 of their weights.

    Raises:
        CheckpointError: if a run is none.
    """
    known = {}
    for run in [*runs, *sorted(path.parent for path in SHIPPED.glob("*/config.json"))]:
        folder = run_folder(run)
        data = TrainingData.from_json(read_config(folder).get(TRAINED_ON))
        path = chosen_checkpoint(folder)
        if not path.is_file():
            raise CheckpointError(f"{path} is missing")
        if data is not None:
            known[hashlib.sha256(path.read_bytes()).hexdigest()] = data
    return known


def find_overlaps(people: Side, others: Sequence[Side], trained_on: Mapping[str, TrainingData]) -> dict[str, Overlap]:
    """Return, for each side of agents, what of the compared people and photos they were trained on.

    Args:
        trained_on: by checkpoint.
    """
    overlaps = {}
    for side in others:
        checkpoints = {e.checkpoint_hash for e in side.episodes if e.player_kind == "agent"}
        if not checkpoints:
            continue
        data = _together(checkpoints, trained_on)
        overlaps[side.label] = _overlap(people, side, data, known=checkpoints <= trained_on.keys())
    return overlaps


def overlap_of_run(people: Side, run: Path) -> Overlap:
    """Return what of some people's play a run was trained on.

    Raises:
        CheckpointError: if it is no run.
    """
    data = TrainingData.from_json(read_config(run_folder(run)).get(TRAINED_ON))
    return _overlap(people, people, data or TrainingData(), known=data is not None)


def _overlap(people: Side, side: Side, data: TrainingData, *, known: bool) -> Overlap:
    seen_people = data.seen_players({episode.player for episode in people.episodes})
    seen_photos = data.seen_photos(people.played.keys() & side.played.keys())
    refused = bool(data.players) and bool(seen_people or seen_photos)
    return Overlap(len(seen_people), len(seen_photos), known, refused)


def _together(checkpoints: Iterable[str], trained_on: Mapping[str, TrainingData]) -> TrainingData:
    data = TrainingData()
    for checkpoint in checkpoints:
        data |= trained_on.get(checkpoint, TrainingData())
    return data


def leave_out_seen(
    people: Side, others: Sequence[Side], trained_on: Mapping[str, TrainingData]
) -> tuple[Side, tuple[Side, ...]]:
    """Return the sides without the people and photos that an agent of them learned people's play from.

    Raises:
        ComparisonError: nothing is left of people's play.
    """
    checkpoints = {e.checkpoint_hash for side in others for e in side.episodes if e.player_kind == "agent"}
    taught = {name: trained_on[name] for name in checkpoints & trained_on.keys() if trained_on[name].players}
    data = _together(taught, taught)
    players = data.seen_players({episode.player for episode in people.episodes})
    left = _without(people, players, data.photos)
    if not left.episodes:
        raise ComparisonError(
            f"the agents were trained on all of these {people.label.lower()} or photos: hold some of both out"
        )
    return left, tuple(_without(side, set(), data.photos) for side in others)


def _without(side: Side, players: set[str], photos: frozenset[str]) -> Side:
    kept = tuple(e for e in side.episodes if e.player not in players and e.photo not in photos)
    count = len(side.episodes) - len(kept)
    left_out = {**side.left_out, SEEN: side.left_out.get(SEEN, 0) + count} if count else side.left_out
    return replace(side, episodes=kept, left_out=left_out)
