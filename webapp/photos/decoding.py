"""From files to stored previews, many at once on several processes.

Knows nothing of Django, so that a bare process can do it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.files import write_atomically
from editing.game.filters import luminance
from editing.photos.decoding import READING_VERSION, WORKING_SPACE, open_photo, source_sha256
from editing.photos.memory import memory_needed
from editing.photos.open_photo import OpenPhoto
from editing.photos.photo_error import NotEnoughMemory, PhotoError, printable
from editing.photos.preview import is_same_preview, load_preview, preview_of, previews_of, save_preview
from editing.photos.preview_transport import pack_preview
from editing.photos.read_options import AUTO, ReadOptions
from editing.processes import Crashed, each_by_processes

MINIMUM_EDGE = 64
# Light below the first level of a screen with 8 bits; a picture of which half is as dark is nearly black.
DARK, DARK_SHARE = 1 / 255, 0.5
CHANGED = "it changed while it was read: add it again"
_CRASHED = PhotoError("the decoder crashed, or ran out of memory, on this file")


class NotSaved(RuntimeError):
    """A preview cannot be saved; the message names the folder and the reason, in one line."""


@dataclass(frozen=True)
class SourceFile:
    """A photo's file and the SHA-256 of its content, which is read through once.

    ``state`` tells whether the file was changed since: its inode, bytes and time of change, from before the reading.
    """

    path: Path
    sha256: str
    state: tuple[int, int, int] | None

    @classmethod
    def read(cls, path: Path) -> "SourceFile":
        """Read the file through.

        Raises:
            editing.photos.photo_error.PhotoError: it cannot be read.
        """
        state = _state(path)
        return cls(path, source_sha256(path), state)

    @property
    def has_changed(self) -> bool:
        """Whether the file is another one by now, or gone."""
        return self.state is None or self.state != _state(self.path)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Decoded:
    """What a row of Photo says, for a source whose previews are made."""

    sha256: str
    preview_sha256: str
    large_preview_sha256: str
    name: str
    width: int
    height: int
    preview_width: int
    preview_height: int
    working_space: str
    decoding: dict[str, Any]

    @property
    def preview_names(self) -> list[str]:
        """The names of its previews' files."""
        large = self.large_preview_sha256
        return [f"{self.preview_sha256}.npy", *([large_preview_name(large)] if large else [])]


@dataclass(frozen=True)
class StoredReading:
    """How a stored photo was read, by `Photo.decoding`."""

    decoding: Mapping[str, Any]

    @property
    def options(self) -> ReadOptions | None:
        """What was declared of the file's values; None where nobody knows: the photo came with a snapshot."""
        options = self.decoding.get("options")
        return ReadOptions(**options) if options else None

    @property
    def warnings(self) -> dict[str, str]:
        """What makes one doubt that the file was read as it is meant, by its kind; none where it came before these."""
        return dict(self.decoding.get("warnings", {}))

    @property
    def version(self) -> int:
        """By which version of the reading, see `editing.photos.decoding.READING_VERSION`."""
        return int(self.decoding.get("reading", 1))


class ReadOtherwise(PhotoError):
    """A file gives another picture now than it gave when its preview was made."""


def open_as_stored(path: Path, preview: Path, stored: StoredReading, *, limit: int | None = None) -> OpenPhoto:
    """Open a photo's file, and make sure that it gives the picture of its stored preview, a file too, still.

    The pixels are compared where what is said of the reading has changed at all: its version, or a decoder's.

    Raises:
        ReadOtherwise: it gives another picture.
        editing.photos.photo_error.PhotoError: it cannot be read, or the preview cannot.
    """
    photo = open_photo(path, stored.options or AUTO, limit=limit)
    before = {name: value for name, value in stored.decoding.items() if name not in ("options", "warnings")}
    if photo.samples.decoding == before or is_same_preview(load_preview(preview), preview_of(photo)):
        return photo
    raise ReadOtherwise(
        f"{printable(path.name)}: photos are read otherwise by now (version {READING_VERSION} of the reading; "
        f"this one was read by version {stored.version})"
    )


