"""Finished pictures: the kinds of file that are written, strip by strip.

A picture is never whole in memory (but for WebP, whose encoder wants it so), nor a second time on the disk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from editing.photos.exif import METADATA, Metadata, private
from editing.rendering.libvips_writer import write_jpeg, write_webp
from editing.rendering.png_writer import write_png
from editing.rendering.tiff_writer import write_tiff

OutputFormat = Literal["jpeg", "tiff16", "png16", "webp"]


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
    metadata: what is kept of the photo's EXIF data, see `editing.photos.exif`.
    """

    format: OutputFormat = "jpeg"
    quality: int = 92
    size: int | None = None
    metadata: Metadata = "safe"

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"there is no format {self.format!r}; the formats are {', '.join(FORMATS)}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality is 1 to 100, not {self.quality}")
        if self.size is not None and self.size < 1:
            raise ValueError(f"size is at least 1 pixel, not {self.size}")
        if self.metadata not in METADATA:
            raise ValueError(f"metadata is one of {', '.join(METADATA)}, not {self.metadata!r}")

    @property
    def suffix(self) -> str:
        """Of the file's name."""
        return FORMATS[self.format].suffix

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Of the values that are written."""
        return FORMATS[self.format].dtype

    @property
    def has_quality(self) -> bool:
        """Whether the quality means something: the other formats lose nothing."""
        return self.format in ("jpeg", "webp")


def write_picture(
    file: BinaryIO, strips: Iterable[NDArray[Any]], size: tuple[int, int], output: Output, exif: bytes
) -> None:
    """Write a picture of sRGB values into an empty file.

    strips: its rows from the top, (rows, width, 3) of the output's dtype, each of a multiple of PART_ROWS rows but the
    last. size: (width, height). exif: of the source; what is kept of it `output.metadata` says.

    What `strips` raises is passed on, and so is an OSError of the disk.
    """
    exif = private(exif, output.metadata)
    if output.format == "tiff16":
        write_tiff(file, strips, size, exif, _srgb_profile())
    elif output.format == "png16":
        write_png(file, strips, size, exif, _srgb_profile())
    else:
        write = write_jpeg if output.format == "jpeg" else write_webp
        write(file, strips, size, exif, output.quality)


def _srgb_profile() -> bytes:
    import pyvips

    return bytes(pyvips.Operation.call("profile_load", "srgb"))
