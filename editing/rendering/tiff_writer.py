"""TIFF with 16 bits, written strip by strip: differences and deflate, on all cores; BigTIFF where it is needed."""

import zlib
from collections.abc import Iterable
from contextlib import closing
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from editing.photos.exif import exif_fields
from editing.photos.open_photo import PART_ROWS
from editing.photos.tiff import LONG, LONG8, SHORT, UNDEFINED, Directory, Field, numbers, pack, start
from editing.rendering.compressing import LEVEL, STRATEGY, compressed_parts

LARGEST_CLASSIC = 0xF0000000  # bytes of pixels; BigTIFF beyond
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _OFFSETS = 256, 257, 258, 259, 262, 273
_SAMPLES, _ROWS, _LENGTHS, _PLANAR, _PREDICTOR, _PROFILE = 277, 278, 279, 284, 317, 34675


def _description(width: int, height: int, bits: int, compression: int) -> dict[int, Field]:
    """Return what every RGB picture in strips says of itself."""
    return {
        _WIDTH: numbers(LONG, [width]),
        _HEIGHT: numbers(LONG, [height]),
        _BITS: numbers(SHORT, [bits] * 3),
        _COMPRESSION: numbers(SHORT, [compression]),
        _PHOTOMETRIC: numbers(SHORT, [2]),
        _SAMPLES: numbers(SHORT, [3]),
        _ROWS: numbers(LONG, [PART_ROWS]),
        _PLANAR: numbers(SHORT, [1]),
    }


def plain_header(width: int, height: int) -> bytes:
    """Return what comes before the pixels in an uncompressed BigTIFF of 8 bits whose directory comes first."""
    row = width * 3
    tops = range(0, height, PART_ROWS)
    fields = _description(width, height, bits=8, compression=1)
    fields[_LENGTHS] = numbers(LONG8, [row * min(PART_ROWS, height - top) for top in tops])

    def header(first: int) -> bytes:
        directory = {**fields, _OFFSETS: numbers(LONG8, [first + row * top for top in tops])}
        return start(16, big=True) + pack({0: directory}, offset=16, big=True)

    return header(len(header(0)))


def write_tiff(
    file: BinaryIO, strips: Iterable[NDArray[np.uint16]], size: tuple[int, int], exif: bytes, profile: bytes
) -> None:
    """Write a picture into an empty file.

    strips, exif: as in `editing.rendering.writing.write_picture`; size: (width, height); profile: the ICC profile of
    its colours.
    """
    width, height = size
    big = width * height * 6 > LARGEST_CLASSIC
    file.write(start(0, big))
    offsets, lengths = [], []
    with closing(compressed_parts(strips, _deflate)) as parts:
        for content in parts:
            offsets.append(file.tell())
            lengths.append(len(content))
            file.write(content)
            file.write(bytes(len(content) % 2))
    directories: dict[int, Directory] = exif_fields(exif, width, height)
    field_type = LONG8 if big else LONG
    main = _description(width, height, bits=16, compression=8) | dict(directories[0])
    main |= {_PREDICTOR: numbers(SHORT, [2]), _PROFILE: Field(UNDEFINED, profile)}
    main |= {_OFFSETS: numbers(field_type, offsets), _LENGTHS: numbers(field_type, lengths)}
    offset = file.tell()
    file.write(pack({**directories, 0: main}, offset, big))
    file.seek(0)
    file.write(start(offset, big))


def _deflate(rows: NDArray[np.uint16]) -> bytes:
    differences = np.empty(rows.shape, "<u2")
    differences[:, 0] = rows[:, 0]
    np.subtract(rows[:, 1:], rows[:, :-1], out=differences[:, 1:])
    deflater = zlib.compressobj(LEVEL, strategy=STRATEGY)
    return deflater.compress(differences.data) + deflater.flush()
