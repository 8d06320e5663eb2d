"""Rounding with thresholds that look random, so that a smooth gradient in 8 bits shows no bands.

A value v becomes floor(v + t) with t between 0 and 1 instead of 1/2: right on average, and exact values stay exact.
t is a function of the pixel's number in its picture and of the channel alone, so that any strips give the same picture.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLD_BITS = 24  # as many as a float32 holds


def scrambled(index: Any, number: Callable[[int], Any]) -> Any:
    """Return a 32-bit unsigned integer, or an array or expression of them, made one that looks random: `lowbias32`.

    number: makes a constant of the same type. Source: C. Wellons, "Prospecting for Hash Functions", 2018.
    """
    index = index ^ (index >> number(16))
    index = index * number(0x7FEB352D)
    index = index ^ (index >> number(15))
    index = index * number(0x846CA68B)
    return index ^ (index >> number(16))


def thresholds(first: int, count: int) -> NDArray[np.float32]:
    """(count, 3) thresholds, 0 <= t < 1, of the pixels from number `first` on."""
    index = (np.arange(3 * count, dtype=np.uint64) + np.uint64(3 * first)).astype(np.uint32)
    bits = scrambled(index, np.uint32) >> np.uint32(32 - THRESHOLD_BITS)
    shares: NDArray[np.float32] = bits.astype(np.float32) * np.float32(2.0**-THRESHOLD_BITS)
    return shares.reshape(count, 3)
