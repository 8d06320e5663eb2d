"""The filters' arithmetic: neutral is identity, formulas, gradients, and one result in every array library."""

import json
import math
import os
from pathlib import Path
from typing import Any

import array_api_compat.numpy as numpy_namespace
import array_api_compat.torch as torch_namespace
import array_api_strict
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from editing.game.filters import (
    FILTERS,
    LUMINANCE,
    PIXELS_AT_ONCE,
    VERSION,
    apply_steps,
    apply_steps_to_planes,
    luminance,
)
from editing.game.parameters import ParameterError
from editing.game.rules import Step

Colours = NDArray[np.float32]
GOLDEN_PIXELS = Path(__file__).parents[2] / "fixtures" / "golden_pixels.json"
ON_EACH = pytest.mark.parametrize("slug", FILTERS)


def three_settings(slug: str) -> list[dict[str, float]]:
    """Low, high, and uneven between the two."""
    parameters = FILTERS[slug].parameters
    uneven = {p.name: p.from_position((0.3 + 0.37 * i) % 1) for i, p in enumerate(parameters)}
    return [{p.name: p.low for p in parameters}, {p.name: p.high for p in parameters}, uneven]


def planes_of(colours: Colours) -> tuple[Any, Any, Any]:
    return colours[:, 0], colours[:, 1], colours[:, 2]


def stacked(planes: tuple[Any, Any, Any]) -> NDArray[Any]:
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def error(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b))))


@ON_EACH
def test_neutral_is_the_identity(slug: str, awkward_colours: Colours) -> None:
    inside = {"gamma": awkward_colours.min(1) >= 0.001, "exposure": awkward_colours.min(1) >= 0}
    colours = awkward_colours[inside.get(slug, awkward_colours.max(1) <= 1)]
    assert len(colours) > 100
    one = FILTERS[slug]
    np.testing.assert_allclose(stacked(one.apply(np, planes_of(colours), one.neutral)), colours, atol=3e-7, rtol=3e-7)


@ON_EACH
def test_planes_keep_their_type_and_shape_whatever_the_parameters_are(slug: str) -> None:
    image = np.random.default_rng(1).random((2, 3, 4, 5), dtype=np.float32)
    numbers = three_settings(slug)[2]
    arrays = {name: np.full((2, 1, 1), value) for name, value in numbers.items()}
    planes = (image[:, 0], image[:, 1], image[:, 2])
    for parameters in (numbers, arrays, {name: np.float64(value) for name, value in numbers.items()}):
        for plane in FILTERS[slug].apply(np, planes, parameters):
            assert (plane.dtype, plane.shape) == (np.float32, (2, 4, 5))


@ON_EACH
def test_torch_agrees_with_numpy(slug: str, awkward_colours: Colours) -> None:
    for parameters in three_settings(slug):
        expected = stacked(FILTERS[slug].apply(np, planes_of(awkward_colours), parameters))
        tensors = planes_of(torch.from_numpy(awkward_colours))  # type: ignore[arg-type]
        for namespace in (torch, torch_namespace):
            assert error(stacked(FILTERS[slug].apply(namespace, tensors, parameters)), expected) <= 1e-6


@ON_EACH
def test_the_filters_use_nothing_beyond_the_array_standard(slug: str, awkward_colours: Colours) -> None:
    for parameters in three_settings(slug):
        planes = tuple(array_api_strict.asarray(plane) for plane in planes_of(awkward_colours))
        result = FILTERS[slug].apply(array_api_strict, planes, parameters)
        expected = stacked(FILTERS[slug].apply(np, planes_of(awkward_colours), parameters))
        assert error(stacked(result), expected) <= 1e-6


@ON_EACH
def test_gradients_are_those_of_finite_differences(slug: str) -> None:
    generator = torch.Generator().manual_seed(3)
    # Away from the corners of curves and of the saturation filter's maxima, where one-sided slopes differ.
    colours = torch.rand((3, 6), generator=generator, dtype=torch.float64) * 0.1 + torch.tensor(
        [[0.13], [0.27], [0.66]], dtype=torch.float64
    )
    inputs = [plane.clone().requires_grad_() for plane in colours]
    settings = three_settings(slug)[2]
    values = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in settings.values()]

    def run(*arguments: torch.Tensor) -> torch.Tensor:
        parameters = dict(zip(settings, arguments[3:], strict=True))
        return torch.stack(FILTERS[slug].apply(torch, (arguments[0], arguments[1], arguments[2]), parameters))

    assert torch.autograd.gradcheck(run, (*inputs, *values))


@ON_EACH
def test_gradients_are_finite_at_awkward_colours(slug: str, awkward_colours: Colours) -> None:
    image = torch.from_numpy(awkward_colours).T.clone().requires_grad_()
    for parameters in three_settings(slug):
        values = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
        result = torch.stack(FILTERS[slug].apply(torch, (image[0], image[1], image[2]), values))
        for gradient in torch.autograd.grad(result.sum(), [image, *values.values()]):
            assert torch.isfinite(gradient).all()


