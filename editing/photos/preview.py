"""Smaller pictures of a photo, whole or as it passes by in strips, by area averages of linear light; their files."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from itertools import islice, tee
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from editing.files import write_atomically
from editing.photos.colour import Pixels
from editing.photos.open_photo import OpenPhoto
from editing.photos.photo_error import PhotoError

LONG_EDGE = 1024
LARGE_EDGE = 2048  # of what sharp screens show, beside the preview that is played on
_LARGE_ROWS = 16  # that are made at once
AGENT_VIEW_SIZE = 64  # pixels a side
LARGEST_FLOAT16 = 65504.0
_SAME_WITHIN = 2  # units of float16's last digit: sums are rounded otherwise strip by strip, and by other processors


def area_average(pixels: NDArray[np.floating], height: int, width: int) -> Pixels:
    """(H, W, 3) averaged over the height x width equal cells that divide it; float32.

    A pixel on the border of two cells counts for each by the part that lies in it, so that a constant stays itself and
    the mean of the whole is kept. A cell smaller than a pixel takes that pixel's value, or the mix of those it touches:
    enlarging gives blocks, never new detail.
    """
    return _average_columns(_average_rows(pixels, height), width)


def _average_columns(pixels: NDArray[np.floating], count: int) -> Pixels:
    """(H, W, 3) averaged over `count` equal cells of each row: float32, (H, count, 3)."""
    columns = np.ascontiguousarray(pixels.swapaxes(0, 1))
    return np.ascontiguousarray(_average_rows(columns, count).swapaxes(0, 1))


def _cell_parts(cell: int, count: int, length: int) -> tuple[int, NDArray[np.float64]]:
    """Return what a cell, of `count` equal ones, takes of `length` rows: its first row, and the weights.

    The weights add up to 1.
    """
    first, last = cell * length // count, -(-(cell + 1) * length // count)
    parts = np.ones(last - first)  # how much of each row it touches lies in the cell
    parts[0] -= (cell * length - first * count) / count
    parts[-1] -= (last * count - (cell + 1) * length) / count
    return first, parts * (count / length)


def _weighted_sum(weights: NDArray[np.floating], rows: NDArray[np.floating]) -> NDArray[Any]:
    """Add up rows (N, ...) by their weights (N,), as `np.tensordot` does in twice the time."""
    total: NDArray[Any] = np.dot(weights[None], rows.reshape(len(rows), -1))
    return total.reshape(rows.shape[1:])


def _average_rows(values: NDArray[np.floating], count: int) -> Pixels:
    """Axis 0 averaged over `count` equal cells."""
    if count == len(values):
        same: Pixels = np.add(values, 0, dtype=np.float32)
        return same
    averages: Pixels = np.empty((count, *values.shape[1:]), np.float32)
    for cell in range(count):
        first, parts = _cell_parts(cell, count, values.shape[0])
        averages[cell] = _weighted_sum(parts, values[first : first + len(parts)])
    return averages


def shrunk_size(width: int, height: int, long_edge: int) -> tuple[int, int]:
    """(width, height) with a long edge of `long_edge` at most; never larger than it was."""
    scale = min(1.0, long_edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def make_preview(pixels: Pixels, long_edge: int = LONG_EDGE) -> NDArray[np.float16]:
    """(H, W, 3) linear light as float16, its long edge `long_edge` at most, never enlarged; finite (at most 65504)."""
    width, height = shrunk_size(pixels.shape[1], pixels.shape[0], long_edge)
    smaller = area_average(pixels, height, width)
    return np.minimum(smaller, LARGEST_FLOAT16).astype(np.float16)


def preview_of(photo: OpenPhoto) -> NDArray[np.float16]:
    """Return what `make_preview` makes of an open photo's pixels, bit for bit, without ever holding all of them.

    Reads the photo; raises PhotoError, "<file name>: <reason>".
    """
    return _preview(photo, photo.light_strips())


def previews_of(photo: OpenPhoto) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Return what `preview_of` does, and a preview with a long edge of `LARGE_EDGE` at most, by one reading."""
    width, height = shrunk_size(photo.width, photo.height, LARGE_EDGE)
    strips, same_strips = tee(photo.light_strips())
    shrinking = shrunk_strips(same_strips, photo.height, width, height, _LARGE_ROWS)
    large: list[Pixels] = []

    def passing() -> Iterator[Pixels]:
        """Yield each strip, and shrink what has passed, so that no more than a few strips are held."""
        passed = 0
        for strip in strips:
            yield strip
            passed += len(strip)
            while (len(large) + 1) * _LARGE_ROWS * photo.height <= passed * height:
                large.append(next(shrinking))

    preview = _preview(photo, passing())
    large.extend(shrinking)
    return preview, np.minimum(np.concatenate(large), LARGEST_FLOAT16).astype(np.float16)


