"""What is counted over two sides' episodes: filter use, number of steps, order and parameters, with intervals.

Every estimate is a ratio of two sums over episodes, so that one resampling a side serves them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from editing.game.filter import Filter
from editing.game.filters import FILTERS
from editing.game.parameters import Parameter
from editing.game.rules import MAXIMUM_STEPS
from learning.comparison.intervals import Estimate, Resampling, difference, estimate
from learning.comparison.sides import Episode

BINS = 20
FREQUENT_ORDERS = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
START, END = "start", "end"
# Random halves of a side, for what chance does.
SPLITS = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """A side's counted episodes and their resampling."""

    episodes: Sequence[Episode]
    resampling: Resampling

    @classmethod
    def of(cls, episodes: Sequence[Episode], seed: Sequence[int]) -> Sample:
        """Return the episodes, to be resampled by player or photo."""
        players, photos = [episode.player for episode in episodes], [episode.photo for episode in episodes]
        return cls(episodes, Resampling(players, photos, seed))


def filter_use(a: Sample, b: Sample) -> dict[str, object]:
    """Return, by filter, the episodes that use it, their share with interval, and the difference of the shares."""
    result: dict[str, object] = {}
    for slug in FILTERS:
        uses = [np.array([slug in episode.order for episode in side.episodes], dtype=bool) for side in (a, b)]
        shares = [side.resampling.share(use) for side, use in zip((a, b), uses, strict=True)]
        result[slug] = {
            "a": {"episodes": int(uses[0].sum()), **shares[0].to_json()},
            "b": {"episodes": int(uses[1].sum()), **shares[1].to_json()},
            "difference": difference(*shares).to_json(),
        }
    return result


def step_counts(a: Sample, b: Sample) -> dict[str, object]:
    """Return the episodes by their number of steps (0 to 5), and the mean number with interval."""
    numbers = [np.array([len(episode.steps) for episode in side.episodes], dtype=np.intp) for side in (a, b)]
    means = [side.resampling.ratio(number) for side, number in zip((a, b), numbers, strict=True)]
    counts = [np.bincount(number, minlength=MAXIMUM_STEPS + 1).tolist() for number in numbers]
    return {
        "a": {"episodes": counts[0], "mean": means[0].to_json()},
        "b": {"episodes": counts[1], "mean": means[1].to_json()},
        "difference": difference(*means).to_json(),
    }


def order(side: Sample) -> dict[str, object]:
    """Return where filters stand: counts by position, mean position, what follows what, the most frequent orders.

    ``transitions[x][y]`` counts the episodes in which ``y`` comes directly after ``x``; the first row is the start
    of an episode and the last column its end.
    """
    orders = [episode.order for episode in side.episodes]
    positions = {slug: [0] * MAXIMUM_STEPS for slug in FILTERS}
    transitions = {x: dict.fromkeys([*FILTERS, END], 0) for x in [START, *FILTERS]}
    for slugs in orders:
        for index, slug in enumerate(slugs):
            positions[slug][index] += 1
        for x, y in zip((START, *slugs), (*slugs, END), strict=True):
            transitions[x][y] += 1
    means = {}
    for slug in FILTERS:
        used = np.array([slug in slugs for slugs in orders], dtype=bool)
        indices = [slugs.index(slug) + 1 if slug in slugs else 0 for slugs in orders]
        means[slug] = side.resampling.ratio(indices, used).to_json()
    frequent = sorted(Counter(orders).items(), key=lambda item: (-item[1], item[0]))
    return {
        "positions": positions,
        "mean_position": means,
        "transitions": transitions,
        "distinct_orders": len(frequent),
        "frequent_orders": [
            {"filters": list(slugs), "episodes": count, "share": count / len(orders)}
            for slugs, count in frequent[:FREQUENT_ORDERS]
        ],
    }


