"""The held-out score: how the agent does on photos that it is not trained on, by which the best checkpoint is chosen.

A part of the inputs and of the targets is set aside by the seed. The agent plays those inputs as ``safelight play``
does, and its results are compared with all targets by the statistics of ``learning.metrics.histogram_intersection``:
histograms of the few that are set aside would be mostly noise. Of inputs that were unprocessed it is known what they
were before, and how far the results are from it tells more than any statistics.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from editing.game.filters import apply_steps
from editing.photos.preview import agent_view
from learning.agent.games import GameRequest, PlayedStep
from learning.agent.networks import Agent
from learning.agent.playing import play
from learning.configuration import Widths
from learning.metrics.histogram_intersection import (
    Floats,
    distance,
    intersection,
    root_mean_square,
    square_statistics,
)
from learning.photos.squares import Indices, Pixels, Squares

VALIDATION_SHARE = 0.15
# Fewer pictures than these have histograms that say nothing.
FEWEST_VALIDATION = 8
# A score of more says no more; it only takes longer.
MOST_INPUTS = 128
MOST_TARGETS = 1_000
# Games that are played at once, in float64.
GAMES_AT_ONCE = 128
# Games on each photo: the score's spread is over them.
SAMPLES = 2


@dataclass(frozen=True)
class Score:
    """How alike results and targets are.

    Attributes:
        mean: of the three histogram intersections, in percent.
        spread: of the intersections, the largest less the smallest over the samples.
        distance: of ``learning.metrics.histogram_intersection.distance``, the mean over the samples; 0 if they are
        distributed alike.
        rmse: of the results to what the inputs were before they were unprocessed; None where none was.
    """

    mean: float
    spread: float
    distance: float
    rmse: float | None = None

    def metrics(self) -> dict[str, float]:
        """Return what there is of it, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def split(count: int, seed: int) -> tuple[Indices, Indices]:
    """Which photos to train on, and which are held out; nothing is held out of a set that is too small for it."""
    validation = round(VALIDATION_SHARE * count)
    if validation < FEWEST_VALIDATION:
        return np.arange(count), np.arange(0)
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[validation:]), np.sort(order[:validation])


def _some(squares: Squares | Sequence[Pixels], most: int) -> tuple[list[int], list[Pixels]]:
    """At most so many squares, always the same ones, each with its number."""
    squares = squares if isinstance(squares, Squares) else Squares.of(squares)
    numbers = np.arange(len(squares))
    if len(squares) > most:
        numbers = np.sort(np.random.default_rng(0).permutation(len(squares))[:most])
    return numbers.tolist(), list(squares[numbers])


class Validation:
    """Inputs that are held out, and the targets, those held out and the others: squares (80, 80, 3).

    Of many, the score is of 128 inputs and 1,000 targets.
    """

    def __init__(
        self,
        inputs: Squares | Sequence[Pixels],
        targets: Squares | Sequence[Pixels],
        finished: Squares | None = None,
    ) -> None:
        """Take what is held out.

        Args:
            finished: for each of the inputs what it was before it was unprocessed, or nan.
        """
        self._inputs: dict[str, Pixels] = {}
        self._finished: dict[str, Pixels] = {}
        self._targets: list[Floats] = []
        self._requests: list[GameRequest] = []
        if len(inputs) == 0:
            return
        self._inputs = {str(number): square for number, square in zip(*_some(inputs, MOST_INPUTS), strict=True)}
        views = {name: agent_view(square) for name, square in self._inputs.items()}
        self._requests = [GameRequest(name, sample, view) for sample in range(SAMPLES) for name, view in views.items()]
        if finished is not None:
            originals = {str(number): square for number, square in zip(*_some(finished, MOST_INPUTS), strict=True)}
            self._finished = {name: square for name, square in originals.items() if np.isfinite(square).all()}
        for number, square in zip(*_some(targets, MOST_TARGETS), strict=True):
            self._targets.append(square_statistics(square, str(number), seed=0))

    @property
    def criterion(self) -> Literal["rmse", "distance"]:
        """By which part of the score the best agent is chosen: its least."""
        # Not by the intersection, in which a few crops on the other side of a bin's edge outweigh a cast.
        return "rmse" if self._finished else "distance"

    def __bool__(self) -> bool:
        """Whether there is anything to score by."""
        return bool(self._inputs)

    def score(self, agent: Agent, widths: Widths) -> Score:
        """Return the agent's score now; the agent is not changed, and the same agent always has the same."""
        statistics: list[list[Floats]] = [[] for _ in range(SAMPLES)]
        errors: list[float] = []
        for request, game in self._play(deepcopy(agent).double(), widths):
            picture = apply_steps(self._inputs[request.photo], [played.step for played in game])
            statistics[request.sample].append(square_statistics(picture, request.photo, seed=0))
            if request.photo in self._finished:
                errors.append(root_mean_square(picture, self._finished[request.photo]))
        scores = [intersection(sample, self._targets).mean for sample in statistics]
        apart = [distance(sample, self._targets) for sample in statistics]
        return Score(fmean(scores), max(scores) - min(scores), fmean(apart), fmean(errors) if errors else None)

    def _play(self, agent: Agent, widths: Widths) -> Iterator[tuple[GameRequest, list[PlayedStep]]]:
        for start in range(0, len(self._requests), GAMES_AT_ONCE):
            requests = self._requests[start : start + GAMES_AT_ONCE]
            yield from zip(requests, play(agent, widths, requests, seed=0), strict=True)
