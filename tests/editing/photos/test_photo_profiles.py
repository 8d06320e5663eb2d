"""ICC profiles: honoured exactly, in the shadows too; wrong ones refused or ignored, in words."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from editing.photos.colour import SRGB_FROM_PCS, srgb_to_linear
from editing.photos.decoding import read_photo
from editing.photos.icc import read_profile
from editing.photos.photo_error import PhotoError
from editing.photos.read_options import ReadOptions

EVERY = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
# Columns red, green, blue of D50 XYZ.
PROPHOTO = np.array([[0.79767, 0.13519, 0.03134], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82490]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def power(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def table(values: NDArray[np.float64]) -> bytes:
    entries = np.round(values * 65535).astype(">u2").tobytes()
    return b"curv" + bytes(4) + struct.pack(">I", len(values)) + entries + bytes(-len(entries) % 4)


def parametric(kind: int, *values: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + fixed(*values)


def profile(curve: bytes, matrix: NDArray[np.float64] | None = SRGB, name: str = "a test") -> bytes:
    """A matrix profile, or a grey one where there is no matrix."""
    text = name.encode() + b"\0"
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(-len(text) % 4)}
    if matrix is None:
        tags[b"kTRC"] = curve
    else:
        for channel, column in zip((b"r", b"g", b"b"), matrix.T, strict=True):
            tags |= {channel + b"TRC": curve, channel + b"XYZ": b"XYZ " + bytes(4) + fixed(*column)}
    body, entries = b"", b""
    for signature, content in tags.items():
        entries += struct.pack(">4sII", signature, 132 + 12 * len(tags) + len(body), len(content))
        body += content
    space = b"GRAY" if matrix is None else b"RGB "
    size = 132 + len(entries) + len(body)
    header = struct.pack(">I4sI", size, bytes(4), 0x02400000) + b"mntr" + space + b"XYZ " + bytes(12) + b"acsp"
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + body


def write(path: Path, values: NDArray[Any], icc: bytes) -> Path:
    import pyvips

    grey = values.ndim == 2
    kind = {"uint16": "grey16" if grey else "rgb16", "uint8": "b-w" if grey else "srgb", "float32": "scrgb"}
    image = pyvips.Image.new_from_array(values, interpretation=kind[str(values.dtype)]).copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
    image.write_to_file(str(path))
    return path


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (power(1.8008), lambda x: x ** (461 / 256)),
        (power(2.2), lambda x: x ** (563 / 256)),
        (parametric(0, 2.0), lambda x: x**2),
        (parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), srgb_to_linear),
        (table(np.linspace(0, 1, 1025) ** 2), lambda x: x**2),
        (b"curv" + bytes(8), lambda x: x),
    ],
)
def test_a_profiles_curve_and_matrix_are_undone_to_sixteen_bits(
    tmp_path: Path, name: str, curve: bytes, expected: Any
) -> None:
    coloured = EVERY.copy()
    coloured[..., 1] //= 2
    photo = read_photo(write(tmp_path / name, coloured, profile(curve, PROPHOTO)))
    linear = expected(coloured / 65535) @ PROPHOTO.T @ SRGB_FROM_PCS.T
    np.testing.assert_allclose(photo.pixels, np.maximum(linear, 0), atol=3e-5)
    assert photo.decoding["icc"] == "a test"
    assert photo.pixels.max() > 1.2, "colours outside sRGB keep what is above 1"


def test_near_black_keeps_its_precision(tmp_path: Path) -> None:
    dark = EVERY[:1, 1:100]
    photo = read_photo(write(tmp_path / "a.tif", dark, profile(power(1.8), SRGB)))
    np.testing.assert_allclose(photo.pixels, (dark / 65535) ** (461 / 256), rtol=1e-4)


def test_an_srgb_profile_is_the_same_as_none(tmp_path: Path) -> None:
    values = EVERY[::51, ::3].astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "a.png")
    plain = read_photo(tmp_path / "a.png").pixels
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(values).save(tmp_path / "a.png", icc_profile=icc)
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_allclose(photo.pixels, plain, atol=1e-5)
    assert "sRGB" in photo.decoding["icc"]
    np.testing.assert_array_equal(
        read_photo(tmp_path / "a.png", ReadOptions(transfer="linear")).pixels, (values / 255).astype(np.float32)
    )


def test_transfer_linear_keeps_the_profiles_primaries_and_leaves_its_curve(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", EVERY, profile(power(1.8), PROPHOTO))
    np.testing.assert_allclose(read_photo(path, ReadOptions(transfer="linear")).pixels, EVERY / 65535, atol=1e-4)
    red = np.array([[[1.0, 0, 0]]], np.float32)
    path = write(tmp_path / "b.tif", red, profile(power(1.8), PROPHOTO))
    expected = np.maximum(SRGB_FROM_PCS @ PROPHOTO[:, 0], 0)
    np.testing.assert_allclose(read_photo(path, ReadOptions(transfer="linear")).pixels[0, 0], expected, atol=1e-5)
    np.testing.assert_array_equal(read_photo(path, ReadOptions(primaries="srgb")).pixels, red)


def test_declared_primaries_override_the_profile(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", EVERY, profile(power(1.0), PROPHOTO))
    photo = read_photo(path, ReadOptions(primaries="srgb"))
    np.testing.assert_allclose(photo.pixels, srgb_to_linear(EVERY / 65535), rtol=1e-5)
    assert "icc" not in photo.decoding


def test_a_grey_profile_is_undone_and_an_rgb_one_fits_grey_too(tmp_path: Path) -> None:
    grey = EVERY[..., 0]
    for icc in (profile(power(2.0), None), profile(power(2.0))):
        Image.fromarray(grey).save(tmp_path / "a.tif", icc_profile=icc)
        photo = read_photo(tmp_path / "a.tif")
        np.testing.assert_allclose(photo.pixels, ((grey / 65535) ** 2)[:, :, None].repeat(3, 2), atol=3e-5)


def test_a_profile_for_another_kind_of_picture_is_ignored_and_said_to_be(tmp_path: Path) -> None:
    values = EVERY[::51, ::3].astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "a.tif", icc_profile=profile(power(1.0), None))
    photo = read_photo(tmp_path / "a.tif")
    np.testing.assert_allclose(photo.pixels, srgb_to_linear(values / 255), rtol=1e-5)
    assert "ignored" in photo.decoding["icc"]


def test_a_damaged_profile_is_refused_unless_the_colours_are_declared(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(EVERY.astype(np.uint8)).save(path, icc_profile=profile(power(1.8))[:200])
    with pytest.raises(PhotoError, match="--primaries srgb"):
        read_photo(path)
    assert read_photo(path, ReadOptions(primaries="srgb")).pixels.max() == 1


@given(st.binary(max_size=300), st.integers(0, 500))
def test_no_damage_to_a_profile_raises_anything_but_value_error(noise: bytes, at: int) -> None:
    good = profile(parametric(4, 2.4, 0.9, 0.05, 0.08, 0.04, 0.0, 0.0), PROPHOTO)
    damaged = good[:at] + noise + good[at + len(noise) :]
    try:
        damaged_profile = read_profile(damaged)
        curve = np.zeros(1) if damaged_profile.tables else damaged_profile.to_linear(np.linspace(0, 1, 16)[:, None])
    except ValueError:
        return
    assert np.isfinite(curve).all()
