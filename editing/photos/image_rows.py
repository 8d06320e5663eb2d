"""A picture that libvips decodes strip by strip, as its rows are asked for."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.photos.photo_error import PhotoError

DTYPES = {"uchar": "u1", "ushort": "u2", "float": "f4", "double": "f8"}  # of libvips' formats


class ImageRows:
    """The rows of a libvips image, decoded as they are taken; where they are taken again, the file is opened anew.

    shape, dtype: (H, W, bands), and uint8, uint16, float32 or float64.
    """

    def __init__(self, image: Any, reopen: Callable[[], Any], explain: Callable[[Exception], PhotoError]) -> None:
        """image: opened for sequential access; reopen: gives it anew; explain: a libvips error in plain words."""
        self._image, self._reopen, self._explain = image, reopen, explain
        self._taken = 0  # rows
        self.shape = (self._image.height, self._image.width, self._image.bands)
        self.dtype = np.dtype(DTYPES[self._image.format])

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        import pyvips

        height, width, bands = self.shape
        top, bottom, _ = rows.indices(height)
        try:
            if top < self._taken:
                self._image = self._reopen()
            # Of this call alone: a region belongs to the thread that made it.
            content = pyvips.Region.new(self._image).fetch(0, top, width, bottom - top)
        except pyvips.Error as error:
            raise self._explain(error) from error
        self._taken = bottom
        return np.frombuffer(content, self.dtype).reshape(bottom - top, width, bands)
