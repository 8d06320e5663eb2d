"""PNG with 16 bits, written strip by strip, compressed on all cores.

Source: the PNG specification, third edition (W3C), with its eXIf chunk; RFC 1950 and 1951 (zlib, deflate).
"""

import struct
import zlib
from collections.abc import Iterable
from contextlib import closing
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from editing.photos.exif import PREFIX, exif_bytes
from editing.rendering.compressing import LEVEL, STRATEGY, compressed_parts

_SUB = 1  # the filter of rows: differences to the pixel on the left
_RGB = 2
_BYTES = 6  # of a pixel
_ADLER = 65521


def write_png(
    file: BinaryIO, strips: Iterable[NDArray[np.uint16]], size: tuple[int, int], exif: bytes, profile: bytes
) -> None:
    """Write a picture into an empty file.

    strips, exif: as in `editing.rendering.writing.write_picture`; size: (width, height); profile: the ICC profile of
    its colours.
    """
    file.write(b"\x89PNG\r\n\x1a\n")
    _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", *size, 16, _RGB, 0, 0, 0))
    _write_chunk(file, b"iCCP", b"sRGB\0\0" + zlib.compress(profile))
    _write_chunk(file, b"eXIf", exif_bytes(exif, *size).removeprefix(PREFIX))
    # The pixels are one zlib stream, of parts that know nothing of each other.
    start, checksum = b"\x78\x01", 1
    with closing(compressed_parts(strips, _deflate)) as parts:
        for content, adler, length in parts:
            _write_chunk(file, b"IDAT", start + content)
            start, checksum = b"", _joined(checksum, adler, length)
    _write_chunk(file, b"IDAT", b"\x03\x00" + struct.pack(">I", checksum))  # an empty last block
    _write_chunk(file, b"IEND", b"")


def _write_chunk(file: BinaryIO, name: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + name)
    file.write(content)
    file.write(struct.pack(">I", zlib.crc32(content, zlib.crc32(name))))


def _deflate(rows: NDArray[np.uint16]) -> tuple[bytes, int, int]:
    """Rows as they lie in the stream, deflated; and the checksum and length of what was deflated."""
    height, width = rows.shape[:2]
    values = rows.astype(">u2", order="C").view(np.uint8).reshape(height, width * _BYTES)
    filtered = np.empty((height, 1 + width * _BYTES), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1 : 1 + _BYTES] = values[:, :_BYTES]
    np.subtract(values[:, _BYTES:], values[:, :-_BYTES], out=filtered[:, 1 + _BYTES :])
    deflater = zlib.compressobj(LEVEL, wbits=-15, strategy=STRATEGY)
    content = deflater.compress(filtered.data) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return content, zlib.adler32(filtered.data), filtered.nbytes


def _joined(first: int, second: int, length: int) -> int:
    """Adler-32 of two pieces one after the other, from those of each, and the length of the second."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)
    return high % _ADLER << 16 | low % _ADLER
