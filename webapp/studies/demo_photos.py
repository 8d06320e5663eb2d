"""The photographs to try the game on: those inside scikit-image's wheel that are free for everybody and every use.

They are few, small, 8-bit and finished already. The licences are those that scikit-image's own documentation of
`skimage.data` states for each.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DemoPhoto:
    """A photograph's file in the wheel, and what to tell about it."""

    file: str
    licence: str
    attribution: str


DEMO_PHOTOS = (
    DemoPhoto("astronaut.png", "Public domain", "NASA: the astronaut Eileen Collins"),
    DemoPhoto("chelsea.png", "CC0 1.0", "Stéfan van der Walt: Chelsea the cat"),
    DemoPhoto("coffee.png", "CC0 1.0", "Rachel Michetti: a cup of coffee"),
    DemoPhoto("rocket.jpg", "Public domain", "SpaceX: the launch of DSCOVR"),
)


def demo_photo_paths() -> dict[Path, DemoPhoto]:
    """Return where the files lie. Raises `FileNotFoundError`, which says what to install, where they do not."""
    package = importlib.util.find_spec("skimage")
    folder = Path(package.origin).parent / "data" if package and package.origin else None
    if folder is None or not all((folder / photo.file).is_file() for photo in DEMO_PHOTOS):
        raise FileNotFoundError(
            "the demo photos come with scikit-image, which is not installed: pip install scikit-image"
        )
    return {folder / photo.file: photo for photo in DEMO_PHOTOS}
