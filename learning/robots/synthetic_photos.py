"""Photos for synthetic people: dark scenes of a few colours under a light, each another one; nobody's photographs."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.photos.preview import save_preview

HEIGHT, WIDTH = 64, 96


def scene(seed: int, number: int) -> NDArray[np.float16]:
    """(64, 96, 3) linear light: hills of a few colours, lit from one side, in any exposure and any light."""
    random = np.random.default_rng([seed, 14, number])
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    dull = random.uniform(0.2, 1)
    picture = np.full((HEIGHT, WIDTH, 3), random.uniform(0.5, 1)) * (1 - dull * random.uniform(0, 0.4, 3))
    for horizon in np.sort(random.uniform(0.15, 0.85, int(random.integers(2, 6)))):
        hill = y > horizon + random.uniform(0.02, 0.15) * np.sin(random.uniform(2, 12) * x + random.uniform(0, 6))
        picture[hill] = random.uniform(0.05, 0.8) * (1 - dull * random.uniform(0, 0.8, 3))
    light = random.uniform(0.2, 1) + random.uniform(0, 1) * (x if random.random() < 0.5 else 1 - x)
    texture = 1 + 0.1 * random.standard_normal((HEIGHT, WIDTH))
    warmth = random.normal(0, 0.15)
    cast = np.exp(np.array([warmth, random.normal(0, 0.04), -warmth]))
    exposure = 2.0 ** random.uniform(-4, 0)
    shine = light * np.clip(texture, 0.5, 1.5)
    lit: NDArray[np.float16] = np.clip(picture * shine[..., None] * cast * exposure, 0, 4).astype(np.float16)
    return lit


def make_photos(folder: Path, count: int, seed: int) -> tuple[list[dict[str, Any]], dict[str, Path]]:
    """Make scenes, and write their previews.

    Returns:
        Their rows of the table of photos, and the file of each preview by its SHA-256.
    """
    rows, previews = [], {}
    for number in range(count):
        digest, _ = save_preview(folder, scene(seed, number))
        previews[digest] = folder / f"{digest}.npy"
        rows.append(
            {
                "sha256": hashlib.sha256(f"synthetic/{seed}/{number}/{digest}".encode()).hexdigest(),
                "preview_sha256": digest,
                "name": f"scene-{number:04d}.npy",
                "width": WIDTH,
                "height": HEIGHT,
                "preview_width": WIDTH,
                "preview_height": HEIGHT,
                "working_space": "linear-srgb",
                "decoding": json.dumps({"synthetic": True}),
                "licence": "CC0",
                "attribution": "made by a program",
            }
        )
    return rows, previews
