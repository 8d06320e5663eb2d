"""Rendering at full size: engines agree, every type and layout gives the same picture, strips leave no seam."""

import subprocess
import sys
from typing import Any

import array_api_compat.torch as torch_namespace
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps, apply_steps_to_planes
from editing.game.rules import Step
from editing.photos.colour import SRGB_FROM_PROPHOTO, Samples, srgb_to_linear, to_working_space
from editing.rendering.kernel import BLOCK
from editing.rendering.renderer import Renderer

CHAIN = ("exposure", "gamma", "white_balance", "contrast", "tone")
OTHER_CHAIN = ("exposure", "gamma", "white_balance", "saturation", "color")
ENGINES = pytest.mark.parametrize("engine", ["halide", "numpy"])


def step(slug: str, position: float = 0.3) -> Step:
    return Step(
        slug,
        {p.name: p.from_position((position + 0.17 * i) % 1) for i, p in enumerate(FILTERS[slug].parameters)},
    )


def picture(height: int = 50, width: int = 90, seed: int = 0) -> NDArray[np.float32]:
    """Dark colours, with some above 1."""
    return (np.random.default_rng(seed).random((height, width, 3)) ** 3 * 1.3).astype(np.float32)


def error(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b))))


def settings_of(slug: str) -> list[Step]:
    parameters = FILTERS[slug].parameters
    ends = [Step(slug, {p.name: value(p) for p in parameters}) for value in (lambda p: p.low, lambda p: p.high)]
    return [*ends, step(slug), Step(slug, FILTERS[slug].neutral)]


@pytest.mark.parametrize("slug", FILTERS)
def test_each_filter_by_halide_is_numpys_to_1e_5(slug: str, awkward_colours: NDArray[np.float32]) -> None:
    colours = awkward_colours[None]
    for one in settings_of(slug):
        assert error(Renderer([one], engine="halide")(colours), apply_steps(colours, [one])) < 1e-5, one


@pytest.mark.parametrize("chain", [CHAIN, OTHER_CHAIN, CHAIN[::-1]])
def test_chains_of_five_by_halide_numpy_and_torch_agree_to_1e_4(
    chain: tuple[str, ...], awkward_colours: NDArray[np.float32]
) -> None:
    colours = awkward_colours[None]
    steps = [step(slug, 0.2 + 0.1 * place) for place, slug in enumerate(chain)]
    by_halide = Renderer(steps, engine="halide")(colours)
    planes = [torch.from_numpy(colours[..., channel].copy()) for channel in range(3)]
    by_torch = torch.stack(
        apply_steps_to_planes(torch_namespace, (planes[0], planes[1], planes[2]), steps), dim=-1
    ).numpy()
    assert error(by_halide, apply_steps(colours, steps)) < 1e-4
    assert error(by_halide, by_torch) < 1e-4


@ENGINES
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint16", "uint8"])
def test_every_type_holds_the_same_picture(engine: Any, dtype: str) -> None:
    light, steps = picture(), [step(slug) for slug in CHAIN]
    exact = apply_steps(light, steps)
    rendered = Renderer(steps, dtype=dtype, engine=engine)(light)
    assert rendered.dtype == dtype
    if rendered.dtype.kind == "f":
        np.testing.assert_allclose(rendered, exact, rtol=1e-3 if dtype == "float16" else 1e-5, atol=1e-5)
    else:
        largest = np.iinfo(dtype).max
        assert np.abs(rendered - np.clip(exact, 0, 1) * np.float64(largest)).max() <= 0.51 + 1e-5 * largest


@ENGINES
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32"])
def test_values_of_every_type_are_read_as_the_photo_reader_reads_them(engine: Any, dtype: str) -> None:
    scale = np.iinfo(dtype).max if dtype.startswith("u") else 1
    values = (np.clip(picture(), 0, 1) * scale).astype(dtype)
    levels = scale + 1 if scale > 1 else 0
    curve = np.repeat(srgb_to_linear(np.linspace(0, 1, levels))[:, None], 3, axis=1) if levels else None
    for curves, matrix in ((None, None), (curve, SRGB_FROM_PROPHOTO), (None, SRGB_FROM_PROPHOTO)):
        light = to_working_space(Samples(values, {}, curves, matrix))
        rendered = Renderer([step("gamma")], curve=curves, matrix=matrix, engine=engine)(values)
        np.testing.assert_allclose(rendered, apply_steps(light, [step("gamma")]), rtol=2e-5, atol=2e-6)


@ENGINES
def test_planes_and_pixels_are_read_and_written_alike(engine: Any) -> None:
    interleaved = picture()
    planar = np.moveaxis(np.ascontiguousarray(np.moveaxis(interleaved, -1, 0)), 0, -1)
    render = Renderer([step("saturation"), step("tone")], dtype=np.uint16, engine=engine)
    expected = render(interleaved)
    np.testing.assert_allclose(render(planar), expected, atol=1, rtol=0)
    np.testing.assert_array_equal(render(interleaved[:, ::-1])[:, ::-1], expected)  # neither: copied
    for values in (interleaved, planar):
        out = np.moveaxis(np.zeros((3, *expected.shape[:2]), np.uint16), 0, -1)
        assert render(values, out=out) is out
        # Another loop was compiled: of 16 bits the last may differ.
        np.testing.assert_allclose(out, expected, atol=1, rtol=0)


