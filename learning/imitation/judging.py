"""How well a model of people foretells held-out play, in nats a move, against what is simpler and what is possible.

- the marginal: how often people take each unused filter, or stop, at a step of that place, whatever the picture shows,
  and how they set its sliders (a kernel density for each coordinate);
- the nearest person: the same of one person alone, the one of those learned from who is most like who plays;
- the ceiling, where it is known: the planted policy of synthetic people, each person's own;
- the ceiling of a model of the population, likewise: the mean of the planted policies of everybody learned from. Who
  knows all of them, and not who plays, can do no better by the picture and the steps.

A move is its filter, or the stop, and where the sliders are set. Densities are those of coordinates
(``editing.game.coordinates``): their differences, which are all that counts, are those of any other scale.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from editing.game.coordinates import coordinate_count
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.agent import state
from learning.agent.architecture import ACTIONS
from learning.agent.people_model import PeopleModel
from learning.comparison.intervals import Resampling
from learning.imitation.imitating import log_likelihoods, most_probable_actions, players_of_moves
from learning.imitation.moves import Moves, Play, Split, moves_of_play
from learning.robots.synthetic_people import MoveLikelihood, Taste, looks_before, trajectory_likelihoods

Floats = NDArray[np.float64]
# What one person does is mixed with so many moves of everybody's: nobody shows all of his or her ways in a few games.
SHRINKAGE = 8.0
# A kernel is no narrower than this, in coordinates.
LEAST_BANDWIDTH = 0.05
_KERNELS = 400


@dataclass(frozen=True)
class Forecast:
    """What is foretold of moves, (N,) each: log-likelihoods of choice and of parameters, and the likeliest action."""

    choice: Floats
    parameters: Floats
    best: NDArray[np.int64]

    @property
    def total(self) -> Floats:
        """(N,) the log-likelihood of whole moves."""
        return self.choice + self.parameters


class Marginal:
    """How often each action is taken at each place, and how sliders are set, whatever the picture shows."""

    def __init__(self, moves: Moves, prior: "Marginal | None" = None) -> None:
        """Count moves.

        Args:
            prior: what the counts are mixed with; every action once at each place if there is none.
        """
        self._prior = prior
        self._counts = np.ones((MAXIMUM_STEPS, len(ACTIONS))) if prior is None else SHRINKAGE * prior.shares()
        places, actions = _places(moves), moves.actions.numpy()
        np.add.at(self._counts, (places, actions), 1)
        self._values = {
            slug: moves.coordinates[moves.actions == index, : coordinate_count(slug)].double().numpy()[:_KERNELS]
            for index, slug in enumerate(FILTERS)
        }

    def shares(self) -> Floats:
        """(5, actions) how often each action is taken at each place."""
        shares: Floats = self._counts / self._counts.sum(axis=1, keepdims=True)
        return shares

    def forecast(self, moves: Moves, prior_density: Floats | None = None) -> Forecast:
        """Return what this foretells.

        Args:
            prior_density: (N,) what the prior's forecast has of the parameters, where it is known.
        """
        if self._prior is not None and prior_density is None:
            prior_density = self._prior.forecast(moves).parameters
        places, actions = _places(moves), moves.actions.numpy()
        used = moves.states[:, state.USED].double().numpy()
        possible = np.concatenate([1 - used, used.max(axis=1, keepdims=True)], axis=1)
        probabilities = self.shares()[places] * possible
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        parameters = np.zeros(len(actions))
        for index, slug in enumerate(FILTERS):
            rows = np.flatnonzero(actions == index)
            where = moves.coordinates[rows, : coordinate_count(slug)].double().numpy()
            theirs = None if prior_density is None else prior_density[rows]
            parameters[rows] = self._density(slug, where, theirs)
        chosen = np.log(probabilities[np.arange(len(actions)), actions])
        return Forecast(chosen, parameters, probabilities.argmax(axis=1))

    def _density(self, slug: str, where: Floats, theirs: Floats | None) -> Floats:
        """(n,) the log of the product of a kernel density for each coordinate."""
        values = self._values[slug]
        own = _kernel_densities(values, where)
        if theirs is None:
            # A wide normal distribution counts as one value: no move is impossible.
            wide = -0.5 * (where / 3) ** 2 - math.log(3 * math.sqrt(2 * math.pi))
            mixed = np.logaddexp(own + math.log(max(len(values), 1e-9)), wide) - math.log(len(values) + 1)
            total: Floats = mixed.sum(axis=1)
            return total
        mine = own.sum(axis=1)
        count = len(values)
        mixed_with: Floats = np.logaddexp(mine + math.log(max(count, 1e-9)), theirs + math.log(SHRINKAGE)) - math.log(
            count + SHRINKAGE
        )
        return mixed_with


def _places(moves: Moves) -> NDArray[np.int64]:
    return moves.states[:, state.STEP].long().numpy()


def _kernel_densities(values: Floats, where: Floats) -> Floats:
    """(n, coordinates) the log of the kernel density of each coordinate, by Silverman's rule."""
    if not len(values) or not len(where):
        return np.full(where.shape, -1e3)
    bandwidth = np.maximum(1.06 * values.std(axis=0) * len(values) ** -0.2, LEAST_BANDWIDTH)
    densities = np.empty(where.shape)
    for column in range(where.shape[1]):
        z = (where[:, column, None] - values[None, :, column]) / bandwidth[column]
        densities[:, column] = np.logaddexp.reduce(-0.5 * z**2, axis=1)
    normalised: Floats = densities - np.log(len(values) * bandwidth * math.sqrt(2 * math.pi))
    return normalised


