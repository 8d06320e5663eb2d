"""A smaller picture of one that passes by in strips, by area averages of linear light."""

from collections.abc import Iterable, Iterator

import numpy as np

from editing.colour import Pixels
from editing.preview import average_columns, cell_parts


def shrunk_size(width: int, height: int, long_edge: int | None) -> tuple[int, int]:
    """(width, height) with a long edge of `long_edge` at most; never larger than it was."""
    scale = 1.0 if long_edge is None else min(1.0, long_edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrunk_strips(strips: Iterable[Pixels], length: int, width: int, height: int, rows: int) -> Iterator[Pixels]:
    """The averages over height x width equal cells of a picture, as `area_average` has them, `rows` rows at a time.

    strips: the picture's rows from the top, float32 (some, W, 3), `length` rows in all; height: at most `length`.
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
