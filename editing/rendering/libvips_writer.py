"""JPEG and WebP, encoded by libvips from strips that another thread makes.

To libvips the strips are a file that it reads: an uncompressed TIFF whose directory comes first, so that its bytes are
asked for once and in order.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from editing.photos.exif import exif_bytes
from editing.rendering.tiff_writer import plain_header

DOTS_PER_MM = 72 / 25.4  # what is said where nobody has said anything


def write_jpeg(
    file: BinaryIO, strips: Iterable[NDArray[np.uint8]], size: tuple[int, int], exif: bytes, quality: int
) -> None:
    """Write a picture into an empty file.

    strips, exif: as in `editing.rendering.writing.write_picture`; size: (width, height); quality: 1 to 100.
    """
    # The best codes could only be known with the whole picture's coefficients in memory.
    _write(file, strips, size, exif, "jpegsave_target", {"Q": quality, "optimize_coding": False})


def write_webp(
    file: BinaryIO, strips: Iterable[NDArray[np.uint8]], size: tuple[int, int], exif: bytes, quality: int
) -> None:
    """Write the same as WebP, whose encoder holds the whole picture."""
    _write(file, strips, size, exif, "webpsave_target", {"Q": quality})


def _write(
    file: BinaryIO,
    strips: Iterable[NDArray[np.uint8]],
    size: tuple[int, int],
    exif: bytes,
    save: str,
    options: dict[str, Any],
) -> None:
    """Make the strips in this thread, and encode them in another."""
    import pyvips

    pipe = _Pipe(file, *size)

    def encode() -> None:
        pyvips.cache_set_max(0)
        image = pipe.image().copy(interpretation="srgb", xres=DOTS_PER_MM, yres=DOTS_PER_MM)
        # Of libvips' own threads one reads and one encodes; each more would hold rows of its own.
        image.set_type(pyvips.GValue.gint_type, "concurrency", 1)
        image.set_type(pyvips.GValue.blob_type, "exif-data", exif_bytes(exif, *size))
        getattr(image, save)(pipe.target, profile="srgb", **options)

    with ThreadPoolExecutor(1, "encoder") as executor:
        encoded = executor.submit(encode)
        encoded.add_done_callback(lambda _: pipe.close())
        try:
            for strip in strips:
                if not pipe.put(strip):
                    break  # the encoder has given up: its reason is raised below
        finally:
            pipe.close()
    if pipe.error is not None:
        raise pipe.error
    try:
        encoded.result()
    except pyvips.Error as error:
        reason = f"{error.detail or error.message}".splitlines()[0]
        raise OSError(f"libvips could not encode the picture: {reason}") from error


class _Pipe:
    """A picture on its way through libvips into a file; one strip of it at a time is held.

    One thread puts strips, another evaluates `image()` and saves it to `target`. Closed early, the picture ends there,
    which libvips reports as a file cut short. error: what the file being written raised, which libvips would drop.
    """

    def __init__(self, file: BinaryIO, width: int, height: int) -> None:
        import pyvips

        self.error: OSError | None = None
        self._file = file
        self._header = plain_header(width, height)
        self._length = len(self._header) + width * height * 3
        self._position = 0  # of the next byte that libvips reads
        self._strip: memoryview | None = None  # and the position of its first byte:
        self._begins = len(self._header)
        self._closed = False
        self._changed = threading.Condition()
        # Both live as long as this: libvips does not keep the functions alive that it calls.
        self._source, self.target = pyvips.SourceCustom(), pyvips.TargetCustom()
        self._source.on_read(self._read)
        self._source.on_seek(self._seek)
        self.target.on_write(self._write)

    def image(self) -> Any:
        """Return the picture as libvips reads it, for sequential access."""
        import pyvips

        return pyvips.Image.tiffload_source(self._source, access="sequential", fail_on="error")

    def put(self, strip: NDArray[np.uint8]) -> bool:
        """Hand over the next rows, once those before are read; False where nobody will read them."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._strip is None)
            if not self._closed:
                self._strip = np.ascontiguousarray(strip).data.cast("B")
                self._changed.notify_all()
            return not self._closed

    def close(self) -> None:
        """No more strips are handed over, or none is read any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

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

    def _write(self, content: Any) -> int:
        try:
            return self._file.write(content)
        except OSError as error:
            self.error = error
            return -1
