"""Whether a program can tell people's play from another's: a classifier two-sample test.

Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017. The classifier is a logistic regression on a
few features and their squares; it is judged on people and photos of which it has seen nothing. A better one may tell
more apart: chance says that this one cannot, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from learning.comparison.intervals import Resamples, estimate
from learning.comparison.sides import Episode

FOLDS = 5
# Of the weights' squares, beside the mean log-loss: features are standardised.
PENALTY = 0.01

Floats = NDArray[np.float64]


def judge(
    people: Sequence[Episode], others: Sequence[Episode], features: Mapping[str, Floats], seed: int
) -> dict[str, Any] | None:
    """Return how often the classifier is right about play that it has not seen, and d'; chance is 0.5 and 0.

    People and photos are split in five parts each; play of one part of the people on one part of the photos is judged
    by what was learned from the other people on the other photos. Right answers about people and about the others
    count the same. Intervals resample people and photos.

    Args:
        features: of each episode, by its id.

    Returns:
        ``None`` where fewer than five people or photos were played on both sides.
    """
    shared = {e.photo for e in people} & {e.photo for e in others}
    sides = [[e for e in side if e.photo in shared] for side in (people, others)]
    names = [sorted({e.player for e in side}) for side in sides]
    photos = sorted(shared)
    if min(len(names[0]), len(photos)) < FOLDS:
        return None
    random = np.random.default_rng([seed, 10])
    both = _squared(np.array([features[e.id] for side in sides for e in side]))
    table = [both[: len(sides[0])], both[len(sides[0]) :]]
    on = [np.array([photos.index(e.photo) for e in side]) for side in sides]
    by = [np.array([own.index(e.player) for e in side]) for side, own in zip(sides, names, strict=True)]
    photo_folds = random.permutation(len(photos)) % FOLDS
    # An agent is one player, and always known; of several others each is new where it is judged.
    player_folds = [random.permutation(len(names[0])) % FOLDS, np.full(len(names[1]), -1)]
    if len(names[1]) >= FOLDS:
        player_folds[1] = random.permutation(len(names[1])) % FOLDS
    right = [np.zeros(len(side)) for side in sides]
    times = [np.zeros(len(side)) for side in sides]
    for players in range(FOLDS):
        for place in range(FOLDS):
            of_fold = [photo_folds[where] == place for where in on]
            of_players = [folds[who] == players for folds, who in zip(player_folds, by, strict=True)]
            known = [~fold & ~own for fold, own in zip(of_fold, of_players, strict=True)]
            if not all(rows.any() for rows in known):
                continue
            decide = _fit(table[0][known[0]], table[1][known[1]])
            for side in range(2):
                judged = of_fold[side] & (of_players[side] | (player_folds[side][by[side]] < 0))
                right[side][judged] += (decide(table[side][judged]) > 0) == bool(side)
                times[side][judged] += 1
    return _scores(right, times, on, by[0], (len(names[0]), len(photos)), seed)


def _scores(
    right: Sequence[Floats],
    times: Sequence[Floats],
    on: Sequence[NDArray[np.intp]],
    people: NDArray[np.intp],
    counts: tuple[int, int],
    seed: int,
) -> dict[str, Any] | None:
    if not all(own.any() for own in times):
        return None
    resamples = Resamples.draw(*counts, (seed, 11))
    # Of the others, photos alone are resampled.
    weights = [resamples.people, np.ones((len(resamples.people), 1))]
    who = [people, np.zeros(len(on[1]), np.intp)]
    shares = []
    for answers, asked, rows, columns, weight in zip(right, times, who, on, weights, strict=True):
        top, bottom = (
            ((weight @ _table(values, rows, columns, (weight.shape[1], counts[1]))) * resamples.photos).sum(axis=1)
            for values in (answers, asked)
        )
        shares.append(np.divide(top, bottom, out=np.full(len(weight), np.nan), where=bottom > 0))
    accuracy = (shares[0] + shares[1]) / 2
    inverse = np.vectorize(NormalDist().inv_cdf)
    # Half an answer added to each cell keeps d' finite.
    corrected = [(share * len(own) + 0.5) / (len(own) + 1) for share, own in zip(shares, right, strict=True)]
    d_prime = np.where(np.isfinite(accuracy), inverse(np.nan_to_num(corrected[0], nan=0.5)), np.nan) + inverse(
        np.nan_to_num(corrected[1], nan=0.5)
    )
    return {
        "plays": [len(own) for own in right],
        "accuracy": estimate(accuracy, interval=bool(resamples.over)).to_json(),
        "d_prime": estimate(d_prime, interval=bool(resamples.over)).to_json(),
    }


def _table(values: Floats, rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, int]) -> Floats:
    """Return the sums of values by row and column."""
    table = np.zeros(shape)
    np.add.at(table, (rows, columns), values)
    return table


def _squared(features: Floats) -> Floats:
    """Return the features and their squares, by which a player without variety is known too."""
    spread = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return np.concatenate([standard, np.square(standard)], axis=1)


def _fit(people: Floats, others: Floats) -> Any:
    """Return the decision function of a penalised logistic regression, above 0 for the others."""
    x = np.concatenate([people, others])
    center, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1)
    x = np.concatenate([(x - center) / spread, np.ones((len(x), 1))], axis=1)
    sign = np.repeat([-1.0, 1.0], [len(people), len(others)])
    weight = np.repeat([0.5 / len(people), 0.5 / len(others)], [len(people), len(others)])

    def loss(w: Floats) -> tuple[float, Floats]:
        margins = sign * (x @ w)
        gradient = x.T @ (-weight * sign * expit(-margins))
        penalty = np.append(w[:-1], 0.0)
        value = weight @ np.logaddexp(0, -margins) + PENALTY * float(penalty @ penalty)
        return float(value), gradient + 2 * PENALTY * penalty

    fitted = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    return lambda rows: ((rows - center) / spread) @ fitted[:-1] + fitted[-1]
