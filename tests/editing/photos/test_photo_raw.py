"""Camera RAW: a DNG made here, whose light is known, and the real files beside the project."""

import errno
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import bench.dng
from bench.dng import BLACK, CAMERA, WHITE
from editing.photos import raw
from editing.photos.colour import SRGB_FROM_PROPHOTO, srgb_to_linear
from editing.photos.decoding import read_photo
from editing.photos.photo_error import PhotoError
from editing.photos.raster import upright
from editing.photos.read_options import ReadOptions

COLOURS = np.array(
    [[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.5, 0.5, 0.5], [1.5, 1.5, 1.5]]
)  # four quarters, the last too bright
HEIGHT, WIDTH = 96, 128


def scene() -> NDArray[np.float64]:
    light = np.empty((HEIGHT, WIDTH, 3))
    for quarter, colour in enumerate(COLOURS):
        row, column = divmod(quarter, 2)
        light[row * 48 : row * 48 + 48, column * 64 : column * 64 + 64] = colour
    return light


def dng(orientation: int = 1, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A RAW file of `scene`, which claims that size."""
    return bench.dng.dng(scene(), orientation, (width, height))


def quarters(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """(2, 2, 3): the mean colour well inside each quarter."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    return np.array(
        [
            [
                pixels[r * height + 10 : (r + 1) * height - 10, c * width + 10 : (c + 1) * width - 10].mean((0, 1))
                for c in (0, 1)
            ]
            for r in (0, 1)
        ]
    )


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """LibRaw is called here, for tests of what comes out of a whole file: its own process takes most of the time."""
    monkeypatch.setattr(raw, "decode", raw._demosaic)


def test_raw_comes_out_as_linear_light_with_the_cameras_white_balance(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    photo = read_photo(tmp_path / "a.dng")
    assert (photo.width, photo.height) == (WIDTH, HEIGHT)
    np.testing.assert_allclose(quarters(photo.pixels).reshape(4, 3)[:3], COLOURS[:3], atol=0.01)
    np.testing.assert_allclose(quarters(photo.pixels)[1, 1], 1, atol=1e-3)  # clipped at the white level
    assert photo.decoding["white_level"] == WHITE
    assert photo.decoding["white_balance"] == "as the camera recorded it"
    assert photo.decoding["transfer"] == "linear"


@pytest.mark.usefixtures("in_this_process")
def test_brightness_does_not_follow_the_brightest_pixel(tmp_path: Path) -> None:
    # Only the quarter that clips is left out: the others must not become brighter for it.
    bright, dim = dng(), bytearray(dng())
    mosaic = np.frombuffer(bright[-HEIGHT * WIDTH * 2 :], "<u2").reshape(HEIGHT, WIDTH).copy()
    mosaic[48:, 64:] = BLACK
    dim[-HEIGHT * WIDTH * 2 :] = mosaic.tobytes()
    (tmp_path / "a.dng").write_bytes(dim)
    np.testing.assert_allclose(
        quarters(read_photo(tmp_path / "a.dng").pixels).reshape(4, 3)[:3], COLOURS[:3], atol=0.01
    )


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("orientation", "places"),
    [
        (6, (2, 0, 3, 1)),
        *(pytest.param(*turned, marks=pytest.mark.long) for turned in ((3, (3, 2, 1, 0)), (8, (1, 3, 0, 2)))),
    ],
)
def test_raw_is_turned_upright(tmp_path: Path, orientation: int, places: tuple[int, ...]) -> None:
    (tmp_path / "a.dng").write_bytes(dng(orientation))
    photo = read_photo(tmp_path / "a.dng")
    assert (photo.width, photo.height) == ((WIDTH, HEIGHT) if orientation == 3 else (HEIGHT, WIDTH))
    expected = np.minimum(COLOURS, 1)[list(places)]
    np.testing.assert_allclose(quarters(photo.pixels).reshape(4, 3), expected, atol=0.01)
    assert photo.decoding["turned"] != "not"


