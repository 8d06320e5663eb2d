"""A photo and a finished picture of it, brought to one size: the colours that are compared."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from editing.photos.colour import linear_to_srgb
from editing.photos.decoding import read_photo
from editing.photos.photo_error import printable
from editing.photos.preview import area_average, shrunk_size
from editing.photos.read_options import ReadOptions

Pixels = NDArray[np.float32]

# Cameras cut a few rows and columns from a RAW for the JPEG beside it.
SAME_PROPORTIONS = 0.02


class PairError(ValueError):
    """Two pictures cannot be of the same photo; the message is one line."""


@dataclass(frozen=True)
class Pair:
    """A photo and its finished picture, of one size.

    Attributes:
        light: (H, W, 3) linear light.
        shown: (H, W, 3) the numbers that a screen shows, 0 .. 1.
    """

    light: Pixels
    shown: Pixels

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels."""
        return self.light.shape[1], self.light.shape[0]

    def shrunk(self, long_edge: int) -> "Pair":
        """Return both with a long edge of at most so many pixels."""
        size = shrunk_size(*self.size, long_edge)
        return Pair(_averaged(self.light, size), _averaged(self.shown, size))

    def colours(self, count: int, seed: int = 0) -> tuple[Pixels, Pixels]:
        """(N, 3) of each: all, or ``count`` of them, drawn evenly over the picture."""
        light, shown = self.light.reshape(-1, 3), self.shown.reshape(-1, 3)
        if len(light) <= count:
            return light, shown
        stretch = len(light) / count
        rows = ((np.arange(count) + np.random.default_rng(seed).random(count)) * stretch).astype(np.int64)
        return light[rows], shown[rows]


def _averaged(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    width, height = size
    return pixels if pixels.shape[:2] == (height, width) else area_average(pixels, height, width)


def read_pair(photo: Path, target: Path, options: ReadOptions) -> Pair:
    """Read a photo and its finished picture; the larger is made as small as the other.

    Args:
        options: how the photo's values are to be taken; the target is taken by its profile.

    Raises:
        PhotoError: if one of them cannot be read.
        PairError: if they are not of the same proportions.
    """
    light = read_photo(photo, options).pixels
    shown = linear_to_srgb(read_photo(target).pixels)
    sizes = [(pixels.shape[1], pixels.shape[0]) for pixels in (light, shown)]
    (width, height), (other_width, other_height) = sizes
    if abs(math.log(width * other_height / (height * other_width))) > SAME_PROPORTIONS:
        names = [printable(path.name) for path in (photo, target)]
        described = " and ".join(f"{name} {size[0]} x {size[1]}" for name, size in zip(names, sizes, strict=True))
        turned = (width > height) != (other_width > other_height)
        raise PairError(
            f"these are not the same picture: {described} pixels; "
            + ("one of them lies on its side: turn it" if turned else "crop them alike")
        )
    return Pair(_averaged(light, min(sizes)), _averaged(shown, min(sizes)))
