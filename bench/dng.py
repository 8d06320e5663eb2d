"""A camera RAW file of a scene whose light is known, for tests and benchmarks."""

import struct

import numpy as np
from numpy.typing import NDArray

BLACK, WHITE = 64, 4095
NEUTRAL = (0.5, 1.0, 0.8)
# CIE XYZ D65 to linear sRGB (IEC 61966-2-1): a camera that sees sRGB.
CAMERA = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)


def dng(light: NDArray[np.floating], orientation: int = 1, size: tuple[int, int] | None = None) -> bytes:
    """An uncompressed DNG of a scene, seen through a red-green-green-blue mosaic by a camera that sees sRGB.

    Args:
        light: (H, W, 3) linear sRGB, H and W even; 1 is what the camera's neutral can just hold.
        orientation: EXIF's, 1 to 8.
        size: (width, height) that the file claims, if not the scene's.
    """
    rows, columns = light.shape[:2]
    width, height = size or (columns, rows)
    seen = np.clip(light * np.array(NEUTRAL, light.dtype), 0, 1) * (WHITE - BLACK) + BLACK
    channel = np.array([[0, 1], [1, 2]])[np.arange(rows)[:, None] % 2, np.arange(columns)[None, :] % 2]
    mosaic = np.take_along_axis(seen, channel[:, :, None], axis=2)[..., 0].round().astype("<u2").tobytes()
    rationals = b"".join(struct.pack("<ii", round(value * 10000), 10000) for value in CAMERA)
    neutral = b"".join(struct.pack("<II", round(value * 10000), 10000) for value in NEUTRAL)
    tags: list[tuple[int, int, int, bytes]] = [  # tag, type, count, value
        (254, 4, 1, struct.pack("<I", 0)),
        (256, 4, 1, struct.pack("<I", width)),
        (257, 4, 1, struct.pack("<I", height)),
        (258, 3, 1, struct.pack("<H", 16)),
        (259, 3, 1, struct.pack("<H", 1)),
        (262, 3, 1, struct.pack("<H", 32803)),
        (271, 2, 5, b"Test\0"),
        (272, 2, 7, b"Camera\0"),
        (273, 4, 1, b""),
        (274, 3, 1, struct.pack("<H", orientation)),
        (277, 3, 1, struct.pack("<H", 1)),
        (278, 4, 1, struct.pack("<I", height)),
        (279, 4, 1, struct.pack("<I", len(mosaic))),
        (33421, 3, 2, struct.pack("<HH", 2, 2)),
        (33422, 1, 4, bytes([0, 1, 1, 2])),
        (50706, 1, 4, bytes([1, 4, 0, 0])),
        (50708, 2, 12, b"Test Camera\0"),
        (50714, 3, 1, struct.pack("<H", BLACK)),
        (50717, 3, 1, struct.pack("<H", WHITE)),
        (50721, 10, 9, rationals),
        (50728, 5, 3, neutral),
        (50778, 3, 1, struct.pack("<H", 21)),
    ]
    start = 8 + 2 + 12 * len(tags) + 4
    outside = b"".join(value for _, _, _, value in tags if len(value) > 4)
    entries, offset = b"", start
    for tag, kind, count, value in tags:
        if tag == 273:
            value = struct.pack("<I", start + len(outside))
        if len(value) > 4:
            entries += struct.pack("<HHII", tag, kind, count, offset)
            offset += len(value)
        else:
            entries += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + outside + mosaic
