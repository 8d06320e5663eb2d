"""Cubes: what they hold, what an independent program makes of them, and how far that is from the steps."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from editing.photos.colour import linear_to_srgb, srgb_to_linear
from editing.rendering.cube import LARGEST, SMALLEST, cube_slices, interpolate, write_cube

WARM = [
    Step("exposure", {"ev": 1.9}),
    Step("white_balance", {"temperature": 0.12, "tint": -0.03}),
    Step("contrast", {"amount": 0.4}),
]
SHAPED = [
    *WARM,
    Step("tone", {f"slope_{i}": slope for i, slope in enumerate((2, 1.6, 1.2, 1, 0.9, 0.8, 0.7, 0.5))}),
    Step("color", FILTERS["color"].neutral | {"red_0": 1.1, "blue_7": 0.9}),
]


def drawn(count: int) -> NDArray[np.float32]:
    """Light of 0 .. 1, dark for the most part."""
    return (np.random.default_rng(2).random((count, 3)) ** 3).astype(np.float32)


def by_ocio(path: Path, light: NDArray[np.float32]) -> NDArray[np.float32]:
    """What OpenColorIO makes of linear light (N, 3), encoded as the cube wants it; a name is read once and kept."""
    import PyOpenColorIO as ocio  # noqa: N813 (as its documentation does)

    transform = ocio.FileTransform(str(path.resolve()), interpolation=ocio.INTERP_TETRAHEDRAL)
    processor = ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    pixels = np.ascontiguousarray(linear_to_srgb(light))
    processor.applyRGB(pixels)
    return np.clip(pixels, 0, 1)


@pytest.mark.parametrize("size", [SMALLEST, 33, pytest.param(65, marks=pytest.mark.long)])
def test_an_independent_program_reads_what_ours_interpolates(tmp_path: Path, size: int) -> None:
    write_cube(tmp_path / "a.cube", SHAPED, size)
    light = drawn(20_000)
    table = np.stack(list(cube_slices(SHAPED, size)))
    np.testing.assert_allclose(by_ocio(tmp_path / "a.cube", light), interpolate(table, light), atol=3e-5)


def test_the_points_of_the_grid_are_exact() -> None:
    table = np.stack(list(cube_slices(SHAPED, 17)))
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 17)] * 3, indexing="ij"), axis=-1)[..., ::-1]
    exact = apply_steps(srgb_to_linear(grid).reshape(1, -1, 3).astype(np.float32), SHAPED)
    np.testing.assert_allclose(table.reshape(1, -1, 3).clip(0, 1), exact.clip(0, 1), atol=1e-6)


def test_a_cube_of_no_steps_undoes_the_curve_of_its_input() -> None:
    light = drawn(5_000)
    np.testing.assert_allclose(interpolate(np.stack(list(cube_slices([], 65))), light), light, atol=2e-4)


def test_light_beyond_the_table_takes_its_last_point() -> None:
    table = np.stack(list(cube_slices(WARM[:1], 17)))
    bright = np.array([[1.0, 1.0, 1.0], [4.0, 1.0, 1.5], [0.0, 0.0, 0.0]], np.float32)
    np.testing.assert_array_equal(interpolate(table, bright), [[1, 1, 1], [1, 1, 1], [0, 0, 0]])


def test_the_edge_of_white_is_as_sharp_as_the_picture() -> None:
    """Exposure reaches white within a cell; values clipped before they are interpolated would be dull there."""
    light = np.linspace(0.2, 0.32, 1_000, dtype=np.float32)[:, None].repeat(3, axis=1)
    table = np.stack(list(cube_slices(WARM[:1], 33)))
    exact = apply_steps(light[None], WARM[:1])[0].clip(0, 1)
    assert np.abs(interpolate(table, light) - exact).max() < 2e-3
    assert np.abs(interpolate(table.clip(0, 1), light) - exact).max() > 1e-2


def test_the_header_says_what_goes_in_and_out_and_how_it_was_made(tmp_path: Path) -> None:
    write_cube(tmp_path / "a.cube", SHAPED, 17)
    lines = (tmp_path / "a.cube").read_text(encoding="ascii").splitlines()
    header, values = lines[: -(17**3)], lines[-(17**3) :]
    assert "".join(header).count("encoded by the sRGB curve") == 1
    assert "# Step 1: exposure, ev 1.9" in header
    assert any("by version 1 of the filters" in line for line in header)
    assert 'TITLE "Safelight: exposure, white_balance, contrast, tone, color"' in header
    assert header[-1] == "LUT_3D_SIZE 17"
    assert max(map(len, header)) <= 250
    # Red is the fastest.
    assert [float(number) > 0 for number in values[1].split()] == [True, False, False]
    assert all(len(line.split()) == 3 for line in values)
    assert not any("-0.000000" in line for line in values)


@pytest.mark.parametrize("size", [2, SMALLEST - 1, LARGEST + 1])
def test_a_size_that_other_programs_do_not_read_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match="17 to 129 points"):
        write_cube(tmp_path / "a.cube", WARM, size)
    assert list(tmp_path.iterdir()) == []
