"""Photos from files to the working space of the game: linear light, sRGB primaries, D65."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from editing.photos import image_files, raster, raw
from editing.photos.colour import MAXIMUM_PIXELS, Pixels, Samples, to_working_space
from editing.photos.exif import exif_of_tiff
from editing.photos.finding import IMAGE_SUFFIXES
from editing.photos.open_photo import OpenPhoto
from editing.photos.photo_error import DecoderCrashed, NotEnoughMemory, PhotoError, naming, os_reason, printable
from editing.photos.raw_structure import check_raw
from editing.photos.read_options import AUTO, ReadOptions

WORKING_SPACE = "linear-srgb"
# Counts the corrections after which some file gives other pixels: `decoding` carries it, so that what was played is
# never taken for what would be read today. Readings before it was counted are 1.
READING_VERSION = 2
START_BYTES = 512


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
        samples = _decode(path, options, limit)
    return OpenPhoto(path, replace(samples, decoding={**samples.decoding, "reading": READING_VERSION}))


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
        image_format = image_files.format_of(start)
        if image_format is None and (other := image_files.other_format_of(start)):
            raise PhotoError(f"it is a {other}, which is not read: save it as TIFF, PNG or JPEG")
        if suffix not in IMAGE_SUFFIXES:
            if image_format not in (None, "TIFF"):
                raise PhotoError(f"it is named as a camera RAW but holds a {image_format}: rename it to what it is")
            if _is_text(start):
                raise PhotoError("it holds text, not a photo")
            file.seek(0)
            return _decode_raw(file, path, limit)
    expected = image_files.FORMATS.get(suffix, "NumPy array")
    if image_format != expected:
        holds = f"it holds a {image_format}: rename it to what it is"
        what = holds if image_format else "its content is something else, or damaged"
        raise PhotoError(f"it is named as a {expected}, but {what}")
    if expected == "NumPy array":
        return raster.read_array(path, options, limit)
    return raster.read_image(path, expected, options, limit)


def _is_text(start: bytes) -> bool:
    """Whether a file begins as text does: no control characters, and UTF-8 up to a character that is cut short."""
    control = any(byte < 32 and byte not in b"\t\n\f\r" for byte in start)
    return not control and "\ufffd" not in start.decode("utf-8", errors="replace")[:-1]


def _decode_raw(file: Any, path: Path, limit: int | None) -> Samples:
    scale = check_raw(path)
    try:
        values, decoding, exif = raw.decode(file, MAXIMUM_PIXELS if limit is None else min(limit, MAXIMUM_PIXELS))
    except raw.RawError as error:
        classes = {raw.NOT_ENOUGH_MEMORY: NotEnoughMemory, raw.BROKE_DOWN: DecoderCrashed}
        raise classes.get(str(error), PhotoError)(str(error)) from error
    exif = exif_of_tiff(path) or exif
    if scale == 1:
        return Samples(values, decoding, exif=exif)
    decoding["brightness"] = f"floating point, white at {1 / scale:.4g} of the largest value"
    return Samples(values.astype(np.float32) * np.float32(scale / 65535), decoding, exif=exif)


def source_sha256(path: Path | str) -> str:
    """Return the photo's identity: the SHA-256 of its file, in hexadecimal.

    Raises PhotoError where it cannot be read.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise PhotoError(f"{printable(path.name)}: it is not an ordinary file")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PhotoError(f"{printable(path.name)}: {os_reason(error)}") from error
