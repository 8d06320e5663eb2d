"""What is counted over two sides' episodes: filter use, number of steps, order and parameters, with intervals.

Every estimate is a ratio of two sums over episodes, so that one resampling a side serves them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from editing.game.filter import Filter
from editing.game.filters import FILTERS
from editing.game.parameters import Parameter
from editing.game.rules import MAXIMUM_STEPS
from learning.comparison.intervals import Estimate, Resampling, difference
from learning.comparison.sides import Episode

BINS = 20
FREQUENT_ORDERS = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
START, END = "start", "end"


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
    for name, side in (("a", a), ("b", b)):
        values = np.zeros(len(side.episodes))
        positions, used = np.zeros_like(values), np.zeros_like(values)
        for index, step in _used(slug, side):
            values[index], used[index] = step[parameter.name], 1
            positions[index] = parameter.to_position(step[parameter.name])
        mean = side.resampling.ratio(positions, used)
        means.append(mean)
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
    return {**facts, **sides, "ratio" if logarithmic else "difference": change}


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
