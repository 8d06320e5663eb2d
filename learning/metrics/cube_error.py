"""How far a table of steps is from the steps themselves, as people see it: in delta E 2000, 1 of which is just seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from editing.game.filters import EditingStep, apply_steps
from editing.photos.colour import lab
from editing.rendering.cube import cube_slices, interpolate

Colours = NDArray[np.float32]

SAMPLE = 200_000
# Of the sample's colours: the median of their light, its spread in stops, and the mean spread of the channels about it.
MEDIAN_LIGHT, STOPS, CHANNEL_STOPS = 0.045, 2.5, 0.5


@dataclass(frozen=True)
class CubeError:
    """Delta E 2000 between what is shown by a table and by the steps, and the share of colours that no table has.

    Attributes:
        beyond: of the colours, those with a value above 1, where the table ends.
    """

    largest: float
    mean: float
    beyond: float


def sample_colours(seed: int = 0) -> Colours:
    """Draw (N, 3) linear light of 0 .. 1, mostly dark, from greys to full colours, as of untouched photos."""
    random = np.random.default_rng(seed)
    stops = random.normal(np.log2(MEDIAN_LIGHT), STOPS, (SAMPLE, 1))
    stops = stops + random.normal(0, 1, (SAMPLE, 3)) * random.exponential(CHANNEL_STOPS, (SAMPLE, 1))
    return np.minimum(np.exp2(stops), 1).astype(np.float32)


def photo_colours(pixels: Colours, seed: int = 0) -> Colours:
    """Return (N, 3) of the pixels (H, W, 3) of a photo: all, or at most ``SAMPLE`` of them, drawn at random."""
    colours = pixels.reshape(-1, 3)
    if len(colours) <= SAMPLE:
        return colours
    return colours[np.random.default_rng(seed).choice(len(colours), SAMPLE, replace=False)]


def cube_error(steps: Sequence[EditingStep], size: int, light: Colours) -> CubeError:
    """Compare a table of the steps, interpolated in tetrahedra, with the steps at colours (N, 3) of linear light."""
    table = np.stack(list(cube_slices(steps, size)))
    exact = np.clip(apply_steps(light[None], steps)[0], 0, 1)
    differences = deltaE_ciede2000(lab(interpolate(table, light)), lab(exact))  # type: ignore[no-untyped-call]
    beyond = float((light.max(axis=1) > 1).mean())
    return CubeError(float(differences.max()), float(differences.mean()), beyond)
