"""The work of the 2018 editor for one picture: four steps in NumPy, by the reference's formulas, at its size."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from bench.figures import seconds

Image = NDArray[np.float32]

LUMINANCE = np.array([0.27, 0.67, 0.06], np.float32)
IMAGE: Image = np.random.default_rng(0).random((333, 500, 3), dtype=np.float32)
LARGE = 3 * 2**20  # numbers of 8 bytes: just below what glibc always hands back, 32 MiB
SLOPES = [0.8 + 0.05 * index for index in range(8)]


def edit() -> Image:
    """Exposure, gamma, white balance and tone, of a picture of 500 x 333, float32."""
    return tone(white_balance(gamma(exposure(IMAGE, 0.7), 0.6), 0.1, 0.2), SLOPES)


@contextmanager
def timed_edit(*, warm: bool) -> Iterator[Callable[[], float]]:
    """Give a function that returns the wall seconds of an edit, in a process of its own, whose allocator is known.

    The C library hands the memory of small pictures back to the system after each operation, and page faults for new
    memory take most of an edit's time, until the process has freed an array that is far larger.

    Args:
        warm: whether it has.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), _free_a_large_array if warm else None) as process:
        yield lambda: process.submit(_seconds).result()


def _seconds() -> float:
    return seconds(edit, time.perf_counter)


def _free_a_large_array() -> None:
    np.ones(LARGE)


def exposure(image: Image, ev: float) -> Image:
    """``x 2^ev``."""
    return image * np.float32(np.exp(ev * np.log(2)))


def gamma(image: Image, power: float) -> Image:
    """``max(x, 0.001) ^ power``."""
    return np.power(np.maximum(image, np.float32(0.001)), np.float32(power))


def white_balance(image: Image, temperature: float, tint: float) -> Image:
    """Channels scaled by ``c / (Y(c) + 1e-5)``."""
    scaling = np.array([1, np.exp(-tint), np.exp(-temperature)], np.float32)
    return image * (scaling / np.float32(1e-5 + np.sum(scaling * LUMINANCE)))


def tone(image: Image, slopes: list[float]) -> Image:
    """One curve of as many straight parts as there are slopes, added up part by part."""
    steps = len(slopes)
    total = image * np.float32(0)
    for index, slope in enumerate(slopes):
        total += np.clip(image - np.float32(index / steps), 0, np.float32(1 / steps)) * np.float32(slope)
    return total * np.float32(steps / sum(slopes))
