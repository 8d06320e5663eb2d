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
    kept: Pixels = np.empty((0, width, 3), np.float32)  # rows that are still needed, from `begins` on
    begins = cell = 0
    for strip in strips:
        kept = np.concatenate([kept, average_columns(strip, width)])
        while cell < height:
            first, parts = cell_parts(cell, height, length)
            if first + len(parts) > begins + len(kept):
                break
            row = np.tensordot(parts, kept[first - begins : first - begins + len(parts)], axes=1)
            made.append(row.astype(np.float32))
            cell += 1
            if len(made) == rows or cell == height:
                yield np.stack(made)
                made.clear()
        needed = cell * length // height - begins
        kept, begins = kept[needed:], begins + needed
