"""The paper's metric: how alike the luminance, contrast and saturation of two sets of pictures are distributed.

Histogram intersection of Hu et al., "Exposure", ACM Transactions on Graphics 37 (2), 2018: from each picture 16 crops
of 64 x 64, of each crop three statistics, of each statistic a histogram of 32 bins over 0 .. 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import luminance
from editing.photos.colour import extremes
from editing.photos.preview import square

STATISTICS = ("luminance", "contrast", "saturation")
SQUARES = 4
CROPS_OF_A_SQUARE = 4
SQUARE_SIZE = 80
CROP_SIZE = 64
BINS = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Intersection:
    """The shared part of two sets' histograms, in percent, for each statistic: 100 if they are distributed alike."""

    luminance: float
    contrast: float
    saturation: float

    @property
    def mean(self) -> float:
        """The mean of the three."""
        return (self.luminance + self.contrast + self.saturation) / 3


def crop_statistics(pixels: NDArray[np.float32], name: str, seed: int) -> Floats:
    """Return (16, 3), the statistics of a picture's crops: 4 random crops of each of 4 random squares of 80 x 80.

    Args:
        pixels: (H, W, 3), of which 0 .. 1 is what is shown.
        name: of the picture; with the seed it decides the crops, whatever else is in the set.
    """
    shown = np.clip(pixels, 0, 1)
    height, width = shown.shape[:2]
    side = min(height, width)
    random = np.random.default_rng([seed, *name.encode("utf-8", "surrogateescape")])
    statistics = []
    for _ in range(SQUARES):
        top, left = random.integers(height - side + 1), random.integers(width - side + 1)
        small = square(shown[top : top + side, left : left + side], SQUARE_SIZE)
        statistics += _crop_statistics(small, CROPS_OF_A_SQUARE, random)
    return np.array(statistics)


def square_statistics(pixels: NDArray[np.float32], name: str, seed: int) -> Floats:
    """Return (16, 3), the statistics of 16 random crops of one square (80, 80, 3), as training keeps photos.

    Args:
        name, seed: as for ``crop_statistics``.
    """
    random = np.random.default_rng([seed, *name.encode("utf-8", "surrogateescape")])
    return np.array(_crop_statistics(np.clip(pixels, 0, 1), SQUARES * CROPS_OF_A_SQUARE, random))


def _crop_statistics(
    small: NDArray[np.float32], count: int, random: np.random.Generator
) -> list[tuple[float, float, float]]:
    corners = random.integers(SQUARE_SIZE - CROP_SIZE + 1, size=(count, 2))
    return [picture_statistics(small[top : top + CROP_SIZE, left : left + CROP_SIZE]) for top, left in corners]


def picture_statistics(picture: NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    """Return mean luminance, contrast (twice its standard deviation) and mean saturation (HLS) of values of 0 .. 1."""
    values = np.asarray(picture, dtype=np.float64)
    y = luminance((values[..., 0], values[..., 1], values[..., 2]))
    high, low = extremes(values)
    # Black and white, where this is 0 / 0, have no saturation.
    saturation = (high - low) / np.maximum(np.minimum(high + low, 2 - high - low), 1e-9)
    return float(y.mean()), 2 * float(y.std()), float(saturation.mean())


def histogram_intersection(a: Floats, b: Floats) -> float:
    """Return the sum of the bin-wise minima of two normalised histograms over 0 .. 1, in percent."""
    histograms = [np.histogram(np.clip(values, 0, 1), bins=BINS, range=(0, 1))[0] / len(values) for values in (a, b)]
    return 100 * float(np.minimum(*histograms).sum())


def earth_movers_distance(a: Floats, b: Floats) -> float:
    """Return how far the values of one set must be moved, on average, to be those of the other: Wasserstein-1.

    It is taken from 100 percentiles. ``scipy.stats.wasserstein_distance`` is exact, differs in the third digit, and
    takes four times as long for the sets of a validation, whose stored distances it would change.
    """
    percentiles = np.linspace(0.5, 99.5, 100)
    return float(np.abs(np.percentile(a, percentiles) - np.percentile(b, percentiles)).mean())


def root_mean_square(output: NDArray[np.float32], target: NDArray[np.float32]) -> float:
    """Return the RMSE of two pictures (H, W, 3) of one shape, values as shown, 0 .. 1."""
    difference = np.clip(output, 0, 1).astype(np.float64) - np.clip(target, 0, 1)
    return float(np.sqrt(np.square(difference).mean()))


def intersection(outputs: Sequence[Floats], targets: Sequence[Floats]) -> Intersection:
    """Compare two sets of pictures by the statistics of their crops, an array (crops, 3) for each picture."""
    a, b = np.concatenate(outputs), np.concatenate(targets)
    return Intersection(*(histogram_intersection(a[:, index], b[:, index]) for index in range(len(STATISTICS))))


def distance(outputs: Sequence[Floats], targets: Sequence[Floats]) -> float:
    """Return the mean over the statistics of the earth mover's distance between two sets of pictures, in their unit.

    It knows how far apart two histograms are where ``intersection`` knows only that they differ.
    """
    a, b = np.concatenate(outputs), np.concatenate(targets)
    return fmean(earth_movers_distance(a[:, index], b[:, index]) for index in range(len(STATISTICS)))
