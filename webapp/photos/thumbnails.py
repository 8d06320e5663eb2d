"""Small 8-bit pictures of the previews, for lists; made when first asked for."""

import io
from typing import Literal, get_args

import numpy as np
from PIL import Image

from editing.game.filters import luminance
from webapp.photos.models import Photo
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import SiteFile

Look = Literal["game", "bright"]
LOOKS: tuple[Look, ...] = get_args(Look)
LONG_EDGE = 360
THUMBNAILS = "thumbnails"  # the folder of small pictures; all can be made again


def thumbnail(photo: Photo, look: Look) -> SiteFile:
    """Return a WebP of the photo: ``game`` as the game first shows it, ``bright`` lifted so as to be recognised."""
    file = _file(photo, look)
    if not file.exists():
        pixels = photo.load_preview()
        save_picture(file, pixels if look == "game" else _brightened(pixels), long_edge=LONG_EDGE)
    return file


def save_picture(file: SiteFile, pixels: np.ndarray, quality: int = 80, long_edge: int | None = None) -> None:
    """Write a WebP, whole or not at all, of a picture as a screen shows it: (H, W, 3), 0..1, clipped.

    Args:
        long_edge: at most so many pixels; all of them where it is None.
    """
    picture = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
    if long_edge is not None:
        picture.thumbnail((long_edge, long_edge), reducing_gap=2.0)
    content = io.BytesIO()
    picture.save(content, format="WEBP", quality=quality)
    file.write(content.getvalue())


def delete_thumbnails(photo: Photo) -> None:
    """Forget the thumbnails of a photo."""
    for look in LOOKS:
        delete_or_retry(_file(photo, look))


def _file(photo: Photo, look: Look) -> SiteFile:
    return SiteFile(f"{THUMBNAILS}/{photo.preview_sha256}_{look}.webp")


def _brightened(pixels: np.ndarray) -> np.ndarray:
    """Return a linear preview, float32 (H, W, 3), as it can be recognised."""
    white = float(np.percentile(luminance(tuple(np.moveaxis(pixels, -1, 0))), 99))
    brightened: np.ndarray = np.clip(pixels / max(white, 1e-4), 0, 1) ** (1 / 2.2)
    return brightened