def test_the_pixels_of_a_version_never_change(awkward_colours: Colours) -> None:
    """If this fails, a stored trajectory would now mean another picture.

    Raise VERSION, and write the file anew by running this test with WRITE_GOLDEN_PIXELS=1 in the environment.
    """
    planes = planes_of(awkward_colours[::8])
    pixels = {
        slug: [stacked(FILTERS[slug].apply(np, planes, parameters)).tolist() for parameters in three_settings(slug)]
        for slug in FILTERS
    }
    golden = json.loads(GOLDEN_PIXELS.read_text())
    if "WRITE_GOLDEN_PIXELS" in os.environ and golden["version"] != VERSION:
        golden = {"version": VERSION, "pixels": pixels}
        GOLDEN_PIXELS.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    assert golden["version"] == VERSION
    for slug in FILTERS:
        for result, expected in zip(pixels[slug], golden["pixels"][slug], strict=True):
            assert error(np.array(result), np.array(expected)) <= 2e-6


def test_exposure_of_one_stop_doubles_the_light() -> None:
    np.testing.assert_allclose(apply_steps(np.full((1, 1, 3), 0.2), [Step("exposure", {"ev": 1.0})]), 0.4, rtol=1e-6)


def test_white_balance_keeps_the_luminance_of_a_grey_and_warms_it() -> None:
    step = Step("white_balance", {"temperature": 0.5, "tint": 0.0})
    red, green, blue = apply_steps(np.full((1, 1, 3), 0.3), [step])[0, 0]
    assert LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue == pytest.approx(0.3, rel=1e-6)
    assert red > blue


def test_saturation_equals_the_way_through_hsv(awkward_colours: Colours) -> None:
    import colorsys

    spread = awkward_colours.max(1) - awkward_colours.min(1)
    colours = awkward_colours[(awkward_colours.max(1) <= 1) & (spread > 0.01)].astype(np.float64)
    expected = []
    for colour in colours:
        h, s, v = colorsys.rgb_to_hsv(*colour)
        expected.append(colorsys.hsv_to_rgb(h, s + (1 - s) * (0.5 - abs(0.5 - v)) * 0.8, v))
    step = Step("saturation", {"amount": 1.0})
    np.testing.assert_allclose(apply_steps(colours[None], [step])[0], expected, atol=1e-5)


def test_saturation_keeps_greys_grey() -> None:
    greys = np.linspace(0, 1, 101, dtype=np.float32)[None, :, None].repeat(3, axis=2)
    np.testing.assert_array_equal(apply_steps(greys, [Step("saturation", {"amount": 1.0})]), greys)


def test_contrast_follows_the_cosine_of_the_luminance() -> None:
    assert apply_steps(np.full((1, 1, 3), 0.25), [Step("contrast", {"amount": 1.0})])[0, 0, 0] == pytest.approx(
        (1 - math.cos(math.pi * 0.25)) / 2, rel=1e-5
    )


def test_black_and_white_leaves_the_luminance_in_each_channel(awkward_colours: Colours) -> None:
    result = apply_steps(awkward_colours[None], [Step("black_white", {"amount": 1.0})])[0]
    np.testing.assert_allclose(result[:, 1], luminance(planes_of(awkward_colours)), rtol=1e-6)
    assert (np.ptp(result, axis=1) == 0).all()


def test_only_the_ratios_of_slopes_matter(awkward_colours: Colours) -> None:
    slopes = three_settings("tone")[2]
    scaled = {name: 0.8 * slope for name, slope in slopes.items()}
    a, b = (stacked(FILTERS["tone"].apply(np, planes_of(awkward_colours), p)) for p in (slopes, scaled))
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_steps_are_applied_in_order_without_clipping_between() -> None:
    image = np.full((1, 1, 3), 0.5)
    there_and_back = [Step("exposure", {"ev": 3.0}), Step("black_white", {"amount": 1.0})]
    assert apply_steps(image, there_and_back)[0, 0, 0] == pytest.approx(4.0, rel=1e-6)
    planes = apply_steps_to_planes(np, planes_of(image[0].astype(np.float32)), there_and_back)
    np.testing.assert_array_equal(stacked(planes), apply_steps(image, there_and_back)[0])


@pytest.mark.parametrize(
    ("slug", "parameters", "code", "words"),
    [
        ("exposure", {"ev": 4.0}, "out_of_range", "ev is 4, outside -3.5 .. 3.5"),
        ("exposure", {"ev": math.nan}, "malformed", "finite number"),
        ("exposure", {"ev": True}, "malformed", "finite number"),
        ("exposure", {"ev": "1"}, "malformed", "finite number"),
        ("exposure", {}, "malformed", "needs a value for ev"),
        ("exposure", {"ev": 0.0, "iso": 1.0}, "unknown_parameter", "no parameter 'iso'"),
        ("gamma", {"gamma": 10**400}, "malformed", "finite number"),
    ],
)
def test_wrong_parameters_are_refused_by_name(slug: str, parameters: Any, code: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        FILTERS[slug].check(parameters)
    assert caught.value.code == code


def test_a_picture_of_several_strips_is_what_its_planes_become_bit_for_bit() -> None:
    image = np.random.default_rng(4).random((3, PIXELS_AT_ONCE // 2 + 5, 3), dtype=np.float32) * 1.5
    for one in FILTERS.values():
        step = Step(one.slug, {p.name: p.low + 0.3 * (p.high - p.low) for p in one.parameters})
        red, green, blue = np.moveaxis(image, -1, 0)
        whole = stacked(apply_steps_to_planes(numpy_namespace, (red, green, blue), [step]))
        for given in (image, np.moveaxis(np.ascontiguousarray(np.moveaxis(image, -1, 0)), 0, -1)):
            np.testing.assert_array_equal(apply_steps(given, iter([step])), whole)
    np.testing.assert_array_equal(apply_steps(image, []), image)
