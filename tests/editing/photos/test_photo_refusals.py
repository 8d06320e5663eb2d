"""Bad files: each is one clear line, with nothing on standard error; and which files are looked at."""

import hashlib
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from editing.photos.decoding import read_photo, source_sha256
from editing.photos.finding import find_photos, is_photo_name
from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO, ReadOptions

PICTURE = Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8))
SUFFIXES = {"JPEG": "jpg", "PNG": "png", "TIFF": "tif", "WebP": "webp", "NPY": "npy"}


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "NPY":
        np.save(buffer, np.asarray(PICTURE, np.float32))
    else:
        PICTURE.save(buffer, format=kind, **({"compression": "tiff_adobe_deflate"} if kind == "TIFF" else {}))
    return buffer.getvalue()


FILES = {kind: encoded(kind) for kind in SUFFIXES}


def assert_refused(path: Path, reason: str, options: ReadOptions = AUTO, limit: int | None = None) -> None:
    with pytest.raises(PhotoError, match=reason) as caught:
        read_photo(path, options, limit=limit)
    assert str(caught.value).startswith(f"{path.name}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "npy", "cr2", "xyz"])
def test_an_empty_file_is_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a.{suffix}").touch()
    assert_refused(tmp_path / f"a.{suffix}", r"it is empty \(0 bytes\)")


@pytest.mark.parametrize("kind", SUFFIXES)
@pytest.mark.parametrize("share", [0.99, 0.7, 0.3, 0.05])
def test_a_truncated_file_is_refused_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str, share: float
) -> None:
    path = tmp_path / f"a.{SUFFIXES[kind]}"
    path.write_bytes(FILES[kind][: int(len(FILES[kind]) * share)])
    assert_refused(path, "cut short|or damaged")
    assert capfd.readouterr() == ("", "")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(list(SUFFIXES)), cut=st.integers(0, 1 << 20))
def test_whatever_is_cut_off_the_picture_is_whole_or_refused(tmp_path: Path, kind: str, cut: int) -> None:
    path = tmp_path / f"a.{SUFFIXES[kind]}"
    path.write_bytes(FILES[kind])
    whole = read_photo(path).pixels
    path.write_bytes(FILES[kind][: cut % len(FILES[kind])])
    try:
        pixels = read_photo(path).pixels
    except PhotoError:
        return
    np.testing.assert_array_equal(pixels, whole)


def read_or_reason(path: Path) -> tuple[NDArray[np.float32] | None, str | None]:
    try:
        return read_photo(path, limit=1_000_000).pixels, None
    except PhotoError as error:
        return None, str(error)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(list(SUFFIXES)), at=st.integers(0, 1 << 20), noise=st.binary(min_size=1, max_size=60))
def test_no_damage_raises_anything_but_photo_error(tmp_path: Path, kind: str, at: int, noise: bytes) -> None:
    path, content = tmp_path / f"a.{SUFFIXES[kind]}", FILES[kind]
    at %= min(len(content), 400)
    path.write_bytes(content[:at] + noise + content[at + len(noise) :])
    pixels, reason = read_or_reason(path)
    assert pixels is None or (np.isfinite(pixels).all() and pixels.min() >= 0)
    assert reason is None or (reason.startswith(f"{path.name}: ") and "\n" not in reason)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "npy"])
@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_file_of_another_format_than_its_name_is_refused(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(FILES[kind])
    if SUFFIXES[kind] == suffix:
        read_photo(path)
    else:
        assert_refused(
            path, f"it is named as a .*, but it holds a {'NumPy array' if kind == 'NPY' else kind}: rename it"
        )


def test_text_named_as_a_picture_is_refused(tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "tif", "webp", "npy"):
        (tmp_path / f"a.{suffix}").write_text("not a picture at all, but long enough\n")
        assert_refused(tmp_path / f"a.{suffix}", "its content is something else, or damaged")


@pytest.mark.parametrize("text", ["hello, I am no raw file\n", "\N{GREEK SMALL LETTER ALPHA}" * 700, "x"])
def test_text_named_as_a_raw_is_refused_as_text(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.CR2").write_text(text, encoding="utf-8")
    assert_refused(tmp_path / "a.CR2", "it holds text, not a photo")


def test_an_svg_or_a_canon_raw_is_not_read_under_a_pictures_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
    assert_refused(tmp_path / "a.png", "something else")
    (tmp_path / "a.tif").write_bytes(b"II*\0\x10\0\0\0CR\x02\0" + bytes(100))
    assert_refused(tmp_path / "a.tif", "something else")


def empty_png(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_picture_beyond_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(empty_png(20_000, 20_000))
    assert_refused(
        tmp_path / "a.png", r"20000 x 20000 is 400\.0 million pixels, more than the limit of 160 million: make it"
    )
    for kind, suffix in SUFFIXES.items():
        (tmp_path / f"b.{suffix}").write_bytes(FILES[kind])
        assert_refused(tmp_path / f"b.{suffix}", r"50 x 40 is .* more than the limit", limit=1999)
        assert read_photo(tmp_path / f"b.{suffix}", limit=2000).width == 50


def test_an_array_whose_header_promises_too_much_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (900000, 900000, 3), }".ljust(117) + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(99))
    assert_refused(tmp_path / "a.npy", "not a readable NumPy array|more than the limit")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full((4, 5, 3), np.nan, np.float32), "60 of its values are not finite numbers"),
        (np.array([[[1, np.inf, -np.inf]]], np.float32), "2 of its values are not finite"),
        (np.full((1, 1, 3), 1e300), "3 of its values are not finite"),
        (np.zeros((4, 5)), r"its shape is \(4, 5\)"),
        (np.zeros((4, 5, 4)), r"its shape is \(4, 5, 4\)"),
        (np.zeros((2, 4, 5, 3)), r"its shape is \(2, 4, 5, 3\)"),
        (np.zeros((0, 5, 3)), r"it has no pixels \(5 x 0\)|not a readable"),
        (np.zeros((4, 5, 3), np.uint8), "its values are uint8; save linear light"),
        (np.zeros((4, 5, 3), np.complex64), "its values are complex64"),
        (np.zeros((4, 5, 3), "U3"), "its values are"),
        (np.full((4, 5, 3), {}), "of Python objects"),
    ],
)
def test_an_array_that_is_no_photo_is_refused(tmp_path: Path, values: Any, reason: str) -> None:
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    assert_refused(tmp_path / "a.npy", reason)


