"""Human-likeness: where players stand between a random legal player, at 0, and another person, at 1.

With d(X, Y) the mean over photos, each counting once, of the mean distance between an episode of X and one of Y by
another player on the same photo,

    human-likeness = (d(random, people) - d(X, people)) / (d(random, people) - d(people, people)).

It is linear in mixtures of players. Who is nearer to the crowd's centre than a person is scores above 1. Intervals are
by a bootstrap that resamples people and photos, crossed (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics
1, 2007), numerator and denominator together; pairs of two copies of one person, at distance 0, are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.comparison.intervals import MINIMUM_CLUSTERS, Estimate, Resamples, estimate, multinomial
from learning.comparison.pair_distances import Others, PhotoDistances
from learning.comparison.reference_players import OTHER_PHOTO, RANDOM

# Random halves of the people.
SPLITS = 200

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanDistances:
    """Mean distances in every resample, (rows,) each: the first row is what was measured.

    Attributes:
        people: d(people, people).
        to_people: d(X, people), by group.
        own: d(X, X) between different plays of one group, or of different players where it has several; NaN where no
            photo was played twice.
    """

    people: Floats
    to_people: Mapping[str, Floats]
    own: Mapping[str, Floats]


def mean_distances(
    photos: Sequence[PhotoDistances], players: Mapping[str, Sequence[str]], resamples: Resamples
) -> MeanDistances:
    """Average the distances on each photo, then over photos, in every resample."""
    rows = len(resamples.people)
    # The sums over photos so far, and of their weights: what each photo has is not kept, it would be gigabytes.
    sums: dict[tuple[str, str], tuple[Floats, Floats]] = {}
    random = np.random.default_rng([*resamples.seed, 1])
    resampled = bool(resamples.over)
    # A group of several players is resampled by its players. What chance does in an agent's and in random plays of a
    # photo is different on each photo: where photos are resampled, that is in the interval already.
    by_player = {
        group: multinomial(random, len(names), rows - 1)
        for group, names in players.items()
        if group != OTHER_PHOTO and len(names) >= MINIMUM_CLUSTERS and resampled
    } | {OTHER_PHOTO: resamples.people}
    by_play = resampled and "photos" not in resamples.over
    for number, photo in enumerate(photos):
        people = resamples.people[:, photo.people]
        among_people = _bilinear(people, photo.own, people, photo.people[:, None] != photo.people[None])
        # Where one person alone was drawn of a photo's, the photo is left out of all terms alike.
        weight = resamples.photos[:, number] * np.isfinite(among_people)
        _add(sums, ("own", ""), among_people, weight)
        for group, others in photo.others.items():
            count = len(others.players)
            weights = by_player[group][:, others.players] if group in by_player else None
            if weights is None and by_play and count > 1:
                weights = multinomial(random, count, rows - 1)
            different = photo.people[:, None] != others.players[None] if group == OTHER_PHOTO else None
            _add(sums, ("to_people", group), _bilinear(people, others.to_people, weights, different), weight)
            if len(others.own):
                _add(sums, ("own", group), _within(others, weights, several=len(players[group]) > 1, rows=rows), weight)
    totals = {
        key: np.divide(top, bottom, out=np.full(rows, np.nan), where=bottom > 0) for key, (top, bottom) in sums.items()
    }
    groups = [group for kind, group in totals if kind == "to_people"]
    missing = np.full(rows, np.nan)
    return MeanDistances(
        totals["own", ""],
        {group: totals["to_people", group] for group in groups},
        {group: totals.get(("own", group), missing) for group in groups},
    )


def _within(others: Others, weights: Floats | None, *, several: bool, rows: int) -> Floats:
    """Return the mean distance among a group's plays of a photo, or of its different players where it has several."""
    same = others.players[:, None] == others.players[None] if several else np.eye(len(others.own), dtype=bool)
    if weights is not None:
        return _bilinear(weights, others.own, weights, ~same)
    return np.full(rows, np.nan if same.all() else others.own[~same].mean())


def _add(
    sums: dict[tuple[str, str], tuple[Floats, Floats]], key: tuple[str, str], means: Floats, weight: Floats
) -> None:
    """Add a photo's means to the sums over photos, in the resamples in which it has one."""
    top, bottom = sums.setdefault(key, (np.zeros(len(means)), np.zeros(len(means))))
    defined = ~np.isnan(means)
    top += weight * np.where(defined, means, 0.0)
    bottom += weight * defined


