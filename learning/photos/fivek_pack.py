"""The MIT-Adobe FiveK photos in the form that the 2018 program, Exposure (github.com/yuanming-hu/exposure), has them.

Its pack ``image_raw.npy`` holds four squares of each photo in a row, N x 80 x 80 x 3 float32, linear ProPhoto RGB:
photo 1 has rows 0 .. 3. A fold is a text file of photo numbers, one in a line, from 1 on; lines after ``#`` are notes.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from editing.photos.colour import SRGB_FROM_PROPHOTO
from learning.photos.sets import PhotoSetError, PictureFile
from learning.photos.squares import SHAPE, PhotoSet, Squares

PACK = "image_raw.npy"
SQUARES_OF_A_PHOTO = 4
# Of the data set's names (a0001-..., 0001.jpg, 0001-a0001-...), the number of the photo.
NUMBERED = re.compile(r"a?(\d{4})(?!\d)")
# Squares that are looked at together.
AT_ONCE = 256


def find_pack(location: Path) -> Path | None:
    """Return the pack that a path names, or that lies in the folder; None if there is none."""
    path = location / PACK if location.is_dir() else location
    if path.suffix != ".npy" or not path.is_file():
        return None
    try:
        return path if np.load(path, mmap_mode="r", allow_pickle=False).ndim == len(SHAPE) + 1 else None
    except Exception:  # NumPy reads the header as Python text, and raises what that raises
        return path if path.name == PACK else None


def read_fold(path: Path) -> list[int]:
    """Return the numbers of a fold, sorted, each once.

    Raises:
        PhotoSetError: if there is none, or a line is not one.
    """
    numbers: set[int] = set()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise PhotoSetError(f"{path} is not a text file of photo numbers") from None
    for count, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        if not text.isdecimal() or int(text) < 1:
            raise PhotoSetError(f"{path}, line {count}: {text[:40]!r} is not the number of a photo, 1 or more")
        numbers.add(int(text))
    if not numbers:
        raise PhotoSetError(f"{path} holds no photo numbers")
    return sorted(numbers)


def of_fold(pictures: Sequence[PictureFile], fold: Path) -> tuple[list[PictureFile], tuple[str, ...]]:
    """Return the pictures whose names begin with a number of the fold, and a line about those that are not there.

    Raises:
        PhotoSetError: if none are there.
    """
    numbers = set(read_fold(fold))
    by_number = {int(match[1]): picture for picture in pictures if (match := NUMBERED.match(picture.name))}
    missing = sorted(numbers - by_number.keys())
    if len(missing) == len(numbers):
        raise PhotoSetError(f"none of the {len(numbers)} photos of {fold} is there; names begin as 0001 or a0001")
    some = ", ".join(map(str, missing[:5])) + (" ..." if missing[5:] else "")
    left_out = (f"{len(missing)} numbers of {fold} that are not there ({some})",) if missing else ()
    return [by_number[number] for number in sorted(numbers & by_number.keys())], left_out


def read_pack(path: Path, fold: Path | None, primaries: str) -> PhotoSet:
    """Return the pack, or those of its photos that a fold names; it stays in its file.

    Args:
        primaries: ``srgb`` takes the numbers as if they were the working space's, as the 2018 program did.

    Raises:
        PhotoSetError: if it is none, if it is damaged, or a number of the fold is not in it.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception:
        raise PhotoSetError(f"{path} is not a readable NumPy array: damaged, or cut short") from None
    shape = " x ".join(map(str, array.shape))
    if array.shape[1:] != SHAPE or array.dtype.kind != "f" or not array.flags.c_contiguous:
        raise PhotoSetError(f"{path} is {shape} {array.dtype}; a pack is N x 80 x 80 x 3 float32")
    photos, left = divmod(len(array), SQUARES_OF_A_PHOTO)
    if left or not photos:
        raise PhotoSetError(f"{path} is {shape}: a pack has {SQUARES_OF_A_PHOTO} squares of each photo")
    chosen = np.arange(photos) if fold is None else np.array(read_fold(fold)) - 1
    if chosen[-1] >= photos:
        raise PhotoSetError(f"{fold}: photo {chosen[-1] + 1} is not in {path}, which has {photos}")
    rows = chosen[:, None] * SQUARES_OF_A_PHOTO + np.arange(SQUARES_OF_A_PHOTO)
    matrix = None if primaries == "srgb" else SRGB_FROM_PROPHOTO
    squares = Squares.in_file(path, array.dtype.str, rows, array.offset, matrix)
    digest = hashlib.sha256()
    for start in range(0, len(squares), AT_ONCE):
        values = squares[np.arange(start, min(start + AT_ONCE, len(squares)))]
        if not np.isfinite(values).all():
            raise PhotoSetError(f"{path} holds values that are not finite; it is damaged")
        digest.update(values.tobytes())
    return PhotoSet(squares, digest.hexdigest())
