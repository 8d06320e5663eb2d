"""What needs no agent: ways to develop any photo by the game's own steps, which an agent is worth more than or not."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS
from editing.game.rules import Step

Pixels = NDArray[np.float32]
Steps = tuple[Step, ...]

# What automatic levels make of a photo: so bright a part of its values becomes 1, and their mean is this.
WHITE_PERCENTILE = 99.0
MEAN = 0.42
# Of the darkest photo: nothing is multiplied by more.
_LEAST_WHITE = 1e-6
_HALVINGS = 40


def untouched(pixels: Pixels) -> Steps:  # noqa: ARG001 (as all baselines)
    """Leave a photo as it is."""
    return ()


def automatic_levels(pixels: Pixels) -> Steps:
    """Make the 99th percentile of a photo's values 1, and their mean 0.42 by a power; as far as the filters go.

    Args:
        pixels: (..., 3) linear light.
    """
    ev, gamma = (FILTERS[slug].parameters[0] for slug in ("exposure", "gamma"))
    white = max(float(np.percentile(pixels, WHITE_PERCENTILE)), _LEAST_WHITE)
    stops = min(max(-math.log2(white), ev.low), ev.high)
    levels = np.clip(pixels.astype(np.float64) * 2.0**stops, 1e-3, 1)
    # The mean falls as the power grows.
    low, high = math.log(gamma.low), math.log(gamma.high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if float(np.power(levels, math.exp(middle)).mean()) > MEAN else (low, middle)
    power = min(max(math.exp((low + high) / 2), gamma.low), gamma.high)
    return (Step("exposure", {"ev": stops}), Step("gamma", {"gamma": power}))


def screen_curve(pixels: Pixels) -> Steps:  # noqa: ARG001
    """Give every photo the same curve, x^(1/2.2): about the one by which screens show linear light."""
    return (Step("gamma", {"gamma": 1 / 2.2}),)


BASELINES: Mapping[str, Callable[[Pixels], Steps]] = MappingProxyType(
    {
        "untouched": untouched,
        "automatic levels": automatic_levels,
        "one curve for all, x^(1/2.2)": screen_curve,
    }
)
