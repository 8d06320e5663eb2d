"""Rendering a picture of 24 megapixels through five steps: wall time, and memory."""

import os
import subprocess
import sys
import time
from functools import partial
from itertools import count
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from bench.figures import Figure, ratio
from bench.filters import step
from editing.game.filters import apply_steps_to_planes
from editing.game.rules import Step
from editing.rendering.kernel import Shape
from editing.rendering.pipelines import load_pipeline
from editing.rendering.renderer import Renderer

HEIGHT, WIDTH = 4000, 6000
CHAINS = {
    "a": ("exposure", "gamma", "white_balance", "contrast", "tone"),
    "b": ("exposure", "gamma", "white_balance", "saturation", "color"),
}
PEAK = """
import numpy as np
from bench.gigapixel import peak_megabytes
from bench.render import CHAINS, HEIGHT, WIDTH, chain
from editing.rendering.renderer import Renderer
values = np.empty((HEIGHT, WIDTH, 3), np.float32)
values.fill(0.1)
out = values.copy()
Renderer(chain("a"), engine="halide")(values, out=out)
print(peak_megabytes() - 2 * values.nbytes / 2**20)
"""


def chain(name: str) -> list[Step]:
    """Five steps, none of them neutral."""
    return [step(slug) for slug in CHAINS[name]]


def measure() -> dict[str, Figure]:
    """Halide against a plain copy, NumPy and torch; what it takes to compile; its memory."""
    image = np.random.default_rng(0).random((HEIGHT, WIDTH, 3), dtype=np.float32)
    out = np.zeros_like(image)
    copy = "a plain copy of the same bytes"
    size = "24 megapixels, five steps, float32; wall time"

    def plain_copy() -> None:
        np.copyto(out, image)

    figures = {}
    for name in CHAINS:
        halide = Renderer(chain(name), engine="halide")
        key = "render.halide_over_memcpy" + ("" if name == "a" else f"_{name}")
        value = ratio(partial(halide, image, out), plain_copy, clock=time.perf_counter)
        figures[key] = Figure(value, "x", copy, f"{size}; chain {name.upper()}")
    figures |= _other_engines(image, out)
    figures |= _types(image)
    figures |= _compiling(image, out)
    peak = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True).stdout
    figures["render.peak_mb_over_buffers"] = Figure(
        float(peak), "MB", "input and output in memory", "the whole process, with Python, NumPy and Halide's compiler"
    )
    return figures


def _other_engines(image: NDArray[np.float32], out: NDArray[np.float32]) -> dict[str, Figure]:
    # Here, since the program that measures memory imports this file.
    import array_api_compat.torch as torch_namespace
    import torch

    steps = chain("a")
    halide, plain = Renderer(steps, engine="halide"), Renderer(steps, engine="numpy")

    def by_torch() -> None:
        red, green, blue = torch.from_numpy(image).unbind(-1)
        with torch.no_grad():
            torch.stack(apply_steps_to_planes(torch_namespace, (red, green, blue), steps), dim=-1)

    ours = "chain A by Halide"
    calls = {"numpy": (lambda: plain(image, out=out), "strips, threads"), "torch": (by_torch, "eager, whole planes")}
    return {
        f"render.{name}_over_halide": Figure(
            ratio(call, lambda: halide(image, out=out), runs=3, clock=time.perf_counter), "x", ours, note
        )
        for name, (call, note) in calls.items()
    }


def _types(image: NDArray[np.float32]) -> dict[str, Figure]:
    """Other types, against float32 to float32."""
    plain = Renderer(chain("a"), engine="halide")
    float_out = np.zeros_like(image)
    sixteen = (image * 65535).astype(np.uint16)
    figures = {}
    for name in ("uint16", "uint8"):
        render = Renderer(chain("a"), dtype=name, dither=name == "uint8", engine="halide")
        out = np.zeros(image.shape, name)
        figures[f"render.uint16_to_{name}_over_float32"] = Figure(
            ratio(
                partial(render, sixteen, out),
                lambda: plain(image, out=float_out),
                runs=3,
                clock=time.perf_counter,
            ),
            "x",
            "float32 to float32",
            "dithered" if name == "uint8" else "",
        )
    return figures


def _compiling(image: NDArray[np.float32], out: NDArray[np.float32]) -> dict[str, Figure]:
    """Compiling an order of filters, of the mean of ten, against rendering by it."""
    from editing.rendering.halide_kernels import define

    kind = np.dtype(np.float32)
    slugs = [*CHAINS["a"], *CHAINS["b"][3:]]
    orders = [tuple(slugs[first:] + slugs[:first])[:5] for first in range(len(slugs))]
    shapes = [Shape(order, kind, False, False, False, kind, False, False) for order in orders]
    halide = Renderer(chain("a"), engine="halide")
    names = map(str, count())  # new ones, so that none is on the disk

    def compile_all() -> None:
        for shape in shapes:
            load_pipeline(next(names), partial(define, shape))

    with TemporaryDirectory() as cache, patch.dict(os.environ, SAFELIGHT_CACHE=cache):
        value = ratio(compile_all, lambda: halide(image, out=out), runs=1, clock=time.perf_counter)
    note = "once for each order of filters and types of picture on a machine"
    return {"render.compile_over_run": Figure(value / len(shapes), "x", "chain A, 24 megapixels, compiled", note)}
