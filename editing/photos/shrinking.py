"""Smaller pictures of a photo that passes by in strips: area averages of linear light, in bounded memory."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from editing.photos.colour import Pixels
from editing.photos.open_photo import OpenPhoto, strip_rows
from editing.photos.preview import LARGEST_FLOAT16, LONG_EDGE, average_columns, cell_parts, shrunk_size


def preview_of(photo: OpenPhoto) -> NDArray[np.float16]:
    """What `make_preview` makes of an open photo's pixels, to float16's last digit.

    Reads the photo; raises PhotoError, "<file name>: <reason>".
    """
    width, height = shrunk_size(photo.width, photo.height, LONG_EDGE)
    strips = shrunk_strips(photo.light_strips(), photo.height, width, height, strip_rows(photo.width))
    preview: NDArray[np.float16] = np.minimum(np.concatenate(list(strips)), LARGEST_FLOAT16).astype(np.float16)
    return preview


def shrunk_strips(strips: Iterable[Pixels], length: int, width: int, height: int, rows: int) -> Iterator[Pixels]:
    """The averages over height x width equal cells of a picture, as `area_average` has them, `rows` rows at a time.

    strips: the picture's rows from the top, float32 (some, W, 3), `length` rows in all.
    """
    made: list[Pixels] = []
    waiting: list[Pixels] = []  # rows that cells still need, from row `begins` on
    begins = cell = 0
    for strip in strips:
        waiting.extend(strip)
        while cell < height:
            first, parts = cell_parts(cell, height, length)
            if first + len(parts) > begins + len(waiting):
                break
            del waiting[: first - begins]
            begins = first
            # float32 adds up as many rows as a photo has without an error that could be seen.
            made.append(np.tensordot(parts.astype(np.float32), np.stack(waiting[: len(parts)]), axes=1))
            cell += 1
            if len(made) == rows or cell == height:
                yield average_columns(np.stack(made), width)
                made.clear()
