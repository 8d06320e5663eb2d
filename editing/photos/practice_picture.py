"""The picture that people practise on: an evening at a lake, painted by arithmetic, so that it is nobody's property.

It is as a camera would have it: linear light, too dark and too cool, with a grey rock and snow to see the cast by,
bright clouds, deep shadows, and a balloon for the colours.
"""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]

WIDTH, HEIGHT = 768, 512
_HORIZON = 0.62
_CAMERA = (0.30, 0.36, 0.47)  # how much of the light of each channel reaches the picture


def practice_picture() -> NDArray[np.float32]:
    """Linear light (HEIGHT, WIDTH, 3), from 0 to about 0.5; the same at every call."""
    x, y = np.meshgrid(np.arange(WIDTH) / HEIGHT, (np.arange(HEIGHT) + 0.5) / HEIGHT)
    scene = _land_and_sky(x, y)
    # The lake mirrors what stands above it, darker, and broken by ripples.
    depth = np.clip((y - _HORIZON) / (1 - _HORIZON), 0, 1)
    ripple = 0.05 * depth * _noise(x * (2 + 6 * (1 - depth)), y * 60, seed=5)
    mirrored = scene[_pixel(2 * _HORIZON - y + ripple, HEIGHT), _pixel(x + 0.4 * ripple, WIDTH)]
    lake = mirrored * (0.62 - 0.25 * depth)[..., None] + np.array((0.01, 0.03, 0.05))
    scene = _over(scene, lake, _edge(_HORIZON - y))
    scene = _shore(_balloon(scene, x, y), x, y)
    grain = np.random.default_rng(7).normal(0, 0.006, (HEIGHT, WIDTH, 1))
    return np.asarray(np.clip(scene * (1 + grain), 0, None) * np.array(_CAMERA), np.float32)


def _land_and_sky(x: Plane, y: Plane) -> Plane:
    """Return the sky, three ranges of mountains, the farthest with snow, and a wood on the far shore."""
    scene = _sky(x, y)
    column = x[:1]
    far = 0.36 + 0.10 * _ridge(column * 1.7, seed=11)
    rock = np.stack([0.20 + 0 * x, 0.21 + 0 * x, 0.30 + 0 * x], -1)
    snow = _edge(y - far - 0.035 - 0.05 * _noise(x * 9, y * 14, seed=2)) * 0.9
    lit = 0.75 + 0.5 * _noise(x * 7 + y * 5, y * 9, seed=3)
    scene = _over(scene, _over(rock, np.full_like(rock, 1) * (0.85, 0.74, 0.72), snow) * lit[..., None], _edge(far - y))
    for level, rise, seed, color in ((0.47, 0.07, 21, (0.10, 0.13, 0.17)), (0.55, 0.05, 31, (0.055, 0.085, 0.07))):
        height = level + rise * _ridge(column * 2.3, seed)
        scene = _over(scene, np.full_like(scene, 1) * color, _edge(height - y))
    trees = _HORIZON - 0.012 - 0.02 * np.abs(_line(column * 60, seed=41)) - 0.012 * _line(column * 6, seed=42)
    return _over(scene, np.full_like(scene, 1) * (0.02, 0.045, 0.025), _edge(trees - y))


def _sky(x: Plane, y: Plane) -> Plane:
    low = np.clip(y / 0.5, 0, 1)[..., None]
    sky = (1 - low) * np.array((0.10, 0.24, 0.55)) + low * np.array((1.0, 0.62, 0.34))
    sun = np.hypot(x - 0.42, y - 0.33)
    sky = sky + np.exp(-sun / 0.10)[..., None] * np.array((0.9, 0.6, 0.3))
    sky = sky + _edge(sun - 0.028)[..., None] * np.array((2.0, 1.7, 1.2))
    clouds = np.clip(_noise(x * 2.2, y * 11 + 0.5 * x, seed=1) * 1.5 + 0.1, 0, 1) * np.exp(-(((y - 0.2) / 0.13) ** 2))
    return _over(sky, np.full_like(sky, 1) * (1.25, 0.80, 0.62), 0.75 * clouds)


