"""The Python file that steps become: it needs NumPy alone, and computes what the filters do."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps
from editing.game.numpy_source import numpy_source
from editing.game.rules import Step
from tests.editing.strategies import chains, steps_of

# Runs a generated file where nothing of ours can be imported.
ALONE = """
import runpy, sys
sys.modules.update(dict.fromkeys(("editing", "learning", "webapp", "torch"), None))
import numpy as np
script, image, result = sys.argv[1:]
np.save(result, runpy.run_path(script)["develop"](np.load(image)))
"""


def run(steps: tuple[Step, ...], image: NDArray[Any]) -> NDArray[np.float32]:
    names: dict[str, Any] = {}
    exec(compile(numpy_source(steps), "<steps>", "exec"), names)  # noqa: S102 (our own generated lines)
    result = names["develop"](image)
    assert isinstance(result, np.ndarray)
    return result


def error(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b))))


@pytest.mark.parametrize("slug", FILTERS)
@given(data=st.data())
def test_each_filter_is_computed_as_here(slug: str, data: st.DataObject, awkward_colours: NDArray[np.float32]) -> None:
    steps = (data.draw(steps_of(slug)),)
    assert error(run(steps, awkward_colours), apply_steps(awkward_colours[None], steps)[0]) <= 1e-5


@given(steps=chains())
def test_so_is_any_sequence(steps: tuple[Step, ...], awkward_colours: NDArray[np.float32]) -> None:
    # Next to grey the saturation filter magnifies the last digit of what comes in, hundreds of times.
    allowed = 5e-4 if any(step.filter == "saturation" for step in steps) else 1e-5
    assert error(run(steps, awkward_colours), apply_steps(awkward_colours[None], steps)[0]) <= allowed


def test_the_file_needs_nothing_but_numpy(tmp_path: Path, awkward_colours: NDArray[np.float32]) -> None:
    steps = tuple(Step(slug, {p.name: p.from_position(0.7) for p in FILTERS[slug].parameters}) for slug in FILTERS)
    text = numpy_source(steps)
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imported] == ["import numpy as np"]
    (tmp_path / "steps.py").write_text(text, encoding="utf-8")
    image = awkward_colours[:200].reshape(10, 20, 3)
    np.save(tmp_path / "image.npy", image)
    files = [str(tmp_path / name) for name in ("steps.py", "image.npy", "result.npy")]
    subprocess.run([sys.executable, "-c", ALONE, *files], check=True, cwd=tmp_path, timeout=60)
    result = np.load(tmp_path / "result.npy")
    assert error(result, apply_steps(image, steps)) <= 1e-4


@pytest.mark.parametrize("shape", [(3,), (5, 3), (400, 300, 3), (2, 3, 4, 3), (0, 4, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_any_shape_and_floating_type(shape: tuple[int, ...], dtype: type[np.floating[Any]]) -> None:
    steps = (Step("exposure", {"ev": 1.0}), Step("black_white", {"amount": 0.5}))
    image = np.random.default_rng(0).random(shape).astype(dtype)
    before = image.copy()
    result = run(steps, image)
    assert (result.dtype, result.shape) == (np.float32, shape)
    wanted = apply_steps(image.reshape(1, -1, 3), steps).reshape(shape)
    np.testing.assert_allclose(result, wanted, rtol=1e-6)
    np.testing.assert_array_equal(image, before)


def test_no_steps_leave_the_picture_as_it_is() -> None:
    np.testing.assert_array_equal(run((), np.eye(3)), np.eye(3))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="red, green and blue"):
        run((), np.zeros((3, 4)))