def _bilinear(a: Floats, matrix: Floats, b: Floats | None, allowed: NDArray[np.bool_] | None = None) -> Floats:
    """Return the mean of a matrix over its pairs, weighted by (rows, n) and (rows, k); NaN where there is none.

    Args:
        b: without it all columns count the same.
        allowed: (n, k), which are pairs; those that are none are of one player or one play, whose weights are equal.
    """
    kept = matrix if allowed is None else matrix * allowed
    none = np.zeros(len(matrix)) if allowed is None else (~allowed).sum(axis=1)
    if b is None:
        top, bottom = a @ kept.sum(axis=1), a @ (matrix.shape[1] - none)
    else:
        top = np.einsum("ij,ij->i", a @ kept, b)
        bottom = a.sum(axis=1) * b.sum(axis=1) - np.square(a) @ none
    means: Floats = np.divide(top, bottom, out=np.full(len(a), np.nan), where=bottom > 0)
    return means


def _over_photos(means: Floats, weights: Floats) -> Floats:
    """Return the mean of (photos, rows) over photos that have one, weighted by (rows, photos); NaN where none has."""
    defined = ~np.isnan(means.T)
    bottom = (weights * defined).sum(axis=1)
    top = (weights * np.where(defined, means.T, 0.0)).sum(axis=1)
    totals: Floats = np.divide(top, bottom, out=np.full(len(weights), np.nan), where=bottom > 0)
    return totals


@dataclass(frozen=True)
class Scale:
    """Human-likeness by one distance and one zero.

    Attributes:
        random, people: the mean distances at 0 and at 1.
        width: their difference.
        defined: whether the lower bound of the width is above 0; else there is no number.
        groups: human-likeness by group of players.
    """

    random: Estimate
    people: Estimate
    width: Estimate
    defined: bool
    groups: Mapping[str, Estimate]
    draws: Mapping[str, Floats]


def human_likeness(means: MeanDistances, resamples: Resamples, zero: str = RANDOM) -> Scale:
    """Place every group between a zero and people.

    Args:
        zero: the group that scores 0.
    """
    with_interval = bool(resamples.over)
    at_zero = means.to_people[zero]
    width = at_zero - means.people
    width_estimate = estimate(width, interval=with_interval)
    lower = width_estimate.low if width_estimate.low is not None else width_estimate.value
    defined = lower is not None and lower > 0
    draws = {}
    if defined:
        for group, distance in means.to_people.items():
            if group != zero:
                draws[group] = np.divide(at_zero - distance, width, out=np.full_like(width, np.nan), where=width > 0)
    return Scale(
        estimate(at_zero, interval=with_interval),
        estimate(means.people, interval=with_interval),
        width_estimate,
        defined,
        {group: estimate(values, interval=with_interval) for group, values in draws.items()},
        draws,
    )


def energy_distance(means: MeanDistances, group: str) -> Floats:
    """Return 2 d(X, people) - d(X, X) - d(people, people), (rows,): 0 only for players who are distributed alike.

    See Szekely and Rizzo, "Energy statistics", Journal of Statistical Planning and Inference 143, 2013. Both inner
    terms are over different players or plays, so that chance may bring it below 0.
    """
    return 2 * means.to_people[group] - means.own[group] - means.people


def single_people(photos: Sequence[PhotoDistances], count: int) -> Floats:
    """Return the human-likeness of each person against all others, on the photos that he or she played: (people,).

    Their mean is about 1. NaN for a person who shares no photo with another.
    """
    own, others, random = (np.zeros(count) for _ in range(3))
    for photo in photos:
        different = photo.people[:, None] != photo.people[None]
        if not different.any():
            continue
        everybody = photo.own[different].mean()
        for person in np.unique(photo.people):
            mine = photo.people == person
            own[person] += photo.own[mine][:, ~mine].mean()
            others[person] += everybody
            random[person] += photo.others[RANDOM].to_people[~mine].mean()
    width = random - others
    scores: Floats = np.divide(random - own, width, out=np.full(count, np.nan), where=width > 0)
    return scores


