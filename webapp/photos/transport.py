"""Previews packed for their way to a browser; made when first asked for, and kept."""

import io
import logging
from pathlib import Path
from typing import BinaryIO

import numpy as np
from django.conf import settings

from editing.files import write_atomically
from editing.photos.preview import load_preview
from editing.photos.preview_transport import VERSION, pack_preview
from webapp.photos.models import Photo

_logger = logging.getLogger(__name__)


def open_packed(photo: Photo) -> BinaryIO:
    """Return the packed preview of a photo, to be read from its start.

    Raises:
        editing.photos.photo_error.PhotoError: the preview that it is made of is missing or damaged.
    """
    path = _path(photo)
    try:
        return path.open("rb")
    except OSError:
        content = pack_preview(load_preview(photo.preview_path).astype(np.float16))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        # A full disk stops nobody who plays.
        _logger.error("the packed preview of %s cannot be kept in %s: %s", photo.name, path.parent, error.strerror)
    return io.BytesIO(content)


def delete_packed(photo: Photo) -> None:
    """Forget the packed preview of a photo."""
    _path(photo).unlink(missing_ok=True)


def packed_folder() -> Path:
    """Return where packed previews lie; all can be made again."""
    return Path(settings.DATA_DIR) / "packed_previews"


def _path(photo: Photo) -> Path:
    return packed_folder() / f"{photo.preview_sha256}.{VERSION}.gz"
