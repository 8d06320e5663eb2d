"""Smaller pictures: true area averages, and the file that keeps a preview."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from editing.photos.decoding import open_photo, read_photo
from editing.photos.photo_error import PhotoError
from editing.photos.preview import (
    LARGE_EDGE,
    agent_view,
    area_average,
    is_same_preview,
    load_preview,
    make_preview,
    preview_of,
    previews_of,
    save_preview,
    square,
)
from editing.photos.read_options import ReadOptions

sizes = st.integers(1, 40)
light = st.floats(0, 2, width=32)


def cell_weights(length: int, count: int) -> NDArray[np.float64]:
    """(count, length): how much of each pixel lies in each cell, by intersecting intervals."""
    low = np.arange(count)[:, None] * length / count
    high = (np.arange(count)[:, None] + 1) * length / count
    pixel = np.arange(length)[None, :]
    weights: NDArray[np.float64] = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None)
    return weights * count / length


@given(arrays.arrays(np.float32, st.tuples(sizes, sizes, st.just(3)), elements=light), sizes, sizes)
def test_the_area_average_is_the_integral_over_each_cell(pixels: NDArray[np.float32], height: int, width: int) -> None:
    rows, columns = cell_weights(pixels.shape[0], height), cell_weights(pixels.shape[1], width)
    expected = np.einsum("ih,hwc,jw->ijc", rows, pixels.astype(np.float64), columns)
    averaged = area_average(pixels, height, width)
    np.testing.assert_allclose(averaged, expected, atol=1e-6)
    np.testing.assert_allclose(averaged.mean((0, 1), float), pixels.mean((0, 1), float), atol=1e-6)


@given(sizes, sizes, sizes, sizes, light)
def test_a_constant_stays_exactly_itself(height: int, width: int, to_height: int, to_width: int, value: float) -> None:
    constant = np.full((height, width, 3), value, np.float32)
    assert set(np.unique(area_average(constant, to_height, to_width))) == {np.float32(value)}


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(2048, 1024, (1024, 512)), (1000, 3000, (341, 1024)), (3, 5000, (1, 1024)), (20, 30, (20, 30)), (1, 1, (1, 1))],
)
def test_a_previews_long_edge_is_1024_at_most_and_never_enlarged(
    height: int, width: int, expected: tuple[int, int]
) -> None:
    preview = make_preview(np.full((height, width, 3), 0.25, np.float32))
    assert preview.dtype == np.float16
    assert preview.shape == (*expected, 3)
    assert (preview == 0.25).all()


def test_a_preview_is_finite_where_the_photo_is_too_bright_for_float16() -> None:
    preview = make_preview(np.array([[[1e9, 65504.0, 65519.9]]], np.float32))
    np.testing.assert_array_equal(preview, np.full((1, 1, 3), 65504.0, np.float16))


@pytest.mark.parametrize("upright", [False, True])
def test_the_agents_view_is_the_centre_square(upright: bool) -> None:
    pixels = np.zeros((96, 200, 3), np.float32)
    pixels[:, 52:148] = np.linspace(0, 1, 96)[None, :, None]
    pixels[:, :52] = pixels[:, 148:] = 9
    view = agent_view(pixels.swapaxes(0, 1) if upright else pixels)
    if upright:
        view = view.swapaxes(0, 1)
    assert view.dtype == np.float32
    np.testing.assert_allclose(view, np.broadcast_to(area_average(pixels[:, 52:148], 64, 64), (64, 64, 3)), atol=1e-7)
    assert view.max() <= 1


def test_a_photo_smaller_than_the_square_is_enlarged_in_blocks() -> None:
    pixels = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(square(pixels, 80), pixels.repeat(40, axis=0).repeat(40, axis=1))


def test_a_stored_preview_is_named_by_its_content_and_comes_back(tmp_path: Path) -> None:
    preview = make_preview(np.random.default_rng(1).random((30, 40, 3), dtype=np.float32))
    sha256, path = save_preview(tmp_path / "new" / "folder", preview)
    assert path == tmp_path / "new" / "folder" / f"{sha256}.npy"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    restored = load_preview(path)
    assert restored.dtype == np.float32
    np.testing.assert_array_equal(restored, preview)
    assert save_preview(path.parent, np.asfortranarray(preview)) == (sha256, path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_previews_bytes_are_those_of_a_plain_little_endian_npy(tmp_path: Path) -> None:
    _, path = save_preview(tmp_path, np.zeros((2, 3, 3), np.float16))
    content = path.read_bytes()
    assert content.startswith(b"\x93NUMPY\x01\x00")
    assert b"'descr': '<f2', 'fortran_order': False, 'shape': (2, 3, 3)" in content
    assert len(content) % 64 == 2 * 3 * 3 * 2


def test_a_preview_that_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_preview(tmp_path, np.zeros((2, 3, 3), np.float16))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("preview", [np.zeros((2, 3, 3), np.float32), np.zeros((2, 3), np.float16)])
def test_only_previews_are_stored_and_loaded_as_previews(tmp_path: Path, preview: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="float16"):
        save_preview(tmp_path, preview)
    np.save(tmp_path / "a.npy", preview)
    with pytest.raises(PhotoError, match=r"a\.npy: a preview is float16"):
        load_preview(tmp_path / "a.npy")
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY cut")
    with pytest.raises(PhotoError, match="missing or damaged"):
        load_preview(tmp_path / "a.npy")
    with pytest.raises(PhotoError, match="missing or damaged"):
        load_preview(tmp_path / "b.npy")


def test_previews_are_the_same_picture_to_float16s_last_digit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "photo.npy"
    np.save(path, np.random.default_rng(0).random((700, 1500, 3), dtype=np.float32) ** 3)
    whole, by_strips = make_preview(read_photo(path).pixels), preview_of(open_photo(path))
    assert is_same_preview(whole, by_strips)
    other = whole.copy()
    other[3, 4, 1] *= np.float16(1.01)
    assert not is_same_preview(whole, other)
    assert not is_same_preview(whole, whole[1:])


@pytest.mark.parametrize("size", [(1500, 90), (160, 2500), (64, 3000), (200, 100)])
def test_larger_preview_comes_from_the_same_reading_and_leaves_the_other_as_it_is(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "photo.npy"
    pixels = np.random.default_rng(1).random((*size, 3), np.float32)
    np.save(path, pixels)
    preview, large = previews_of(open_photo(path, ReadOptions("linear", "srgb")))
    np.testing.assert_array_equal(preview, preview_of(open_photo(path, ReadOptions("linear", "srgb"))))
    expected = make_preview(pixels, LARGE_EDGE)
    assert large.shape == expected.shape
    np.testing.assert_allclose(large.astype(np.float32), expected.astype(np.float32), rtol=2e-3)
