"""Full-size pictures: a file's values in, the developed picture's values out.

Every filter is pointwise, so a picture may be rendered whole or in strips of any size, with the same result.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from editing.game.filters import PIXELS_AT_ONCE, EditingStep, apply_steps
from editing.photos.colour import Floats, Pixels, Samples, to_working_space
from editing.rendering.dither import thresholds
from editing.rendering.kernel import BLOCK, Kernel, Shape
from editing.rendering.pipelines import load_pipeline

Engine = Literal["auto", "halide", "numpy"]

TYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "float16", "float32"))
# Below so many pixels NumPy is done before Halide has compiled.
WORTH_COMPILING = 2_000_000
KERNELS_KEPT = 256


class Renderer:
    """Renders a picture, or its strips, through a sequence of steps."""

    def __init__(
        self,
        steps: Sequence[EditingStep],
        *,
        curve: Floats | None = None,
        matrix: Floats | None = None,
        dtype: DTypeLike = np.float32,
        dither: bool = False,
        pixels: int | None = None,
        engine: Engine = "auto",
    ) -> None:
        """Prepare to render.

        Args:
            steps: what is done to the picture, in order.
            curve, matrix: how a file's values become linear light, as in `editing.photos.colour.Samples`.
            dtype: of the result. float16 and float32 are display-referred and unclipped, from 0 to 1 on a screen;
                uint8 and uint16 are that, clipped, times their largest value, rounded.
            dither: round integers by `editing.rendering.dither`, so that dark gradients show no bands.
            pixels: how many the picture has, if it comes in strips: all of them are then rendered alike.
            engine: "halide", which compiles some 0.3 s for each order of filters that is new on this machine; "numpy";
                or "auto", Halide where it is installed and there are pixels enough for it.

        Raises:
            ValueError: if the type is none of these.
            ModuleNotFoundError: if Halide is asked for and not installed.
        """
        self.dtype = np.dtype(dtype)
        if self.dtype not in TYPES:
            raise ValueError(f"pictures are rendered to {', '.join(map(str, TYPES))}, not {self.dtype}")
        if engine == "halide" and not has_halide():
            raise ModuleNotFoundError("Halide is not installed: pip install 'safelight[render]'")
        self.steps = tuple(steps)
        self.curve = curve
        self.matrix = matrix
        self.dither = dither and self.dtype.kind == "u"
        self.pixels = pixels
        self.engine = engine

    def __call__(self, values: NDArray[Any], out: NDArray[Any] | None = None, first: int = 0) -> NDArray[Any]:
        """Render a picture, or some of its rows.

        Args:
            values: (H, W, 3) uint8, uint16, float16 or float32, finite; contiguous, or three contiguous planes seen so
                (`np.moveaxis` of (3, H, W)). Others are copied first.
            out: where to, of that shape and the renderer's type, contiguous or planes; never `values` itself.
            first: the number of the first pixel in its picture, row by row: what dithering depends on.

        Returns:
            `out`, or a new contiguous array.

        Raises:
            ValueError: if a shape, a type or a layout is another.
        """
        _check(values, "values", TYPES)
        out = np.empty(values.shape, self.dtype) if out is None else out
        _check(out, "out", (self.dtype,))
        if out.shape != values.shape:
            raise ValueError(f"out is {out.shape}, and values are {values.shape}")
        if self.curve is not None and len(self.curve) <= _largest(values.dtype):
            raise ValueError(f"a curve of {len(self.curve)} levels is not for {values.dtype} values")
        pixels = self.pixels or values.shape[0] * values.shape[1]
        if self.engine == "halide" or (self.engine == "auto" and has_halide() and pixels >= WORTH_COMPILING):
            self._by_halide(values, out, first)
        else:
            self._by_numpy(values, out, first)
        return out

    def _by_halide(self, values: NDArray[Any], out: NDArray[Any], first: int) -> None:
        height, width = values.shape[:2]
        if 0 < height * width < BLOCK:  # kernels take no less
            several = np.concatenate([values] * (BLOCK // (height * width) + 1))
            out[:] = self(several, first=first)[:height]
            return
        source, source_planar = _flat(values if _is_flat(values) else np.ascontiguousarray(values))
        result, result_planar = _flat(out)
        curve = None if self.curve is None else np.ascontiguousarray(self.curve, np.float32)
        matrix = None if self.matrix is None else self.matrix.astype(np.float32)
        shape = Shape(
            filters=tuple(step.filter for step in self.steps),
            source=values.dtype,
            source_planar=source_planar,
            has_curve=curve is not None,
            has_matrix=matrix is not None,
            result=self.dtype,
            result_planar=result_planar,
            dithered=self.dither,
        )
        kernel(shape)(source, result, [step.parameters for step in self.steps], curve, matrix, first)

    def _by_numpy(self, values: NDArray[Any], out: NDArray[Any], first: int) -> None:
        height, width = values.shape[:2]
        rows = max(1, PIXELS_AT_ONCE // max(1, width))

        def render(top: int) -> None:
            strip = slice(top, top + rows)
            light = to_working_space(Samples(values[strip], {}, self.curve, self.matrix))
            out[strip] = self._encoded(apply_steps(light, self.steps), first + top * width)

        with np.errstate(over="ignore"), ThreadPoolExecutor(_processors()) as threads:
            list(threads.map(render, range(0, height, rows)))

    def _encoded(self, edited: Pixels, first: int) -> NDArray[Any]:
        """Display-referred values in the renderer's type."""
        if self.dtype.kind == "f":
            return edited.astype(self.dtype, copy=False)
        largest = np.float32(_largest(self.dtype))
        height, width = edited.shape[:2]
        threshold = thresholds(first, height * width).reshape(edited.shape) if self.dither else np.float32(0.5)
        values: NDArray[Any] = np.minimum(np.clip(edited, 0, 1) * largest + threshold, largest).astype(self.dtype)
        return values


@lru_cache(KERNELS_KEPT)
def kernel(shape: Shape) -> Kernel:
    """Return the kernel of that shape, loaded or compiled the first time."""
    return Kernel(shape, load_pipeline(repr(shape), partial(_define, shape)))


def _define(shape: Shape) -> tuple[Any, Sequence[Any]]:
    from editing.rendering.halide_kernels import define  # and with it Halide's compiler

    return define(shape)


@cache
def has_halide() -> bool:
    """Whether Halide is installed."""
    return find_spec("halide") is not None


def _largest(dtype: np.dtype[Any]) -> float:
    """Return the value that stands for 1 if values are integers; none does for others."""
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else np.inf


def _check(array: NDArray[Any], name: str, types: Sequence[np.dtype[Any]]) -> None:
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"{name} is of shape {array.shape}; a picture is (height, width, 3)")
    if array.dtype not in types:
        raise ValueError(f"{name} is {array.dtype}; it must be {' or '.join(map(str, types))}")
    if name == "out" and not _is_flat(array):
        raise ValueError("out must be contiguous, or three contiguous planes")


def _is_planar(array: NDArray[Any]) -> bool:
    return np.moveaxis(array, -1, 0).flags.c_contiguous and not array.flags.c_contiguous


def _is_flat(array: NDArray[Any]) -> bool:
    return array.flags.c_contiguous or _is_planar(array)


def _flat(array: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Return a picture's pixels as (n, 3), or its planes as (3, n), without a copy; and whether they are planes."""
    if _is_planar(array):
        return np.moveaxis(array, -1, 0).reshape(3, -1), True
    return array.reshape(-1, 3), False


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
