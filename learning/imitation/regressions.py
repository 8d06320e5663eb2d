"""What a model of people begins as: regressions of what people do on what a picture is as a whole, found directly.

- Each coordinate of a filter's parameters is a sum of lines that bend, chosen forward one by one (J. Friedman,
  "Multivariate Adaptive Regression Splines", 1991) as long as the extended BIC says that one more is no chance (J. Chen
  and Z. Chen, "Extended Bayesian Information Criteria for Model Selection", 2008). So a slider that follows from one
  number of the picture is told by that one, and a curve that nobody bends on purpose by none.
- The choice is a multinomial logistic regression on those numbers and their squares, with a normal prior.
- What one person does otherwise than the population, in all of that, is told by a few numbers: a factor analysis by EM
  (D. Rubin and D. Thayer, "EM Algorithms for ML Factor Analysis", 1982), in which each person's numbers are normal and
  what was seen of a person counts by how often it was seen.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from editing.game.coordinates import coordinate_count
from editing.game.filters import FILTERS
from learning.agent import state
from learning.agent.architecture import ACTIONS
from learning.agent.people_model import KNOTS, LEAST_DEVIATION, PERSON, PeopleModel
from learning.imitation.moves import Moves

Floats = NDArray[np.float64]
# A distribution of fewer values than this is not fitted: it begins as a wide one.
FEWEST_VALUES = 4
# No regression has more terms, and none more than one for so many values.
MOST_TERMS, VALUES_PER_TERM = 20, 10
# Columns that others explain to this part are left out.
_DEPENDENT = 1e-3
# The precision of the priors: of a choice's slopes, by columns of deviation 1, and of what a number of a person does.
CHOICE_PRIOR, EFFECT_PRIOR = 100.0, 200.0
ROUNDS = 100
# Of L-BFGS.
MOST_STEPS = 100
# Known people vary by no less than this part of the population's variance, and no more than all of it.
LEAST_KNOWN = 0.3


def begin(model: PeopleModel, moves: Moves, people: torch.Tensor, count: int) -> torch.Tensor:
    """Let a model begin as the regressions of moves, and return who the people are.

    Args:
        people: (N,) by which of the ``count`` people each move is.

    Returns:
        (count, PERSON) the numbers of each.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("output.weight"):
                parameter.mul_(0.02)
        model.limits.copy_(torch.stack([moves.statistics.amin(dim=0), moves.statistics.amax(dim=0)]))
        seen = model.seen(moves.images[:, :, :1, :1].float(), moves.states, None, moves.statistics)
        squares = model.squares(seen).double()
    who = people.numpy()
    seen_of_people = [_begin_parameters(model, moves, seen, who, count), _begin_choice(model, moves, squares, who)]
    means, precisions = (np.concatenate(parts, axis=1) for parts in zip(*seen_of_people, strict=True))
    effects, numbers = factor_analysis(means, precisions, PERSON)
    _set_effects(model, effects)
    return torch.from_numpy(numbers).float()


def _begin_parameters(
    model: PeopleModel, moves: Moves, seen: torch.Tensor, who: NDArray[np.int64], count: int
) -> tuple[Floats, Floats]:
    """Fit the parameters' regressions; return how each person differs, and how sure that is, (people, coordinates)."""
    means, precisions = [], []
    for index, slug in enumerate(FILTERS):
        rows = (moves.actions == index).numpy()
        values = moves.coordinates[rows, : coordinate_count(slug)].double().numpy()
        centre, spread, slopes, effects, left = (
            getattr(model, f"{name}_{slug}") for name in ("centre", "spread", "slopes", "effects", "left")
        )
        if len(values) < FEWEST_VALUES:
            means.append(np.zeros((count, effects.shape[1])))
            precisions.append(np.zeros((count, effects.shape[1])))
            continue
        # Where this filter is used: exposure, say, bends among dark pictures.
        own_statistics = moves.statistics[moves.actions == index]
        getattr(model, f"knots_{slug}").copy_(own_statistics.quantile((torch.arange(KNOTS) + 0.5) / KNOTS, dim=0))
        splines = model.splines(slug, seen[moves.actions == index]).double().numpy()
        centre.copy_(torch.from_numpy(values.mean(axis=0)))
        spread.copy_(torch.from_numpy(np.maximum(values.std(axis=0), LEAST_DEVIATION)))
        own = who[rows]
        for column in range(values.shape[1]):
            told = (values[:, column] - float(centre[column])) / float(spread[column])
            weights = stepwise(splines, told)
            residuals = told - splines @ weights
            deviation = max(float(residuals.std()), 1e-3)
            differs, sure = _by_person(residuals / deviation, own, count)
            slopes[:, column] = torch.from_numpy(weights)
            left[:, column] = math.log(deviation)
            means.append(differs[:, None])
            precisions.append(sure[:, None])
    return np.concatenate(means, axis=1), np.concatenate(precisions, axis=1)


