"""Strips of pixels handed from the thread that makes them to libvips, which sees a file that it reads.

The file is an uncompressed TIFF whose directory comes first, so that libvips asks for its bytes once and in order.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.tiff_writer import plain_header


class StripPipe:
    """A picture on its way into libvips, of which one strip at a time is held.

    One thread puts strips, and another evaluates `image()`. Closing it early makes the picture end there, which libvips
    reports as a file cut short.
    """

    def __init__(self, width: int, height: int, dtype: type[np.uint8] | type[np.uint16]) -> None:
        """width, height: of the picture; dtype: of its values."""
        self._header = plain_header(width, height, dtype)
        self._length = len(self._header) + width * height * 3 * np.dtype(dtype).itemsize
        self._position = 0  # of the next byte that is read
        self._strip: memoryview | None = None  # and the position of its first byte:
        self._begins = len(self._header)
        self._closed = False
        self._changed = threading.Condition()

    def put(self, strip: NDArray[Any]) -> bool:
        """Hand over the next rows, once those before are read; False where nobody will read them."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._strip is None)
            if not self._closed:
                self._strip = memoryview(np.ascontiguousarray(strip)).cast("B")
                self._changed.notify_all()
            return not self._closed

    def close(self) -> None:
        """No more strips are handed over, or none is read any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def image(self) -> Any:
        """The picture as libvips reads it, for sequential access."""
        import pyvips

        self._source = pyvips.SourceCustom()  # kept here, since the image does not keep its callbacks alive
        self._source.on_read(self._read)
        self._source.on_seek(self._seek)
        return pyvips.Image.tiffload_source(self._source, access="sequential", fail_on="error")

    def _read(self, size: int) -> Any:
        """Up to `size` bytes, in the form that libvips wants: None at the end."""
        if self._position < len(self._header):
            content: Any = self._header[self._position : self._position + size]
            self._position += len(content)
            return content
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._strip is not None)
            if self._strip is None or self._position < self._begins:
                return None
            first = self._position - self._begins
            content = self._strip[first : first + size]
            self._position += len(content)
            if first + size >= len(self._strip):
                self._begins += len(self._strip)
                self._strip = None
                self._changed.notify_all()
            return content

    def _seek(self, offset: int, whence: int) -> int:
        self._position = (0, self._position, self._length)[whence] + offset
        return self._position