def decode(source: SourceFile, previews: Path, options: ReadOptions = AUTO) -> Decoded:
    """Read a photo and save its previews, each whole or not at all, in the folder ``previews``.

    Beside the preview that is played on lies a larger one, packed for its way to a browser, where the photo has the
    pixels for it.

    Raises:
        editing.photos.photo_error.PhotoError: the file is no photo that can be read, or none that anybody can play, or
            it was changed since its SHA-256 was taken.
        NotSaved: the folder cannot be made or written to.
    """
    path = source.path
    photo = open_photo(path, options)
    _check_size(photo)
    try:
        preview, large = previews_of(photo)
    except MemoryError:
        raise NotEnoughMemory(f"{printable(path.name)}: {NotEnoughMemory()}") from None
    if not preview.any():
        raise PhotoError(f"{printable(path.name)}: it is black all over: there is nothing to bring out")
    if source.has_changed:
        raise PhotoError(f"{printable(path.name)}: {CHANGED}")
    try:
        preview_sha256, _ = save_preview(previews, preview)
        large_preview_sha256 = _save_packed(previews, large) if large.shape != preview.shape else ""
    except OSError as error:
        raise NotSaved(f"no preview can be saved in {previews}: {error.strerror or error}") from None
    return Decoded(
        sha256=source.sha256,
        preview_sha256=preview_sha256,
        large_preview_sha256=large_preview_sha256,
        name=printable(path.name),
        width=photo.width,
        height=photo.height,
        preview_width=preview.shape[1],
        preview_height=preview.shape[0],
        working_space=WORKING_SPACE,
        decoding={
            **photo.samples.decoding,
            "options": asdict(options),
            "warnings": _warnings(photo.samples.decoding, preview),
        },
    )


def _warnings(decoding: Mapping[str, Any], preview: np.ndarray) -> dict[str, str]:
    """Say what makes one doubt that a file was read as it is meant, by its kind, a sentence each."""
    warnings = {}
    dark = float((luminance(tuple(np.moveaxis(preview.astype(np.float32), -1, 0))) < DARK).mean())
    if dark >= DARK_SHARE:
        warnings["nearly_black"] = f"it is nearly black: {100 * dark:.0f} % of its pixels are below 1/255"
    depth = str(decoding.get("depth", ""))
    if "assumed" in decoding and depth != "8 bits":
        meaning = "sRGB" if depth == "16 bits" else "linear light with sRGB primaries"
        warnings["no_profile"] = f"it has no profile ({depth}), and was taken as {meaning}"
    return warnings


def large_preview_name(sha256: str) -> str:
    """Return the name of a larger preview's file, which is packed, beside the others."""
    return f"{sha256}.gz"


def make_large_preview(source: Path, preview: Path, stored: StoredReading, folder: Path) -> str:
    """Save the larger preview of a photo that was stored without one in a folder, and return its SHA-256.

    Raises:
        ReadOtherwise: its file gives another picture than its preview shows.
        editing.photos.photo_error.PhotoError: the file cannot be read.
        OSError: the disk refuses.
    """
    _, large = previews_of(open_as_stored(source, preview, stored))
    return _save_packed(folder, large)


def _save_packed(folder: Path, preview: NDArray[np.float16]) -> str:
    content = pack_preview(preview)
    sha256 = hashlib.sha256(content).hexdigest()
    write_atomically(folder / large_preview_name(sha256), content)
    return sha256


def decode_all(
    sources: Iterable[SourceFile], previews: Path, options: ReadOptions, processes: int
) -> Iterator[tuple[SourceFile, Decoded | PhotoError]]:
    """Yield what became of each photo, in the order in which they are done; `each_by_processes` says how.

    At most ``processes`` photos are in memory at once, and fewer where it would not suffice.
    """
    function = partial(_decoded, previews=previews, options=options)
    for source, result in each_by_processes(
        function, sources, processes, memory=lambda source: memory_needed(source.path)
    ):
        yield source, _CRASHED if isinstance(result, Crashed) else result


def compare_all(
    readings: Iterable[tuple[SourceFile, Path, StoredReading]], processes: int
) -> Iterator[tuple[SourceFile, PhotoError | None]]:
    """Yield of each photo's file why it does not give the picture of its preview any more; None where it does."""
    for (source, _, _), result in each_by_processes(
        _difference, readings, processes, memory=lambda reading: memory_needed(reading[0].path)
    ):
        yield source, _CRASHED if isinstance(result, Crashed) else result


def _difference(reading: tuple[SourceFile, Path, StoredReading]) -> PhotoError | None:
    source, preview, stored = reading
    try:
        open_as_stored(source.path, preview, stored)
    except PhotoError as error:
        return error
    return None


def _decoded(source: SourceFile, *, previews: Path, options: ReadOptions) -> Decoded | PhotoError:
    try:
        return decode(source, previews, options)
    except PhotoError as error:
        return error


def _check_size(photo: OpenPhoto) -> None:
    if min(photo.height, photo.width) < MINIMUM_EDGE:
        raise PhotoError(
            f"{printable(photo.path.name)}: it is too small to play, {photo.width} × {photo.height}: its short edge "
            f"needs {MINIMUM_EDGE} pixels"
        )


def strip_file_name(error: ValueError, path: Path) -> str:
    """Return what an error says of a file without its name, for where the name stands already."""
    return str(error).removeprefix(f"{printable(path.name)}: ")