def divergences(a: Sample, b: Sample, seed: Sequence[int]) -> dict[str, object]:
    """Return how far apart the two sides' choices are distributed: Jensen-Shannon divergences in bits.

    0 is alike, 1 without anything in common; it is the divergence itself, not its root, which is the distance. A
    sample's is above 0 for chance alone: ``halves`` is the mean of A's one half against the other, in 100 random
    splits of its clusters, and holds what chance does twice over, as halves are smaller.
    """
    tables = {
        "filters": [_indicators(side, lambda slugs: slugs) for side in (a, b)],
        "first": [_indicators(side, lambda slugs: (*slugs, END)[:1]) for side in (a, b)],
        "last": [_indicators(side, lambda slugs: (START, *slugs)[-1:]) for side in (a, b)],
        "transitions": [_transition_indicators(side) for side in (a, b)],
    }
    return {name: _divergence(a, b, table, seed) for name, table in tables.items()}


def _indicators(side: Sample, choose: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Floats:
    """Return (episodes, filters and the two ends) how often each is chosen."""
    columns = {name: column for column, name in enumerate([*FILTERS, START, END])}
    table = np.zeros((len(side.episodes), len(columns)))
    for row, episode in enumerate(side.episodes):
        for slug in choose(episode.order):
            table[row, columns[slug]] += 1
    return table


def _transition_indicators(side: Sample) -> Floats:
    names = [START, *FILTERS, END]
    columns = {name: column for column, name in enumerate(names)}
    table = np.zeros((len(side.episodes), len(names) ** 2))
    for row, episode in enumerate(side.episodes):
        for before, after in pairwise((START, *episode.order, END)):
            table[row, columns[before] * len(names) + columns[after]] += 1
    return table


def _divergence(a: Sample, b: Sample, tables: Sequence[Floats], seed: Sequence[int]) -> dict[str, float | None]:
    totals = [side.resampling.totals(table) for side, table in zip((a, b), tables, strict=True)]
    if not all(len(total) and total[0].sum() for total in totals):
        return {**Estimate(None).to_json(), "halves": None}
    rows = min(map(len, totals))
    draws = jensen_shannon(totals[0][:rows], totals[1][:rows])
    return {**estimate(draws, interval=rows > 1).to_json(), "halves": _between_halves(a, tables[0], seed)}


def _between_halves(side: Sample, table: Floats, seed: Sequence[int]) -> float | None:
    """Return the mean divergence of one half of a side's clusters from the other; none of fewer than five."""
    if not side.resampling.cluster:
        return None
    clusters = side.resampling.cluster_totals(table)
    random = np.random.default_rng([*seed, 9])
    orders = np.array([random.permutation(len(clusters)) for _ in range(SPLITS)])
    middle = len(clusters) // 2
    values = jensen_shannon(clusters[orders[:, :middle]].sum(axis=1), clusters[orders[:, middle:]].sum(axis=1))
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else None


def jensen_shannon(a: Floats, b: Floats) -> Floats:
    """Return the Jensen-Shannon divergences in bits of (rows, k) counts, row by row: (rows,), 0 .. 1.

    Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on Information Theory 37, 1991. NaN where
    a row has no count.
    """
    with np.errstate(invalid="ignore"):
        p, q = a / a.sum(axis=-1, keepdims=True), b / b.sum(axis=-1, keepdims=True)
    mean = (p + q) / 2
    divergence: Floats = (_entropy(mean) - (_entropy(p) + _entropy(q)) / 2).clip(0, 1)
    return divergence


def _entropy(shares: Floats) -> Floats:
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy: Floats = -(shares * logarithms).sum(axis=-1)
    return entropy


def parameters(a: Sample, b: Sample) -> dict[str, object]:
    """Return, by filter, how its parameters are distributed: curves where it has them, else each parameter."""
    result: dict[str, object] = {}
    for slug, filter_ in FILTERS.items():
        if filter_.curves:
            result[slug] = {"curves": _curves(filter_, a, b)}
        else:
            result[slug] = {
                "parameters": {parameter.name: _values(slug, parameter, a, b) for parameter in filter_.parameters}
            }
    return result


def _used(slug: str, side: Sample) -> Iterable[tuple[int, Mapping[str, float]]]:
    for index, episode in enumerate(side.episodes):
        for step in episode.steps:
            if step.filter == slug:
                yield index, step.parameters


def _values(slug: str, parameter: Parameter, a: Sample, b: Sample) -> dict[str, object]:
    """Distribution of one parameter. Histogram and mean are taken over slider positions, which know its scale: the mean
    of a logarithmic parameter is geometric, and its difference is the ratio of the two."""
    sides: dict[str, object] = {}
    means: list[Estimate] = []
    chosen_positions: list[Floats] = []
    for name, side in (("a", a), ("b", b)):
        values = np.zeros(len(side.episodes))
        positions, used = np.zeros_like(values), np.zeros_like(values)
        for index, step in _used(slug, side):
            values[index], used[index] = step[parameter.name], 1
            positions[index] = parameter.to_position(step[parameter.name])
        mean = side.resampling.ratio(positions, used)
        means.append(mean)
        chosen_positions.append(positions[used == 1])
        chosen = values[used == 1]
        sides[name] = {
            "episodes": len(chosen),
            "mean": {key: _physical(parameter, position) for key, position in mean.to_json().items()},
            "quantiles": dict(zip(map(str, QUANTILES), np.quantile(chosen, QUANTILES).tolist(), strict=True))
            if len(chosen)
            else None,
            "histogram": np.histogram(positions[used == 1], BINS, (0, 1))[0].tolist(),
        }
    gap = difference(*means).to_json()
    logarithmic = parameter.scale == "log"
    span = parameter.high / parameter.low if logarithmic else parameter.high - parameter.low
    change = {k: None if v is None else span**v if logarithmic else span * v for k, v in gap.items()}
    facts = {"low": parameter.low, "high": parameter.high, "scale": parameter.scale, "unit": parameter.unit}
    apart = {"wasserstein": None, "effect_size": None} | _apart(*chosen_positions)
    return {**facts, **sides, "ratio" if logarithmic else "difference": change, **apart}


def _apart(a: Floats, b: Floats) -> dict[str, float]:
    """Return how far apart two distributions over a slider are.

    ``wasserstein`` is the mean distance that values must be moved, in widths of the slider; ``effect_size`` is Cohen's
    d of B against A, the difference of the means in pooled standard deviations.
    """
    if min(len(a), len(b)) < 2:
        return {}
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2))
    effect = {"effect_size": float((b.mean() - a.mean()) / pooled)} if pooled > 0 else {}
    return {"wasserstein": float(wasserstein_distance(a, b)), **effect}


