"""EXIF: what is kept of a photo's data in the picture that is made of it.

Kept are camera, lens, exposure, dates, author, description and place. Not kept is what would be wrong in the new file:
its orientation and size are written anew, its colours are sRGB, and the embedded thumbnail and the maker's own notes
(which point into the old file) are left out.
"""

import io
from collections.abc import Container, Mapping
from pathlib import Path

from editing.photos.tiff import ASCII, LONG, SHORT, Directory, Field, numbers, pack, read_directories, start

# Image description, make, model, date, artist, copyright.
_MAIN_TAGS = (0x010E, 0x010F, 0x0110, 0x0132, 0x013B, 0x8298)
_EXPOSURE_TAGS = range(0x829A, 0xA500)
_PLACE_TAGS = range(0x0020)
# Maker's notes, FlashPix version, colour space, size, and a pointer to "interoperability".
_NOT_KEPT = (0x927C, 0xA000, 0xA001, 0xA002, 0xA003, 0xA005)
_ORIENTATION, _EXPOSURE, _PLACE = 0x0112, 0x8769, 0x8825
_COLOUR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_LARGEST_VALUE, _LARGEST = 4096, 65_000  # bytes; a JPEG has room for 65,533 in all

PREFIX = b"Exif\0\0"


def exif_of_tiff(path: Path) -> bytes:
    """The EXIF data of a TIFF file, or of a RAW file that is made like one; empty where none are found."""
    try:
        with path.open("rb") as file:
            main, exposure, place = read_directories(file, (_EXPOSURE, _PLACE))
    except (OSError, ValueError):
        return b""
    kept = _kept(main, exposure, place)
    return _packed(kept) if any(kept.values()) else b""


def exif_fields(exif: bytes, width: int, height: int) -> dict[int, Directory]:
    """What is kept of a photo's EXIF data for an upright sRGB picture of that size, as `editing.photos.tiff.pack` takes
    it.

    Damaged data are no reason to refuse a photo: they are left out.
    """
    try:
        main, exposure, place = read_directories(io.BytesIO(exif.removeprefix(PREFIX)), (_EXPOSURE, _PLACE))
    except ValueError:
        main, exposure, place = {}, {}, {}
    kept = _kept(main, exposure, place)
    kept[0][_ORIENTATION] = numbers(SHORT, [1])
    kept[_EXPOSURE][_COLOUR_SPACE] = numbers(SHORT, [1])
    kept[_EXPOSURE] |= {_WIDTH: numbers(LONG, [width]), _HEIGHT: numbers(LONG, [height])}
    return {tag: fields for tag, fields in kept.items() if fields}


def exif_bytes(exif: bytes, width: int, height: int) -> bytes:
    """The same as the bytes that JPEG, PNG and WebP hold: of too much, the size and nothing else."""
    packed = _packed(exif_fields(exif, width, height))
    return packed if len(packed) <= _LARGEST else _packed(exif_fields(b"", width, height))


def _kept(main: Directory, exposure: Directory, place: Directory) -> dict[int, dict[int, Field]]:
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
        _PLACE: chosen(place, _PLACE_TAGS),
    }


def _packed(directories: Mapping[int, Directory]) -> bytes:
    return PREFIX + start(8, big=False) + pack(directories, offset=8)
