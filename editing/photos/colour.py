"""From the numbers of a file to the working space: linear light, sRGB primaries, D65.

Every decoder hands over `Samples`: the numbers as the file has them, the curve that makes them linear, and the matrix
to the working space. `to_working_space` is the one place where they are turned into light.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from editing.photos.photo_error import PhotoError

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Chromaticity = tuple[float, float]  # CIE x, y

MAXIMUM_PIXELS = 160_000_000  # the largest cameras have 151 million
PIXELS_AT_ONCE = 1 << 20  # a strip of this size is converted at a time, so that temporaries stay small

# Primaries that differ less than this are one: the rounding of published sRGB profiles, and the whites of old ones.
SAME_PRIMARIES_WITHIN = 2e-3
_LARGEST_COEFFICIENT = 100  # of a matrix between colour spaces; a larger one is the work of damaged numbers

# Chromaticities: IEC 61966-2-1 (sRGB), ISO 22028-2 (ROMM RGB, "ProPhoto").
D50 = (0.3457, 0.3585)
D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
PROPHOTO_PRIMARIES = ((0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105))
# The white of ICC's profile connection space, ICC.1:2022 7.2.16.
PCS_WHITE = np.array([0.9642, 1.0, 0.8249])
# The sharpened cone responses of Lam, 1985.
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _xyz(chromaticity: Chromaticity) -> Floats:
    x, y = chromaticity
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _rgb_to_xyz(primaries: tuple[Chromaticity, ...], white: Chromaticity) -> Floats:
    columns = np.stack([_xyz(primary) for primary in primaries], axis=1)
    scaled: Floats = columns * np.linalg.solve(columns, _xyz(white))
    return scaled


def _adapt(source_white: Floats, target_white: Floats) -> Floats:
    gains = (BRADFORD @ target_white) / (BRADFORD @ source_white)
    matrix: Floats = np.linalg.inv(BRADFORD) @ (gains[:, None] * BRADFORD)
    return matrix


def to_srgb_matrix(primaries: tuple[Chromaticity, ...], white: Chromaticity) -> Floats | None:
    """Return the matrix from linear RGB of those primaries (red, green, blue) to linear sRGB; None for sRGB's own.

    Raises:
        ValueError: the chromaticities span no colour space.
    """
    try:
        with np.errstate(all="ignore"):
            to_xyz = _rgb_to_xyz(primaries, white)
    except (np.linalg.LinAlgError, ZeroDivisionError) as error:
        raise ValueError("chromaticities that span no colour space") from error
    matrix: Floats = _SRGB_FROM_XYZ @ _adapt(_xyz(white), _xyz(D65)) @ to_xyz
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > _LARGEST_COEFFICIENT:
        raise ValueError("chromaticities that span no colour space")
    return None if np.abs(matrix - np.eye(3)).max() < SAME_PRIMARIES_WITHIN else matrix


_SRGB_TO_XYZ = _rgb_to_xyz(SRGB_PRIMARIES, D65)
_XYZ_OF_WHITE_FROM_SRGB = _SRGB_TO_XYZ / _xyz(D65)[:, None]
_SRGB_FROM_XYZ = np.linalg.inv(_SRGB_TO_XYZ)
# (3, 3): ICC's D50 XYZ to linear sRGB, and linear ProPhoto RGB to linear sRGB.
SRGB_FROM_PCS = _SRGB_FROM_XYZ @ _adapt(PCS_WHITE, _xyz(D65))
SRGB_FROM_PROPHOTO = _SRGB_FROM_XYZ @ _adapt(_xyz(D50), _xyz(D65)) @ _rgb_to_xyz(PROPHOTO_PRIMARIES, D50)


def srgb_to_linear(encoded: Floats) -> Floats:
    """Return the sRGB curve undone (IEC 61966-2-1): 0..1 to 0..1, any shape."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Pixels) -> Pixels:
    """Return the sRGB curve (IEC 61966-2-1): linear light, clipped to 0..1, to a screen's values, 0..1, any shape."""
    light = np.clip(linear, 0, 1)
    encoded: Pixels = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** np.float32(1 / 2.4) - 0.055)
    return encoded.astype(np.float32, copy=False)


def prophoto_to_linear(encoded: Floats) -> Floats:
    """Return the ROMM RGB curve undone (ISO 22028-2: 1.8 with a linear toe): 0..1 to 0..1, any shape."""
    return np.where(encoded < 16 / 512, encoded / 16, np.maximum(encoded, 0.0) ** 1.8)


def lab_to_linear_srgb(lab: Pixels) -> Pixels:
    """CIE L*a*b* (D50, as ICC's connection space; (..., 3)) to linear sRGB, negatives and all."""
    lightness = (lab[..., 0].astype(np.float64) + 16) / 116
    cube_roots = np.stack([lightness + lab[..., 1] / 500.0, lightness, lightness - lab[..., 2] / 200.0], axis=-1)
    xyz = np.where(cube_roots > 6 / 29, cube_roots**3, 3 * (6 / 29) ** 2 * (cube_roots - 4 / 29)) * PCS_WHITE
    linear: Pixels = (xyz @ SRGB_FROM_PCS.T).astype(np.float32)
    return linear


