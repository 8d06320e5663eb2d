"""Squares of photos, made once and kept in a file, from which every later training reads them.

A set's cache is a folder of two files that only grow: ``squares.float16``, of which each 38,400 bytes are one photo's
square (80, 80, 3), and ``photos.jsonl``, a line that says of what the cache is, then one for each square. A line is
written once its square is on the disk: what a killed process left beyond the last whole line is dropped by the next.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from editing.files import cache_folder
from editing.game.filters import VERSION
from editing.photos.decoding import READING_VERSION
from learning.photos.sets import (
    Decoding,
    PhotoSetError,
    PictureFile,
    map_picture,
    results_with_progress,
    training_square,
)
from learning.photos.squares import SHAPE, PhotoSet, Squares

FORMAT = "safelight-squares-1"
SQUARES = "squares.float16"
INDEX = "photos.jsonl"
LOCK = "lock"
NUMBER_TYPE = "<f2"
SQUARE_BYTES = 2 * int(np.prod(SHAPE))
# So many squares are written at a time: what a kill may cost.
SQUARES_AT_ONCE = 32


@dataclass(frozen=True)
class _Entry:
    """Where a square is in the file, and its SHA-256."""

    row: int
    sha256: str


def default_cache() -> Path:
    """Return the folder of caches.

    Raises:
        PhotoSetError: if the user has no home.
    """
    try:
        return cache_folder()
    except RuntimeError:
        raise PhotoSetError("this user has no home folder for the cache: name another place by --cache") from None


def read_cached_squares(
    location: Path, pictures: Sequence[PictureFile], decoding: Decoding, cache: Path, description: str
) -> PhotoSet:
    """Read the squares of pictures, of which those that the cache lacks are decoded and added to it.

    Args:
        location: of the set; each has a folder of its own in ``cache``.

    Raises:
        PhotoSetError: if none can be read, or the cache is damaged, or on a disk that is too full.
    """
    fields = {**asdict(decoding.options), "shown": decoding.shown, "reading": READING_VERSION}
    about = {"format": FORMAT, "location": str(location.resolve()), "decoding": fields}
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    folder = cache / f"{location.resolve().name[:40]}-{name}"
    keys = [_key(picture) for picture in pictures]
    entries = _read_index(folder, about)
    missing = {key: picture for key, picture in zip(keys, pictures, strict=True) if key not in entries}
    left_out: tuple[str, ...] = ()
    if missing:
        with _locked(folder):
            entries = _mend(folder, about)
            missing = {key: picture for key, picture in missing.items() if key not in entries}
            _check_space(folder, len(missing))
            left_out = _add(folder, missing, decoding, description)
        entries = _read_index(folder, about)
    readable = [entries[key] for key in keys if key in entries]
    if not readable:
        raise PhotoSetError(f"none of {len(pictures)} photos could be read; the first: {left_out[0]}")
    _verify(folder, readable)
    rows = np.array([[entry.row] for entry in readable], np.int64)
    digest = hashlib.sha256("".join(entry.sha256 for entry in readable).encode()).hexdigest()
    return PhotoSet(Squares.in_file(folder / SQUARES, NUMBER_TYPE, rows), digest, left_out)


def _key(picture: PictureFile) -> str:
    """Return what a picture is known by: its file, when that was last changed, and the steps that are made on it."""
    path = picture.path.resolve()
    try:
        status = path.stat()
        file = [status.st_size, status.st_mtime_ns]
    except OSError:  # why it cannot be read is told where it is read
        file = []
    steps = [[step.filter, dict(step.parameters)] for step in picture.steps]
    identity = [str(path), file, picture.is_preview, steps, VERSION if steps else None]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _read_index(folder: Path, about: Mapping[str, object]) -> dict[str, _Entry]:
    """Return what is in the cache, of whole lines alone; nothing if there is no cache."""
    path = folder / INDEX
    content = path.read_bytes() if path.exists() else b""
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    if not lines:
        return {}
    try:
        header, *entries = [json.loads(line) for line in lines]
        by_photo = {entry["photo"]: _Entry(row, entry["square"]) for row, entry in enumerate(entries)}
    except (ValueError, KeyError, TypeError):
        raise _damaged(folder, f"{INDEX} cannot be read") from None
    if header != about:
        raise _damaged(folder, "it is of another set, or of another version of this program")
    if not (folder / SQUARES).exists() or (folder / SQUARES).stat().st_size < len(entries) * SQUARE_BYTES:
        raise _damaged(folder, f"{SQUARES} is cut short")
    return by_photo


def _damaged(folder: Path, reason: str) -> PhotoSetError:
    return PhotoSetError(f"the cache {folder} cannot be used: {reason}. Remove it, and it is made anew")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the cache's folder, and let one process at a time add to it; a lock ends with its process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("w")
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise PhotoSetError(f"the cache {folder} cannot be written ({reason}): name another place by --cache") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"Waiting for another process that is filling the cache {folder}\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _mend(folder: Path, about: Mapping[str, object]) -> dict[str, _Entry]:
    """Drop what a process that was killed left behind the last whole line, begin the index if there is none."""
    entries = _read_index(folder, about)
    with (folder / INDEX).open("a+b") as index, (folder / SQUARES).open("ab") as squares:
        index.seek(0)
        content = index.read()
        index.truncate(content.rfind(b"\n") + 1)
        lines = content.count(b"\n")
        squares.truncate(max(lines - 1, 0) * SQUARE_BYTES)
        if not lines:
            index.write(json.dumps(about).encode() + b"\n")
    return entries


def _check_space(folder: Path, count: int) -> None:
    needed, free = count * SQUARE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise PhotoSetError(
            f"the cache {folder} is on a disk with {free >> 20} MB free; the squares of {count} photos need "
            f"{(needed >> 20) + 1}: name another place by --cache"
        )


def _add(folder: Path, missing: Mapping[str, PictureFile], decoding: Decoding, description: str) -> tuple[str, ...]:
    """Decode pictures and append their squares; returns why some cannot be read."""
    function = partial(map_picture, decoding=decoding, function=training_square)
    left_out: list[str] = []
    made: dict[str, NDArray[np.float16]] = {}
    with (
        (folder / INDEX).open("ab") as index,
        (folder / SQUARES).open("ab") as squares,
        closing(results_with_progress(function, list(missing.values()), description)) as results,
    ):

        def append() -> None:
            # Taken out first: what failed to be written must not be written again behind its own half.
            keys, contents = list(made), [square.astype(NUMBER_TYPE).tobytes() for square in made.values()]
            made.clear()
            squares.write(b"".join(contents))
            squares.flush()
            os.fsync(squares.fileno())
            for key, content in zip(keys, contents, strict=True):
                line = json.dumps({"photo": key, "square": hashlib.sha256(content).hexdigest()})
                index.write(line.encode() + b"\n")
            index.flush()

        try:
            for key, (square, reason) in zip(missing, results, strict=True):
                if reason:
                    left_out.append(reason)
                else:
                    made[key] = square
                if len(made) == SQUARES_AT_ONCE:
                    append()
        finally:
            append()
    return tuple(left_out)


def _verify(folder: Path, entries: Sequence[_Entry]) -> None:
    """Refuse squares that are not those that were written."""
    with (folder / SQUARES).open("rb") as file:
        for entry in entries:
            file.seek(entry.row * SQUARE_BYTES)
            if hashlib.sha256(file.read(SQUARE_BYTES)).hexdigest() != entry.sha256:
                raise _damaged(folder, f"square {entry.row} in {SQUARES} is not what was written")
