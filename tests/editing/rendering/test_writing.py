"""Files that are written: read by other programs they are the picture, with its colours named and its EXIF data."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import IFDRational

from editing.files import atomic_file
from editing.photos.exif import exif_bytes, exif_fields
from editing.photos.tiff import SHORT, numbers, pack, read_directories, start
from editing.rendering import tiff_writer
from editing.rendering.writing import FORMATS, Output, write_picture

HEIGHT, WIDTH = 100, 37
CAMERA, EXPOSURE, PLACE = 0x0110, 0x8769, 0x8825


def picture(dtype: Any) -> NDArray[Any]:
    """Every kind of pixel: noise, flat, dark, bright."""
    largest = np.iinfo(dtype).max
    values = np.random.default_rng(2).integers(0, largest + 1, (HEIGHT, WIDTH, 3)).astype(dtype)
    values[40:60], values[60:70] = largest, 0
    return values


def strips(values: NDArray[Any], rows: int = 32) -> Iterator[NDArray[Any]]:
    return (values[top : top + rows] for top in range(0, len(values), rows))


def write(path: Path, output: Output, exif: bytes = b"", rows: int = 32) -> NDArray[Any]:
    values = picture(output.dtype)
    with atomic_file(path) as file:
        write_picture(file, strips(values, rows), (WIDTH, HEIGHT), output, exif)
    return values


def camera_exif(**places: Any) -> bytes:
    """As a camera writes it: turned, with a thumbnail's worth of its own notes, and the place."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[CAMERA], exif[0x0132] = 6, "Maker", "Camera 5", "2020:01:02 03:04:05"
    exif[EXPOSURE] = {
        0x829A: IFDRational(1, 250),
        0x8827: 400,
        0x9003: "2020:01:02 03:04:05",
        0x9209: 0,
        0x927C: bytes(3000),
        0xA001: 65535,
        0xA002: 9999,
        0xA434: "A lens",
    }
    exif[PLACE] = {1: "N", 2: (48.0, 8.0, 15.5)}
    return exif.tobytes()


@pytest.mark.parametrize("rows", [16, 48, 112])
@pytest.mark.parametrize("output_format", ["tiff16", "png16"])
def test_sixteen_bits_are_written_without_loss(tmp_path: Path, output_format: Any, rows: int) -> None:
    import pyvips

    path = tmp_path / "a"
    values = write(path, Output(output_format), rows=rows)
    image = pyvips.Image.new_from_file(str(path), fail_on="warning")
    assert image.interpretation == "rgb16"
    np.testing.assert_array_equal(image.numpy(), values)
    if output_format == "tiff16":
        np.testing.assert_array_equal(tifffile.imread(path), values)
    with Image.open(path) as opened:
        opened.load()  # Pillow's own decoder finds nothing wrong; it keeps 8 bits
        assert opened.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_eight_bits_are_written_to_within_the_compression(tmp_path: Path, output_format: Any) -> None:
    smooth = np.linspace(0, 255, HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint8)
    sizes = []
    for quality in (30, 95):
        with (tmp_path / "a").open("wb") as file:
            write_picture(file, strips(smooth), (WIDTH, HEIGHT), Output(output_format, quality), b"")
        with Image.open(tmp_path / "a") as opened:
            assert opened.format == {"jpeg": "JPEG", "webp": "WEBP"}[output_format]
            assert np.abs(np.asarray(opened, float) - smooth).mean() < 3
        sizes.append((tmp_path / "a").stat().st_size)
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("output_format", FORMATS)
def test_the_colours_are_named_srgb(tmp_path: Path, output_format: Any) -> None:
    write(tmp_path / "a", Output(output_format))
    with Image.open(tmp_path / "a") as opened:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


@pytest.mark.parametrize("output_format", FORMATS)
def test_all_exif_is_kept_if_asked_and_says_what_is_true_of_the_new_file(tmp_path: Path, output_format: Any) -> None:
    write(tmp_path / "a", Output(output_format, metadata="all"), camera_exif())
    with Image.open(tmp_path / "a") as opened:
        exif = opened.getexif()
        exposure, place = exif.get_ifd(EXPOSURE), exif.get_ifd(PLACE)
    assert (exif[0x010F], exif[CAMERA], exif[0x0132]) == ("Maker", "Camera 5", "2020:01:02 03:04:05")
    assert exif[0x0112] == 1, "the picture is upright now"
    assert float(exposure[0x829A]) == 1 / 250
    assert (exposure[0x8827], exposure[0x9003], exposure[0xA434]) == (400, "2020:01:02 03:04:05", "A lens")
    assert exposure[0x9209] == 0, "that no flash fired is something to know"
    assert (exposure[0xA001], exposure[0xA002], exposure[0xA003]) == (1, WIDTH, HEIGHT)
    assert 0x927C not in exposure, "the maker's notes point into the old file"
    assert place[1] == "N"
    assert [float(value) for value in place[2]] == [48.0, 8.0, 15.5]


PRIVATE = (b"Owner Name", b"BODY-123", b"LENS-456", b"UNIQUE-789", b"Artist Name", b"Copyright Name", b"A description")


def private_exif() -> bytes:
    """EXIF data of a camera that knows its owner, its serial numbers and where it is."""
    exif = Image.Exif()
    exif[0x010F], exif[CAMERA] = "Maker", "Camera 5"
    exif[0x010E], exif[0x013B], exif[0x8298] = "A description", "Artist Name", "Copyright Name"
    exposure = exif.get_ifd(EXPOSURE)
    exposure[0x829A], exposure[0x9003], exposure[0xA434] = 1 / 250, "2020:01:02 03:04:05", "A lens"
    exposure[0xA430], exposure[0xA431], exposure[0xA435] = "Owner Name", "BODY-123", "LENS-456"
    exposure[0xA420], exposure[0x9286] = "UNIQUE-789", b"ASCII\0\0\0Owner Name"
    exif.get_ifd(PLACE)[1], exif.get_ifd(PLACE)[2] = "N", (48.0, 8.0, 15.5)
    return exif.tobytes()


