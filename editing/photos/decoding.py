"""Photos from files to the working space of the game: linear light, sRGB primaries, D65."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editing.photos import raster, raw
from editing.photos.colour import MAXIMUM_PIXELS, Pixels, Samples, to_working_space
from editing.photos.exif import exif_of_tiff
from editing.photos.open_photo import OpenPhoto, naming, os_reason, printable
from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO, ReadOptions

WORKING_SPACE = "linear-srgb"
START_BYTES = 512

IMAGE_SUFFIXES = frozenset({*raster.FORMATS, ".npy"})
# Only for walking through folders: any other name that is given to read_photo goes to LibRaw too.
RAW_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        "3fr ari arw bay cap cr2 cr3 crw dcr dcs dng erf fff gpr iiq k25 kc2 kdc mdc mef mos mrw nef nrw orf ori pef "
        "ptx pxn raf raw rw2 rwl rwz sr2 srf srw sti x3f"
    ).split()
)


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    pixels: float32 (H, W, 3), linear light in `working_space`, upright, finite, >= 0, nominally 0..1 (more is allowed).
    decoding: what was done, in plain words; JSON-able.
    """

    pixels: Pixels
    decoding: dict[str, Any]
    working_space: str = WORKING_SPACE

    @property
    def width(self) -> int:
        """In pixels, of the upright source."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels, of the upright source."""
        return int(self.pixels.shape[0])


def open_photo(path: Path | str, options: ReadOptions = AUTO, *, limit: int | None = None) -> OpenPhoto:
    """Open a photo of any kind, and decode no more of it than has to be.

    JPEG, PNG, TIFF, WebP and `.npy` are known by their names; a file of any other name is given to LibRaw, and to
    nothing else. options: what the values mean, where the file does not say so itself. limit: the most pixels accepted,
    None for MAXIMUM_PIXELS; checked before anything is decoded.

    Rows are decoded as they are asked for, so that a file that is damaged or cut short may be refused only then. But
    RAW, and pictures that do not stand upright, are decoded at once and held in memory, and the decoders of WebP and
    interlaced files hold them too: of these none has more than MAXIMUM_PIXELS, whatever the limit.

    Raises PhotoError, "<file name>: <reason>", for everything that is wrong with the file.
    """
    path = Path(path)
    with naming(path):
        return OpenPhoto(path, _decode(path, options, limit))


def read_photo(path: Path | str, options: ReadOptions = AUTO, *, limit: int | None = None) -> Photo:
    """Decode a photo of any kind into the working space; arguments and errors are those of `open_photo`."""
    photo = open_photo(path, options, limit=limit)
    with naming(photo.path):
        return Photo(to_working_space(photo.samples), dict(photo.samples.decoding))


def _decode(path: Path, options: ReadOptions, limit: int | None) -> Samples:
    suffix = path.suffix.lower()
    if path.exists() and not path.is_file():
        raise PhotoError("it is a folder, not a photo" if path.is_dir() else "it is not an ordinary file")
    with path.open("rb", buffering=0) as file:
        start = file.read(START_BYTES)
        if not start:
            raise PhotoError("it is empty (0 bytes)")
        found = raster.format_of(start)
        if suffix not in IMAGE_SUFFIXES:
            if found in ("JPEG", "PNG", "WebP", "NumPy array"):
                raise PhotoError(f"it is named as a camera RAW but holds a {found}: rename it to what it is")
            if _is_text(start):
                raise PhotoError("it holds text, not a photo")
            file.seek(0)
            return _decode_raw(file, path, limit)
    expected = raster.FORMATS.get(suffix, "NumPy array")
    if found != expected:
        what = f"it holds a {found}: rename it to what it is" if found else "its content is something else, or damaged"
        raise PhotoError(f"it is named as a {expected}, but {what}")
    if expected == "NumPy array":
        return raster.read_array(path, options, limit)
    return raster.read_image(path, expected, options, limit)


def _is_text(start: bytes) -> bool:
    """Whether a file begins as text does: no control characters, and UTF-8 up to a character that is cut short."""
    control = any(byte < 32 and byte not in b"\t\n\f\r" for byte in start)
    return not control and "\ufffd" not in start.decode("utf-8", errors="replace")[:-1]


def _decode_raw(file: Any, path: Path, limit: int | None) -> Samples:
    try:
        values, decoding, exif = raw.decode(file, MAXIMUM_PIXELS if limit is None else min(limit, MAXIMUM_PIXELS))
    except raw.RawError as error:
        raise PhotoError(str(error)) from error
    return Samples(values, decoding, exif=exif_of_tiff(path) or exif)


def source_sha256(path: Path | str) -> str:
    """The photo's identity: the SHA-256 of its file, in hexadecimal. Raises PhotoError where it cannot be read."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PhotoError(f"{printable(path.name)}: {os_reason(error)}") from error


def is_photo_name(path: Path | str) -> bool:
    """Whether a file of this name is worth opening when a folder is searched: a known suffix, and not hidden."""
    name = Path(path).name
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES | RAW_SUFFIXES


def find_photos(paths: Iterable[Path | str]) -> list[Path]:
    """The files named, whatever their names, and the photos by name in the folders named and below, sorted in each.

    Hidden files and folders are passed over, links to folders are not followed, and no file comes twice.
    Raises PhotoError where a path does not exist, a folder cannot be listed, or there is no photo at all.
    """
    named = [Path(path) for path in paths]
    found: dict[Path, None] = {}
    for path in named:
        if path.is_dir():
            found.update(dict.fromkeys(_photos_below(path)))
        elif path.exists():
            found[path] = None
        else:
            raise PhotoError(f"{printable(str(path))}: there is no such file or folder")
    if not found:
        raise PhotoError(
            f"no photos in {', '.join(printable(str(path)) for path in named) or 'an empty list of paths'}"
        )
    return list(found)


def _photos_below(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise PhotoError(f"{printable(str(error.filename))}: {os_reason(error)}") from error

    photos: list[Path] = []
    for directory, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        photos += [Path(directory, name) for name in files if is_photo_name(name)]
    return sorted(photos)
