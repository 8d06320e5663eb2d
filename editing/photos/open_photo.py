"""A photo that is open: its rows are decoded as they are asked for, and every error names the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.photos.colour import Pixels, Samples, check_finite, light_of
from editing.photos.photo_error import naming

STRIP_PIXELS = 1 << 20
PART_ROWS = 16  # strips are cut where written files are: half a megabyte of a 24-megapixel picture with 16 bits


def strip_rows(width: int) -> int:
    """How many rows of a picture are taken at a time: about STRIP_PIXELS, and as files are written, a multiple."""
    return max(1, STRIP_PIXELS // (width * PART_ROWS)) * PART_ROWS


@dataclass(frozen=True)
class OpenPhoto:
    """A photo whose pixels are decoded as they are asked for: fast from the top down; going back up decodes anew.

    samples: its numbers as the file has them, and what they mean; what `samples.values` raises does not name the file.
    """

    path: Path
    samples: Samples

    @property
    def width(self) -> int:
        """In pixels, upright."""
        return int(self.samples.values.shape[1])

    @property
    def height(self) -> int:
        """In pixels, upright."""
        return int(self.samples.values.shape[0])

    def rows(self, top: int, bottom: int) -> NDArray[Any]:
        """Rows `top` to `bottom` (excluded) as the file has them: (rows, width, 3), C-contiguous, of native byte order.

        uint8, uint16, float16 or float32, and finite. Raises PhotoError, "<file name>: <reason>".
        """
        with naming(self.path):
            strip = self.samples.values[top:bottom]
            dtype = strip.dtype.newbyteorder("=") if strip.dtype.itemsize < 8 else np.dtype(np.float32)
            with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
                # Halide takes no array that may not be written to.
                strip = np.require(np.broadcast_to(strip, (*strip.shape[:2], 3)), dtype, ["C", "W"])
            if dtype.kind == "f":
                check_finite(int(np.count_nonzero(~np.isfinite(strip))), f"in rows {top} to {bottom}")
            return strip

    def light(self, top: int, bottom: int) -> Pixels:
        """Return them as linear sRGB light, float32 (rows, width, 3), finite and >= 0, as in `Photo.pixels`."""
        with naming(self.path):
            strip = self.samples.values[top:bottom]
            light = self._light_of(np.broadcast_to(strip, (*strip.shape[:2], 3)))
            check_finite(int(np.count_nonzero(~np.isfinite(light))), f"in rows {top} to {bottom}")
            return np.maximum(light, 0.0, out=light)

    def row_strips(self) -> Iterator[NDArray[Any]]:
        """Return the whole photo by `rows`, `strip_rows` of them at a time."""
        step = strip_rows(self.width)
        return (self.rows(top, min(top + step, self.height)) for top in range(0, self.height, step))

    def light_strips(self, top: int = 0, bottom: int | None = None) -> Iterator[Pixels]:
        """Return the photo, or its rows `top` to `bottom` (excluded), by `light`, `strip_rows` of them at a time."""
        step, end = strip_rows(self.width), self.height if bottom is None else bottom
        return (self.light(first, min(first + step, end)) for first in range(top, end, step))

    @cached_property
    def _light_of(self) -> Callable[[NDArray[Any]], Pixels]:
        return light_of(self.samples)