def nearest_person(split: Split, moves: Moves, everybody: Marginal) -> Forecast:
    """Return what the nearest person of those learned from foretells of the held-out moves.

    Nearest is whose ways make what the person has done on other photos the likeliest; where nothing is known of someone
    the forecast is everybody's.
    """
    trained = moves_of_play(split.trained)
    own = players_of_moves(split.trained, trained, split.trained.people)
    ways = [Marginal(trained.take(own == number), everybody) for number in range(len(split.trained.people))]
    known = moves_of_play(split.known)
    people = split.held_out.people
    knows, plays = players_of_moves(split.known, known, people), players_of_moves(split.held_out, moves, people)
    plain, plain_known = everybody.forecast(moves), everybody.forecast(known).parameters
    choice, parameters, best = plain.choice.copy(), plain.parameters.copy(), plain.best.copy()
    for number in range(len(people)):
        seen, rows = known.take(knows == number), np.flatnonzero((plays == number).numpy())
        if not len(seen):
            continue
        theirs = plain_known[(knows == number).numpy()]
        fits = [float(way.forecast(seen, theirs).total.mean()) for way in ways]
        nearest = ways[int(np.argmax(fits))]
        found = nearest.forecast(moves.take(plays == number), plain.parameters[rows])
        choice[rows], parameters[rows], best[rows] = found.choice, found.parameters, found.best
    return Forecast(choice, parameters, best)


def model_forecast(model: PeopleModel, moves: Moves, person: torch.Tensor | None = None) -> Forecast:
    """Return what a model foretells."""
    with torch.no_grad():
        chosen, density = log_likelihoods(model, moves, person)
    return Forecast(chosen.double().numpy(), density.double().numpy(), most_probable_actions(model, moves).numpy())


def planted_forecasts(
    play: Play, tastes: Mapping[str, Taste], population: Sequence[Taste]
) -> tuple[Forecast, Forecast]:
    """Return what the planted policies foretell of moves: each player's own, and the mean of those of a population."""
    own, others = [], list[list[MoveLikelihood]]()
    for game in play.games:
        looks = looks_before(play.views[game.photo], game.steps)
        own += trajectory_likelihoods(tastes[game.player], looks, game.steps)
        of_each = [trajectory_likelihoods(taste, looks, game.steps) for taste in population]
        others += [list(move) for move in zip(*of_each, strict=True)]
    return _mean_forecast([[move] for move in own]), _mean_forecast(others)


