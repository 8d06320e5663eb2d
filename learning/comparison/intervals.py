"""Estimates with their 95 % intervals, by a bootstrap that resamples whole players or photos.

An interval over episodes would pretend to more than is known: the episodes of one player are alike. So it resamples
whole players, or whole photos where there are too few players.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2000
LEVEL = 0.95
# Fewer clusters than this say nothing about the population they come from.
MINIMUM_CLUSTERS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """An estimate with its 95 % interval; ``None`` where there is nothing, or for an interval too little, to go by.

    ``draws`` holds the estimate in every resample; it is empty where there is no interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    draws: Floats = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    def to_json(self) -> dict[str, float | None]:
        """Return ``{value, low, high}``."""
        return {"value": self.value, "low": self.low, "high": self.high}


class Resampling:
    """A seeded bootstrap over clusters of episodes: players, or photos where there are fewer than five players.

    Args:
        players, photos: who played each of n episodes, and on which photo.
        seed: the same seed and episodes give the same intervals; another entry for each side keeps them independent.

    Attributes:
        cluster: ``player``, ``photo``, or ``None`` where there are fewer than five of both, and so no intervals.
        count: how many clusters there are.
    """

    def __init__(self, players: Sequence[str], photos: Sequence[str], seed: Sequence[int]) -> None:
        self.cluster: str | None = None
        self.count = 0
        for cluster, names in (("player", players), ("photo", photos)):
            clusters = sorted(set(names))
            if len(clusters) >= MINIMUM_CLUSTERS:
                self.cluster, self.count = cluster, len(clusters)
                self._members = np.searchsorted(clusters, names)
                random = np.random.default_rng(list(seed))
                draws = random.multinomial(self.count, np.full(self.count, 1 / self.count), size=RESAMPLES)
                self._weights = draws.astype(np.float64)
                break

    def ratio(self, numerators: ArrayLike, denominators: ArrayLike | None = None) -> Estimate:
        """Estimate the sum of the numerators over that of the denominators.

        Args:
            numerators, denominators: of shape (n,), an entry for each episode; without denominators all are 1.
        """
        top = np.asarray(numerators, dtype=np.float64)
        bottom = np.ones_like(top) if denominators is None else np.asarray(denominators, dtype=np.float64)
        if bottom.sum() == 0:
            return Estimate(None)
        value = float(top.sum() / bottom.sum())
        if not self.cluster:
            return Estimate(value)
        tops = self._weights @ np.bincount(self._members, top, minlength=self.count)
        bottoms = self._weights @ np.bincount(self._members, bottom, minlength=self.count)
        # Too rare to be in nearly every resample: an interval from the others would pretend to a certainty.
        if np.mean(bottoms > 0) < LEVEL:
            return Estimate(value)
        draws = np.full(RESAMPLES, np.nan)
        np.divide(tops, bottoms, out=draws, where=bottoms > 0)
        low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, float(low), float(high), draws)

    def totals(self, values: ArrayLike) -> Floats:
        """Return the sums over the episodes of (n, k) values in every resample, (1 + resamples, k); the first of all.

        Without clusters to resample there is that row alone.
        """
        table = np.asarray(values, dtype=np.float64)
        whole = table.sum(axis=0, keepdims=True)
        return np.concatenate([whole, self._weights @ self.cluster_totals(table)]) if self.cluster else whole

    def cluster_totals(self, values: ArrayLike) -> Floats:
        """Return the sums over the episodes of each cluster, (clusters, k)."""
        table = np.asarray(values, dtype=np.float64)
        sums = np.zeros((self.count, table.shape[1]))
        np.add.at(sums, self._members, table)
        return sums

    def share(self, members: ArrayLike) -> Estimate:
        """Estimate the share of episodes for which ``members`` (n,) is true, 0 to 1.

        Where that is none or all of them a bootstrap has no width. The open limit is then the exact binomial one
        (Clopper and Pearson), with the clusters as its trials.
        """
        estimate = self.ratio(members)
        if estimate.low is None or estimate.value not in (0.0, 1.0):
            return estimate
        reach = 1 - ((1 - LEVEL) / 2) ** (1 / self.count)
        low, high = (0.0, reach) if estimate.value == 0 else (1 - reach, 1.0)
        return Estimate(estimate.value, low, high, estimate.draws)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """Estimate A minus B.

    The two sides are resampled independently, which is wider than the truth where they share photos.
    """
    if a.value is None or b.value is None:
        return Estimate(None)
    value = a.value - b.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Estimate(value)
    if np.nanstd(a.draws) == 0 or np.nanstd(b.draws) == 0:
        # One side is at 0 or 100 %: its draws all agree, so its exact limits are carried through instead.
        return Estimate(value, a.low - b.high, a.high - b.low)
    draws = a.draws - b.draws
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high), draws)


@dataclass(frozen=True)
class Resamples:
    """Weights of people and photos: in the first row all 1, then one row for each resample.

    Attributes:
        people: (rows, people).
        photos: (rows, photos).
        seed: of the weights of other players and their plays.
        over: what is resampled: ``people``, ``photos``, both or neither, where there are fewer than five.
    """

    people: Floats
    photos: Floats
    seed: tuple[int, ...]
    over: tuple[str, ...]

    @classmethod
    def draw(
        cls, people: int, photos: int, seed: Sequence[int], over: Sequence[str] = ("people", "photos")
    ) -> Resamples:
        """Draw the resamples of so many people and photos."""
        random = np.random.default_rng(list(seed))
        counts = {"people": people, "photos": photos}
        resampled = tuple(name for name in over if counts[name] >= MINIMUM_CLUSTERS)
        weights = {
            name: multinomial(random, count, RESAMPLES) if name in resampled else np.ones((RESAMPLES + 1, count))
            for name, count in counts.items()
        }
        return cls(weights["people"], weights["photos"], tuple(seed), resampled)


def multinomial(random: np.random.Generator, count: int, rows: int) -> Floats:
    """Return (rows + 1, count) weights: a row of 1, then how often each of ``count`` is drawn in a resample."""
    drawn = random.multinomial(count, np.full(count, 1 / count), size=rows)
    return np.concatenate([np.ones((1, count)), drawn]).astype(np.float64)


def estimate(draws: Floats, *, interval: bool = True) -> Estimate:
    """Return the first of some draws as the estimate, with the interval of the others; without one if one is undefined.

    A resample in which it is undefined is left out, as long as these are few.
    """
    value = float(draws[0])
    if not np.isfinite(value):
        return Estimate(None)
    defined = draws[1:][np.isfinite(draws[1:])]
    if not interval or len(defined) < LEVEL * (len(draws) - 1):
        return Estimate(value)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high), draws[1:])
