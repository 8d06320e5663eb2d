"""PNG: what its chunks say of colours and orientation counts, in the order that the standard gives."""

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from editing.photos.colour import srgb_to_linear, to_srgb_matrix
from editing.photos.decoding import read_photo
from editing.photos.photo_error import PhotoError
from editing.photos.png import read_chunks
from editing.photos.read_options import ReadOptions

VALUES = np.array(
    [[[40000, 20000, 10000], [60000, 60000, 60000], [1000, 2000, 65535], [0, 30000, 5000]]] * 3, np.uint16
)
ENCODED = VALUES.astype(np.float64) / 65535
SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CHROMATICITIES = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(values: tuple[float, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def exif(orientation: int) -> bytes:
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def raw_profile(orientation: int) -> bytes:
    data = b"Exif\0\0" + exif(orientation)
    text = f"\nexif\n{len(data):8d}\n{data.hex()}\n".encode()
    return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))


def png(path: Path, before: bytes = b"", after: bytes = b"") -> Path:
    """A 16-bit RGB PNG of VALUES with those chunks before and after its pixels."""
    height, width = VALUES.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in VALUES)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + before + pixels + after + chunk(b"IEND", b""))
    return path


def icc(path: Path) -> bytes:
    """An iCCP chunk that says sRGB."""
    Image.new("RGB", (1, 1)).save(path, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    content = path.read_bytes()
    start = content.index(b"iCCP") - 4
    return content[start : start + 12 + int.from_bytes(content[start : start + 4], "big")]


def light(path: Path, options: ReadOptions | None = None) -> np.ndarray:
    return read_photo(path, options or ReadOptions()).pixels


def in_p3(linear: np.ndarray) -> np.ndarray:
    matrix = to_srgb_matrix(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.3127, 0.3290))
    assert matrix is not None
    return np.maximum(linear @ matrix.T, 0)


@pytest.mark.parametrize("gamma", [1.0, 1 / 2.2, 1 / 1.8])
def test_gamma_is_undone_where_nothing_goes_before_it(tmp_path: Path, gamma: float) -> None:
    photo = read_photo(png(tmp_path / "a.png", gama(gamma)))
    np.testing.assert_allclose(photo.pixels, ENCODED ** (1 / round(gamma, 5)), atol=2e-5)
    assert "gAMA" in photo.decoding["transfer"]


def test_chromaticities_are_the_primaries_with_and_without_gamma(tmp_path: Path) -> None:
    np.testing.assert_allclose(
        light(png(tmp_path / "a.png", gama(1) + chrm(P3_CHROMATICITIES))), in_p3(ENCODED), atol=2e-4
    )
    np.testing.assert_allclose(
        light(png(tmp_path / "b.png", chrm(P3_CHROMATICITIES))), in_p3(srgb_to_linear(ENCODED)), atol=2e-4
    )


def test_the_chromaticities_of_srgb_change_nothing(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        light(png(tmp_path / "a.png", chrm(SRGB_CHROMATICITIES))), light(png(tmp_path / "b.png"))
    )


def test_srgb_goes_before_gamma_and_chromaticities(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", chunk(b"sRGB", b"\0") + gama(1) + chrm(P3_CHROMATICITIES))
    np.testing.assert_array_equal(light(path), light(png(tmp_path / "b.png")))


def test_a_profile_goes_before_gamma_and_cicp_before_a_profile(tmp_path: Path) -> None:
    profile = icc(tmp_path / "icc.png")
    by_profile = read_photo(png(tmp_path / "a.png", profile + gama(1)))
    np.testing.assert_allclose(by_profile.pixels, srgb_to_linear(ENCODED), atol=1e-4)
    by_cicp = read_photo(png(tmp_path / "b.png", cicp(12, 13) + profile))
    np.testing.assert_allclose(by_cicp.pixels, in_p3(srgb_to_linear(ENCODED)), atol=1e-5)
    assert by_cicp.decoding["primaries"] == "Display P3 (cICP)"


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused_by_name(tmp_path: Path, transfer: int, name: str) -> None:
    with pytest.raises(PhotoError, match=rf"a\.png: it is an HDR picture \({name}\).*export it as SDR"):
        light(png(tmp_path / "a.png", cicp(9, transfer)))


@pytest.mark.parametrize("content", [cicp(1, 13, matrix=1), cicp(1, 13, full=0), cicp(99, 13), cicp(1, 200)])
def test_code_points_that_are_not_read_are_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"cICP.*(save it as RGB|--primaries srgb)"):
        light(png(tmp_path / "a.png", content))


def test_declared_colours_go_before_every_chunk(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", cicp(12, 8) + gama(1))
    np.testing.assert_allclose(light(path, ReadOptions(primaries="srgb")), srgb_to_linear(ENCODED), atol=1e-6)


@pytest.mark.parametrize(
    "chunks",
    [
        {"before": chunk(b"eXIf", exif(6))},
        {"after": chunk(b"eXIf", exif(6))},
        {"before": raw_profile(6)},
        {"after": raw_profile(6)},
    ],
    ids=["before the pixels", "behind the pixels", "as text", "as text behind the pixels"],
)
def test_orientation_is_found_wherever_it_stands(tmp_path: Path, chunks: dict[str, bytes]) -> None:
    upright = light(png(tmp_path / "a.png"))
    np.testing.assert_array_equal(light(png(tmp_path / "b.png", **chunks)), np.rot90(upright, -1))


@given(st.binary(max_size=200))
def test_no_chunk_raises_anything_but_a_photo_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "chunks.png"
    for name in (b"cICP", b"gAMA", b"cHRM", b"eXIf", b"zTXt", b"tEXt"):
        text = b"Raw profile type exif\0\0" if name in (b"zTXt", b"tEXt") else b""
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(name, text + content))
        chunks = read_chunks(path)
        assert chunks.orientation in range(1, 9)
        with suppress(PhotoError):
            chunks.colour()
