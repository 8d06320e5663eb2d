"""Move-matching: how well an agent foretells which filter people take next, as is asked of chess engines.

McIlroy-Young, Sen, Kleinberg and Anderson, "Aligning Superhuman AI with Human Behavior: Chess as a Model System", KDD
2020. The agent is shown the picture as it stood before each of people's steps; it foretells the step's filter alone,
since it gives no distribution over parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps
from editing.photos.preview import agent_view, load_preview
from learning.agent import state
from learning.agent.acting import without_used
from learning.agent.checkpoint import Checkpoint
from learning.agent.games import dropout_masks
from learning.comparison.intervals import Resampling
from learning.comparison.sides import Episode, Side

BATCH = 256
# Of a filter that a forecast does not have at all: next to nothing, so that one such move does not decide alone.
LEAST_PROBABILITY = 1e-4
_SLUGS = list(FILTERS)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Move:
    """One of people's steps: the episode, its place in it, and which filter was taken."""

    episode: Episode
    place: int
    chosen: int


def moves_of(people: Side) -> list[Move]:
    """Return all steps of a side's episodes."""
    return [
        Move(episode, place, _SLUGS.index(step.filter))
        for episode in people.episodes
        for place, step in enumerate(episode.steps)
    ]


def match_moves(people: Side, checkpoint: Checkpoint, seed: int) -> dict[str, Any]:
    """Return how often people's next filter is the one that is foretold, and its mean log-probability in nats.

    Beside the agent stand two that do not look at the picture: any unused filter alike, and how often the others take
    each filter at that step. What each foretells is among the unused filters.
    """
    moves = moves_of(people)
    forecasts = {
        "agent": _agent_forecasts(moves, people, checkpoint, seed),
        "any filter": _unused(moves) / _unused(moves).sum(axis=1, keepdims=True),
        "what others take": _marginal_forecasts(moves),
    }
    resampling = Resampling([m.episode.player for m in moves], [m.episode.photo for m in moves], (seed, 7))
    chosen = np.array([move.chosen for move in moves])
    result: dict[str, Any] = {"moves": len(moves)}
    for name, forecast in forecasts.items():
        best = forecast.max(axis=1, keepdims=True)
        ties = (forecast >= best - 1e-12).astype(np.float64)
        hits = ties[np.arange(len(moves)), chosen] / ties.sum(axis=1)
        likelihood = np.log(np.maximum(forecast[np.arange(len(moves)), chosen], LEAST_PROBABILITY))
        result[name] = {
            "top_1": resampling.ratio(hits).to_json(),
            "log_likelihood": resampling.ratio(likelihood).to_json(),
        }
    return result


def _unused(moves: Sequence[Move]) -> Floats:
    """Return (moves, filters), 1 where a filter was not used before, else 0."""
    unused = np.ones((len(moves), len(_SLUGS)))
    for row, move in enumerate(moves):
        for step in move.episode.steps[: move.place]:
            unused[row, _SLUGS.index(step.filter)] = 0
    return unused


def _marginal_forecasts(moves: Sequence[Move]) -> Floats:
    """Return how often the other players take each unused filter at a step of that place, each counted once more."""
    counts: Counter[tuple[int, int]] = Counter((move.place, move.chosen) for move in moves)
    own: Counter[tuple[str, int, int]] = Counter((m.episode.player, m.place, m.chosen) for m in moves)
    forecasts = np.array(
        [
            [
                1 + counts[move.place, index] - own[move.episode.player, move.place, index]
                for index in range(len(_SLUGS))
            ]
            for move in moves
        ],
        dtype=np.float64,
    )
    forecasts *= _unused(moves)
    normalised: Floats = forecasts / forecasts.sum(axis=1, keepdims=True)
    return normalised


def _agent_forecasts(moves: Sequence[Move], people: Side, checkpoint: Checkpoint, seed: int) -> Floats:
    """Return the agent's probabilities of all unused filters at each move; that it might stop is left out of them."""
    agent = checkpoint.agent.double()
    views: Mapping[str, NDArray[np.float32]] = {
        preview: agent_view(load_preview(people.previews[preview]).astype(np.float32))
        for preview in {move.episode.preview for move in moves}
    }
    rows = []
    for start in range(0, len(moves), BATCH):
        batch = moves[start : start + BATCH]
        images = np.stack([apply_steps(views[m.episode.preview], m.episode.steps[: m.place]) for m in batch])
        states = torch.zeros(len(batch), state.SIZE, dtype=torch.float64)
        for row, move in enumerate(batch):
            states[row, state.STEP] = move.place
            for step in move.episode.steps[: move.place]:
                states[row, state.USED.start + _SLUGS.index(step.filter)] = 1
        masks = np.stack([dropout_masks(checkpoint.widths, seed, m.episode.photo, 0)[m.place] for m in batch])
        with torch.no_grad():
            pictures = torch.from_numpy(images).permute(0, 3, 1, 2).double()
            view, _ = agent.view(pictures, states)
            probabilities = without_used(agent.probabilities(view, states, torch.from_numpy(masks)), states)
        filters = probabilities[:, : len(_SLUGS)].numpy()
        rows.append(filters / filters.sum(axis=1, keepdims=True))
    return np.concatenate(rows)
