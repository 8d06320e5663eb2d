"""TIFF, JPEG, AVIF and HEIC: which picture of a file is read, what is whole, and what its values mean."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms

import bench.dng
from editing.photos.colour import srgb_to_linear, to_srgb_matrix
from editing.photos.decoding import read_photo
from editing.photos.photo_error import PhotoError

HEIGHT, WIDTH = 120, 160


def scene() -> np.ndarray:
    """(HEIGHT, WIDTH, 3) linear light 0..1."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([x / WIDTH, y / HEIGHT, (x + y) / (WIDTH + HEIGHT)], axis=-1)


def sixteen_bits(values: np.ndarray) -> np.ndarray:
    return np.round(values * 65535).astype(np.uint16)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def write_tiff(path: Path, values: np.ndarray, **options: Any) -> Path:
    tifffile.imwrite(path, values, photometric="rgb", **options)
    return path


def damage(path: Path, part: int) -> None:
    """Overwrite the beginning of a strip or tile, which no compression reads over."""
    with tifffile.TiffFile(path) as tiff:
        begins, length = tiff.pages[0].dataoffsets[part], tiff.pages[0].databytecounts[part]
    content = bytearray(path.read_bytes())
    content[begins : begins + length // 2] = b"\xff" * (length // 2)
    path.write_bytes(content)


@pytest.mark.parametrize("part", [0, 3, 5])
def test_a_tiff_with_a_damaged_tile_is_refused_and_the_next_file_is_not_blamed(tmp_path: Path, part: int) -> None:
    good = write_tiff(tmp_path / "good.tif", sixteen_bits(scene()), tile=(64, 64), compression="zlib")
    bad = write_tiff(tmp_path / "bad.tif", sixteen_bits(scene()), tile=(64, 64), compression="zlib")
    damage(bad, part)
    with pytest.raises(PhotoError, match=r"bad\.tif: this TIFF is damaged"):
        read_photo(bad)
    np.testing.assert_allclose(read_photo(good).pixels, srgb_to_linear(scene()), atol=1e-4)


def test_a_tiff_of_tiles_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", sixteen_bits(scene()), tile=(64, 64), compression="zlib")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(PhotoError, match="damaged, cut short"):
        read_photo(path)


@pytest.mark.parametrize("layout", [{"tile": (64, 64)}, {}], ids=["tiles", "strips"])
@pytest.mark.parametrize("kind", [0, 2, 7, 99], ids=["type 0", "text", "bytes", "unknown type"])
def test_a_private_tag_never_damages_a_tiff(tmp_path: Path, layout: dict[str, Any], kind: int) -> None:
    tag = (65000, 7, 4, b"abcd", False)
    path = write_tiff(tmp_path / "a.tif", sixteen_bits(scene()), compression="zlib", extratags=[tag], **layout)
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack("<HHI", 65000, 7, 4))
    content[place + 2 : place + 4] = struct.pack("<H", kind)
    path.write_bytes(content)
    np.testing.assert_allclose(read_photo(path).pixels, srgb_to_linear(scene()), atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_floating_point_is_linear_without_a_profile(tmp_path: Path, dtype: type, planar: str) -> None:
    values = scene().astype(dtype)
    if planar == "separate":
        values = np.moveaxis(values, -1, 0)
    path = write_tiff(tmp_path / "a.tif", values, planarconfig=planar, compression="zlib")
    photo = read_photo(path)
    np.testing.assert_allclose(photo.pixels, scene().astype(dtype), rtol=1e-6, atol=1e-7)
    assert photo.decoding["transfer"] == "linear"
    for _ in range(5):
        np.testing.assert_array_equal(read_photo(path).pixels, photo.pixels)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_profiles_curve_counts_for_floating_point_too(tmp_path: Path, dtype: type) -> None:
    encoded = scene()
    encoded[0, 0] = 1.2  # beyond white the curve goes on
    path = write_tiff(tmp_path / "a.tif", encoded.astype(dtype), iccprofile=srgb_profile())
    np.testing.assert_allclose(read_photo(path).pixels, srgb_to_linear(encoded), atol=2e-3)


def test_the_largest_page_is_read_and_never_the_thumbnail(tmp_path: Path) -> None:
    small = np.zeros((HEIGHT // 4, WIDTH // 4, 3), np.uint16)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(small, photometric="rgb", subfiletype=1)
        tiff.write(sixteen_bits(scene()), photometric="rgb")
        tiff.write(small, photometric="rgb")
    photo = read_photo(tmp_path / "a.tif")
    np.testing.assert_allclose(photo.pixels, srgb_to_linear(scene()), atol=1e-4)
    assert photo.decoding["pages"] == "number 2 of 3, the largest"


def test_a_larger_sub_image_is_read(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(np.zeros((HEIGHT // 4, WIDTH // 4, 3), np.uint8), photometric="rgb", subifds=1, subfiletype=1)
        tiff.write(sixteen_bits(scene()), photometric="rgb", subfiletype=0)
    np.testing.assert_allclose(read_photo(tmp_path / "a.tif").pixels, srgb_to_linear(scene()), atol=1e-4)


def test_a_dng_named_as_a_tiff_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(bench.dng.dng(scene()))
    with pytest.raises(PhotoError, match=r"holds a camera RAW \(DNG\): rename it to \.dng"):
        read_photo(tmp_path / "a.tif")


def test_eight_bit_lab_is_refused_with_what_to_do(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.full((8, 8, 3), 90, np.uint8), photometric="cielab")
    with pytest.raises(PhotoError, match=r"CIE L\*a\*b\* with 8 bits.*save it as RGB"):
        read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_marker_is_read_and_one_cut_short_is_not(tmp_path: Path, progressive: bool) -> None:
    whole = tmp_path / "whole.jpg"
    Image.fromarray((scene() * 255).astype(np.uint8)).save(whole, quality=90, progressive=progressive)
    content = whole.read_bytes()
    assert content.endswith(b"\xff\xd9")
    (tmp_path / "endless.jpg").write_bytes(content[:-2])
    np.testing.assert_array_equal(read_photo(tmp_path / "endless.jpg").pixels, read_photo(whole).pixels)
    for missing in (40, 400, len(content) // 2):
        (tmp_path / "cut.jpg").write_bytes(content[:-missing])
        with pytest.raises(PhotoError, match="damaged, cut short"):
            read_photo(tmp_path / "cut.jpg")


def test_a_jfif_is_a_jpeg(tmp_path: Path) -> None:
    Image.fromarray((scene() * 255).astype(np.uint8)).save(tmp_path / "a.jpg")
    (tmp_path / "a.jfif").write_bytes((tmp_path / "a.jpg").read_bytes())
    np.testing.assert_array_equal(read_photo(tmp_path / "a.jfif").pixels, read_photo(tmp_path / "a.jpg").pixels)


def dcf_exif(colour_space: int, index: bytes) -> bytes:
    """EXIF data as a camera writes them: a colour space, and an interoperability index."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = colour_space
    exif.get_ifd(0x8769)[0xA005] = {1: index.decode()}
    return exif.tobytes()


@pytest.mark.parametrize(
    ("colour_space", "index", "is_adobe"), [(65535, b"R03", True), (65535, b"R98", False), (1, b"R98", False)]
)
def test_adobe_rgb_is_known_as_cameras_declare_it(
    tmp_path: Path, colour_space: int, index: bytes, is_adobe: bool
) -> None:
    values = (scene() * 255).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "a.jpg", quality=100, subsampling=0, exif=dcf_exif(colour_space, index))
    photo = read_photo(tmp_path / "a.jpg")
    assert ("Adobe RGB" in photo.decoding["primaries"]) == is_adobe
    Image.fromarray(values).save(tmp_path / "b.jpg", quality=100, subsampling=0)
    encoded = pyvips.Image.new_from_file(str(tmp_path / "b.jpg")).numpy() / 255
    if is_adobe:
        matrix = to_srgb_matrix(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), (0.3127, 0.3290))
        assert matrix is not None
        np.testing.assert_allclose(photo.pixels, np.maximum(encoded ** (563 / 256) @ matrix.T, 0), atol=1e-5)
    else:
        np.testing.assert_allclose(photo.pixels, srgb_to_linear(encoded), atol=1e-6)


def test_avif_is_read_by_what_it_declares(tmp_path: Path) -> None:
    values = (scene() * 255).astype(np.uint8)
    image = pyvips.Image.new_from_array(values).copy(interpretation="srgb")
    image.heifsave(str(tmp_path / "a.avif"), compression="av1", lossless=True)
    photo = read_photo(tmp_path / "a.avif")
    assert (photo.width, photo.height, photo.decoding["format"]) == (WIDTH, HEIGHT, "AVIF")
    np.testing.assert_allclose(photo.pixels, srgb_to_linear(values / 255), atol=0.02)


def test_heic_is_read(shared: Path) -> None:
    # No encoder of HEIC may be shipped, so a file of libheif's stands in.
    photo_path = shared / "data" / "photo_cases" / "x.heic"
    photo = read_photo(photo_path)
    assert (photo.width, photo.height, photo.decoding["format"]) == (56, 40, "HEIC")
    assert 0.2 < photo.pixels.mean() < 0.4
    for _ in range(5):
        np.testing.assert_array_equal(read_photo(photo_path).pixels, photo.pixels)


def test_a_damaged_heic_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    with pytest.raises(PhotoError, match=r"a\.heic: this HEIC is damaged"):
        read_photo(tmp_path / "a.heic")