def reliability(photos: Sequence[PhotoDistances], group: str, count: int, seed: Sequence[int]) -> float | None:
    """Return how reliably people tell on which photos a group is far from them, 0 to 1.

    That is the mean, over 200 random splits of the people, of the correlation over photos between its distances to one
    half and to the other, stepped up to all people by Spearman and Brown's formula; ``None`` for fewer than 3 photos.
    """
    half = _halves(count, seed, SPLITS)
    means = []
    for photo in photos:
        distances = photo.others[group].to_people
        if distances.size:
            own = distances.mean(axis=1)
            for side in (half, 1 - half):
                weights = side[:, photo.people]
                bottom = weights.sum(axis=1)
                means.append(np.divide(weights @ own, bottom, out=np.full(len(half), np.nan), where=bottom > 0))
    if len(means) < 6:
        return None
    correlations = _correlations(np.array(means[::2]), np.array(means[1::2]))
    if not correlations.size:
        return None
    positive = correlations > 0
    correlations[positive] *= 2 / (1 + correlations[positive])
    return float(correlations.mean())


def _correlations(x: Floats, y: Floats) -> Floats:
    """Return those of the columns of two matrices that can be told: of 3 finite pairs or more, which differ."""
    both = np.isfinite(x) & np.isfinite(y)
    x, y = (np.where(both, values, np.nan)[:, both.sum(axis=0) >= 3] for values in (x, y))
    differ = (np.nanmax(x, axis=0) > np.nanmin(x, axis=0)) & (np.nanmax(y, axis=0) > np.nanmin(y, axis=0))
    dx, dy = (values[:, differ] - np.nanmean(values[:, differ], axis=0) for values in (x, y))
    of_both, of_x, of_y = (np.nansum(product, axis=0) for product in (dx * dy, dx * dx, dy * dy))
    correlations: Floats = np.clip(of_both / np.sqrt(of_x * of_y), -1, 1)
    return correlations


def _halves(count: int, seed: Sequence[int], splits: int) -> Floats:
    """Return random halves of the people, (splits, people) of 1 and 0."""
    random = np.random.default_rng([*seed, 2])
    half = np.zeros((splits, count))
    for row in half:
        row[random.permutation(count)[: count // 2]] = 1
    return half


def repeats(photos: Sequence[PhotoDistances]) -> tuple[float, float, int] | None:
    """Return d(a person, the same person again), d(people, people), and the number of photos that were played twice.

    Both are taken on the same photos; ``None`` where nobody played a photo twice.
    """
    rows = []
    for photo in photos:
        same = (photo.people[:, None] == photo.people[None]) & ~np.eye(len(photo.people), dtype=bool)
        different = photo.people[:, None] != photo.people[None]
        if same.any() and different.any():
            rows.append((photo.own[same].mean(), photo.own[different].mean()))
    if not rows:
        return None
    again, others = np.mean(rows, axis=0)
    return float(again), float(others), len(rows)


def split_halves(photos: Sequence[PhotoDistances], count: int, seed: Sequence[int], splits: int = SPLITS) -> Floats:
    """Return the human-likeness of one half of the people against the other, in random splits: the ceiling, (splits,).

    A split in which a half has no two people on one photo is left out.
    """
    half = _halves(count, seed, splits)
    terms: list[list[Floats]] = [[], [], []]
    for photo in photos:
        mine = half[:, photo.people]
        theirs = 1 - mine
        at_zero = photo.others[RANDOM].to_people.mean(axis=1)
        within = _bilinear(theirs, photo.own, theirs, photo.people[:, None] != photo.people[None])
        between = _bilinear(mine, photo.own, theirs)
        both = np.isfinite(within) & np.isfinite(between)
        at_random = np.divide(theirs @ at_zero, theirs.sum(axis=1), out=np.full(splits, np.nan), where=both)
        for values, term in zip(terms, (at_random, between, within), strict=True):
            values.append(np.where(both, term, np.nan))
    at_random, between, within = (_over_photos(np.array(term), np.ones((splits, len(photos)))) for term in terms)
    width = at_random - within
    defined = np.isfinite(width) & (width > 0)
    scores: Floats = (at_random - between)[defined] / width[defined]
    return scores