def stepwise(columns: Floats, values: Floats) -> Floats:
    """(columns,) the weights of a forward regression: those of columns that were not chosen are 0.

    Args:
        columns: (N, columns), of which the last is constant.
        values: (N,).
    """
    count, candidates = len(values), columns.shape[1] - 1
    centred, residuals = columns[:, :-1] - columns[:, :-1].mean(axis=0), values - values.mean()
    lengths = (centred**2).sum(axis=0)
    left, chosen = centred.copy(), list[int]()
    penalty = math.log(count) + 2 * math.log(candidates)
    while len(chosen) < min(MOST_TERMS, count // VALUES_PER_TERM):
        now, total = (left**2).sum(axis=0), float(residuals @ residuals)
        free = now > _DEPENDENT * lengths
        gains = np.where(free, (left.T @ residuals) ** 2 / np.where(free, now, 1), 0)
        best = int(gains.argmax())
        if total < 1e-9 or -count * math.log(max(1 - gains[best] / total, 1e-12)) < penalty:
            break
        direction = left[:, best] / math.sqrt(now[best])
        residuals = residuals - direction * (direction @ residuals)
        left = left - direction[:, None] * (direction @ left)
        chosen.append(best)
    weights = np.zeros(columns.shape[1])
    weights[[*chosen, -1]] = np.linalg.lstsq(columns[:, [*chosen, -1]], values, rcond=None)[0]
    return weights


def _by_person(residuals: Floats, who: NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
    """Return how each person differs, and how sure that is, of residuals of deviation 1."""
    times = np.bincount(who, minlength=count)
    means = np.bincount(who, residuals, count) / np.maximum(times, 1)
    within = ((residuals - means[who]) ** 2).sum() / max(len(residuals) - int((times > 0).sum()), 1)
    return means, times / min(max(float(within), LEAST_KNOWN), 1.0)


def _begin_choice(
    model: PeopleModel, moves: Moves, squares: torch.Tensor, who: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Fit the choice's regression; return how the logits of each person differ, and how sure that is."""
    columns = squares[:, :-1]
    centre, deviation = columns.mean(dim=0), columns.std(dim=0, correction=0) + 1e-6
    scaled = torch.cat([(columns - centre) / deviation, squares[:, -1:]], dim=1)
    used = moves.states[:, state.USED].double()
    impossible = torch.cat([used, 1 - used.amax(dim=1, keepdim=True)], dim=1) > 0
    weights = torch.zeros(scaled.shape[1], len(ACTIONS), dtype=torch.double, requires_grad=True)

    def logarithms() -> torch.Tensor:
        return torch.log_softmax((scaled @ weights).masked_fill(impossible, -1e9), dim=1)

    def loss() -> torch.Tensor:
        nats = -logarithms().gather(1, moves.actions[:, None]).sum()
        return (nats + 0.5 * CHOICE_PRIOR * weights[:-1].square().sum()) / len(moves)

    minimise(loss, weights)
    with torch.no_grad():
        slopes = weights[:-1] / deviation[:, None]
        constant = weights[-1:] - centre[None] @ slopes
        model.choice_slopes.copy_(torch.cat([slopes, constant]))
        shares = logarithms().exp().numpy()
    # One step of Newton for each person's logits.
    taken = np.eye(len(ACTIONS))[moves.actions.numpy()]
    people = np.eye(int(who.max()) + 1)[who]
    information = people.T @ (shares * (1 - shares))
    return (people.T @ (taken - shares)) / np.maximum(information, 1e-6), information


def minimise(loss: Callable[[], torch.Tensor], *weights: torch.Tensor) -> None:
    """Find the weights at which a smooth loss of them is least, by L-BFGS."""
    solver = torch.optim.LBFGS(weights, max_iter=MOST_STEPS, line_search_fn="strong_wolfe")

    def evaluated() -> float:
        solver.zero_grad()
        value = loss()
        for weight, gradient in zip(weights, torch.autograd.grad(value, weights), strict=True):
            weight.grad = gradient
        return value.item()

    solver.step(evaluated)  # type: ignore[no-untyped-call]


def factor_analysis(means: Floats, precisions: Floats, factors: int) -> tuple[Floats, Floats]:
    """Explain how people differ by a few numbers of each.

    Args:
        means, precisions: (people, columns) what was seen of each, and how sure it is: 0 where nothing was.

    Returns:
        (columns, factors) what each number does, and (people, factors) the numbers, by a standard normal prior.
    """
    effects = 0.1 * np.random.default_rng(0).standard_normal((means.shape[1], factors))
    numbers = np.zeros((len(means), factors))
    for _ in range(ROUNDS):
        weighted = precisions * means
        covariances = np.linalg.inv(np.eye(factors) + np.einsum("ij,jp,jq->ipq", precisions, effects, effects))
        numbers = np.einsum("ipq,ij,jq->ip", covariances, weighted, effects)
        squares = covariances + numbers[:, :, None] * numbers[:, None]
        system = np.einsum("ij,ipq->jpq", precisions, squares) + EFFECT_PRIOR * np.eye(factors)
        effects = np.linalg.solve(system, (weighted.T @ numbers)[..., None])[..., 0]
    return effects, numbers


def _set_effects(model: PeopleModel, effects: Floats) -> None:
    """Write what a person's numbers do into a model; effects (columns, PERSON) are in deviations that were left."""
    done = 0
    for slug in FILTERS:
        own = torch.from_numpy(effects[done : done + coordinate_count(slug)].T)
        left = getattr(model, f"left_{slug}")
        getattr(model, f"effects_{slug}").copy_(own * left[0].double().exp())
        # What the numbers explain is known of a person who is told by them.
        left[1] += 0.5 * (1 - own.square().sum(dim=0)).clamp(min=LEAST_KNOWN).log()
        done += coordinate_count(slug)
    model.choice_effects.copy_(torch.from_numpy(effects[done:].T))
