"""CIEDE2000, for many pairs of small pictures at a time.

CIE 142-2001; Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", Color Research and Application 30, 2005.
``skimage.color.deltaE_ciede2000`` gives the same numbers and takes five times as long: here angles stay vectors. The
mean hue is where the sum of the two unit vectors points, and cosines of its multiples are polynomials in its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_COS, _SIN = (
    {degrees: np.float32(function(np.radians(degrees))) for degrees in (30, 6, 63, 275)}
    for function in (np.cos, np.sin)
)
_PER_25_DEGREES, _60_DEGREES = np.float32(1 / np.radians(25)), np.float32(np.radians(60))
_SEVENTH = np.float32(25.0**7)
# Pixels of pairs that are worked on at a time: their dozen temporaries stay in the processor's cache.
_AT_ONCE = 1 << 15


def mean_color_differences(a: Floats, b: Floats) -> NDArray[np.float64]:
    """Return the (n, m) means over the pixels of delta E 2000 between n pictures and m others.

    Args:
        a, b: (n, pixels, 3) and (m, pixels, 3) in L*a*b*; where they are one and the same, each pair is measured once.
    """
    planes = [np.ascontiguousarray(np.moveaxis(pictures, -1, 0), np.float32) for pictures in (a, b)]
    chromas = [np.hypot(pictures[1], pictures[2]) for pictures in planes]
    means = np.empty((len(a), len(b)))
    columns = max(1, _AT_ONCE // max(a.shape[1], 1))
    rows = max(1, columns // max(len(b), 1))
    for row in range(0, len(a), rows):
        first = tuple(plane[row : row + rows, None] for plane in (*planes[0], chromas[0]))
        for column in range(row if a is b else 0, len(b), columns):
            second = tuple(plane[column : column + columns] for plane in (*planes[1], chromas[1]))
            block = _delta_e(first, second).mean(axis=-1, dtype=np.float64)
            means[row : row + rows, column : column + columns] = block
            if a is b:
                means[column : column + columns, row : row + rows] = block.T
    return means


def pairwise_color_differences(a: Floats, b: Floats) -> NDArray[np.float64]:
    """Return the (n,) means over the pixels of delta E 2000 between each picture and the one in its place.

    Args:
        a, b: (n, pixels, 3) in L*a*b*.
    """
    sides = [tuple(pictures[..., channel] for channel in range(3)) for pictures in (a, b)]
    first, second = ((*planes, np.hypot(planes[1], planes[2])) for planes in sides)
    means: NDArray[np.float64] = _delta_e(first, second).mean(axis=-1, dtype=np.float64)
    return means


def _delta_e(first: tuple[Floats, ...], second: tuple[Floats, ...]) -> Floats:
    """Return delta E 2000 of pixels, given as L*, a*, b* and chroma."""
    (l1, a1, b1, c1), (l2, a2, b2, c2) = first, second
    one, half, two = np.float32(1), np.float32(0.5), np.float32(2)
    # a* is stretched for greys, chroma and hue are of the stretched one.
    seventh = _seventh_power(half * (c1 + c2))
    stretch = one + half * (one - np.sqrt(seventh / (seventh + _SEVENTH)))
    x1, x2 = a1 * stretch, a2 * stretch
    chroma1, chroma2 = np.sqrt(x1 * x1 + b1 * b1), np.sqrt(x2 * x2 + b2 * b2)
    product, sum_of_chromas = chroma1 * chroma2, chroma1 + chroma2
    # The mean hue; of two greys, or of exact opposites, any direction will do.
    tiny = np.float32(1e-12)
    i1, i2 = one / (chroma1 + tiny), one / (chroma2 + tiny)
    x, y = x1 * i1 + x2 * i2, b1 * i1 + b2 * i2
    # A grey's hue is 0 in the formula, where hues are then added, not averaged: the other's hue is left.
    length = np.sqrt(x * x + y * y) + tiny
    cos, sin = x / length, y / length
    # 2 sqrt(C1 C2) sin(dh / 2), from the cross product where hues are near one another, which loses no digits there.
    cross, dot = x1 * b2 - x2 * b1, x1 * x2 + b1 * b2
    near = two * cross / ((np.sqrt(product) + tiny) * length)
    far = np.copysign(np.sqrt(np.maximum(two * (product - dot), np.float32(0))), cross)
    hue = np.where(dot > 0, near, far)
    cos2, sin2 = two * cos * cos - one, two * sin * cos
    cos3, sin3 = cos2 * cos - sin2 * sin, sin2 * cos + cos2 * sin
    cos4, sin4 = two * cos2 * cos2 - one, two * sin2 * cos2
    t = (
        one
        - np.float32(0.17) * (cos * _COS[30] + sin * _SIN[30])
        + np.float32(0.24) * cos2
        + np.float32(0.32) * (cos3 * _COS[6] - sin3 * _SIN[6])
        - np.float32(0.20) * (cos4 * _COS[63] + sin4 * _SIN[63])
    )
    lightness = half * (l1 + l2) - np.float32(50)
    lightness *= lightness
    light = (l1 - l2) / (one + np.float32(0.015) * lightness / np.sqrt(np.float32(20) + lightness))
    chroma = (chroma1 - chroma2) / (one + np.float32(0.0225) * sum_of_chromas)
    hue /= one + np.float32(0.0075) * sum_of_chromas * t
    # The rotation is for blues alone: 60 exp(-((h - 275) / 25)^2) degrees.
    away = np.arctan2(sin * _COS[275] - cos * _SIN[275], cos * _COS[275] + sin * _SIN[275])
    away *= _PER_25_DEGREES
    seventh = _seventh_power(half * sum_of_chromas)
    rotation = np.sin(_60_DEGREES * np.exp(-away * away))
    rotation *= two * np.sqrt(seventh / (seventh + _SEVENTH))
    # The rotation is subtracted in the formula, where chroma is the second's less the first's, as hue is here.
    square = light * light + chroma * chroma + hue * hue + rotation * chroma * hue
    result: Floats = np.sqrt(np.maximum(square, np.float32(0)))
    return result


def _seventh_power(values: Floats) -> Floats:
    square = values * values
    power: Floats = square * square * square * values
    return power
