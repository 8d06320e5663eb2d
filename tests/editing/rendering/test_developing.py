"""From a photo's file to a finished picture: it is the render of the whole, whatever the strips, the kind, the size."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos import open_photo as strips
from editing.photos.decoding import open_photo, read_photo
from editing.photos.preview import area_average
from editing.photos.read_options import ReadOptions
from editing.rendering.developing import Developed, develop_file, develop_photo
from editing.rendering.writing import FORMATS, Output

LOOK = [Step("exposure", {"ev": 0.8}), Step("gamma", {"gamma": 0.6}), Step("contrast", {"amount": 0.4})]
HEIGHT, WIDTH = 140, 60


def sixteen_bit_photo(path: Path, height: int = HEIGHT, width: int = WIDTH) -> Path:
    import pyvips

    values = np.random.default_rng(9).integers(0, 65536, (height, width, 3)).astype(np.uint16)
    pyvips.Image.new_from_array(values, interpretation="rgb16").write_to_file(str(path))
    return path


def pixels_of(path: Path) -> NDArray[Any]:
    """The values that a file holds."""
    import pyvips

    values: NDArray[Any] = pyvips.Image.new_from_file(str(path), fail_on="warning").numpy()
    return values


def finished(source: Path, largest: int) -> NDArray[np.float32]:
    """The photo, decoded whole and developed whole."""
    return np.clip(apply_steps(read_photo(source).pixels, LOOK), 0, 1) * largest


@pytest.mark.parametrize("output_format", ["tiff16", "png16"])
def test_a_file_developed_is_the_photo_developed(tmp_path: Path, output_format: Any) -> None:
    source = sixteen_bit_photo(tmp_path / "a.tif")
    developed = develop_file(source, LOOK, tmp_path / "b", Output(output_format))
    assert developed == Developed(WIDTH, HEIGHT, read_photo(source).decoding)
    assert json.loads(json.dumps(developed.decoding)) == developed.decoding
    np.testing.assert_allclose(pixels_of(tmp_path / "b"), finished(source, 65535), atol=1)


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_eight_bits_are_the_same_picture(tmp_path: Path, output_format: Any) -> None:
    rows = np.linspace(0, 65535, HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3)
    np.save(tmp_path / "a.npy", rows / 65535)
    develop_file(tmp_path / "a.npy", LOOK, tmp_path / "b", Output(output_format, quality=95))
    difference = pixels_of(tmp_path / "b")[..., :3] - finished(tmp_path / "a.npy", 255)
    assert np.abs(difference).mean() < 2


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pixels=st.integers(1, HEIGHT * WIDTH), dither=st.booleans(), size=st.sampled_from([None, 100, 33]))
def test_strips_of_any_size_leave_no_seam(tmp_path: Path, pixels: int, dither: bool, size: int | None) -> None:
    source = tmp_path / "a.tif"
    if not source.exists():
        sixteen_bit_photo(source)
    output = Output("jpeg" if dither else "png16", size=size)
    pictures = []
    with pytest.MonkeyPatch.context() as patch:
        for strip in (pixels, HEIGHT * WIDTH * 4):
            patch.setattr(strips, "STRIP_PIXELS", strip)
            develop_file(source, LOOK, tmp_path / "b", output)
            pictures.append(pixels_of(tmp_path / "b"))
    np.testing.assert_allclose(pictures[0].astype(int), pictures[1], atol=0 if size is None else 1)


@pytest.mark.parametrize(("size", "expected"), [(70, (70, 30)), (1, (1, 1)), (140, (140, 60)), (5000, (140, 60))])
def test_size_shrinks_in_linear_light_and_never_enlarges(tmp_path: Path, size: int, expected: tuple[int, int]) -> None:
    source = sixteen_bit_photo(tmp_path / "a.tif")
    developed = develop_file(source, [], tmp_path / "b", Output("png16", size=size))
    assert (developed.height, developed.width) == expected
    smaller = area_average(read_photo(source).pixels, *expected)
    np.testing.assert_allclose(pixels_of(tmp_path / "b"), np.clip(smaller, 0, 1) * 65535, atol=1)


def test_a_photo_that_is_open_is_developed_as_often_as_wanted(tmp_path: Path) -> None:
    source = sixteen_bit_photo(tmp_path / "a.tif")
    photo = open_photo(source)
    for steps in (LOOK, [], LOOK[:1]):
        with (tmp_path / "b").open("wb") as file:
            develop_photo(photo, steps, file, Output("png16"))
        expected = np.clip(apply_steps(read_photo(source).pixels, steps), 0, 1) * 65535
        np.testing.assert_allclose(pixels_of(tmp_path / "b"), expected, atol=1)


def test_declarations_mean_what_they_mean_to_read_photo(tmp_path: Path) -> None:
    source = sixteen_bit_photo(tmp_path / "a.tif")
    develop_file(source, [], tmp_path / "b", Output("png16"), ReadOptions("linear", "prophoto"))
    expected = read_photo(source, ReadOptions(transfer="linear", primaries="prophoto")).pixels
    np.testing.assert_allclose(pixels_of(tmp_path / "b"), np.clip(expected, 0, 1) * 65535, atol=1)


def test_inks_and_turned_and_grey_photos_come_out_right(tmp_path: Path) -> None:
    eight = np.random.default_rng(4).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(eight).save(tmp_path / "turned.png", exif=exif)
    Image.fromarray(eight).convert("L").save(tmp_path / "grey.png")
    Image.fromarray(eight).convert("CMYK").save(tmp_path / "inks.jpg")
    for source in sorted(tmp_path.iterdir()):
        develop_file(source, LOOK, tmp_path / "b", Output("tiff16"))
        np.testing.assert_allclose(pixels_of(tmp_path / "b"), finished(source, 65535), atol=1, err_msg=source.name)


def test_a_dark_gradient_in_eight_bits_is_dithered_where_the_photo_has_more(tmp_path: Path) -> None:
    gradient = np.broadcast_to(np.linspace(0.1, 0.11, 256)[None, :, None], (256, 256, 3))
    np.save(tmp_path / "a.npy", gradient.astype(np.float32))
    develop_file(tmp_path / "a.npy", [], tmp_path / "b", Output("jpeg", quality=100))
    columns = pixels_of(tmp_path / "b")[..., 1].mean(axis=0)
    # Without dithering there would be steps of 1 with nothing between them.
    assert np.abs(columns - np.linspace(25.5, 28.05, 256)).max() < 0.25
    eight = np.broadcast_to(np.arange(100, 104, dtype=np.uint8).repeat(64)[None, :, None], (256, 256, 3))
    Image.fromarray(np.ascontiguousarray(eight)).save(tmp_path / "a.png")
    develop_file(tmp_path / "a.png", [], tmp_path / "c", Output("webp", quality=100))
    assert len(np.unique(pixels_of(tmp_path / "c")[:, 8:24])) == 1


def test_a_raws_exif_tells_the_camera_and_the_exposure(shared: Path, tmp_path: Path) -> None:
    develop_file(shared / "data" / "raw" / "g2_0304.crw", [], tmp_path / "a.jpg", Output(size=100))
    with Image.open(tmp_path / "a.jpg") as opened:
        exif = opened.getexif()
        assert opened.size == (100, 75)
    assert exif[0x0110] == "PowerShot G2"
    assert exif[0x0132] == "2022:01:20 08:13:24"
    assert float(exif.get_ifd(0x8769)[0x829A]) == pytest.approx(1 / 50, rel=0.01)


@pytest.mark.parametrize(
    ("folder", "output_format"),
    [
        ("samples", "jpeg"),
        ("samples", "png16"),
        *(pytest.param("raw", name, marks=pytest.mark.long) for name in ("jpeg", "png16")),
    ],
)
def test_every_real_photo_develops_to_a_picture_of_its_own(
    shared: Path, tmp_path: Path, folder: str, output_format: Any
) -> None:
    output = Output(output_format)
    for source in sorted((shared / "data" / folder).iterdir()):
        developed = develop_file(source, LOOK, tmp_path / "b", output)
        pixels = pixels_of(tmp_path / "b")
        assert pixels.shape == (developed.height, developed.width, 3)
        values = pixels[::2, ::2] / float(np.iinfo(output.dtype).max)
        # Neither black nor white, without a cast of magenta, and with tones between.
        assert 0.05 < values.mean() < 0.75, source.name
        red, green, blue = values.mean((0, 1))
        assert green > 0.8 * (red + blue) / 2, source.name
        assert len(np.unique((values[..., 1] * 255).round())) > 150, source.name


def test_formats_have_suffixes_of_their_own() -> None:
    assert [Output(name).suffix for name in ("jpeg", "tiff16", "png16", "webp")] == [".jpg", ".tif", ".png", ".webp"]
    assert set(FORMATS) == {"jpeg", "tiff16", "png16", "webp"}
