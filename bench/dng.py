"""A camera RAW file of a scene whose light is known, for tests and benchmarks."""

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from editing.photos.tiff import ASCII, LONG, SHORT, Field, numbers, pack, start

BYTE, RATIONAL, SIGNED_RATIONAL = 1, 5, 10
DIRECTORY = 8  # where it lies: first
BLACK, WHITE = 64, 4095
NEUTRAL = (0.5, 1.0, 0.8)
# CIE XYZ D65 to linear sRGB (IEC 61966-2-1): a camera that sees sRGB.
CAMERA = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)


def dng(
    light: NDArray[np.floating],
    orientation: int = 1,
    size: tuple[int, int] | None = None,
    *,
    saturation: int = WHITE,
    active_area: tuple[int, int, int, int] | None = None,
    crop: tuple[int, int, int, int] | None = None,
) -> bytes:
    """Return an uncompressed DNG of a scene, seen through a red-green-green-blue mosaic by a camera that sees sRGB.

    Args:
        light: (H, W, 3) linear sRGB, H and W even; 1 is what the camera's neutral can just hold.
        orientation: EXIF's, 1 to 8.
        size: (width, height) that the file claims, if not the scene's.
        saturation: the level that no pixel exceeds, at or below the white level.
        active_area: top, left, bottom, right of what counts of the scene, even numbers; without one all of it.
        crop: left, top, width, height of the part of the active area that is to be shown; without one all of it.
    """
    rows, columns = light.shape[:2]
    width, height = size or (columns, rows)
    seen = np.clip(light * np.array(NEUTRAL, light.dtype), 0, 1) * (WHITE - BLACK) + BLACK
    seen = np.minimum(seen, saturation)
    channel = np.array([[0, 1], [1, 2]])[np.arange(rows)[:, None] % 2, np.arange(columns)[None, :] % 2]
    mosaic = np.take_along_axis(seen, channel[:, :, None], axis=2)[..., 0].round().astype("<u2").tobytes()
    fields = {
        254: numbers(LONG, [0]),
        256: numbers(LONG, [width]),
        257: numbers(LONG, [height]),
        258: numbers(SHORT, [16]),
        259: numbers(SHORT, [1]),
        262: numbers(SHORT, [32803]),  # a colour filter array
        271: Field(ASCII, b"Test\0"),
        272: Field(ASCII, b"Camera\0"),
        273: numbers(LONG, [0]),  # where the mosaic begins, once that is known
        274: numbers(SHORT, [orientation]),
        277: numbers(SHORT, [1]),
        278: numbers(LONG, [height]),
        279: numbers(LONG, [len(mosaic)]),
        33421: numbers(SHORT, [2, 2]),
        33422: Field(BYTE, bytes([0, 1, 1, 2])),
        50706: Field(BYTE, bytes([1, 4, 0, 0])),
        50708: Field(ASCII, b"Test Camera\0"),
        50714: numbers(SHORT, [BLACK]),
        50717: numbers(SHORT, [WHITE]),
        50721: Field(SIGNED_RATIONAL, _rationals("<ii", CAMERA)),
        50728: Field(RATIONAL, _rationals("<II", NEUTRAL)),
        50778: numbers(SHORT, [21]),
    }
    if active_area is not None:
        fields[50829] = numbers(LONG, active_area)
    if crop is not None:
        fields |= {50719: numbers(LONG, crop[:2]), 50720: numbers(LONG, crop[2:])}
    begins = DIRECTORY + len(pack({0: fields}, DIRECTORY))
    return start(DIRECTORY, big=False) + pack({0: fields | {273: numbers(LONG, [begins])}}, DIRECTORY) + mosaic


def _rationals(form: str, values: Iterable[float]) -> bytes:
    return b"".join(struct.pack(form, round(value * 10_000), 10_000) for value in values)
