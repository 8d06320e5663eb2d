"""The held-out score: how the agent does on photos that it is not trained on, by which the best checkpoint is chosen.

A part of the inputs and of the targets is set aside by the seed. The agent plays those inputs as ``safelight play``
does, and its results are compared with all targets by the statistics of ``learning.measure``: histograms of the few
that are set aside would be mostly noise.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from editing.filters import develop
from editing.photo import agent_view
from learning.measure import Floats, intersection, square_statistics
from learning.networks import Agent, Widths
from learning.play import Turn, play

Squares = Sequence[NDArray[np.float32]]

HELD_OUT = 0.15
# Fewer pictures than these have histograms that say nothing.
FEWEST_HELD_OUT = 8
# Games on each photo: the score's spread is over them.
SAMPLES = 2


@dataclass(frozen=True)
class Score:
    """The mean of the three histogram intersections, in percent.

    Attributes:
        spread: the largest less the smallest over the samples.
    """

    mean: float
    spread: float


def split(squares: Squares, seed: int) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """What to train on, and what is held out; nothing is held out of a set that is too small for it."""
    count = round(HELD_OUT * len(squares))
    if count < FEWEST_HELD_OUT:
        return list(squares), []
    order = np.random.default_rng(seed).permutation(len(squares))
    return [squares[index] for index in sorted(order[count:])], [squares[index] for index in sorted(order[:count])]


class HeldOut:
    """Inputs that are held out, and the targets, those held out and the others: squares (80, 80, 3)."""

    def __init__(self, inputs: Squares, targets: Squares) -> None:
        self._inputs = inputs
        self._targets = [square_statistics(square, str(index), seed=0) for index, square in enumerate(targets)]
        self._turns = [
            Turn(str(index), sample, agent_view(square))
            for sample in range(SAMPLES)
            for index, square in enumerate(inputs)
        ]

    def __bool__(self) -> bool:
        """Whether there is anything to score by."""
        return bool(self._inputs)

    def score(self, agent: Agent, widths: Widths) -> Score:
        """The agent's score now; the agent is not changed, and the same agent always has the same."""
        games = play(deepcopy(agent).double(), widths, self._turns, seed=0)
        statistics: list[list[Floats]] = [[] for _ in range(SAMPLES)]
        for turn, game in zip(self._turns, games, strict=True):
            picture = develop(self._inputs[int(turn.photo)], [played.step for played in game])
            statistics[turn.sample].append(square_statistics(picture, turn.photo, seed=0))
        scores = [intersection(sample, self._targets).mean for sample in statistics]
        return Score(sum(scores) / SAMPLES, max(scores) - min(scores))
