"""What a photo's numbers become: every kind of file, every depth, every declaration."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from editing.photos.colour import SRGB_FROM_PROPHOTO, prophoto_to_linear, srgb_to_linear
from editing.photos.decoding import open_photo, read_photo
from editing.photos.preview import square
from editing.photos.read_options import ReadOptions

RAMP = np.stack([np.arange(0, 256), np.arange(255, -1, -1), np.full(256, 77)], axis=-1).reshape(8, 32, 3)
EIGHT = RAMP.astype(np.uint8)
SIXTEEN = (RAMP * 257).astype(np.uint16)


def write_with_vips(path: Path, values: NDArray[Any], **options: Any) -> Path:
    import pyvips

    kinds = {("uint16", 3): "rgb16", ("uint16", 1): "grey16", ("float32", 3): "scrgb"}
    channels = 1 if values.ndim == 2 else values.shape[2]
    kind = kinds.get((str(values.dtype), channels), "srgb" if channels > 2 else "b-w")
    pyvips.Image.new_from_array(values, interpretation=kind).write_to_file(str(path), **options)
    return path


def srgb(values: NDArray[Any]) -> NDArray[np.float64]:
    return srgb_to_linear(values / np.iinfo(values.dtype).max)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.TIFF", "a.webp", "a.PNG"])
def test_eight_bits_without_a_profile_are_srgb(tmp_path: Path, name: str) -> None:
    Image.fromarray(EIGHT).save(tmp_path / name, lossless=True)
    photo = read_photo(tmp_path / name)
    assert photo.pixels.dtype == np.float32
    assert (photo.width, photo.height) == (32, 8)
    assert photo.working_space == "linear-srgb"
    np.testing.assert_allclose(photo.pixels, srgb(EIGHT), rtol=1e-6)
    assert photo.decoding["transfer"] == "sRGB"
    assert json.loads(json.dumps(photo.decoding)) == photo.decoding


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg"])
def test_a_jpeg_is_srgb_to_within_its_compression(tmp_path: Path, name: str) -> None:
    Image.fromarray(EIGHT).save(tmp_path / name, quality=100, subsampling=0)
    np.testing.assert_allclose(read_photo(tmp_path / name).pixels, srgb(EIGHT), atol=0.03)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_all_sixteen_bits_arrive(tmp_path: Path, name: str) -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    photo = read_photo(write_with_vips(tmp_path / name, every))
    np.testing.assert_allclose(photo.pixels, srgb(every), rtol=1e-6)
    assert len(np.unique(photo.pixels)) == 65536


def test_a_float_tiff_is_linear_and_keeps_values_above_one(tmp_path: Path) -> None:
    values = np.array([[[0.0, 0.5, 7.25], [-0.25, 1.0, 1e-6]]], np.float32)
    photo = read_photo(write_with_vips(tmp_path / "a.tif", values))
    np.testing.assert_array_equal(photo.pixels, np.maximum(values, 0))
    assert photo.decoding["transfer"] == "linear"


@pytest.mark.parametrize("kind", ["8-bit png", "8-bit jpg", "8-bit tif", "16-bit png", "16-bit tif", "float tif"])
def test_grey_becomes_three_equal_planes(tmp_path: Path, kind: str) -> None:
    depth, suffix = kind.split()
    grey = {"8-bit": EIGHT[..., 0], "16-bit": SIXTEEN[..., 0], "float": EIGHT[..., 0] / np.float32(255)}[depth]
    photo = read_photo(write_with_vips(tmp_path / f"a.{suffix}", grey))
    np.testing.assert_array_equal(photo.pixels[..., 0], photo.pixels[..., 1])
    np.testing.assert_array_equal(photo.pixels[..., 0], photo.pixels[..., 2])
    expected = grey if depth == "float" else srgb(grey)
    np.testing.assert_allclose(photo.pixels[..., 0], expected, atol=0.02 if suffix == "jpg" else 1e-6)
    assert photo.decoding["grey"] == "three equal planes"
    declared = read_photo(tmp_path / f"a.{suffix}", ReadOptions(transfer="linear", primaries="prophoto"))
    np.testing.assert_allclose(declared.pixels[..., 0], declared.pixels[..., 2], atol=1e-6)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_alpha_is_dropped_and_recorded(tmp_path: Path, name: str) -> None:
    alpha = np.full((8, 32, 1), 128, np.uint8)
    image = Image.fromarray(np.concatenate([EIGHT, alpha], axis=2), "RGBA")
    image.save(tmp_path / name, lossless=True, exact=True)
    photo = read_photo(tmp_path / name)
    np.testing.assert_allclose(photo.pixels, srgb(EIGHT), rtol=1e-6)
    assert photo.decoding["alpha"] == "dropped"


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_palette_is_looked_up_and_one_bit_is_black_and_white(tmp_path: Path, name: str) -> None:
    image = Image.fromarray(EIGHT).quantize(16)
    image.save(tmp_path / name)
    np.testing.assert_allclose(read_photo(tmp_path / name).pixels, srgb(np.asarray(image.convert("RGB"))), rtol=1e-6)
    Image.fromarray(EIGHT).convert("1").save(tmp_path / name)
    assert set(np.unique(read_photo(tmp_path / name).pixels)) == {0.0, 1.0}


def test_of_an_animation_and_of_pages_the_first_is_read(tmp_path: Path) -> None:
    first, second = Image.fromarray(EIGHT), Image.fromarray(255 - EIGHT)
    first.save(tmp_path / "a.webp", save_all=True, append_images=[second], lossless=True)
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    for name in ("a.webp", "a.tif"):
        photo = read_photo(tmp_path / name)
        np.testing.assert_allclose(photo.pixels, srgb(EIGHT), rtol=1e-6)
        assert photo.decoding["pages"] == "the first of 2"


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png", "a.webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_applied(tmp_path: Path, name: str, orientation: int) -> None:
    image = Image.fromarray(EIGHT)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / name, exif=exif, lossless=True, **({} if name.endswith("tif") else {"quality": 100}))
    with Image.open(tmp_path / name) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    photo = read_photo(tmp_path / name)
    assert photo.pixels.shape == expected.shape
    np.testing.assert_allclose(photo.pixels, srgb(expected), atol=0.02 if name.endswith("jpg") else 1e-6)
    assert photo.decoding["orientation"] == orientation


@pytest.mark.parametrize("values", [EIGHT, SIXTEEN])
def test_transfer_linear_takes_the_values_as_they_are(tmp_path: Path, values: NDArray[Any]) -> None:
    path = write_with_vips(tmp_path / "a.tif", values)
    photo = read_photo(path, ReadOptions(transfer="linear"))
    np.testing.assert_allclose(photo.pixels, RAMP / 255, rtol=1e-6)
    photo = read_photo(path, ReadOptions(transfer="linear", primaries="prophoto"))
    np.testing.assert_allclose(photo.pixels, np.maximum(RAMP / 255 @ SRGB_FROM_PROPHOTO.T, 0), atol=1e-6)


def test_prophoto_is_undone_by_its_true_curve_and_matrix(tmp_path: Path) -> None:
    photo = read_photo(write_with_vips(tmp_path / "a.png", SIXTEEN), ReadOptions(primaries="prophoto"))
    linear = prophoto_to_linear(SIXTEEN / 65535)
    np.testing.assert_allclose(photo.pixels, np.maximum(linear @ SRGB_FROM_PROPHOTO.T, 0), atol=1e-6)


def test_prophotos_matrix_is_the_published_one() -> None:
    # Bruce Lindbloom, Bradford-adapted ProPhoto to XYZ D65, then XYZ to sRGB (IEC 61966-2-1).
    published = [[2.0343, -0.7275, -0.3067], [-0.2288, 1.2317, -0.0029], [-0.0086, -0.1533, 1.1618]]
    np.testing.assert_allclose(SRGB_FROM_PROPHOTO, published, atol=1.5e-3)
    np.testing.assert_allclose(SRGB_FROM_PROPHOTO.sum(axis=1), 1, atol=1e-9)


def test_prophotos_curve_joins_its_toe() -> None:
    toe = 16 / 512
    np.testing.assert_allclose(
        prophoto_to_linear(np.array([toe - 1e-12])), prophoto_to_linear(np.array([toe])), rtol=1e-6
    )
    np.testing.assert_allclose(prophoto_to_linear(np.array([0.0, toe / 2, 1.0])), [0, toe / 32, 1])


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
def test_an_array_is_taken_as_it_is(tmp_path: Path, dtype: str) -> None:
    values = np.asfortranarray(np.array([[[0.5, 2.0, -1.0], [0.125, 0.0, 100.0]]], dtype))
    np.save(tmp_path / "a.npy", values)
    photo = read_photo(tmp_path / "a.npy")
    np.testing.assert_array_equal(photo.pixels, np.maximum(values, 0).astype(np.float32))
    assert photo.pixels.dtype == np.dtype(np.float32)
    converted = read_photo(tmp_path / "a.npy", ReadOptions(primaries="prophoto"))
    assert not np.allclose(converted.pixels, photo.pixels)
    assert converted.decoding["primaries"] == "ProPhoto"


@pytest.mark.parametrize("embedded", [False, True])
def test_cmyk_goes_through_its_profile(tmp_path: Path, embedded: bool) -> None:
    import pyvips

    inks = np.zeros((8, 32, 4), np.uint8)
    inks[:, 8:16] = (0, 0, 0, 255)
    inks[:, 16:24] = (255, 0, 0, 0)
    inks[:, 24:] = (0, 255, 255, 0)
    profile = pyvips.Operation.call("profile_load", "cmyk") if embedded else None
    for name in ("a.jpg", "a.tif"):
        Image.fromarray(inks, "CMYK").save(tmp_path / name, icc_profile=profile)
        photo = read_photo(tmp_path / name)
        paper, black, cyan, red = (photo.pixels[2:6, 8 * k + 2 : 8 * k + 6].mean((0, 1)) for k in range(4))
        assert paper.min() > 0.8
        assert black.max() < 0.05
        assert cyan[0] < 0.1 < cyan[1] < cyan[2]
        assert red[0] > 0.5 > 0.1 > red[1:].max()
        assert photo.decoding["icc"] == ("embedded CMYK profile" if embedded else "libvips' generic CMYK")


def test_a_tiff_of_one_large_strip_is_read(tmp_path: Path) -> None:
    # More than libtiff's 50 MB, and as some programs write them.
    rows = np.zeros((4000, 2500, 3), np.uint16)
    rows[3990:] = np.random.default_rng(0).integers(0, 65536, (10, 2500, 3))
    tifffile.imwrite(
        tmp_path / "a.tif",
        rows,
        compression="deflate",
        compressionargs={"level": 1},
        photometric="rgb",
        rowsperstrip=4000,
    )
    np.testing.assert_array_equal(open_photo(tmp_path / "a.tif").rows(3990, 4000), rows[3990:])


def test_a_replaced_file_is_read_anew(tmp_path: Path) -> None:
    for values in (EIGHT, 255 - EIGHT):
        Image.fromarray(values).save(tmp_path / "a.png")
        np.testing.assert_allclose(read_photo(tmp_path / "a.png").pixels, srgb(values), rtol=1e-6)


def test_the_same_photo_in_prophoto_and_in_srgb_comes_out_the_same(shared: Path) -> None:
    samples = shared / "data" / "samples"
    views = [square(read_photo(samples / name).pixels, 64) for name in ("D.tif", "D-8bit-png.png", "D-8bit-jpg.jpg")]
    for view in views[1:]:
        np.testing.assert_allclose(view ** (1 / 2.2), views[0] ** (1 / 2.2), atol=0.03)
        assert np.abs(view - views[0]).mean() < 1e-3


@pytest.mark.parametrize("folder", ["npy", "tiff16"])
def test_declared_prophoto_gives_richer_colours_than_taking_the_numbers_for_srgb(shared: Path, folder: str) -> None:
    for path in sorted((shared / "data" / "fivek_study" / folder).iterdir())[:3]:
        true, taken = (
            read_photo(path, ReadOptions(transfer="linear", primaries=name)).pixels for name in ("prophoto", "srgb")
        )
        assert np.ptp(true, axis=2).mean() > 1.2 * np.ptp(taken, axis=2).mean()
        assert 0 < true.mean() < 0.4
