"""The structure of TIFF and BigTIFF files: directories of fields, read and written byte by byte.

EXIF data are such a file too. Source: TIFF 6.0 (Adobe, 1992), and libtiff's BigTIFF design.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

ASCII, SHORT, LONG, UNDEFINED, LONG8 = 2, 3, 4, 7, 16
# Type: bytes of a value, and of the numbers that it is made of (a rational is two).
_TYPES = {1: (1, 1), 2: (1, 1), 3: (2, 2), 4: (4, 4), 5: (8, 4), 6: (1, 1), 7: (1, 1), 8: (2, 2), 9: (4, 4)}
_TYPES |= {10: (8, 4), 11: (4, 4), 12: (8, 8), 13: (4, 4), 16: (8, 8), 17: (8, 8), 18: (8, 8)}
_PACKED = {SHORT: "<u2", LONG: "<u4", LONG8: "<u8"}
_LARGEST_FIELD = 1 << 16  # bytes; longer ones are tables of offsets, pictures, and the like
_MOST_FIELDS = 4096


@dataclass(frozen=True)
class Field:
    """The values of a tag: their type, and their bytes in little-endian order."""

    kind: int
    data: bytes

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.data) // _TYPES[self.kind][0]

    @property
    def number(self) -> int:
        """The first value, where it is a whole number."""
        size = _TYPES[self.kind][0]
        return int(np.frombuffer(self.data, f"<u{size}", count=1)[0])


Directory = Mapping[int, Field]


def numbers(kind: int, values: Iterable[int]) -> Field:
    """A field of SHORT, LONG or LONG8."""
    return Field(kind, np.array(list(values), _PACKED[kind]).tobytes())


def read_directories(file: BinaryIO, pointers: Iterable[int]) -> list[dict[int, Field]]:
    """The first directory of the TIFF file that starts at byte 0, and those that its tags `pointers` point to.

    Fields of more than 64 kB are left out; a directory that is missing is empty.
    Raises ValueError where it is no TIFF file, or damaged.
    """
    try:
        start = file.read(16)
        order = {b"II": "<", b"MM": ">"}[start[:2]]
        big = struct.unpack(order + "H", start[2:4])[0] == 43
        offset = struct.unpack(order + "Q", start[8:16])[0] if big else struct.unpack(order + "I", start[4:8])[0]
        main = _read(file, offset, order, big)
        found = [main[pointer].number if pointer in main else None for pointer in pointers]
        return [main, *({} if offset is None else _read(file, offset, order, big) for offset in found)]
    except (struct.error, KeyError, IndexError, OverflowError) as error:
        raise ValueError(f"not a TIFF file, or damaged: {error}") from error


def _read(file: BinaryIO, offset: int, order: str, big: bool) -> dict[int, Field]:
    file.seek(offset)
    count = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))[0]
    if count > _MOST_FIELDS:
        raise ValueError(f"a directory of {count} fields")
    form = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    entries = file.read(count * form.size)
    fields = {}
    for tag, kind, values, place in form.iter_unpack(entries):
        size, unit = _TYPES.get(kind, (0, 1))
        length = values * size
        if not 0 < length <= _LARGEST_FIELD:
            continue
        data = place[:length]
        if length > len(place):
            file.seek(struct.unpack(order + ("Q" if big else "I"), place)[0])
            data = file.read(length)
        if len(data) == length:
            fields[tag] = Field(kind, np.frombuffer(data, f"{order}u{unit}").astype(f"<u{unit}").tobytes())
    return fields


def pack(directories: Mapping[int, Directory], offset: int, big: bool = False) -> bytes:
    """Directories as they lie at `offset`: the main one (key 0) first, which is given its pointers to the others.

    directories: by the tag that points to them; 0 for the main one.
    """
    places = {tag: 0 for tag in directories if tag}

    def packed_main() -> bytes:
        pointers = {tag: numbers(LONG8 if big else LONG, [place]) for tag, place in places.items()}
        return _pack({**directories[0], **pointers}, offset, big)

    content = packed_main()
    others = b""
    for tag in places:
        places[tag] = offset + len(content) + len(others)
        others += _pack(directories[tag], places[tag], big)
    return packed_main() + others


def _pack(directory: Directory, offset: int, big: bool) -> bytes:
    form = struct.Struct("<HHQ8s" if big else "<HHI4s")
    room, number = (8, "<Q") if big else (4, "<I")
    beyond = offset + (8 if big else 2) + form.size * len(directory) + room
    entries, values = struct.pack("<Q" if big else "<H", len(directory)), b""
    for tag, field in sorted(directory.items()):
        place = field.data
        if len(place) > room:
            place = struct.pack(number, beyond + len(values))
            values += field.data + bytes(-len(field.data) % 2)
        entries += form.pack(tag, field.kind, field.count, place.ljust(room, b"\0"))
    return entries + bytes(room) + values


def start(offset: int, big: bool) -> bytes:
    """The first bytes of a file whose main directory lies at `offset`: 16 bytes where `big`, else 8."""
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, offset) if big else struct.pack("<2sHI", b"II", 42, offset)
