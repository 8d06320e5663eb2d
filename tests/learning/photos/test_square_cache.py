"""The cache of squares: that it is made once, survives a kill at any moment, and is never trusted blindly."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest
from PIL import Image

from editing.game.rules import Step
from editing.photos.preview import LARGEST_FLOAT16
from editing.photos.read_options import ReadOptions
from learning.photos import square_cache
from learning.photos.sets import Decoding, PhotoSetError, PictureFile, list_photos
from learning.photos.square_cache import INDEX, LOCK, SQUARE_BYTES, SQUARES, read_cached_squares
from learning.photos.squares import Indices, PhotoSet

PLAIN = Decoding()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(5):
        add(folder, index)
    return folder


def add(folder: Path, index: int) -> None:
    pixels = np.random.default_rng(index).integers(0, 255, (90, 100, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / f"{index:03}.png")


def read(photos: Path, decoding: Decoding = PLAIN) -> PhotoSet:
    return read_cached_squares(photos, list_photos(photos), decoding, photos.parent / "cache", "Reading")


def cache_of(photos: Path) -> Path:
    (folder,) = (photos.parent / "cache").iterdir()
    return folder


def everything(found: PhotoSet) -> Indices:
    return np.arange(len(found.squares))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the photos that were decoded, as they are."""
    names: list[str] = []
    keep = square_cache.map_picture

    def recorded(picture: PictureFile, **more: object) -> object:
        names.append(picture.name)
        return keep(picture, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(square_cache, "map_picture", recorded)
    return names


def test_photos_are_decoded_anew_when_the_reading_of_files_was_corrected(
    photos: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read(photos)
    monkeypatch.setattr(square_cache, "READING_VERSION", square_cache.READING_VERSION + 1)
    read(photos)
    assert len(decoded) == 10


def test_a_set_is_decoded_once_and_read_from_the_cache_after_that(photos: Path, decoded: list[str]) -> None:
    first, second = read(photos), read(photos)
    assert decoded == [f"{index:03}.png" for index in range(5)]
    assert first.digest == second.digest
    np.testing.assert_array_equal(first.squares[everything(first)], second.squares[everything(second)])
    assert (first.squares.photos, first.squares[everything(first)].dtype) == (5, np.float32)


def test_only_what_is_new_or_changed_is_decoded_and_order_is_the_folders(photos: Path, decoded: list[str]) -> None:
    before = read(photos)
    (photos / "001.png").unlink()
    add(photos, 9)
    Image.new("RGB", (7, 7), (255, 0, 0)).save(photos / "003.png")
    decoded.clear()
    after = read(photos)
    assert decoded == ["003.png", "009.png"]
    assert after.digest != before.digest
    squares = after.squares[everything(after)]
    np.testing.assert_array_equal(squares[[0, 1, 3]], before.squares[np.array([0, 2, 4])])
    np.testing.assert_array_equal(squares[2], np.broadcast_to([1.0, 0.0, 0.0], (80, 80, 3)))


def test_another_decoding_or_other_steps_are_other_squares(photos: Path) -> None:
    assert read(photos).digest != read(photos, Decoding(ReadOptions(transfer="linear"))).digest
    assert len(list((photos.parent / "cache").iterdir())) == 2
    edited = [PictureFile(one.name, one.path, steps=(Step("exposure", {"ev": 1.0}),)) for one in list_photos(photos)]
    plain = read(photos)
    found = read_cached_squares(photos, edited, PLAIN, photos.parent / "cache", "Reading")
    ratio = found.squares[everything(found)] / plain.squares[everything(plain)]
    np.testing.assert_allclose(ratio, 2, rtol=2e-3)


def test_what_cannot_be_read_is_told_each_time_with_its_reason(photos: Path) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    (photos / "gone.png").symlink_to(photos / "nowhere.png")
    for _ in range(2):
        found = read(photos)
        assert found.squares.photos == 5
        broken, gone = found.left_out
        assert broken.startswith("broken.png: it is named as a PNG")
        assert gone == "gone.png: there is no such file"


def test_nothing_readable_is_an_error_with_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "broken.png").write_bytes(b"")
    with pytest.raises(PhotoSetError, match=r"none of 1 photos could be read; the first: broken\.png: it is empty"):
        read(tmp_path / "photos")


def test_values_that_float16_cannot_hold_stay_finite(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    np.save(tmp_path / "photos" / "sun.npy", np.full((90, 90, 3), 1e6, np.float32))
    found = read(tmp_path / "photos")
    assert found.squares[everything(found)].max() == LARGEST_FLOAT16


def test_a_cache_that_was_killed_at_any_byte_goes_on_with_what_is_whole(photos: Path, decoded: list[str]) -> None:
    whole = read(photos)
    folder = cache_of(photos)
    index, squares = (folder / INDEX).read_bytes(), (folder / SQUARES).read_bytes()
    ends = [0, *(place + 1 for place, byte in enumerate(index) if byte == ord("\n"))]
    for kept, end in enumerate(ends):
        for torn in (0, 1, 30):
            (folder / INDEX).write_bytes(index[: end + torn])
            # The squares are written first: there may be more of them, and a part of one.
            (folder / SQUARES).write_bytes(squares[: max(kept - 1, 0) * SQUARE_BYTES + 1000 * torn])
            decoded.clear()
            again = read(photos)
            assert len(decoded) == 5 - max(kept - 1, 0)
            assert again.digest == whole.digest
    assert ((folder / INDEX).read_bytes(), (folder / SQUARES).read_bytes()) == (index, squares)


def test_several_processes_make_the_squares_of_one(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "002b.png").write_bytes(b"no picture")
    one = read(photos)
    monkeypatch.setattr("learning.photos.sets.PHOTOS_WORTH_PROCESSES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    several = read_cached_squares(photos, list_photos(photos), PLAIN, photos.parent / "other", "Reading")
    assert (several.digest, several.left_out) == (one.digest, one.left_out)


@pytest.mark.long
def test_a_process_that_is_killed_leaves_what_it_had_decoded(
    tmp_path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.photos.sets.PHOTOS_WORTH_PROCESSES", 1000)
    photos = tmp_path / "photos"
    photos.mkdir()
    for index in range(40):
        add(photos, index)
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom learning.photos import sets as photo_sets, square_cache\n"
        "photo_sets.PHOTOS_WORTH_PROCESSES = 1000\nsquare_cache.SQUARES_AT_ONCE = 2\n"
        "keep = square_cache.map_picture\n"
        "left = 12\n"
        "def dying(*given, **more):\n    global left\n    left -= 1\n"
        "    if not left:\n        os.kill(os.getpid(), 9)\n    return keep(*given, **more)\n"
        "square_cache.map_picture = dying\nphotos = Path(sys.argv[1])\n"
        "found = photo_sets.list_photos(photos)\n"
        "square_cache.read_cached_squares(photos, found, photo_sets.Decoding(), Path(sys.argv[2]), '')"
    )
    done = subprocess.run([sys.executable, "-c", program, str(photos), str(tmp_path / "cache")], check=False)
    assert done.returncode == -signal.SIGKILL
    found = read(photos)
    assert 0 < len(decoded) <= 35
    elsewhere = read_cached_squares(photos, list_photos(photos), PLAIN, tmp_path / "other", "Reading")
    assert found.digest == elsewhere.digest


def test_ctrl_c_keeps_what_was_decoded(photos: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    keep = square_cache.map_picture

    def interrupted(picture: PictureFile, **more: object) -> object:
        if picture.name == "003.png":
            raise KeyboardInterrupt
        return keep(picture, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(square_cache, "map_picture", interrupted)
        with pytest.raises(KeyboardInterrupt):
            read(photos)
    decoded.clear()
    assert read(photos).squares.photos == 5
    assert decoded == ["003.png", "004.png"]


def test_a_square_that_is_not_what_was_written_is_noticed(photos: Path) -> None:
    read(photos)
    squares = cache_of(photos) / SQUARES
    content = bytearray(squares.read_bytes())
    content[2 * SQUARE_BYTES + 7] ^= 1
    squares.write_bytes(content)
    with pytest.raises(PhotoSetError, match=r"cache .* cannot be used: square 2 .* Remove it, and it is made anew"):
        read(photos)


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        (SQUARES, b"", "squares.float16 is cut short"),
        (INDEX, b"what\n", "photos.jsonl cannot be read"),
        (INDEX, b'{"format": "another"}\n', "it is of another set, or of another version"),
    ],
)
def test_a_damaged_or_foreign_cache_is_refused(photos: Path, file: str, content: bytes, reason: str) -> None:
    read(photos)
    (cache_of(photos) / file).write_bytes(content)
    with pytest.raises(PhotoSetError, match=reason):
        read(photos)


def test_while_one_process_fills_the_cache_others_read_it_and_wait_to_add_to_it(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = read(photos)
    lock = fcntl.flock
    with (cache_of(photos) / LOCK).open("w") as other:
        lock(other, fcntl.LOCK_EX)
        assert read(photos).digest == whole.digest

        def waiting(file: TextIO, operation: int) -> None:
            if operation == fcntl.LOCK_EX:  # this one would wait: the other is done now
                assert "Waiting for another process that is filling the cache" in capsys.readouterr().err
                lock(other, fcntl.LOCK_UN)
            lock(file, operation)

        monkeypatch.setattr(fcntl, "flock", waiting)
        add(photos, 7)
        assert read(photos).squares.photos == whole.squares.photos + 1


def test_a_disk_without_room_is_refused_before_a_photo_is_decoded(
    photos: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.statvfs_result((4096, 4096, 100, 20, 20, 10, 10, 10, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(PhotoSetError, match=r"0 MB free; the squares of 5 photos need 1: name another place"):
        read(photos)
    assert decoded == []


def test_a_place_that_cannot_be_written_is_named(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(PhotoSetError, match=r"the cache .* cannot be written \(.*\): name another place by --cache"):
        read(photos)


def test_a_write_that_fails_half_way_is_mended_by_the_next(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(square_cache, "SQUARES_AT_ONCE", 2)
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            read(photos)
    assert [json.loads(line)["format"] for line in (cache_of(photos) / INDEX).read_text().splitlines()]
    found = read(photos)
    assert found.squares.photos == 5
    assert (cache_of(photos) / SQUARES).stat().st_size == 5 * SQUARE_BYTES
