"""Small 8-bit pictures of the previews, for lists; made when first asked for."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from django.conf import settings
from PIL import Image

from editing.files import atomic_file
from editing.game.filters import luminance
from editing.photos.preview import load_preview
from webapp.photos.models import Photo

Look = Literal["game", "bright"]
LOOKS: tuple[Look, ...] = get_args(Look)
LONG_EDGE = 360


def thumbnails_folder() -> Path:
    """Return where small pictures lie; all can be made again."""
    return Path(settings.DATA_DIR) / "thumbnails"


def thumbnail(photo: Photo, look: Look) -> Path:
    """Return a WebP of the photo: ``game`` as the game first shows it, ``bright`` lifted so as to be recognised."""
    path = _path(photo, look)
    if not path.exists():
        pixels = load_preview(photo.preview_path)
        save_picture(path, pixels if look == "game" else _brightened(pixels), long_edge=LONG_EDGE)
    return path


def save_picture(path: Path, pixels: np.ndarray, quality: int = 80, long_edge: int | None = None) -> None:
    """Write a WebP, whole or not at all, of a picture as a screen shows it: (H, W, 3), 0..1, clipped.

    Args:
        long_edge: at most so many pixels; all of them where it is None.
    """
    picture = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
    if long_edge is not None:
        picture.thumbnail((long_edge, long_edge), reducing_gap=2.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        picture.save(file, format="WEBP", quality=quality)


def delete_thumbnails(photo: Photo) -> None:
    """Forget the thumbnails of a photo."""
    for look in LOOKS:
        _path(photo, look).unlink(missing_ok=True)


def _path(photo: Photo, look: Look) -> Path:
    return thumbnails_folder() / f"{photo.preview_sha256}_{look}.webp"


def _brightened(pixels: np.ndarray) -> np.ndarray:
    """Return a linear preview, float32 (H, W, 3), as it can be recognised."""
    white = float(np.percentile(luminance(tuple(np.moveaxis(pixels, -1, 0))), 99))
    brightened: np.ndarray = np.clip(pixels / max(white, 1e-4), 0, 1) ** (1 / 2.2)
    return brightened