def extremes(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the largest and the smallest of the three values of each pixel: of (..., 3), two arrays (...)."""
    # Along an axis as short as that, NumPy's own reductions take ten times longer.
    r, g, b = np.moveaxis(pixels, -1, 0)
    return np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)


def lab(shown: Pixels) -> Pixels:
    """CIE L*a*b* (D65) of a picture (..., 3) whose values 0..1 are sRGB-encoded, as a screen shows them."""
    xyz = srgb_to_linear(shown.astype(np.float64)) @ _XYZ_OF_WHITE_FROM_SRGB.T
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


@dataclass(frozen=True)
class ColourSpace:
    """What the encoded RGB values of a picture mean.

    transfer, primaries: in words, and how they are known.
    to_linear: from encoded values (..., 3), nominally 0..1, to linear light of the same shape.
    matrix: (3, 3) linear RGB to linear sRGB, None where they are the same.
    """

    transfer: str
    primaries: str
    to_linear: Callable[[Floats], Floats]
    matrix: Floats | None = None

    def curve(self, levels: int) -> Floats:
        """(levels, 3): linear light of each of `levels` evenly spaced values 0..1."""
        encoded = np.linspace(0.0, 1.0, levels)
        return np.clip(self.to_linear(np.repeat(encoded[:, None], 3, axis=1)), 0.0, 1.0)


SRGB = ColourSpace("sRGB", "sRGB", srgb_to_linear)
PROPHOTO = ColourSpace("ProPhoto (ROMM)", "ProPhoto", prophoto_to_linear, SRGB_FROM_PROPHOTO)
# Adobe RGB (1998) Color Image Encoding, 4.3: a power of 563/256.
ADOBE_RGB = ColourSpace(
    "Adobe RGB (by EXIF, as in DCF)",
    "Adobe RGB (by EXIF, as in DCF)",
    lambda encoded: np.maximum(encoded, 0.0) ** (563 / 256),
    to_srgb_matrix(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65),
)


class Rows(Protocol):
    """The rows of a picture, taken by strips `[top:bottom]`: an array, or a file that is decoded as it is asked for."""

    @property
    def shape(self) -> tuple[Any, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, rows: slice, /) -> NDArray[Any]: ...


@dataclass(frozen=True)
class Samples:
    """A file before it becomes light.

    values: (H, W, 3) or (H, W, 1), uint8, uint16 or float, upright; taking rows of it may raise PhotoError.
    curve:  (levels, 3) linear light for each integer value; None: the values are linear (integers: value / largest).
    matrix: (3, 3) from the file's linear RGB to linear sRGB; None: they are the same.
    is_lab: the values are CIE L*a*b* (D50) rather than RGB.
    decoding: what was done, in plain words.
    exif: the file's EXIF data, in the form of a TIFF file, with or without "Exif" before it; empty where it has none.
    """

    values: Rows
    decoding: Mapping[str, Any]
    curve: Floats | None = None
    matrix: Floats | None = None
    is_lab: bool = False
    exif: bytes = b""


def check_size(width: int, height: int, limit: int | None) -> None:
    """Refuse, before anything is decoded, a picture of no pixels or of more than `limit` (default MAXIMUM_PIXELS)."""
    limit = MAXIMUM_PIXELS if limit is None else limit
    if width < 1 or height < 1:
        raise PhotoError(f"it has no pixels ({width} x {height})")
    if width * height > limit:
        size = f"{width} x {height} is {width * height / 1e6:.1f} million pixels"
        raise PhotoError(f"{size}, more than the limit of {limit / 1e6:g} million: make it smaller")


def light_of(samples: Samples) -> Callable[[NDArray[Any]], Pixels]:
    """Return the function that turns rows of `samples.values`, (rows, W, 3), into linear sRGB light, float32.

    Negatives stay, and what is not finite or overflows, for the caller to deal with.
    """
    dtype = samples.values.dtype
    largest = np.float32(np.iinfo(dtype).max if dtype.kind == "u" else 1)
    tables = None if samples.curve is None else samples.curve.T.astype(np.float32, order="C")
    matrix = None if samples.matrix is None else samples.matrix.T.astype(np.float32)

    def convert(strip: NDArray[Any]) -> Pixels:
        with np.errstate(all="ignore"):
            if tables is None:
                light = strip.astype(np.float32) / largest
            else:
                light = np.stack([table[strip[..., channel]] for channel, table in enumerate(tables)], axis=-1)
            if samples.is_lab:
                light = lab_to_linear_srgb(light)
            elif matrix is not None:
                light = light @ matrix
        return light

    return convert


def to_working_space(samples: Samples) -> Pixels:
    """Linear sRGB light, float32 (H, W, 3), finite, negatives as 0; values above 1 stay.

    Raises PhotoError, with their number, for values that are not finite (or too large for float32).
    """
    height, width = samples.values.shape[:2]
    pixels: Pixels = np.empty((height, width, 3), np.float32)
    to_light = light_of(samples)
    rows = max(1, PIXELS_AT_ONCE // width)
    not_finite = 0
    for top in range(0, height, rows):
        strip = samples.values[top : top + rows]
        light = to_light(np.broadcast_to(strip, (*strip.shape[:2], 3)))  # grey: three equal planes
        not_finite += int(np.count_nonzero(~np.isfinite(light)))
        with np.errstate(all="ignore"):
            np.maximum(light, 0.0, out=pixels[top : top + rows])
    check_finite(not_finite)
    return pixels


def check_finite(not_finite: int, where: str = "") -> None:
    """Refuse a photo that has so many values which are not finite; where: "in rows 5 to 8"."""
    if not_finite:
        declared_in = f" {where}" if where else ""
        raise PhotoError(
            f"{not_finite} of its values{declared_in} are not finite numbers (NaN, infinite, or beyond float32)"
        )