@pytest.mark.parametrize("output_format", FORMATS)
def test_by_default_camera_and_exposure_are_kept_and_nothing_of_place_owner_or_serial(
    tmp_path: Path, output_format: Any
) -> None:
    write(tmp_path / "a", Output(output_format), private_exif())
    with Image.open(tmp_path / "a") as opened:
        exif = opened.getexif()
        exposure = exif.get_ifd(EXPOSURE)
        assert not exif.get_ifd(PLACE)
    assert (exif[0x010F], exif[CAMERA]) == ("Maker", "Camera 5")
    assert (float(exposure[0x829A]), exposure[0xA434]) == (1 / 250, "A lens")
    assert exposure[0x9003] == "2020:01:02 03:04:05"
    content = (tmp_path / "a").read_bytes()
    assert [text for text in PRIVATE if text in content] == []
    write(tmp_path / "all", Output(output_format, metadata="all"), private_exif())
    assert b"BODY-123" in (tmp_path / "all").read_bytes()


@pytest.mark.parametrize("output_format", FORMATS)
def test_no_metadata_but_size_and_orientation_are_written_if_so_asked(tmp_path: Path, output_format: Any) -> None:
    write(tmp_path / "a", Output(output_format, metadata="none"), private_exif())
    with Image.open(tmp_path / "a") as opened:
        assert CAMERA not in opened.getexif()
        assert 0x9003 not in opened.getexif().get_ifd(EXPOSURE)


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", bytes(100), camera_exif()[:150]])
def test_damaged_exif_does_not_keep_a_picture_from_being_written(
    tmp_path: Path, output_format: Any, exif: bytes
) -> None:
    write(tmp_path / "a", Output(output_format), exif)
    with Image.open(tmp_path / "a") as opened:
        opened.load()
        assert opened.getexif()[0x0112] == 1


def test_too_much_exif_for_a_jpeg_is_left_out() -> None:
    fields = {tag: numbers(SHORT, [7] * 2000) for tag in range(0x9000, 0x9020)}
    large = start(8, big=False) + pack({0: {}, EXPOSURE: fields}, 8)
    assert len(exif_bytes(large, 5, 4)) < 200
    assert len(exif_fields(large, 5, 4)[EXPOSURE]) == 35


@pytest.mark.parametrize("order", ["little", "big"])
def test_directories_are_read_in_either_byte_order(order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[CAMERA], exif[EXPOSURE] = "Camera 5", {0x829A: IFDRational(1, 250), 0x8827: 400}
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    assert content[:2] == (b"II" if order == "little" else b"MM")
    main, exposure = read_directories(io.BytesIO(content), [EXPOSURE])
    assert main[CAMERA].data == b"Camera 5\0"
    assert exposure[0x829A].data == struct.pack("<II", 1, 250)
    assert exposure[0x8827].number == 400


def test_a_tiff_too_large_for_32_bits_is_a_bigtiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "small", Output("tiff16"))
    monkeypatch.setattr(tiff_writer, "LARGEST_CLASSIC", 1000)
    values = write(tmp_path / "big", Output("tiff16"), camera_exif())
    with tifffile.TiffFile(tmp_path / "big") as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), values)
        assert file.pages[0].tags["ExifTag"].value["ISOSpeedRatings"] == 400
    with tifffile.TiffFile(tmp_path / "small") as file:
        assert not file.is_bigtiff


def test_directories_beyond_four_gigabytes_are_found(tmp_path: Path) -> None:
    place = 5 << 30
    directories = exif_fields(camera_exif(), WIDTH, HEIGHT)
    with (tmp_path / "a").open("w+b") as file:  # sparse: it takes no room on the disk
        file.write(start(place, big=True))
        file.seek(place)
        file.write(pack(directories, place, big=True))
        file.seek(0)
        main, exposure = read_directories(file, [EXPOSURE])
    assert exposure == directories[EXPOSURE]
    assert main.items() >= directories[0].items()


@pytest.mark.parametrize("output_format", FORMATS)
def test_what_the_strips_raise_is_passed_on_and_nothing_is_left(tmp_path: Path, output_format: Any) -> None:
    output = Output(output_format)
    (tmp_path / "a").write_bytes(b"what was there")

    def failing() -> Iterator[NDArray[Any]]:
        yield picture(output.dtype)[:64]
        raise KeyError("no more")

    with pytest.raises(KeyError, match="no more"), atomic_file(tmp_path / "a") as file:
        write_picture(file, failing(), (WIDTH, HEIGHT), output, b"")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"what was there"]


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_too_few_rows_are_an_error_and_not_a_picture(tmp_path: Path, output_format: Any) -> None:
    with pytest.raises(OSError, match="libvips could not encode"), atomic_file(tmp_path / "a") as file:
        write_picture(file, iter([picture(np.uint8)[:64]]), (WIDTH, HEIGHT), Output(output_format), b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"format": "gif"}, "there is no format 'gif'"),
        ({"quality": 0}, "quality is 1 to 100"),
        ({"size": 0}, "size is"),
    ],
)
def test_an_output_that_cannot_be_is_a_mistake_of_the_caller(arguments: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Output(**arguments)
