"""TIFF with 16 bits, written strip by strip: differences and deflate, on all cores; BigTIFF where it is needed."""

import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from editing.exif import exif_fields
from editing.tiff import LONG, LONG8, SHORT, UNDEFINED, Directory, Field, numbers, pack, start

STRIP_ROWS = 16  # of a TIFF strip: half a megabyte of a 24-megapixel picture
LEVEL = 1  # of zlib
LARGEST_CLASSIC = 0xF0000000  # bytes of pixels; BigTIFF beyond
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _OFFSETS = 256, 257, 258, 259, 262, 273
_SAMPLES, _ROWS, _LENGTHS, _PLANAR, _PREDICTOR, _PROFILE = 277, 278, 279, 284, 317, 34675


def _description(width: int, height: int, dtype: type[np.generic], compression: int) -> dict[int, Field]:
    """What every RGB picture in strips says of itself."""
    bits = np.dtype(dtype).itemsize * 8
    return {
        _WIDTH: numbers(LONG, [width]),
        _HEIGHT: numbers(LONG, [height]),
        _BITS: numbers(SHORT, [bits] * 3),
        _COMPRESSION: numbers(SHORT, [compression]),
        _PHOTOMETRIC: numbers(SHORT, [2]),
        _SAMPLES: numbers(SHORT, [3]),
        _ROWS: numbers(LONG, [STRIP_ROWS]),
        _PLANAR: numbers(SHORT, [1]),
    }


def plain_header(width: int, height: int, dtype: type[np.generic]) -> bytes:
    """What comes before the pixels in an uncompressed BigTIFF whose directory comes first."""
    row = width * 3 * np.dtype(dtype).itemsize
    tops = range(0, height, STRIP_ROWS)
    fields = _description(width, height, dtype, compression=1)
    fields[_LENGTHS] = numbers(LONG8, [row * min(STRIP_ROWS, height - top) for top in tops])

    def header(first: int) -> bytes:
        directory = {**fields, _OFFSETS: numbers(LONG8, [first + row * top for top in tops])}
        return start(16, big=True) + pack({0: directory}, offset=16, big=True)

    return header(len(header(0)))


def write_tiff(
    file: BinaryIO, strips: Iterable[NDArray[np.uint16]], width: int, height: int, exif: bytes, profile: bytes
) -> None:
    """Write a picture into an empty file.

    strips, exif: as in `editing.writing.write_picture`; profile: the ICC profile of its colours.
    """
    big = width * height * 6 > LARGEST_CLASSIC
    file.write(start(0, big))
    offsets, lengths = [], []
    for content in _compressed(strips):
        offsets.append(file.tell())
        lengths.append(len(content))
        file.write(content)
        file.write(bytes(len(content) % 2))
    directories: dict[int, Directory] = exif_fields(exif, width, height)
    kind = LONG8 if big else LONG
    main = _description(width, height, np.uint16, compression=8) | dict(directories[0])
    main |= {_PREDICTOR: numbers(SHORT, [2]), _PROFILE: Field(UNDEFINED, profile)}
    main |= {_OFFSETS: numbers(kind, offsets), _LENGTHS: numbers(kind, lengths)}
    place = file.tell()
    file.write(pack({**directories, 0: main}, place, big))
    file.seek(0)
    file.write(start(place, big))


def _compressed(strips: Iterable[NDArray[np.uint16]]) -> Iterator[bytes]:
    """Each STRIP_ROWS rows, in order; as many are compressed at a time as there are processors, and a few wait."""
    parts = (strip[top : top + STRIP_ROWS] for strip in strips for top in range(0, len(strip), STRIP_ROWS))
    processors = os.cpu_count() or 1
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(processors, "deflate") as executor:
        for part in parts:
            waiting.append(executor.submit(_deflate, part))
            if len(waiting) > 4 * processors:
                yield waiting.popleft().result()
        for done in waiting:
            yield done.result()


def _deflate(rows: NDArray[np.uint16]) -> bytes:
    differences = np.empty(rows.shape, "<u2")
    differences[:, 0] = rows[:, 0]
    np.subtract(rows[:, 1:], rows[:, :-1], out=differences[:, 1:])
    return zlib.compress(differences.data, LEVEL)