def _physical(parameter: Parameter, position: float | None) -> float | None:
    return None if position is None else float(parameter.from_position(min(max(position, 0.0), 1.0)))


def _curves(filter_: Filter, a: Sample, b: Sample) -> list[dict[str, object]]:
    """For each curve of a filter (tone: one; color: red, green, blue) the slopes, of which only ratios matter, as
    slope * 8 / sum(slope), and the curve that they make at its nine knots 0, 1/8 .. 1."""
    return [{"a": _curve(filter_, names, a), "b": _curve(filter_, names, b)} for names in filter_.curves]


def _curve(filter_: Filter, names: Sequence[str], side: Sample) -> dict[str, object]:
    slopes = np.zeros((len(side.episodes), len(names)))
    used = np.zeros(len(side.episodes))
    for index, step in _used(filter_.slug, side):
        slope = np.array([step[name] for name in names])
        slopes[index], used[index] = slope * len(names) / slope.sum(), 1
    knots = np.cumsum(slopes[used == 1] / len(names), axis=1)
    knots = np.concatenate([np.zeros((len(knots), 1)), knots], axis=1)
    empty = len(knots) == 0
    return {
        "episodes": len(knots),
        "slopes": [side.resampling.ratio(column, used).to_json() for column in slopes.T],
        "mean": None if empty else knots.mean(axis=0).tolist(),
        "low": None if empty else np.quantile(knots, 0.1, axis=0).tolist(),
        "high": None if empty else np.quantile(knots, 0.9, axis=0).tolist(),
    }
