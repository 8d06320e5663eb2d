"""EXIF: what is kept of a photo's data in the picture that is made of it.

By default camera, lens, exposure and time are kept ("safe"), and nothing that tells where the photo was made or whose
camera made it; "all" keeps author, description, serial numbers and place too. What would be wrong in the new file is
never kept: its orientation and size are written anew, its colours are sRGB, and the embedded thumbnail and the maker's
own notes (which point into the old file, and hold serial numbers) are left out. Source: Exif 2.32 (CIPA DC-008).
"""

import io
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Literal, get_args

from editing.photos.tiff import (
    ASCII,
    LONG,
    SHORT,
    Directory,
    Field,
    numbers,
    pack,
    read_directories,
    read_directory,
    start,
)

# Image description, make, model, date, artist, copyright.
_MAIN_TAGS = (0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298)
_EXPOSURE_TAGS = range(0x829A, 0xA500)
_GPS_TAGS = range(0x0020)
# Maker's notes, FlashPix version, colour space, size, and a pointer to "interoperability".
_NOT_KEPT = (0x927C, 0xA000, 0xA001, 0xA002, 0xA003, 0xA005)
_ORIENTATION, _EXPOSURE, _GPS = 0x0112, 0x8769, 0x8825
_COLOUR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_UNCALIBRATED, _INTEROPERABILITY, _INTEROPERABILITY_INDEX = 0xFFFF, 0xA005, 0x0001
_LARGEST_VALUE, _LARGEST = 4096, 65_000  # bytes; a JPEG has room for 65,533 in all

Metadata = Literal["safe", "all", "none"]
METADATA: tuple[Metadata, ...] = get_args(Metadata)
# Make, model, date; exposure, sensitivity, dates, optics and settings; lens. Whatever is not listed here may tell of a
# person: owner, serial numbers, unique ids, comments, place.
_SAFE_MAIN_TAGS = frozenset((0x010F, 0x0110, 0x0132))
_SAFE_EXPOSURE_TAGS = frozenset(
    (
        *(0x829A, 0x829D, 0x8822, 0x8824, 0x8827, *range(0x8830, 0x8836)),
        *(0x9000, 0x9003, 0x9004, *range(0x9010, 0x9013), *range(0x9101, 0x9103), *range(0x9201, 0x920B)),
        *range(0x9290, 0x9293),
        *(0xA20B, 0xA20E, 0xA20F, 0xA210, 0xA215, 0xA217, 0xA300, 0xA301, *range(0xA401, 0xA40B), 0xA40C),
        *(0xA432, 0xA433, 0xA434),
    )
)

PREFIX = b"Exif\0\0"


def exif_of_tiff(path: Path) -> bytes:
    """Return the EXIF data of a TIFF file, or of a RAW file that is made like one; empty where none are found."""
    try:
        with path.open("rb") as file:
            main, exposure, gps = read_directories(file, (_EXPOSURE, _GPS))
    except (OSError, ValueError):
        return b""
    kept = _kept(main, exposure, gps)
    return _packed(kept) if any(kept.values()) else b""


def private(exif: bytes, metadata: Metadata) -> bytes:
    """EXIF data with what `metadata` says of them: "all", "safe" (camera, lens, exposure, time) or "none"."""
    if metadata == "all" or not exif:
        return exif
    if metadata == "none":
        return b""
    try:
        main, exposure = read_directories(io.BytesIO(exif.removeprefix(PREFIX)), (_EXPOSURE,))
    except ValueError:
        return b""
    kept = _kept(main, exposure, {})
    safe = {
        0: {tag: field for tag, field in kept[0].items() if tag in _SAFE_MAIN_TAGS},
        _EXPOSURE: {tag: field for tag, field in kept[_EXPOSURE].items() if tag in _SAFE_EXPOSURE_TAGS},
    }
    return _packed(safe) if any(safe.values()) else b""


def declares_adobe_rgb(exif: bytes) -> bool:
    """Whether EXIF data declare Adobe RGB as cameras do.

    Such a picture has no profile, an uncalibrated colour space, and the interoperability index R03 (DCF 2.0).
    """
    try:
        file = io.BytesIO(exif.removeprefix(PREFIX))
        _, exposure = read_directories(file, (_EXPOSURE,))
        pointer = exposure.get(_INTEROPERABILITY)
        colour_space = exposure.get(_COLOUR_SPACE)
        if pointer is None or colour_space is None or colour_space.number != _UNCALIBRATED:
            return False
        index = read_directory(file, pointer.number).get(_INTEROPERABILITY_INDEX)
    except (ValueError, IndexError):
        return False
    return index is not None and index.data.startswith(b"R03")


def exif_fields(exif: bytes, width: int, height: int) -> dict[int, Directory]:
    """Return what is kept of a photo's EXIF data for an upright sRGB picture of that size, for `tiff.pack`.

    Damaged data are no reason to refuse a photo: they are left out.
    """
    try:
        main, exposure, gps = read_directories(io.BytesIO(exif.removeprefix(PREFIX)), (_EXPOSURE, _GPS))
    except ValueError:
        main, exposure, gps = {}, {}, {}
    kept = _kept(main, exposure, gps)
    kept[0][_ORIENTATION] = numbers(SHORT, [1])
    kept[_EXPOSURE][_COLOUR_SPACE] = numbers(SHORT, [1])
    kept[_EXPOSURE] |= {_WIDTH: numbers(LONG, [width]), _HEIGHT: numbers(LONG, [height])}
    return {tag: fields for tag, fields in kept.items() if fields}


def exif_bytes(exif: bytes, width: int, height: int) -> bytes:
    """Return the same as the bytes that JPEG, PNG and WebP hold: of too much, the size and nothing else."""
    packed = _packed(exif_fields(exif, width, height))
    return packed if len(packed) <= _LARGEST else _packed(exif_fields(b"", width, height))


def _kept(main: Directory, exposure: Directory, gps: Directory) -> dict[int, dict[int, Field]]:
    def chosen(fields: Directory, tags: Container[int]) -> dict[int, Field]:
        return {
            tag: field
            for tag, field in fields.items()
            if tag in tags and tag not in _NOT_KEPT and len(field.data) <= _LARGEST_VALUE
            if field.kind != ASCII or field.data.strip(b"\0 ")
        }

    return {
        0: chosen(main, _MAIN_TAGS),
        _EXPOSURE: chosen(exposure, _EXPOSURE_TAGS),
        _GPS: chosen(gps, _GPS_TAGS),
    }


def _packed(directories: Mapping[int, Directory]) -> bytes:
    return PREFIX + start(8, big=False) + pack(directories, offset=8)