@ENGINES
@settings(max_examples=15)
@given(data=st.data())
def test_strips_of_any_size_leave_no_seam(engine: Any, data: st.DataObject) -> None:
    values = (picture(height=120, width=data.draw(st.integers(1, 120)), seed=3) * 40_000).astype(np.uint16)
    width = values.shape[1]
    render = Renderer([step("exposure"), step("gamma")], dtype=np.uint8, dither=True, engine=engine, pixels=120 * width)
    cuts = sorted(data.draw(st.sets(st.integers(1, 119), max_size=6)))
    strips = [
        render(values[top:bottom], first=top * width)
        for top, bottom in zip([0, *cuts], [*cuts, len(values)], strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(strips), render(values))


def test_the_engine_is_chosen_by_the_pixels_of_the_picture_and_not_of_the_strip() -> None:
    light, steps = picture(), [step(slug) for slug in CHAIN]
    large = Renderer(steps, pixels=10**9)(light)
    np.testing.assert_array_equal(large, Renderer(steps, engine="halide")(light))
    np.testing.assert_array_equal(Renderer(steps)(light), Renderer(steps, engine="numpy")(light))
    # They differ in the last digits: else the two lines above would say nothing.
    assert (large != Renderer(steps)(light)).any()


def test_halide_and_numpy_agree_within_one_code_value_and_dither_alike() -> None:
    light, steps = picture(200, 300), [step(slug) for slug in OTHER_CHAIN]
    for dither in (False, True):
        halide, plain = (Renderer(steps, dtype=np.uint8, dither=dither, engine=e)(light) for e in ("halide", "numpy"))
        difference = np.abs(halide.astype(int) - plain)
        assert difference.max() <= 1
        assert difference.mean() < 1e-3


@ENGINES
def test_dithering_keeps_the_mean_of_a_dark_gradient_that_rounding_bands(engine: Any) -> None:
    ramp = np.repeat(np.linspace(0, 0.02, 1000, dtype=np.float32)[None, :, None], 3, axis=2).repeat(100, axis=0)
    banded = Renderer([], dtype=np.uint8, engine=engine)(ramp)
    dithered = Renderer([], dtype=np.uint8, dither=True, engine=engine)(ramp)
    wanted = ramp[0, :, 0] * 255

    def worst(rendered: NDArray[Any]) -> float:
        """How far columns are off, averaged over as many as the eye does."""
        means = rendered.mean(axis=(0, 2)) - wanted
        return float(np.abs(np.convolve(means, np.ones(20) / 20, "valid")).max())

    assert worst(dithered) < 0.06 < 0.4 < worst(banded)
    assert np.abs(dithered - ramp * 255.0).max() < 1
    for exact in (0.0, 1.0, 3.0):
        whole = np.full((10, 10, 3), exact, np.float32)
        assert (Renderer([], dtype=np.uint8, dither=True, engine=engine)(whole) == min(exact, 1) * 255).all()


def test_parameters_are_inputs_so_that_an_order_is_compiled_once() -> None:
    from editing.rendering.renderer import kernel

    light = picture(BLOCK // 90 + 2)
    Renderer([step("exposure", 0.1), step("tone", 0.1)], engine="halide")(light)
    compiled = kernel.cache_info().misses
    one, other = (Renderer([step("exposure", p), step("tone", p)], engine="halide")(light) for p in (0.4, 0.8))
    assert kernel.cache_info().misses == compiled
    assert np.abs(one - other).max() > 0.1


def test_a_wrong_array_is_refused_by_what_is_wrong() -> None:
    render = Renderer([step("exposure")], dtype=np.uint8)
    light = picture()
    wrong: list[tuple[Any, Any, str]] = [
        (light[..., 0], None, "a picture is"),
        (light.astype(np.float64), None, "values is float64"),
        (light, np.zeros(light.shape, np.uint16), "out is uint16"),
        (light, np.zeros((1, 1, 3), np.uint8), "out is"),
        (light, np.zeros((50, 180, 3), np.uint8)[:, ::2], "contiguous"),
    ]
    for values, out, message in wrong:
        with pytest.raises(ValueError, match=message):
            render(values, out=out)
    with pytest.raises(ValueError, match="rendered to"):
        Renderer([], dtype=np.int8)
    with pytest.raises(ValueError, match="levels"):
        Renderer([], curve=np.zeros((256, 3)))(np.zeros((2, 2, 3), np.uint16))


def test_without_halide_pictures_are_rendered_by_numpy() -> None:
    program = """
import sys
sys.modules["halide"] = None
import importlib.util as util
found = util.find_spec
util.find_spec = lambda name, *rest: None if name == "halide" else found(name, *rest)
import numpy as np
from editing.rendering.renderer import Renderer, WORTH_COMPILING
assert Renderer([], dtype=np.uint8)(np.ones((1, WORTH_COMPILING, 3), np.float32)).min() == 255
try:
    Renderer([], engine="halide")
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install" in done.stdout
