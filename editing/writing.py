"""Finished pictures, written strip by strip: JPEG, PNG with 16 bits and WebP by libvips, TIFF with 16 bits here.

A picture is never whole in memory (but for WebP, whose encoder wants it so), nor a second time on the disk.
"""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from editing.exif import exif_bytes
from editing.strip_pipe import StripPipe
from editing.tiff_writer import STRIP_ROWS, write_tiff

__all__ = ["FORMATS", "STRIP_ROWS", "Output", "OutputFormat", "write_picture"]

PNG_COMPRESSION, PNG_FILTER = (
    1,
    8,
)  # zlib's fastest, and differences to the pixel before (libpng's PNG_FILTER_NONE is 8)
OutputFormat = Literal["jpeg", "tiff16", "png16", "webp"]
Strip = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Format:
    """A kind of file: its suffix, the type of its values, and the largest side that it can have."""

    suffix: str
    dtype: type[np.uint8] | type[np.uint16]
    largest_side: int | None = None


FORMATS: dict[str, Format] = {
    "jpeg": Format(".jpg", np.uint8, 65_500),
    "tiff16": Format(".tif", np.uint16),
    "png16": Format(".png", np.uint16, 1_000_000),
    "webp": Format(".webp", np.uint8, 16_383),
}


@dataclass(frozen=True)
class Output:
    """What is to be written.

    quality: 1 to 100, of JPEG and WebP.
    size: the longest that the long edge may be, in pixels; None for all there are. Nothing is enlarged.
    """

    format: OutputFormat = "jpeg"
    quality: int = 92
    size: int | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"there is no format {self.format!r}; the formats are {', '.join(FORMATS)}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality is 1 to 100, not {self.quality}")
        if self.size is not None and self.size < 1:
            raise ValueError(f"size is at least 1 pixel, not {self.size}")

    @property
    def suffix(self) -> str:
        """Of the file's name."""
        return FORMATS[self.format].suffix

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Of the values that are written."""
        return FORMATS[self.format].dtype


def write_picture(path: Path, strips: Iterable[Strip], width: int, height: int, output: Output, exif: bytes) -> None:
    """Write a picture of sRGB values under its final name, which it takes once it is whole and on the disk.

    strips: its rows from the top, (rows, width, 3) of the output's dtype, each of a multiple of STRIP_ROWS rows but the
    last. exif: of the source; what is kept of it is said in `editing.exif`.

    What `strips` raises is passed on, and so is an OSError of the disk; then nothing is left, and what was there before
    under that name still is.
    """
    with _whole_or_not_at_all(path) as file:
        if output.format == "tiff16":
            write_tiff(file, strips, width, height, exif, _srgb_profile())
        else:
            _write_by_libvips(file, strips, width, height, output, exif)


@contextmanager
def _whole_or_not_at_all(path: Path) -> Iterator[BinaryIO]:
    unfinished = path.with_name(f".{uuid.uuid4().hex}.unfinished")
    try:
        with unfinished.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _srgb_profile() -> bytes:
    import pyvips

    return bytes(pyvips.Operation.call("profile_load", "srgb"))


def _write_by_libvips(
    file: BinaryIO, strips: Iterable[Strip], width: int, height: int, output: Output, exif: bytes
) -> None:
    """The strips are made in this thread, and encoded in another."""
    pipe = StripPipe(width, height, output.dtype)
    target = _Target(file)
    with ThreadPoolExecutor(1, "encoder") as executor:
        encoded = executor.submit(_encode, pipe, target, output, exif_bytes(exif, width, height))
        encoded.add_done_callback(lambda _: pipe.close())
        try:
            for strip in strips:
                if not pipe.put(strip):
                    break  # the encoder has given up: its reason is raised below
        finally:
            pipe.close()
    if target.error:
        raise target.error
    encoded.result()


def _encode(pipe: StripPipe, target: "_Target", output: Output, exif: bytes) -> None:
    import pyvips

    pyvips.cache_set_max(0)
    image = pipe.image().copy(interpretation="rgb16" if output.dtype == np.uint16 else "srgb")
    image.set_type(pyvips.GValue.blob_type, "exif-data", exif)
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)
    options: dict[str, Any] = {"profile": "srgb"}
    if output.format == "jpeg":
        image.jpegsave_target(target.custom, Q=output.quality, optimize_coding=True, **options)
    elif output.format == "webp":
        image.webpsave_target(target.custom, Q=output.quality, **options)
    else:
        image.pngsave_target(target.custom, compression=PNG_COMPRESSION, filter=PNG_FILTER, **options)


class _Target:
    """A file as libvips writes it, which keeps the disk's error, since libvips would drop it."""

    def __init__(self, file: BinaryIO) -> None:
        import pyvips

        self.error: OSError | None = None
        self.custom = pyvips.TargetCustom()
        self.custom.on_write(self._keeping_errors(file.write))

    def _keeping_errors(self, write: Callable[[Any], int]) -> Callable[[Any], int]:
        def writing(content: Any) -> int:
            try:
                return write(content)
            except OSError as error:
                self.error = error
                return -1

        return writing
