"""Smaller pictures of a photo that passes by in strips: area averages of linear light, in bounded memory."""

from collections.abc import Iterable, Iterator

import numpy as np

from editing.colour import Pixels
from editing.open_photo import OpenPhoto
from editing.preview import average_columns, cell_parts


def agent_view_of(photo: OpenPhoto, size: int = 64) -> Pixels:
    """What the agent sees of an open photo, as `agent_view` of its pixels would have it: float32 (size, size, 3).

    Reads the photo; raises PhotoError, "<file name>: <reason>".
    """
    side = min(photo.width, photo.height)
    top, left = (photo.height - side) // 2, (photo.width - side) // 2
    strips = (strip[:, left : left + side] for strip in photo.light_strips(top, top + side))
    return np.concatenate(list(shrunk_strips(strips, side, size, size, rows=size)))


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
