"""Previews as they travel to a browser: what they are, in about 0.57 of the bytes.

A packed preview is one gzip member, whose checksum tells damage, of

- a header of 16 bytes: ``SLPV``, then version, height and width, each an unsigned 32-bit number;
- the low bytes of all residuals, then their high bytes: planes of red, green and blue, row by row from the top.

All numbers are little-endian. A residual is made of the 16 bits of a half float, taken as a whole number, modulo 2^16:
green is subtracted from red and from blue; of these the value to the left, or for the first of a row the one above;
and the sign moves into the lowest bit (0, -1, 1, -2 ... become 0, 1, 2, 3 ...), so that high bytes are mostly 0.
"""

import gzip
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

VERSION = 1
_MAGIC = b"SLPV"
_HEADER = struct.Struct("<4sIII")
# 9 takes six times as long for 1 % less.
_LEVEL = 6


class PackedPreviewError(ValueError):
    """Bytes that are no packed preview; the message says why, in one line."""


def pack_preview(preview: NDArray[np.float16]) -> bytes:
    """Return a preview (height, width, 3), of any values, as it travels. The same preview gives the same bytes."""
    if preview.dtype != np.float16 or preview.ndim != 3 or preview.shape[2] != 3 or preview.size == 0:
        raise ValueError(f"a preview is float16 (height, width, 3), not {preview.dtype} {preview.shape}")
    height, width, _ = preview.shape
    planes = np.moveaxis(np.ascontiguousarray(preview).view(np.uint16), -1, 0).copy()
    planes[::2] -= planes[1]
    differences = planes.copy()
    differences[:, :, 1:] -= planes[:, :, :-1]
    differences[:, 1:, 0] -= planes[:, :-1, 0]
    signs = (differences.view(np.int16) >> 15).view(np.uint16)
    residuals = (differences << 1) ^ signs
    low, high = (residuals & 255).astype(np.uint8), (residuals >> 8).astype(np.uint8)
    header = _HEADER.pack(_MAGIC, VERSION, height, width)
    return gzip.compress(header + low.tobytes() + high.tobytes(), _LEVEL, mtime=0)


def unpack_preview(content: bytes) -> NDArray[np.float16]:
    """Return the preview (height, width, 3) that was packed, to the last bit.

    Raises:
        PackedPreviewError: the bytes are damaged, of another version, or nothing of the kind.
    """
    try:
        plain = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise PackedPreviewError(f"this is no packed preview, or a damaged one: {error}") from None
    if len(plain) < _HEADER.size or plain[:4] != _MAGIC:
        raise PackedPreviewError("this is no packed preview")
    _, version, height, width = _HEADER.unpack_from(plain)
    if version != VERSION:
        raise PackedPreviewError(f"this preview is packed by version {version}, not {VERSION}")
    shape = (3, height, width)
    count = math.prod(shape)
    if count == 0 or len(plain) != _HEADER.size + 2 * count:
        raise PackedPreviewError(f"there are {len(plain)} bytes, which is not what {height} x {width} pixels take")
    low, high = np.frombuffer(plain, np.uint8, offset=_HEADER.size).reshape(2, *shape).astype(np.uint16)
    residuals = low | high << 8
    differences = (residuals >> 1) ^ (0 - (residuals & 1))
    differences[:, :, 0] = np.cumsum(differences[:, :, 0], axis=1, dtype=np.uint16)
    planes = np.cumsum(differences, axis=2, dtype=np.uint16)
    planes[::2] += planes[1]
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1)).view(np.float16)
