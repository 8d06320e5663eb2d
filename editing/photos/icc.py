"""ICC profiles of the matrix kind, evaluated exactly.

A colour engine of 16 bits quantises the shadows and limits the slope of a pure power there, so that profiles made of
curves and a matrix are evaluated here, in float64. Profiles made of tables are left to the engine. Source: ICC.1:2022.
"""

import struct
from dataclasses import dataclass

import numpy as np

from editing.photos.colour import SAME_PRIMARIES_WITHIN, SRGB_FROM_PCS, Floats


@dataclass(frozen=True)
class Profile:
    """An ICC profile.

    name: its description.
    space: "RGB", "GRAY", "CMYK" ... as in the header.
    tables: it converts by multidimensional tables, which are not evaluated here.
    matrix: (3, 3) linear RGB to linear sRGB; None for grey, for sRGB itself, and for `tables`.
    """

    name: str
    space: str
    tables: bool
    matrix: Floats | None
    _curves: tuple[bytes, ...]
    _lightness: bool = False  # a grey profile over Lab: its curve leads to L*, not to light

    def to_linear(self, encoded: Floats) -> Floats:
        """Linear light (..., 3) of encoded values (..., 3) or (..., 1), floating point.

        Values above 1 go on along the curve where it is a formula, and are those of 1 where it is a table; negatives
        become 0.
        """
        channels = np.broadcast_to(np.maximum(encoded, 0.0), (*encoded.shape[:-1], 3))
        curves = self._curves if len(self._curves) == 3 else self._curves * 3
        linear = np.stack([_evaluate(curve, channels[..., index]) for index, curve in enumerate(curves)], axis=-1)
        return _luminance_of_lightness(linear) if self._lightness else linear


def read_profile(data: bytes) -> Profile:
    """Return the profile in `data`. Raises ValueError where it is damaged or not of a known kind."""
    try:
        return _read(data)
    except (struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"damaged ICC profile: {error}") from error


def _read(data: bytes) -> Profile:
    if data[36:40] != b"acsp":
        raise ValueError("not an ICC profile")
    space, connection = data[16:20].decode("ascii").strip(), data[20:24]
    (count,) = struct.unpack(">I", data[128:132])
    tags = {}
    for index in range(min(count, 1000)):
        signature, offset, size = struct.unpack(">4sII", data[132 + 12 * index : 144 + 12 * index])
        tags[signature] = data[offset : offset + size]
    name = _description(tags[b"desc"]) if b"desc" in tags else "unnamed"
    names = {"RGB": (b"rTRC", b"gTRC", b"bTRC"), "GRAY": (b"kTRC",)}.get(space, ())
    tables = not names or b"A2B0" in tags or (space == "RGB" and connection != b"XYZ ")
    if tables:
        return Profile(name, space, True, None, ())
    matrix = _matrix(tags) if space == "RGB" else None
    curves = tuple(tags[tag] for tag in names)
    for curve in curves:
        _evaluate(curve, np.zeros(1))  # a damaged curve is reported now, not later
    return Profile(name, space, False, matrix, curves, connection == b"Lab ")


def _matrix(tags: dict[bytes, bytes]) -> Floats | None:
    columns = [_fixed(tags[tag][8:20]) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix: Floats = SRGB_FROM_PCS @ np.stack(columns, axis=1)
    return None if np.abs(matrix - np.eye(3)).max() < SAME_PRIMARIES_WITHIN else matrix


def _luminance_of_lightness(lightness: Floats) -> Floats:
    """Y of L* / 100 (CIE 15)."""
    cube_root = (100 * lightness + 16) / 116
    return np.where(cube_root > 6 / 29, cube_root**3, 3 * (6 / 29) ** 2 * (cube_root - 4 / 29))


def _fixed(data: bytes) -> Floats:
    """s15Fixed16Number, as many as there are."""
    return np.frombuffer(data[: len(data) // 4 * 4], ">i4").astype(np.float64) / 65536


def _description(tag: bytes) -> str:
    if tag[:4] == b"desc":
        (length,) = struct.unpack(">I", tag[8:12])
        text = tag[12 : 12 + length].decode("ascii", "replace")
    elif tag[:4] == b"mluc":
        length, offset = struct.unpack(">II", tag[20:28])
        text = tag[offset : offset + length].decode("utf-16-be", "replace")
    else:
        text = "unnamed"
    printable = "".join(character for character in text if character.isprintable()).strip()
    return printable[:200] or "unnamed"


def _evaluate(tag: bytes, encoded: Floats) -> Floats:
    """Return the `curv` or `para` element at `encoded` (0..1)."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack(">I", tag[8:12])
        entries = np.frombuffer(tag[12 : 12 + 2 * count], ">u2").astype(np.float64)
        if len(entries) != count:
            raise ValueError("damaged ICC profile: a curve is cut short")
        if count == 0:
            return encoded
        if count == 1:
            return np.power(encoded, float(entries[0]) / 256)
        return np.interp(encoded, np.linspace(0.0, 1.0, count), entries / 65535)
    if tag[:4] == b"para":
        return _parametric(struct.unpack(">H", tag[8:10])[0], _fixed(tag[12:]), encoded)
    raise ValueError("damaged ICC profile: a curve of an unknown kind")


def _parametric(kind: int, parameters: Floats, encoded: Floats) -> Floats:
    """Y = (a X + b)^g + e from d on, c X + f below it; kinds 0 to 4 leave out more or fewer of them (ICC.1 10.18)."""
    if kind > 4 or len(parameters) < (1, 3, 4, 5, 7)[kind]:
        raise ValueError("damaged ICC profile: a parametric curve of an unknown kind")
    g = parameters[0]
    a, b = parameters[1:3] if kind else (1.0, 0.0)
    c = d = e = f = 0.0
    if kind in (1, 2):
        if a == 0:
            raise ValueError("damaged ICC profile: a parametric curve without a slope")
        d = -b / a
        e = f = parameters[3] if kind == 2 else 0.0
    elif kind in (3, 4):
        c, d = parameters[3:5]
        e, f = parameters[5:7] if kind == 4 else (0.0, 0.0)
    with np.errstate(all="ignore"):
        value = np.where(encoded >= d, np.maximum(a * encoded + b, 0.0) ** g + e, c * encoded + f)
    if not np.isfinite(value).all():
        raise ValueError("damaged ICC profile: a curve without finite values")
    return np.maximum(value, 0.0)