def test_a_float_tiff_with_nan_is_refused(tmp_path: Path) -> None:
    import pyvips

    values = np.array([[[0.5, np.nan, 0.5]]], np.float32)
    pyvips.Image.new_from_array(values, interpretation="scrgb").write_to_file(str(tmp_path / "a.tif"))
    assert_refused(tmp_path / "a.tif", "1 of its values are not finite")


@pytest.mark.parametrize(("dtype", "reason"), [("uint32", "type uint;"), ("int16", "type short;")])
def test_a_tiff_of_other_numbers_is_refused(tmp_path: Path, dtype: str, reason: str) -> None:
    import pyvips

    pyvips.Image.new_from_array(np.zeros((4, 5, 3), dtype)).write_to_file(str(tmp_path / "a.tif"))
    assert_refused(tmp_path / "a.tif", reason)


def test_cmyk_cannot_be_taken_as_it_is(tmp_path: Path) -> None:
    PICTURE.convert("CMYK").save(tmp_path / "a.jpg")
    assert_refused(tmp_path / "a.jpg", "it has CMYK, .*--transfer auto", ReadOptions(transfer="linear"))
    assert_refused(tmp_path / "a.jpg", "it has CMYK, .*--transfer auto", ReadOptions(primaries="prophoto"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "none.jpg", "there is no such file")
    (tmp_path / "folder.jpg").mkdir()
    assert_refused(tmp_path / "folder.jpg", "it is a folder")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert_refused(tmp_path / "pipe.jpg", "not an ordinary file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(FILES["JPEG"])
    (tmp_path / "a.jpg").chmod(0)
    assert_refused(tmp_path / "a.jpg", "no permission to read it")


def test_an_unknown_declaration_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="transfer is one of"):
        ReadOptions(transfer="log")
    with pytest.raises(ValueError, match="primaries one of"):
        ReadOptions(primaries="rec2020")


def test_names_that_are_not_utf8_or_have_brackets_are_read(tmp_path: Path) -> None:
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe[n=2].png"))
    strange.write_bytes(FILES["PNG"])
    assert read_photo(strange).width == 50
    strange.write_bytes(FILES["PNG"][:500])
    with pytest.raises(PhotoError) as caught:
        read_photo(strange)
    str(caught.value).encode()  # it can be printed


def test_a_photos_identity_is_the_sha256_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(FILES["JPEG"])
    assert source_sha256(tmp_path / "a.jpg") == hashlib.sha256(FILES["JPEG"]).hexdigest()
    with pytest.raises(PhotoError, match=r"b\.jpg: there is no such file"):
        source_sha256(tmp_path / "b.jpg")


def test_photos_are_found_below_folders_in_order_without_hidden_ones(tmp_path: Path) -> None:
    kept = ["a.jpg", "b/c.NEF", "b/d/e.npy", "z.tiff"]
    for name in [*kept, "notes.txt", ".hidden.jpg", ".folder/f.jpg", "b/._c.NEF", "README"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert find_photos([tmp_path]).photos == [tmp_path / name for name in kept]
    assert find_photos([tmp_path / "b", tmp_path]).photos == [tmp_path / kept[i] for i in (1, 2, 0, 3)]
    assert find_photos([tmp_path / "notes.txt"]).photos == [tmp_path / "notes.txt"], (
        "what is named is kept, whatever its name"
    )


def test_a_missing_path_and_a_folder_without_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="none: there is no such file or folder"):
        find_photos([tmp_path / "none"])
    (tmp_path / "notes.txt").touch()
    with pytest.raises(PhotoError, match=f"no photos in {tmp_path}"):
        find_photos([tmp_path])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", True),
        ("A.CR3", True),
        ("a.dng", True),
        ("a.txt", False),
        ("jpg", False),
        (".a.jpg", False),
        ("a", False),
    ],
)
def test_a_photos_name_is_known_by_its_suffix(name: str, expected: bool) -> None:
    assert is_photo_name(name) is expected


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"GIF89a", "GIF"),
        (b"8BPS", "Photoshop file"),
    ],
)
@pytest.mark.parametrize("suffix", [".jpg", ".dng", ".jxl"])
def test_a_format_that_is_not_read_is_named_with_what_to_do(
    tmp_path: Path, start: bytes, name: str, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(start + bytes(600))
    with pytest.raises(PhotoError, match=f"it is a {name}, which is not read: save it as TIFF, PNG or JPEG"):
        read_photo(path)


def test_a_pipe_is_refused_at_once_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    for read in (read_photo, source_sha256):
        with pytest.raises(PhotoError, match=r"a\.jpg: it is not an ordinary file"):
            read(tmp_path / "a.jpg")
