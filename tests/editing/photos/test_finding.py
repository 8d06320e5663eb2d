"""Photos in folders: a RAW and its JPEG are one photo, and what is passed over is counted and named."""

from pathlib import Path

import pytest

from editing.photos.finding import find_photos
from editing.photos.photo_error import PhotoError


def names(folder: Path) -> list[str]:
    return [path.name for path in find_photos([folder]).photos]


def fill(folder: Path, files: str) -> None:
    for name in files.split():
        (folder / name).write_bytes(b"x")


def test_of_a_raw_and_its_jpeg_the_raw_is_taken_and_the_jpeg_is_named_as_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "IMG_1.dng IMG_1.jpg IMG_2.JPG IMG_3.CR3 IMG_3.HIF IMG_4.nef IMG_4.tif")
    assert names(tmp_path) == ["IMG_1.dng", "IMG_2.JPG", "IMG_3.CR3", "IMG_4.nef", "IMG_4.tif"]
    assert find_photos([tmp_path]).notes == [
        "passed over 1 HEIC beside a RAW of the same name",
        "passed over 1 JPEG beside a RAW of the same name",
    ]


def test_a_jpeg_that_is_named_itself_is_taken(tmp_path: Path) -> None:
    fill(tmp_path, "IMG_1.dng IMG_1.jpg")
    assert find_photos([tmp_path / "IMG_1.jpg", tmp_path / "IMG_1.dng"]).photos == [
        tmp_path / "IMG_1.jpg",
        tmp_path / "IMG_1.dng",
    ]


def test_what_is_not_read_is_counted_and_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.jfif b.avif c.heic d.jxl e.JXL f.gif notes.txt d.xmp .hidden.jpg")
    assert names(tmp_path) == ["a.jfif", "b.avif", "c.heic"]
    assert find_photos([tmp_path]).notes == [
        "passed over 1 GIF (.gif), which is not read: save it as TIFF, PNG or JPEG",
        "passed over 2 JPEG XL (.jxl), which is not read: save it as TIFF, PNG or JPEG",
        "passed over 2 other files",
    ]


def test_a_folder_of_other_pictures_alone_is_refused_with_what_is_there(tmp_path: Path) -> None:
    fill(tmp_path, "d.jxl")
    with pytest.raises(PhotoError, match=r"no photos in .*; passed over 1 JPEG XL \(\.jxl\), which is not read"):
        find_photos([tmp_path])