def _balloon(scene: Plane, x: Plane, y: Plane) -> Plane:
    """Return a striped balloon with its basket, lit from the left."""
    across, down = (x - 1.12) / 0.105, (y - 0.22) / np.where(y < 0.22, 0.115, 0.15)
    inside = np.hypot(across, down)
    round_x = across / np.sqrt(np.clip(1 - np.clip(down, -1, 1) ** 2, 0.05, 1))
    stripe = np.floor((np.arcsin(np.clip(round_x, -1, 1)) / np.pi + 0.5) * 7).astype(int) % 3
    colors = np.array([(0.80, 0.10, 0.07), (0.95, 0.66, 0.12), (0.10, 0.35, 0.55)])[stripe]
    light = np.clip(0.85 - 0.5 * across, 0.25, 1.4)[..., None]
    scene = _over(scene, colors * light, _edge(inside - 1, 0.02))
    basket = np.maximum(np.abs(x - 1.12) / 0.020, np.abs(y - 0.402) / 0.016)
    ropes = np.maximum(np.abs(np.abs(x - 1.12) - 0.017) / 0.0015, np.abs(y - 0.375) / 0.025)
    scene = _over(scene, np.full_like(scene, 1) * (0.22, 0.13, 0.06), _edge(basket - 1, 0.08))
    return _over(scene, np.full_like(scene, 1) * (0.06, 0.05, 0.04), _edge(ropes - 1, 0.5))


def _shore(scene: Plane, x: Plane, y: Plane) -> Plane:
    """Return a meadow at the near shore, in shadow, with grey rocks."""
    column = x[:1]
    top = 0.90 + 0.10 * (column - 0.55) - 0.02 * _line(column * 5, seed=51) - 0.006 * _line(column * 90, seed=52)
    blades = (1 + 0.7 * _noise(x * 70, y * 25, seed=53))[..., None]
    scene = _over(scene, np.array((0.055, 0.105, 0.03)) * blades, _edge(top - y))
    rough = 1 + 0.12 * _noise(x * 14, y * 14, seed=61)
    grain = 1 + 0.35 * _noise(x * 40, y * 40, seed=62)
    for middle, bottom, size in ((0.30, 0.97, 0.10), (0.47, 0.985, 0.06), (1.28, 1.0, 0.08)):
        shape = np.hypot((x - middle) / size, (y - bottom) / (0.8 * size)) * rough
        shade = np.clip(0.26 - 0.9 * (y - bottom + 0.04) - 0.5 * (x - middle), 0.03, 0.5)
        scene = _over(scene, np.repeat((shade * grain)[..., None], 3, -1), _edge(shape - 1, 0.02))
    return scene


def _over(below: Plane, above: Plane, coverage: Plane) -> Plane:
    """Pictures (H, W, 3), the second laid over the first where `coverage` (H, W) is 1."""
    return below + (above - below) * np.asarray(coverage)[..., None]


def _edge(distance: Plane, width: float = 0.002) -> Plane:
    """1 where the distance is negative, 0 where it is positive, smooth across the border."""
    return 1 / (1 + np.exp(np.clip(distance / (0.4 * width), -60, 60)))


def _ridge(x: Plane, seed: int) -> Plane:
    """Return a skyline, about -1 to 1: the sum of ever finer folds."""
    skyline = np.full_like(x, -1.0)
    for octave in range(7):
        skyline += np.abs(2 * _noise(x * 2**octave, 0 * x, seed + octave, octaves=1)) / 1.9**octave
    return skyline


def _line(x: Plane, seed: int) -> Plane:
    """Smooth noise along a line."""
    return _noise(x, 0 * x, seed)


def _pixel(position: Plane, count: int) -> NDArray[np.intp]:
    """Return the pixel at a place that is measured in heights of the picture."""
    return np.clip(np.round(position * HEIGHT - 0.5), 0, count - 1).astype(np.intp)


def _noise(x: Plane, y: Plane, seed: int, octaves: int = 4) -> Plane:
    """Smooth noise over the plane, about -1 to 1."""
    grid = np.random.default_rng(seed).random((64, 64)) * 2 - 1
    total = np.zeros(np.broadcast(x, y).shape)
    for octave in range(octaves):
        u, v = x * 2**octave + 17.3 * octave, y * 2**octave + 5.1 * octave
        left, top = np.floor(u).astype(int), np.floor(v).astype(int)
        s, t = u - left, v - top
        s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
        upper = (1 - s) * grid[top % 64, left % 64] + s * grid[top % 64, (left + 1) % 64]
        lower = (1 - s) * grid[(top + 1) % 64, left % 64] + s * grid[(top + 1) % 64, (left + 1) % 64]
        total += ((1 - t) * upper + t * lower) / 2**octave
    return total