@pytest.mark.usefixtures("in_this_process")
def test_declarations_for_other_files_leave_raw_alone(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    plain = read_photo(tmp_path / "a.dng")
    declared = read_photo(tmp_path / "a.dng", ReadOptions(transfer="linear", primaries="prophoto"))
    np.testing.assert_array_equal(plain.pixels, declared.pixels)


@pytest.mark.parametrize("name", ["noname", pytest.param("a.whatever", marks=pytest.mark.long)])
def test_any_other_name_is_given_to_libraw(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(dng())
    assert read_photo(tmp_path / name).decoding["decoder"].startswith("LibRaw")


def test_raw_beyond_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    with pytest.raises(
        PhotoError, match=r"a\.dng: 128 x 96 is 0\.0 million pixels, more than the limit of 0\.01 million"
    ):
        read_photo(tmp_path / "a.dng", limit=10_000)
    (tmp_path / "a.dng").write_bytes(dng(width=60_000, height=60_000))
    with pytest.raises(PhotoError, match=r"a\.dng: "):
        read_photo(tmp_path / "a.dng")


@pytest.mark.parametrize(
    "share", [0.999, 0.5, 0.005, *(pytest.param(share, marks=pytest.mark.long) for share in (0.9, 0.1, 0.02))]
)
def test_a_truncated_raw_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], share: float) -> None:
    whole = dng()
    (tmp_path / "a.dng").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PhotoError, match=r"^a\.dng: .*cut short"):
        read_photo(tmp_path / "a.dng")
    assert capfd.readouterr() == ("", ""), "what LibRaw says about it stays in its own process"


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("g2_0304.crw", 0.9999),
        ("dc120_p003908.kdc", 0.2),
        *(pytest.param("g2_0304.crw", share, marks=pytest.mark.long) for share in (0.97, 0.6, 0.2, 0.01)),
        pytest.param("s40_0119.crw", 0.9999, marks=pytest.mark.long),
        pytest.param("dc120_p003908.kdc", 0.97, marks=pytest.mark.long),
    ],
)
def test_a_real_raw_that_is_truncated_is_refused(
    shared: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, share: float
) -> None:
    whole = (shared / "data" / "raw" / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PhotoError, match="cut short"):
        read_photo(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_a_real_raw_with_a_hole_is_refused(shared: Path, tmp_path: Path) -> None:
    damaged = bytearray((shared / "data" / "raw" / "g2_0304.crw").read_bytes())
    damaged[1_000_000:-20_000] = bytes(len(damaged) - 1_020_000)
    (tmp_path / "a.crw").write_bytes(damaged)
    with pytest.raises(PhotoError, match=r"a\.crw: its data are damaged"):
        read_photo(tmp_path / "a.crw")


@pytest.mark.long
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 600), noise=st.binary(min_size=1, max_size=40))
def test_no_damage_to_a_raw_raises_anything_but_photo_error(tmp_path: Path, at: int, noise: bytes) -> None:
    whole = dng()
    (tmp_path / "a.dng").write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        pixels, reason = read_photo(tmp_path / "a.dng").pixels, "a.dng: "
    except PhotoError as error:
        pixels, reason = np.zeros(1, np.float32), str(error)
    assert np.isfinite(pixels).all()
    assert reason.startswith("a.dng: ")
    assert "\n" not in reason


def test_a_decoder_that_breaks_down_or_hangs_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    crashing = tmp_path / "crash.py"
    crashing.write_text("import os; os.abort()")
    monkeypatch.setattr(raw, "__file__", str(crashing))
    with pytest.raises(PhotoError, match=r"^a\.dng: LibRaw broke down"):
        read_photo(tmp_path / "a.dng")
    crashing.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(raw, "SECONDS", 0.2)
    with pytest.raises(PhotoError, match=r"^a\.dng: LibRaw did not finish"):
        read_photo(tmp_path / "a.dng")


def test_importing_photos_loads_neither_libraw_nor_libvips() -> None:
    code = "import sys, editing.photos.decoding; print([m for m in ('rawpy', 'pyvips', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# X-Rite's ColorChecker Classic: the 8-bit sRGB values that its maker publishes for the 24 patches, row by row.
CHECKER = np.array(
    "115,82,68 194,150,130 98,122,157 87,108,67 133,128,177 103,189,170 214,126,44 80,91,166 193,90,99 94,60,108 "
    "157,188,64 224,163,46 56,61,150 70,148,73 175,54,60 231,199,31 187,86,149 8,133,161 243,243,242 200,200,200 "
    "160,160,160 122,122,121 85,85,85 52,52,52".replace(",", " ").split(),
    np.float64,
).reshape(24, 3)
# Where they lie in g2_0304.crw: the first one's centre, the way to the next, half a side; of its height and width.
FIRST, WAY, HALF = (0.180, 0.139), (0.192, 0.144), (0.035, 0.026)
# CIE 1976, of the mean and of the largest: measured 5.3 and 12.8.
MEAN_DIFFERENCE, LARGEST_DIFFERENCE = 6.5, 15


def lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    xyz = linear @ np.linalg.inv(np.reshape(CAMERA, (3, 3))).T / [0.9505, 1.0, 1.089]
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=-1)


