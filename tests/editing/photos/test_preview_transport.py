"""Previews travel packed: every bit comes back, damage is told, the form is held by a fixture."""

import base64
import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from editing.photos.preview_transport import PackedPreviewError, pack_preview, unpack_preview

FIXTURE = Path(__file__).parents[2] / "fixtures" / "packed_preview.json"
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))


def counting(height: int = 5, width: int = 7) -> np.ndarray:
    """A small preview with a gradient, noise, and the extremes of half floats."""
    random = np.random.default_rng(3)
    pixels = (np.linspace(0, 1, height * width * 3) ** 2).astype(np.float16).reshape(height, width, 3)
    pixels += random.random(pixels.shape).astype(np.float16) / 50
    pixels[0, 0], pixels[-1, -1] = (65504, 0, 6e-8), (0, 65504, 1)
    return pixels


@given(arrays.arrays(np.uint16, SHAPES))
def test_every_bit_comes_back(bits: np.ndarray) -> None:
    found = unpack_preview(pack_preview(bits.view(np.float16)))
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found.view(np.uint16), bits)


def test_views_of_other_arrays_are_packed_like_copies() -> None:
    pixels = counting()
    assert pack_preview(pixels[::2, ::-1]) == pack_preview(pixels[::2, ::-1].copy())


def test_the_form_is_what_browsers_read() -> None:
    # The browser's reader passes the same fixture. Another form is another VERSION, in both.
    fixture = json.loads(FIXTURE.read_text(encoding="utf-8"))
    pixels = np.array(fixture["bits"], np.uint16).reshape(fixture["height"], fixture["width"], 3)
    packed = base64.b64decode(fixture["packed"])
    np.testing.assert_array_equal(unpack_preview(packed).view(np.uint16), pixels)
    assert gzip.decompress(pack_preview(pixels.view(np.float16))) == gzip.decompress(packed)


def test_a_hand_made_preview_is_read() -> None:
    # Two pixels beside each other, (1, 2, 3) and (1, 1, 5) as bits: green 2, 1; red less green -1, 0; blue 1, 4.
    # To the left: -1, 1 and 2, -1 and 1, 3; signs folded: 1, 2 and 4, 1 and 2, 6.
    plain = struct.pack("<4sIII", b"SLPV", 1, 1, 2) + bytes([1, 2, 4, 1, 2, 6]) + bytes(6)
    assert unpack_preview(gzip.compress(plain)).view(np.uint16).tolist() == [[[1, 2, 3], [1, 1, 5]]]


@pytest.mark.parametrize("place", [0, 30, 100, -9, -5, -1])
def test_damage_is_told_wherever_it_is(place: int) -> None:
    content = bytearray(pack_preview(counting()))
    content[place] ^= 0x55
    with pytest.raises(PackedPreviewError, match="damaged"):
        unpack_preview(bytes(content))


def test_what_breaks_off_is_told() -> None:
    content = pack_preview(counting())
    for length in (0, 1, 20, len(content) // 2, len(content) - 1):
        with pytest.raises(PackedPreviewError):
            unpack_preview(content[:length])


@pytest.mark.parametrize(
    ("plain", "reason"),
    [
        (b"", "no packed preview"),
        (b"SLPV", "no packed preview"),
        (b"NUMPY" * 9, "no packed preview"),
        (struct.pack("<4sIII", b"SLPV", 2, 1, 1) + bytes(6), "version 2"),
        (struct.pack("<4sIII", b"SLPV", 1, 1, 1) + bytes(5), "21 bytes"),
        (struct.pack("<4sIII", b"SLPV", 1, 1, 1) + bytes(7), "23 bytes"),
        (struct.pack("<4sIII", b"SLPV", 1, 0, 1), "0 x 1"),
        (struct.pack("<4sIII", b"SLPV", 1, 2**32 - 1, 2**32 - 1), "16 bytes"),
    ],
)
def test_what_is_something_else_is_told(plain: bytes, reason: str) -> None:
    with pytest.raises(PackedPreviewError, match=reason):
        unpack_preview(gzip.compress(plain))


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 3, 3), np.float32), np.zeros((2, 3), np.float16), np.zeros((2, 3, 4), np.float16)],
)
def test_only_previews_are_packed(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a preview is float16"):
        pack_preview(pixels)


def test_a_photo_takes_much_less_than_its_half_floats() -> None:
    across, down = np.meshgrid(np.linspace(0, 1, 300), np.linspace(0, 1, 200))
    light = np.stack([across * down, across, down], axis=-1) ** 2 * 0.5
    light *= np.random.default_rng(0).normal(1, 0.01, light.shape)
    assert len(pack_preview(light.astype(np.float16))) < 0.75 * 6 * 300 * 200
