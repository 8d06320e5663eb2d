"""A sequence of filters as one compiled loop over a picture's values.

A kernel is compiled for filters, not for their parameters, which it takes when it runs.
"""

from collections.abc import Mapping, Sequence
from ctypes import c_float, c_uint32
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS
from editing.rendering.pipelines import Argument, Pipeline

# Pixels that a thread computes before it takes the next; measured.
BLOCK = 4096
# Halide counts values by 32-bit numbers. The last part must not be smaller than a block.
PIXELS_AT_ONCE = 1 << 28


@dataclass(frozen=True)
class Shape:
    """What a kernel is compiled for.

    Attributes:
        filters: the slugs, in order.
        source, result: types of the values that are read and written.
        source_planar, result_planar: whether a colour's values lie together rather than a pixel's.
        has_curve, has_matrix: whether the values go through tables, and then a matrix, to become light.
        dithered: whether integers are rounded by a threshold that differs from value to value.
    """

    filters: tuple[str, ...]
    source: np.dtype[Any]
    source_planar: bool
    has_curve: bool
    has_matrix: bool
    result: np.dtype[Any]
    result_planar: bool
    dithered: bool


class Kernel:
    """A compiled sequence of filters."""

    def __init__(self, shape: Shape, run: Pipeline) -> None:
        self.shape = shape
        self._run = run

    def __call__(
        self,
        values: NDArray[Any],
        result: NDArray[Any],
        parameters: Sequence[Mapping[str, float]],
        curve: NDArray[np.float32] | None,
        matrix: NDArray[np.float32] | None,
        first: int,
    ) -> None:
        """Render pixels.

        Args:
            values, result: (n, 3), or (3, n) where they are planar; contiguous, of `BLOCK` pixels at least.
            parameters: of each filter, by name.
            curve: (levels, 3); matrix: (3, 3), row by row a linear sRGB channel.
            first: the number of the first pixel in its picture, which the threshold of rounding depends on.
        """
        light: list[Argument] = [] if curve is None else [curve]
        light += [] if matrix is None else [c_float(float(entry)) for entry in matrix.ravel()]
        ordered = (
            c_float(given[name])
            for slug, given in zip(self.shape.filters, parameters, strict=True)
            for name in FILTERS[slug].by_name
        )
        numbers = [*light, *ordered]
        count = values.shape[1 if self.shape.source_planar else 0]
        for start in range(0, count, PIXELS_AT_ONCE):
            start = max(0, min(start, count - BLOCK))
            part = slice(start, start + PIXELS_AT_ONCE)
            read = values[:, part] if self.shape.source_planar else values[part]
            written = result[:, part] if self.shape.result_planar else result[part]
            self._run(read, *numbers, c_uint32(first + start), written)