def patches(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    """(24, 3): the mean light of each patch."""
    height, width = pixels.shape[:2]
    down, across = round(HALF[0] * height), round(HALF[1] * width)
    means = []
    for patch in range(24):
        row, column = divmod(patch, 6)
        y, x = round((FIRST[0] + WAY[0] * row) * height), round((FIRST[1] + WAY[1] * column) * width)
        means.append(pixels[y - down : y + down, x - across : x + across].mean((0, 1)))
    return np.array(means, np.float64)


def differences(measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """(24,): delta E 1976 of each patch to its published colour.

    The camera judged the light a little too warm, and the exposure is free: one factor a channel, from the greys.
    """
    known = srgb_to_linear(CHECKER / 255)
    balanced = measured * (known[18:] * measured[18:]).sum(0) / (measured[18:] ** 2).sum(0)
    return np.linalg.norm(lab(balanced) - lab(known), axis=1)


@pytest.mark.usefixtures("in_this_process")
def test_the_colorchecker_of_a_real_camera_has_its_colours(shared: Path) -> None:
    measured = patches(read_photo(shared / "data" / "raw" / "g2_0304.crw").pixels)
    found = differences(measured)
    assert found.mean() < MEAN_DIFFERENCE
    assert found.max() < LARGEST_DIFFERENCE
    wrong = {
        "red and blue swapped": measured[:, [2, 1, 0]],
        "red and green swapped": measured[:, [1, 0, 2]],
        "ProPhoto's primaries": measured @ np.linalg.inv(SRGB_FROM_PROPHOTO).T,
        "ProPhoto's matrix twice": measured @ SRGB_FROM_PROPHOTO.T,
        "a curve left in": measured ** (1 / 1.2),
    }
    for name, light in wrong.items():
        assert differences(np.maximum(light, 0)).mean() > MEAN_DIFFERENCE, name


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("s40_0119.crw", (2272, 1704), marks=pytest.mark.long),
        ("dc120_p003908.kdc", (1301, 976)),
    ],
)
def test_the_other_real_cameras_are_decoded(shared: Path, name: str, size: tuple[int, int]) -> None:
    photo = read_photo(shared / "data" / "raw" / name)
    assert (photo.width, photo.height) == size
    assert 0.1 < photo.pixels.mean() < 0.5
    assert photo.pixels.std() > 0.05


