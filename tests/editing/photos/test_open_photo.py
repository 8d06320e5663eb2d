"""A photo by strips is the photo: every kind of file, strips of any size, from the top as often as wanted."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from editing.photos.colour import to_working_space
from editing.photos.decoding import open_photo, read_photo
from editing.photos.open_photo import OpenPhoto
from editing.photos.photo_error import PhotoError
from editing.photos.preview import area_average, make_preview, preview_of, shrunk_strips
from editing.rendering.tiff_writer import plain_header

HEIGHT, WIDTH = 70, 50
EIGHT = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def write_all_kinds(folder: Path) -> list[Path]:
    import pyvips

    picture = Image.fromarray(EIGHT)
    picture.save(folder / "a.jpg", quality=95)
    picture.save(folder / "progressive.jpg", progressive=True)
    picture.save(folder / "a.png")
    picture.convert("L").save(folder / "grey.png")
    picture.convert("CMYK").save(folder / "inks.jpg")
    picture.convert("RGBA").save(folder / "a.webp", lossless=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(folder / "turned.jpg", exif=exif)
    sixteen = pyvips.Image.new_from_array(EIGHT.astype(np.uint16) * 257, interpretation="rgb16")
    sixteen.write_to_file(str(folder / "striped.tif"), compression="deflate", predictor="horizontal")
    sixteen.write_to_file(str(folder / "tiled.tif"), tile=True, tile_width=32, tile_height=32, bigtiff=True)
    pyvips.Image.new_from_array(EIGHT / np.float32(255), interpretation="scrgb").write_to_file(str(folder / "f.tif"))
    np.save(folder / "a.npy", EIGHT / 255)
    np.save(folder / "swapped.npy", (EIGHT / 255).astype(">f4"))
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_all_kinds(tmp_path_factory.mktemp("kinds"))


def by_strips(photo: OpenPhoto, read: Any, cuts: list[int]) -> NDArray[Any]:
    edges = [0, *sorted(cut for cut in set(cuts) if 0 < cut < photo.height), photo.height]
    return np.concatenate([read(top, bottom) for top, bottom in pairwise(edges)])


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, HEIGHT), max_size=12))
def test_strips_of_any_size_are_the_whole_photo(kinds: list[Path], cuts: list[int]) -> None:
    for path in kinds:
        whole = read_photo(path)
        photo = open_photo(path)
        assert (photo.width, photo.height) == (whole.width, whole.height)
        for _ in range(2):  # the second time from the top again
            np.testing.assert_array_equal(by_strips(photo, photo.light, cuts), whole.pixels, err_msg=path.name)


def test_rows_are_the_files_own_numbers_in_three_native_planes(kinds: list[Path]) -> None:
    for path in kinds:
        rows = open_photo(path).rows(10, 40)
        assert rows.shape[0] == 30
        assert rows.shape[2] == 3
        assert rows.dtype in ("u1", "u2", "f4")
        assert rows.dtype.isnative
        assert rows.flags.c_contiguous
    np.testing.assert_array_equal(open_photo(kinds[0].with_name("a.png")).rows(7, 9), EIGHT[7:9])
    np.testing.assert_array_equal(open_photo(kinds[0].with_name("tiled.tif")).rows(0, HEIGHT), EIGHT * np.uint16(257))


def test_a_raw_is_open_as_often_as_wanted(shared: Path) -> None:
    photo = open_photo(shared / "data" / "raw" / "dc120_p003908.kdc")
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(list(photo.light_strips())), to_working_space(photo.samples))


def test_the_preview_of_an_open_photo_is_that_of_its_pixels(kinds: list[Path], shared: Path) -> None:
    for path in [*kinds, shared / "data" / "raw" / "dc120_p003908.kdc"]:
        expected = make_preview(read_photo(path).pixels)
        # Bit for bit: a preview is named by its content, and a photo that comes back must have the same.
        np.testing.assert_array_equal(preview_of(open_photo(path)), expected, err_msg=path.name)


@given(
    st.tuples(*[st.integers(1, 40)] * 4), st.lists(st.integers(1, 40), max_size=5), st.integers(1, 9), st.integers(0, 9)
)
def test_a_picture_shrunk_by_strips_is_its_area_average(
    sizes: tuple[int, int, int, int], cuts: list[int], rows: int, seed: int
) -> None:
    height, width, to_height, to_width = sizes
    pixels = np.random.default_rng(seed).random((height, width, 3), np.float32)
    strips = np.split(pixels, sorted(cut for cut in set(cuts) if cut < height))
    shrunk = list(shrunk_strips(iter(strips), height, to_width, to_height, rows))
    assert [len(strip) for strip in shrunk[:-1]] == [rows] * (len(shrunk) - 1)
    np.testing.assert_allclose(np.concatenate(shrunk), area_average(pixels, to_height, to_width), atol=1e-6)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_photo_that_is_cut_short_opens_and_is_refused_where_it_ends(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    tall = np.tile(EIGHT, (50, 1, 1))
    if name == "a.tif":  # with its directory first: others are refused at once
        (tmp_path / name).write_bytes(plain_header(WIDTH, len(tall)) + tall.tobytes())
    else:
        Image.fromarray(tall).save(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) * 2 // 3])
    photo = open_photo(tmp_path / name)
    assert photo.rows(0, 8).shape == (8, WIDTH, 3)
    with pytest.raises(PhotoError, match=f"^{name}: this .* is damaged, cut short"):
        photo.rows(8, len(tall))
    assert capfd.readouterr() == ("", "")


def test_values_that_are_not_finite_are_refused_where_they_stand(tmp_path: Path) -> None:
    values = np.full((30, 4, 3), 0.5)
    values[20, 1, 2] = np.nan
    values[21, 0] = 1e300  # beyond float32
    np.save(tmp_path / "a.npy", values)
    photo = open_photo(tmp_path / "a.npy")
    for read in (photo.rows, photo.light):
        read(0, 20)
        with pytest.raises(PhotoError, match=r"^a\.npy: 4 of its values in rows 16 to 30 are not finite"):
            read(16, 30)


def test_no_more_is_decoded_than_asked_for(tmp_path: Path) -> None:
    # A third of a gigabyte of pixels, which are not there.
    from bench.gigapixel import write_large_tiff

    write_large_tiff(tmp_path / "a.tif", 6000, 10_000, tiled=False)
    photo = open_photo(tmp_path / "a.tif")
    assert photo.rows(5000, 5001).shape == (1, 6000, 3)
