"""The generated shader, run line by line with NumPy in place of a graphics card, against the filters themselves."""

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from editing.game.filters import FILTERS
from editing.game.shader import ACCURATE_COS, VECTORS_PER_STEP, shader_source

FUNCTIONS = {"min": np.minimum, "max": np.maximum, "abs": np.abs, "exp": np.exp, "log": np.log, "pow": np.power}


def accurate_cos(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shader's own cosine, its lines read as Python."""
    names: dict[str, Any] = {"x": x, "abs": np.abs, "floor": np.floor}
    for line in ACCURATE_COS.splitlines()[1:-2]:
        name, expression = line.strip().removeprefix("float ").rstrip(";").split(" = ")
        names[name] = eval(expression, {"__builtins__": {}}, names)  # noqa: S307 (our own lines)
    last = ACCURATE_COS.splitlines()[-2].strip().removeprefix("return ").rstrip(";")
    return np.asarray(eval(last, {"__builtins__": {}}, names), np.float32)  # noqa: S307


def test_the_shaders_own_cosine_is_accurate() -> None:
    x = np.linspace(-4, 10, 20_001, dtype=np.float32)
    np.testing.assert_allclose(accurate_cos(x), np.cos(x.astype(np.float64)), atol=2e-6)


def run_shader_function(slug: str, colours: NDArray[np.float32], values: list[float]) -> NDArray[Any]:
    """What ``filter_<slug>`` of the shader returns, its GLSL read as Python."""
    source = shader_source()["filters"][slug]
    found = re.search(rf"vec3 filter_{slug}\(vec3 color, int place\) {{\n(.*?)\n}}", source, re.DOTALL)
    assert found
    names: dict[str, Any] = {**FUNCTIONS, "accurate_cos": accurate_cos}
    red, green, blue = colours.T
    for line in found[1].splitlines():
        text = line.strip().rstrip(";")
        text = re.sub(r"color\.([rgb])", r"\1_", text)
        text = re.sub(
            rf"u_parameters\[place \* {VECTORS_PER_STEP} \+ (\d+)\]\.([xyzw])",
            lambda match: f"parameters[{4 * int(match[1]) + 'xyzw'.index(match[2])}]",
            text,
        )
        scope = {**names, "r_": red, "g_": green, "b_": blue, "parameters": np.float32(values)}
        if text.startswith("float "):
            name, expression = text.removeprefix("float ").split(" = ")
            names[name] = eval(expression, {"__builtins__": {}}, scope)  # noqa: S307 (our own generated lines)
        else:
            result = eval(text.removeprefix("return vec3"), {"__builtins__": {}}, scope)  # noqa: S307
            return np.stack(result, axis=-1)
    raise AssertionError("the function returns nothing")


@pytest.mark.parametrize("slug", FILTERS)
def test_symbols_agree_with_numbers(slug: str, awkward_colours: NDArray[np.float32]) -> None:
    for position in (0.0, 0.35, 1.0):
        one = FILTERS[slug]
        parameters = {p.name: p.from_position((position + 0.13 * i) % 1.01) for i, p in enumerate(one.parameters)}
        planes = (awkward_colours[:, 0], awkward_colours[:, 1], awkward_colours[:, 2])
        expected = np.stack(one.apply(np, planes, parameters), axis=-1)
        result = run_shader_function(slug, awkward_colours, list(parameters.values()))
        assert np.max(np.abs(result - expected) / np.maximum(1, np.abs(expected))) <= 1e-6


def test_every_filter_has_its_function_and_no_other() -> None:
    functions = shader_source()["filters"]
    assert list(functions) == list(FILTERS)
    for slug, text in functions.items():
        assert re.findall(r"vec3 (filter_\w+)\(", text) == [f"filter_{slug}"]