def _mean_forecast(moves: Sequence[Sequence[MoveLikelihood]]) -> Forecast:
    """Return what policies foretell together, if each is as likely to be the one: of each move, by each of them."""
    choice = np.array([[policy.choice for policy in move] for move in moves])
    parameters = np.array([[policy.parameters for policy in move] for move in moves])
    together = [np.logaddexp.reduce(of, axis=1) - math.log(of.shape[1]) for of in (choice, choice + parameters)]
    best = [int(np.mean([policy.probabilities for policy in move], axis=0).argmax()) for move in moves]
    return Forecast(together[0], together[1] - together[0], np.array(best))


@dataclass(frozen=True)
class Judgement:
    """What is reported of a model of people, by forecaster: nats a move, and how often the likeliest action is taken.

    Attributes:
        closed: the part of the way from the marginal to each ceiling, with its interval over people; empty where the
            ceilings are not known.
    """

    moves: int
    people: int
    photos: int
    forecasts: Mapping[str, Mapping[str, Any]]
    closed: Mapping[str, Mapping[str, float | None]]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return dict(vars(self))


MARGINAL, NEAREST, MODEL = "marginal", "nearest person", "model"
CEILING, POPULATION = "ceiling", "ceiling of a population"


def judge(model: PeopleModel, split: Split, tastes: Mapping[str, Taste], seed: int) -> Judgement:
    """Judge a model on held-out people and photos.

    Args:
        tastes: of synthetic people, by name; the ceilings are not known without those of everybody.
    """
    moves = moves_of_play(split.held_out)
    everybody = Marginal(moves_of_play(split.trained))
    forecasts = {
        MARGINAL: everybody.forecast(moves),
        NEAREST: nearest_person(split, moves, everybody),
        MODEL: model_forecast(model, moves),
    }
    if all(person in tastes for person in (*split.held_out.people, *split.trained.people)):
        population = [tastes[person] for person in split.trained.people]
        own, others = planted_forecasts(split.held_out, tastes, population)
        forecasts |= {POPULATION: others, CEILING: own}
    games = split.held_out.games
    numbers = moves.games.tolist()
    resampling = Resampling([games[n].player for n in numbers], [games[n].photo for n in numbers], (seed, 22))
    gains = {name: forecast.total - forecasts[MARGINAL].total for name, forecast in forecasts.items()}
    return Judgement(
        len(moves),
        len(split.held_out.people),
        len(split.held_out.photos),
        {name: _summary(forecast, moves, resampling) for name, forecast in forecasts.items()},
        {
            ceiling: resampling.ratio(gains[MODEL], gains[ceiling]).to_json()
            for ceiling in (CEILING, POPULATION)
            if ceiling in gains
        },
    )


def _summary(forecast: Forecast, moves: Moves, resampling: Resampling) -> dict[str, Any]:
    hits = (forecast.best == moves.actions.numpy()).astype(np.float64)
    return {
        "log_likelihood": resampling.ratio(forecast.total).to_json(),
        "of_choice": float(forecast.choice.mean()),
        "of_parameters": float(forecast.parameters.mean()),
        "top_1": resampling.ratio(hits).to_json(),
    }


def used_filters(moves: Moves) -> Counter[str]:
    """Return how often each action was taken."""
    return Counter(ACTIONS[action] for action in moves.actions.tolist())


def lines_of(judgement: Judgement) -> Sequence[str]:
    """Return the report as lines of text."""
    lines = [
        f"On {judgement.moves} moves of {judgement.people} other people, on {judgement.photos} other photos:",
        f"{'':24}nats a move   of them the filter   likeliest filter taken",
    ]
    for name, figures in judgement.forecasts.items():
        likelihood, top = figures["log_likelihood"]["value"], figures["top_1"]["value"]
        lines.append(f"{name:24}{likelihood:11.3f}{figures['of_choice']:21.3f}{100 * top:23.1f} %")
    if not judgement.closed:
        lines.append("The ceiling is not known: people's own policy is known of synthetic people alone.")
    for ceiling, closed in judgement.closed.items():
        value, low, high = (closed[name] for name in ("value", "low", "high"))
        interval = "" if low is None or high is None else f" ({100 * low:.0f} .. {100 * high:.0f} %)"
        closes = "nothing" if value is None else f"{100 * value:.0f} %{interval}"
        lines.append(f"The model closes {closes} of the way from the marginal to the {ceiling}.")
    return lines
