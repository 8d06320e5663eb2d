"""Pictures that are made for tests of what agents do with them."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


def scene(seed: int) -> Pixels:
    """(96, 128, 3): hills of a few dull colours and a grey, dark, lit from one side, and rounded to 8 bits."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:1:96j, 0:1:128j]
    picture = np.full((96, 128, 3), random.uniform(0.3, 0.8))
    for horizon in (0.3, 0.5, 0.7):
        hill = y > horizon + 0.1 * np.sin(random.uniform(2, 9) * x + random.uniform(0, 6))
        picture[hill] = random.uniform(0.2, 0.7) * random.uniform(0.5, 1, 3)
    light = random.uniform(0.1, 0.4) * (0.15 + 0.85 * x)[..., None]
    return (np.round(255 * picture * light) / 255).astype(np.float32)
