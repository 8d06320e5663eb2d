"""A filter's curves as they are drawn."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from editing.game.filter import Filter


def largest_departure(kind: Filter) -> float:
    """The furthest that a curve of a filter can be from the straight line: one part as steep, the rest as flat as
    allowed, the corner at the worst place."""
    root = math.sqrt(kind.maximum_ratio or 1)
    return (root - 1) / (root + 1)


def curve_heights(kind: Filter, slopes: Sequence[float]) -> NDArray[np.float64]:
    """How high a curve is drawn at its evenly spaced knots, in a unit square, from its slopes, dark to bright.

    Where a filter has several, each close to the straight line, it is their departures from it that are drawn, the
    largest possible as half of the height.
    """
    heights = np.concatenate([[0.0], np.cumsum(slopes) / np.sum(slopes)])
    if len(kind.curves) > 1:
        heights = 0.5 + (heights - np.linspace(0, 1, len(heights))) / largest_departure(kind) / 2
    return heights
