"""What an edit breaks and the histograms do not see: noise in the shadows made coloured, hues turned, greys tinted.

The metrics are of our own making, in units of CIE L*a*b* (D65) of the picture as a screen shows it. Colour differences
below 1 cannot be seen; those of two neighbouring pixels that should be alike begin to at 2 or 3.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import apply_steps, luminance
from editing.game.rules import Step
from editing.photos.colour import extremes, lab

Pixels = NDArray[np.float32]

EIGHT_BIT_STEP = 1 / 255
# Of the largest of the three values: less than this between largest and smallest is grey.
GREY = 0.1
# Darker than this, the rounding of 8-bit files alone gives greys a colour.
DARKEST_GREY = 0.02


@dataclass(frozen=True)
class Artefacts:
    """What an edit did to a picture, besides making it look finished.

    Attributes:
        chroma_noise: the root mean square over the pixels of how far a*, b* move, if the values that came in are moved
            at random within the rounding of an 8-bit file. It grows where blacks are lifted, and their colour with it.
        hue_shift: in degrees, 0 .. 180: how far hues have turned, mean over the pixels by their chroma.
        grey_cast: mean chroma of what was grey when it came in; nan where nothing was.
    """

    chroma_noise: float
    hue_shift: float
    grey_cast: float


def artefacts(pixels: Pixels, steps: Sequence[Step], seed: int = 0) -> Artefacts:
    """Develop a picture, and measure what was broken.

    Args:
        pixels: (H, W, 3) linear light, before the steps.
        seed: of the noise.
    """
    after = apply_steps(pixels, steps)
    return Artefacts(_chroma_noise(pixels, steps, after, seed), hue_shift(pixels, after), _grey_cast(pixels, after))


def mean_artefacts(pictures: Sequence[Artefacts]) -> Artefacts:
    """Return the means over pictures; of ``grey_cast`` over those that had greys, nan where none had."""
    values = np.array([astuple(picture) for picture in pictures])
    finite = np.isfinite(values)
    sums, counts = np.where(finite, values, 0).sum(axis=0), finite.sum(axis=0)
    means = [float(total / count) if count else float("nan") for total, count in zip(sums, counts, strict=True)]
    return Artefacts(*means)


def _chroma_noise(pixels: Pixels, steps: Sequence[Step], after: Pixels, seed: int) -> float:
    noise = np.random.default_rng(seed).uniform(-EIGHT_BIT_STEP / 2, EIGHT_BIT_STEP / 2, pixels.shape)
    noisy = apply_steps(np.maximum(pixels + noise, 0).astype(np.float32), steps)
    moved = (_shown_lab(noisy) - _shown_lab(after))[..., 1:]
    return float(np.sqrt(np.square(moved).sum(axis=-1).mean()))


def hue_shift(before: Pixels, after: Pixels) -> float:
    """Return the degrees by which hues have turned, see ``Artefacts``.

    The picture before is first made as light as the one after.

    Args:
        before, after: (H, W, 3).
    """
    light, light_after = (luminance(tuple(np.moveaxis(pixels, -1, 0))) for pixels in (before, np.clip(after, 0, 1)))
    as_light = before * (light_after / np.maximum(light, 1e-6))[..., None]
    (hue, chroma), (turned, chroma_after) = (_hue_and_chroma(_shown_lab(pixels)) for pixels in (as_light, after))
    angle = np.abs((turned - hue + np.pi) % (2 * np.pi) - np.pi)
    weight = np.minimum(chroma, chroma_after)
    return float(np.degrees((weight * angle).sum() / max(float(weight.sum()), 1e-6)))


def _grey_cast(before: Pixels, after: Pixels) -> float:
    high, low = extremes(before)
    greys = (high - low <= GREY * high) & (high >= DARKEST_GREY)
    return float(_hue_and_chroma(_shown_lab(after[greys]))[1].mean()) if greys.any() else float("nan")


def _shown_lab(picture: Pixels) -> Pixels:
    return lab(np.clip(picture, 0, 1))


def _hue_and_chroma(picture: Pixels) -> tuple[Pixels, Pixels]:
    a, b = picture[..., 1], picture[..., 2]
    return np.arctan2(b, a), np.hypot(a, b)
