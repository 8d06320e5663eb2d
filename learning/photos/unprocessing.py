"""Finished pictures turned back into photos as a camera took them, as more inputs of a training.

After Brooks et al., "Unprocessing Images for Learned Raw Denoising", CVPR 2019: the tone curve and the sRGB curve are
undone, colours made duller, the light less and a little coloured, and the noise of a sensor added. Each picture is
unprocessed in a few ways, from bright to dark. What it was before is known, so that an agent's result can be compared
with it. Here is no torch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import LUMINANCE
from editing.photos.colour import srgb_to_linear
from learning.photos.squares import Indices, Pixels, Squares

# The ways in which each picture is unprocessed, and how dark the darkest may be: darker than the 3.5 EV of the exposure
# filter make up for, so that the agent learns what else to do then.
VARIANTS = 4
DARKEST_STOPS = 4.5
# A camera's colours, in parts of the saturation of the finished ones, and by how much its white balance is off.
DULLEST = 0.7
CAST = 0.08
# Of shot noise, its variance in parts of the light: base to high sensitivity of a sensor (Brooks et al., section 3.1,
# up to a quarter of their most).
SHOT_NOISE = (1e-4, 3e-3)


@dataclass(frozen=True)
class Unprocessing:
    """How one picture is unprocessed.

    Attributes:
        tone: 0 .. 1, how much of an S-curve is undone.
        saturation: in parts of the finished picture's.
        gains: (3,) by which the channels are multiplied.
        shot_noise, read_noise: variance for the light, and in the dark.
    """

    tone: float
    saturation: float
    gains: NDArray[np.float64]
    shot_noise: float
    read_noise: float

    @classmethod
    def draw(cls, random: np.random.Generator, stops: float) -> "Unprocessing":
        """Draw how a picture is unprocessed, darkened by so many stops."""
        channels = np.exp(random.normal(0, CAST, 3))
        shot = float(np.exp(random.uniform(*np.log(SHOT_NOISE))))
        read = float(np.exp(2.18 * np.log(shot) + 1.2 + random.normal(0, 0.26)))
        gains = 2.0**-stops * channels / np.dot(channels, LUMINANCE)
        return cls(random.uniform(0, 1), random.uniform(DULLEST, 1), gains, shot, read)


def unprocess(shown: Pixels, how: Unprocessing, random: np.random.Generator, pixels_averaged: float = 1.0) -> Pixels:
    """Return a picture as a camera may have taken it.

    Args:
        shown: (H, W, 3) 0 .. 1, as a screen shows it.
        random: of the noise.
        pixels_averaged: how many of the sensor's are in one of these, which lessens the noise.

    Returns:
        (H, W, 3) linear light.
    """
    flat = np.clip(shown, 0, 1).astype(np.float64)
    # The inverse of smoothstep, 3 x^2 - 2 x^3.
    flat += how.tone * (0.5 - np.sin(np.arcsin(1 - 2 * flat) / 3) - flat)
    light = srgb_to_linear(flat)
    grey = (light @ np.array(LUMINANCE))[..., None]
    light = (grey + how.saturation * (light - grey)) * how.gains
    variance = (how.shot_noise * light + how.read_noise) / pixels_averaged
    noisy = light + np.sqrt(variance) * random.standard_normal(light.shape)
    taken: Pixels = np.maximum(noisy, 0).astype(np.float32)
    return taken


@dataclass(frozen=True)
class TrainingSquares:
    """The squares of a training, (80, 80, 3).

    Attributes:
        inputs: linear light.
        finished: for each square of the inputs what it was before it was unprocessed, or nan; None if all are photos.
        targets: as a screen shows them.
    """

    inputs: Squares
    finished: Squares | None
    targets: Squares


def with_unprocessed(inputs: Squares, targets: Squares, share: float, seed: int) -> TrainingSquares:
    """Turn a share of the targets into inputs; they are targets no more.

    Args:
        share: 0 .. 1; of 0 nothing changes.
        seed: of which they are, and how they are unprocessed.
    """
    count = round(share * targets.photos)
    if not count:
        return TrainingSquares(inputs, None, targets)
    random = np.random.default_rng([seed, 1])
    order = random.permutation(targets.photos)
    chosen = targets.take(np.sort(order[:count]))
    shown = chosen[np.arange(len(chosen))]
    # As many squares of each photo as it has variants; photos as they were taken repeat theirs.
    per_photo = VARIANTS * (len(chosen) // chosen.photos)
    taken = inputs[np.arange(len(inputs))]
    rows = np.arange(len(inputs)).reshape(inputs.rows.shape)
    rows = np.stack([np.resize(row, per_photo) for row in rows])
    variants = np.concatenate([_variants(square, random) for square in shown])
    original = np.repeat(shown, VARIANTS, axis=0)
    rows = np.concatenate([rows, len(taken) + np.arange(len(variants)).reshape(-1, per_photo)])
    unknown = np.full_like(taken, np.nan)
    return TrainingSquares(
        _in_memory(np.concatenate([taken, variants]), rows),
        _in_memory(np.concatenate([unknown, original]), rows),
        targets.take(np.sort(order[count:])),
    )


def _in_memory(pixels: Pixels, rows: Indices) -> Squares:
    return Squares(pixels.astype(np.float16), rows)


def _variants(square: Pixels, random: np.random.Generator) -> Pixels:
    """(4, 80, 80, 3) a square unprocessed, from bright to dark."""
    stops = (np.arange(VARIANTS) + random.uniform(0, 1, VARIANTS)) * (DARKEST_STOPS / VARIANTS)
    drawn = [Unprocessing.draw(random, step) for step in stops]
    # A square of 80 x 80 is of a photo of some thousand.
    return np.stack([unprocess(square, how, random, pixels_averaged=16.0) for how in drawn])
