"""What cannot be developed: one clear error, nothing under the final name, nothing left beside it."""

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editing.photos.photo_error import PhotoError
from editing.rendering.developing import develop_file
from editing.rendering.tiff_writer import plain_header
from editing.rendering.writing import FORMATS, Output

ALL_FORMATS = pytest.mark.parametrize("output_format", FORMATS)


def noise(path: Path, height: int = 300, width: int = 200) -> Path:
    values = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(values).save(path)
    return path


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def assert_refused(source: Path, destination: Path, output_format: Any, reason: str) -> None:
    before = sorted(destination.parent.iterdir())
    with pytest.raises(PhotoError, match=reason) as caught:
        develop_file(source, [], destination, Output(output_format))
    assert "\n" not in str(caught.value)
    assert sorted(destination.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("kind", "output_format"),
    [
        *((kind, "jpeg") for kind in ("jpg", "tif", "npy", "png")),
        *(pytest.param("png", name, marks=pytest.mark.long) for name in FORMATS if name != "jpeg"),
    ],
)
def test_a_photo_that_turns_out_to_be_cut_short_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str, output_format: Any
) -> None:
    source = tmp_path / f"a.{kind}"
    if kind == "tif":  # with its directory first, so that the damage is met while strips are written
        source.write_bytes(plain_header(2000, 3000) + bytes(2000 * 2000 * 3))
    elif kind == "npy":
        np.save(source, np.where(np.arange(3000)[:, None, None] < 2500, np.float32(0.5), np.ones((1, 900, 3)) * np.nan))
    else:
        cut(noise(source, 2000, 1200), 0.8)
    reason = "not finite" if kind == "npy" else "is damaged, cut short"
    assert_refused(source, tmp_path / "b", output_format, rf"^a\.{kind}: .*{reason}")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("share", [0.95, 0.3])
def test_a_raw_that_is_cut_short_leaves_nothing(shared: Path, tmp_path: Path, share: float) -> None:
    source = tmp_path / "a.crw"
    source.write_bytes((shared / "data" / "raw" / "g2_0304.crw").read_bytes())
    assert_refused(cut(source, share), tmp_path / "b", "jpeg", r"^a\.crw: .*cut short")


def test_a_raw_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.cr3").write_bytes(bytes(range(256)) * 400)
    assert_refused(tmp_path / "a.cr3", tmp_path / "b", "jpeg", r"^a\.cr3: LibRaw does not know it as a camera RAW")


@ALL_FORMATS
def test_the_photo_itself_is_never_overwritten(tmp_path: Path, output_format: Any) -> None:
    source = noise(tmp_path / "a.png")
    content = source.read_bytes()
    (tmp_path / "link").symlink_to(source)
    os.link(source, tmp_path / "hard")
    for name in ("a.png", "link", "hard", "../" + tmp_path.name + "/a.png"):
        with pytest.raises(FileExistsError, match="is the photo itself: name another file"):
            develop_file(source, [], tmp_path / name, Output(output_format))
    with pytest.raises(FileExistsError, match="is the photo itself"):
        develop_file(tmp_path / "link", [], source, Output(output_format))
    assert source.read_bytes() == content


def test_another_picture_is_replaced_and_the_folder_has_to_be_there(tmp_path: Path) -> None:
    source = noise(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"old")
    develop_file(source, [], tmp_path / "b.jpg")
    with Image.open(tmp_path / "b.jpg") as opened:
        assert opened.size == (200, 300)
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder: make it first"):
        develop_file(source, [], tmp_path / "nowhere" / "b.jpg")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="irectory"):
        develop_file(source, [], tmp_path / "folder")


@pytest.mark.parametrize(("output_format", "side"), [("jpeg", 65_501), ("webp", 16_384)])
def test_a_picture_too_large_for_its_format_is_refused_before_it_is_decoded(
    tmp_path: Path, output_format: Any, side: int
) -> None:
    # Of its pixels none is there.
    (tmp_path / "a.tif").write_bytes(plain_header(side, 64))
    reason = rf"^a\.tif: {side} x 64 is too large for {output_format}, .*: take a smaller size, or tiff16"
    assert_refused(tmp_path / "a.tif", tmp_path / "b", output_format, reason)
    np.save(tmp_path / "a.npy", np.full((16, side, 3), 0.5, np.float16))
    developed = develop_file(tmp_path / "a.npy", [], tmp_path / "b", Output(output_format, size=500))
    assert developed.width == 500


def test_what_has_to_be_whole_in_memory_keeps_its_limit(tmp_path: Path) -> None:
    def png(interlaced: bool) -> bytes:
        header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, interlaced)
        data = b"".join(
            struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
            for chunk in (header, b"IDAT" + zlib.compress(b""), b"IEND")
        )
        return b"\x89PNG\r\n\x1a\n" + data

    (tmp_path / "a.png").write_bytes(png(interlaced=True))
    assert_refused(tmp_path / "a.png", tmp_path / "b", "jpeg", "400.0 million pixels, more than the limit of 160")
    (tmp_path / "a.png").write_bytes(png(interlaced=False))
    assert_refused(tmp_path / "a.png", tmp_path / "b", "jpeg", "is damaged, cut short")


DISK_FULL = """
import resource, signal, sys
from pathlib import Path
from editing.rendering.developing import Output, develop_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
for output_format in sys.argv[3:]:
    try:
        develop_file(Path(sys.argv[1]), [], Path(sys.argv[2]), Output(output_format, quality=100))
    except OSError as error:
        print(type(error).__name__, error.strerror)
"""


def test_a_disk_that_fills_up_is_the_systems_own_error_and_leaves_nothing(tmp_path: Path) -> None:
    source = noise(tmp_path / "a.png", 1000, 800)
    (tmp_path / "b").write_bytes(b"what was there")
    command = [sys.executable, "-c", DISK_FULL, str(source), str(tmp_path / "b"), *FORMATS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("OSError File too large\n" * len(FORMATS), "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b"]
    assert (tmp_path / "b").read_bytes() == b"what was there"
