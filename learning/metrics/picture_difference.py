"""How far a picture is from another of the same photo: RMSE, and delta E 2000, 1 of which is just seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from editing.photos.colour import lab
from learning.metrics.histogram_intersection import root_mean_square


@dataclass(frozen=True)
class PictureDifference:
    """The difference of two pictures.

    Attributes:
        rmse: of values as shown, 0 .. 1.
        delta_e: the mean of delta E 2000.
        delta_e_95: what delta E is below in 95 % of the pixels.
    """

    rmse: float
    delta_e: float
    delta_e_95: float


def picture_difference(output: NDArray[np.floating[Any]], target: NDArray[np.floating[Any]]) -> PictureDifference:
    """Compare two pictures, or the same pixels of both: (..., 3), of which 0 .. 1 is what a screen shows."""
    shown = [np.clip(side, 0, 1).astype(np.float32, copy=False) for side in (output, target)]
    delta_e = deltaE_ciede2000(lab(shown[0]), lab(shown[1]))  # type: ignore[no-untyped-call]
    return PictureDifference(
        root_mean_square(shown[0], shown[1]), float(delta_e.mean()), float(np.percentile(delta_e, 95))
    )
