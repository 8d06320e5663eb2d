"""A photo developed at its full size: strip by strip from its file, through the filters, into a finished picture.

    file -> rows as they are -> light -> (smaller, if asked) -> filters -> 8 or 16 bits -> encoder

A strip of rows passes through all of it before the next is read, so the memory does not grow with the photo.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from editing.files import atomic_file
from editing.game.filters import EditingStep
from editing.photos.decoding import open_photo
from editing.photos.open_photo import OpenPhoto, strip_rows
from editing.photos.photo_error import PhotoError, printable
from editing.photos.preview import shrunk_size, shrunk_strips
from editing.photos.read_options import AUTO, ReadOptions
from editing.rendering.renderer import Renderer
from editing.rendering.writing import FORMATS, Output, write_picture

UNLIMITED = 1 << 62  # pixels
AS_JPEG = Output()


@dataclass(frozen=True)
class Developed:
    """What was written: its size in pixels, and how the photo was decoded, in plain words, as JSON values."""

    width: int
    height: int
    decoding: dict[str, Any]


def develop_file(
    source: Path,
    steps: Sequence[EditingStep],
    destination: Path,
    output: Output = AS_JPEG,
    read_options: ReadOptions = AUTO,
) -> Developed:
    """Develop a photo into a finished picture for sRGB screens, whatever its size.

    source, read_options: as in `editing.photos.decoding.open_photo`, without a limit where rows are decoded one
    by one. destination: replaced where it exists, but never the source itself; it appears whole or not at all.

    Raises PhotoError, "<file name>: <reason>", for what is wrong with the photo, or cannot be done with it, and OSError
    for what the disk refuses.
    """
    check_destination(source, destination)
    photo = open_photo(source, read_options, limit=UNLIMITED)
    with atomic_file(destination) as file:
        return develop_photo(photo, steps, file, output)


def develop_photo(
    photo: OpenPhoto, steps: Sequence[EditingStep], file: BinaryIO, output: Output = AS_JPEG
) -> Developed:
    """Develop a photo that is open already, as often as wanted, into an empty file; its rows are read from the top.

    Raises PhotoError and OSError as `develop_file` does.
    """
    width, height = shrunk_size(photo.width, photo.height, output.size or UNLIMITED)
    largest = FORMATS[output.format].largest_side
    if largest is not None and max(width, height) > largest:
        raise PhotoError(
            f"{printable(photo.path.name)}: {width} x {height} is too large for {output.format}, which has at most "
            f"{largest} pixels a side: take a smaller size, or tiff16"
        )
    strips = _developed(photo, steps, width, height, output)
    write_picture(file, strips, (width, height), output, photo.samples.exif)
    return Developed(width, height, dict(photo.samples.decoding))


def check_destination(source: Path, destination: Path) -> None:
    """Refuse to write a picture over its own source, under whatever name, or into a folder that is not there."""
    if not destination.parent.is_dir():
        raise FileNotFoundError(f"{destination.parent} is not a folder: make it first")
    if destination.exists() and source.exists() and destination.samefile(source):
        raise FileExistsError(f"{destination} is the photo itself: name another file")


def _developed(
    photo: OpenPhoto, steps: Sequence[EditingStep], width: int, height: int, output: Output
) -> Iterator[NDArray[Any]]:
    """Yield the finished picture's strips, each of a multiple of 16 rows but the last."""
    samples = photo.samples
    dither = output.dtype == np.uint8 and samples.values.dtype != np.uint8
    prepare = partial(Renderer, steps, dtype=output.dtype, dither=dither, pixels=width * height)
    if (width, height) != (photo.width, photo.height):
        light = photo.light_strips()
        renderer, strips = prepare(), shrunk_strips(light, photo.height, width, height, strip_rows(photo.width))
    elif samples.is_lab or (samples.matrix is not None and samples.values.dtype.kind == "f"):
        # What no curve and matrix can say; and a matrix may make finite numbers overflow, which is to be refused.
        renderer, strips = prepare(), photo.light_strips()
    else:
        renderer, strips = prepare(curve=samples.curve, matrix=samples.matrix), photo.row_strips()
    first = 0
    for strip in strips:
        yield renderer(strip, first=first)
        first += strip.shape[0] * strip.shape[1]