def _preview(photo: OpenPhoto, strips: Iterable[Pixels]) -> NDArray[np.float16]:
    width, height = shrunk_size(photo.width, photo.height, LONG_EDGE)
    rows: Pixels = np.empty((height, photo.width, 3), np.float32)
    # In float64, and all columns at once: another order of the same sums would give another last digit.
    for row, average in zip(rows, _averaged_rows(strips, photo.height, height, np.float64), strict=True):
        row[:] = average
    return np.minimum(_average_columns(rows, width), LARGEST_FLOAT16).astype(np.float16)


def shrunk_strips(strips: Iterable[Pixels], length: int, width: int, height: int, rows: int) -> Iterator[Pixels]:
    """Yield the averages over height x width equal cells of a picture, as of `area_average`, `rows` rows at a time.

    strips: the picture's rows from the top, float32 (some, W, 3), `length` rows in all.
    """
    # float32 adds up as many rows as a photo has without an error that could be seen.
    averaged = _averaged_rows(strips, length, height, np.float32)
    while made := list(islice(averaged, rows)):
        yield _average_columns(np.stack(made), width)


def _averaged_rows(
    strips: Iterable[Pixels], length: int, count: int, dtype: type[np.floating[Any]]
) -> Iterator[Pixels]:
    """Yield the averages over `count` equal cells of the rows of a picture, (W, 3) each, added up in `dtype`."""
    if count == length:
        for strip in strips:
            yield from strip
        return
    waiting: list[Pixels] = []  # rows that cells still need, from row `begins` on
    begins = cell = 0
    for strip in strips:
        waiting.extend(strip)
        while cell < count:
            first, parts = _cell_parts(cell, count, length)
            if first + len(parts) > begins + len(waiting):
                break
            del waiting[: first - begins]
            begins = first
            average = _weighted_sum(parts.astype(dtype), np.stack(waiting[: len(parts)]))
            yield average.astype(np.float32, copy=False)
            cell += 1


def is_same_preview(first: NDArray[np.floating], second: NDArray[np.floating]) -> bool:
    """Tell whether two previews show the same picture: of one size, and equal to float16's last digit."""
    if first.shape != second.shape:
        return False
    larger = np.maximum(np.abs(first), np.abs(second)).astype(np.float16)
    difference = np.abs(first.astype(np.float32) - second.astype(np.float32))
    return bool((difference <= _SAME_WITHIN * np.spacing(larger).astype(np.float32)).all())


def square(pixels: NDArray[np.floating], size: int) -> Pixels:
    """Return the centre square of (H, W, 3), area-averaged to float32 (size, size, 3).

    A smaller one is enlarged in blocks.
    """
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return area_average(pixels[top : top + side, left : left + side], size, size)


def agent_view(pixels: NDArray[np.floating], size: int = AGENT_VIEW_SIZE) -> Pixels:
    """Return what the agent sees of a photo: its centre square, float32 (size, size, 3)."""
    return square(pixels, size)


def save_preview(directory: Path, preview: NDArray[np.float16]) -> tuple[str, Path]:
    """Write a preview into `directory` (made where missing) as `<SHA-256 of the file>.npy`; returns (SHA-256, path).

    The same preview gives the same bytes, and so the same name, anywhere. The file appears whole or not at all.
    """
    if preview.dtype != np.float16 or preview.ndim != 3 or preview.shape[2] != 3:
        raise ValueError(f"a preview is float16 (height, width, 3), not {preview.dtype} {preview.shape}")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(preview.astype("<f2")), version=(1, 0), allow_pickle=False)
    content = buffer.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{sha256}.npy"
    write_atomically(path, content)
    return sha256, path


def load_preview(path: Path | str) -> Pixels:
    """Return a stored preview as float32 (H, W, 3). Raises PhotoError where it is missing or not one."""
    path = Path(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise PhotoError(f"{path.name}: this preview is missing or damaged") from error
    with file:
        return read_preview(file, path.name)


def read_preview(file: BinaryIO, name: str) -> Pixels:
    """Return a preview from an open file as float32 (H, W, 3). Raises PhotoError, with the name, where it is none."""
    try:
        preview = np.load(file, allow_pickle=False)
    except Exception as error:  # NumPy reads the header as Python text, and raises what that raises
        raise PhotoError(f"{name}: this preview is missing or damaged") from error
    if preview.dtype != np.float16 or preview.ndim != 3 or preview.shape[2] != 3:
        raise PhotoError(f"{name}: a preview is float16 (height, width, 3), not {preview.dtype} {preview.shape}")
    return np.asarray(preview, np.float32)
