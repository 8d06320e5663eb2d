"""Previews packed for their way to a browser; made when first asked for, and kept."""

import io
import logging
from typing import BinaryIO

import numpy as np

from editing.photos.preview_transport import VERSION, pack_preview
from webapp.photos.models import Photo
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import SiteFile

PACKED_PREVIEWS = "packed_previews"  # the folder; all can be made again
_logger = logging.getLogger(__name__)


def open_packed(photo: Photo) -> BinaryIO:
    """Return the packed preview of a photo, to be read from its start.

    Raises:
        editing.photos.photo_error.PhotoError: the preview that it is made of is missing or damaged.
    """
    file = _file(photo)
    try:
        return file.open()
    except OSError:
        content = pack_preview(photo.load_preview().astype(np.float16))
    try:
        file.write(content)
    except OSError as error:
        # A full disk stops nobody who plays.
        _logger.error("the packed preview of %s cannot be kept as %s: %s", photo.name, file, error.strerror)
    return io.BytesIO(content)


def delete_packed(photo: Photo) -> None:
    """Forget the packed preview of a photo."""
    delete_or_retry(_file(photo))


def _file(photo: Photo) -> SiteFile:
    return SiteFile(f"{PACKED_PREVIEWS}/{photo.preview_sha256}.{VERSION}.gz")
