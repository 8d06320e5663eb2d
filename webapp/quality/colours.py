"""A picture at few points, small enough to be kept of every episode, and how far two of them lie apart."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.colour import Pixels, lab

# The photo is divided into so many fields, across and down. The filters work on each colour by itself, so that what
# they make of the fields' mean colours tells how they treat the photo.
FIELDS = 8
_SCALE = np.array([2.55, 1.0, 1.0])
_OFFSET = np.array([0.0, 128.0, 128.0])


def mean_colours(photo: Pixels) -> Pixels:
    """Return the mean linear light of a photo's fields, (64, 3), from (H, W, 3) of at least 8 x 8 pixels."""
    rows, columns = (np.linspace(0, length, FIELDS + 1).astype(int)[:-1] for length in photo.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(photo.astype(np.float64), rows, axis=0), columns, axis=1)
    heights, widths = (np.diff([*starts, end]) for starts, end in zip((rows, columns), photo.shape, strict=False))
    means: Pixels = (sums / (heights[:, None] * widths[None, :])[..., None]).astype(np.float32)
    return means.reshape(-1, 3)


def colours_after(photo: Pixels, steps: Iterable[Step]) -> bytes:
    """Return CIELAB as a screen shows the fields after some steps, in 192 bytes: L* by 2.55, a* and b* by 1 and 128.

    Args:
        photo: of ``mean_colours``.
    """
    shown = lab(np.clip(apply_steps(photo, steps), 0, 1)) * _SCALE + _OFFSET
    levels: NDArray[np.uint8] = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    return levels.tobytes()


def as_points(colours: Iterable[bytes]) -> NDArray[np.float32]:
    """Return pictures as points, (N, 192), between which the distance is the root of the mean square of ΔE."""
    stacked = np.frombuffer(b"".join(colours), np.uint8).reshape(-1, FIELDS * FIELDS, 3)
    units: NDArray[np.float32] = np.asarray(stacked / (_SCALE * FIELDS), np.float32)
    return units.reshape(len(stacked), 3 * FIELDS * FIELDS)


def distance(a: bytes, b: bytes) -> float:
    """Return how far two pictures lie apart: the root of the mean square of ΔE (CIE 1976) over their fields."""
    first, second = as_points((a, b))
    return float(np.linalg.norm(first - second))