def shaded() -> NDArray[np.float64]:
    """(HEIGHT, WIDTH, 3): every place has its own colour."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([0.1 + 0.6 * x / WIDTH, 0.1 + 0.6 * y / HEIGHT, np.full((HEIGHT, WIDTH), 0.3)], axis=-1)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("active_area", "orientations"),
    [pytest.param(None, range(1, 9), marks=pytest.mark.long), ((8, 16, 88, 112), (1, 6))],
    ids=["whole", "active area"],
)
def test_the_stated_crop_counts_in_every_orientation(
    tmp_path: Path, active_area: tuple[int, int, int, int] | None, orientations: Sequence[int]
) -> None:
    left, top, width, height = 10, 6, 60, 50
    (tmp_path / "plain.dng").write_bytes(bench.dng.dng(shaded(), active_area=active_area))
    plain = read_photo(tmp_path / "plain.dng")
    assert "crop" not in plain.decoding
    lying = plain.pixels[top : top + height, left : left + width]
    for orientation in orientations:
        options = {"active_area": active_area, "orientation": orientation}
        (tmp_path / "a.dng").write_bytes(bench.dng.dng(shaded(), **options, crop=(left, top, width, height)))
        photo = read_photo(tmp_path / "a.dng")
        np.testing.assert_array_equal(photo.pixels, upright(lying, orientation))
        assert photo.decoding["crop"] == "60 x 50 at 10, 6, as the file states"


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "crop",
    [
        (100, 80, 60, 50),
        (0, 0, 0, 0),
        *(pytest.param(crop, marks=pytest.mark.long) for crop in ((200, 200, 10, 10), (0, 0, WIDTH, HEIGHT))),
    ],
)
def test_a_crop_that_does_not_fit_leaves_the_picture_whole(tmp_path: Path, crop: tuple[int, int, int, int]) -> None:
    (tmp_path / "a.dng").write_bytes(bench.dng.dng(shaded(), crop=crop))
    photo = read_photo(tmp_path / "a.dng")
    assert (photo.width, photo.height) == (WIDTH, HEIGHT)


def noisy(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return light * np.random.default_rng(0).normal(1, 0.03, light.shape)


@pytest.mark.usefixtures("in_this_process")
def test_highlights_are_white_where_the_sensor_saturates_below_the_white_level(tmp_path: Path) -> None:
    light = noisy(np.full((HEIGHT, WIDTH, 3), 0.2))
    light[:, WIDTH // 2 :] = 3
    (tmp_path / "a.dng").write_bytes(bench.dng.dng(light, saturation=3700))
    photo = read_photo(tmp_path / "a.dng")
    np.testing.assert_allclose(photo.pixels[:, WIDTH // 2 + 8 :], 1, atol=1e-4)
    np.testing.assert_allclose(photo.pixels[:, : WIDTH // 2 - 8].mean((0, 1)), 0.2, atol=0.005)
    assert "where the sensor saturates" in photo.decoding["highlights"]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("saturation", [WHITE, 3700])
def test_a_photo_without_saturated_pixels_does_not_change(tmp_path: Path, saturation: int) -> None:
    (tmp_path / "a.dng").write_bytes(bench.dng.dng(noisy(shaded() * 1.2), saturation=saturation))
    photo = read_photo(tmp_path / "a.dng")
    assert photo.decoding["highlights"] == "clipped at the white level"


def float_dng(path: Path, values: NDArray[np.float32], white: int) -> Path:
    """A DNG of linear floating-point RGB, as HDR programs write it."""
    rationals = [round(value * 10_000) for number in CAMERA for value in (number, 1)]
    tags = [
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 12, "Test Camera", True),
        (50717, 4, 1, white, True),
        (50721, 10, 9, rationals, True),
        (50728, 5, 3, [1, 1, 1, 1, 1, 1], True),
        (50778, 3, 1, 21, True),
    ]
    tifffile.imwrite(path, values, photometric=34892, planarconfig="contig", extratags=tags)
    return path


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("largest", "white"),
    [(40.0, 8), (0.5, 1), *(pytest.param(largest, 1, marks=pytest.mark.long) for largest in (1.0, 4.0))],
)
def test_a_floating_point_dng_keeps_its_scale(tmp_path: Path, largest: float, white: int) -> None:
    values = np.full((64, 96, 3), 0.25 * white, np.float32)
    values[:, 48:] = largest
    photo = read_photo(float_dng(tmp_path / "a.dng", values, white))
    np.testing.assert_allclose(photo.pixels[:, :40], 0.25, rtol=0.01)
    np.testing.assert_allclose(photo.pixels[:, 56:], largest / white, rtol=0.01)


def test_a_floating_point_dng_whose_scale_cannot_be_known_is_refused(
    tmp_path: Path,
) -> None:
    path = float_dng(tmp_path / "a.dng", np.full((64, 96, 3), 2, np.float32), 1)
    content = path.read_bytes()
    place = content.index(struct.pack("<HHII", 259, 3, 1, 1))
    path.write_bytes(content[:place] + struct.pack("<HHII", 259, 3, 1, 50000) + content[place + 12 :])
    with pytest.raises(PhotoError, match=r"scale cannot be known.*convert it to a DNG of 16-bit"):
        read_photo(path)


def test_a_dng_whose_pixels_lie_beyond_its_end_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(bench.dng.dng(scene())[:-1000])
    with pytest.raises(PhotoError, match=r"it is cut short: 1,000 bytes of its pixels are missing"):
        read_photo(tmp_path / "a.dng")


def test_a_dng_of_jpeg_xl_is_refused_by_name(tmp_path: Path) -> None:
    content = bench.dng.dng(scene())
    place = content.index(struct.pack("<HHIH", 259, 3, 1, 1))
    (tmp_path / "a.dng").write_bytes(content[:place] + struct.pack("<HHIH", 259, 3, 1, 52546) + content[place + 10 :])
    with pytest.raises(PhotoError, match=r"JPEG XL.*convert it to a DNG without JPEG XL"):
        read_photo(tmp_path / "a.dng")


def test_words_of_the_decoder_about_missing_data_refuse_the_file(shared: Path, tmp_path: Path) -> None:
    content = (shared / "data" / "photo_cases" / "lossy_whole.dng").read_bytes()
    (tmp_path / "whole.dng").write_bytes(content)
    assert read_photo(tmp_path / "whole.dng").width == 160
    (tmp_path / "a.dng").write_bytes(content[:-300] + bytes(300))
    with pytest.raises(PhotoError, match="its data are damaged"):
        read_photo(tmp_path / "a.dng")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError((errno.ENOMEM, "Cannot allocate memory")),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        MemoryError(),
        ValueError(b"Libraw internal mempool overflowed"),
    ],
)
def test_whatever_says_that_memory_is_short_is_told_as_that(error: Exception) -> None:
    assert raw._explain(error) == raw.NOT_ENOUGH_MEMORY
