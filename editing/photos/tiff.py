"""The structure of TIFF and BigTIFF files: directories of fields, read and written byte by byte.

EXIF data are such a file too. Source: TIFF 6.0 (Adobe, 1992), and libtiff's BigTIFF design.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 2, 3, 4, 5, 7, 16
# Type: bytes of a value, and of the numbers that it is made of (a rational is two).
_TYPES = {1: (1, 1), 2: (1, 1), 3: (2, 2), 4: (4, 4), 5: (8, 4), 6: (1, 1), 7: (1, 1), 8: (2, 2), 9: (4, 4)}
_TYPES |= {10: (8, 4), 11: (4, 4), 12: (8, 8), 13: (4, 4), 16: (8, 8), 17: (8, 8), 18: (8, 8)}
_PACKED = {SHORT: "<u2", LONG: "<u4", LONG8: "<u8"}
_LARGEST_FIELD = 1 << 16  # bytes; longer ones are tables of offsets, pictures, and the like
_MOST_FIELDS = 4096
_MOST_PAGES = 4096
# Tags, TIFF 6.0, TIFF technical note 1 (sub-images) and DNG 1.7.
SUBFILE_TYPE, OLD_SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, ORIENTATION = 254, 255, 256, 257, 258, 259, 274
STRIP_OFFSETS, STRIP_LENGTHS, TILE_OFFSETS, TILE_LENGTHS = 273, 279, 324, 325
SUB_IMAGES, SAMPLE_FORMAT, ICC_PROFILE, DNG_VERSION, WHITE_LEVEL = 330, 339, 34675, 50706, 50717
PHOTOMETRIC, PANASONIC_RAW_OFFSET = 262, 0x0118
OLD_REDUCED, FLOATING_POINT = 2, 3


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

    @property
    def numbers(self) -> list[int]:
        """All values, where they are whole numbers."""
        return [int(value) for value in np.frombuffer(self.data, f"<u{_TYPES[self.kind][0]}")]


Directory = Mapping[int, Field]


def numbers(kind: int, values: Iterable[int]) -> Field:
    """Return a field of SHORT, LONG or LONG8."""
    return Field(kind, np.array(list(values), _PACKED[kind]).tobytes())


def read_directories(file: BinaryIO, pointers: Iterable[int]) -> list[dict[int, Field]]:
    """Return the first directory of the TIFF file that starts at byte 0, and those that its tags `pointers` point to.

    Fields of more than 64 kB are left out; a directory that is missing is empty.
    Raises ValueError where it is no TIFF file, or damaged.
    """
    with _damage_named():
        order, big, offset = _read_start(file)
        main = _read(file, offset, order, big)[0]
        offsets = [main[pointer].number if pointer in main else None for pointer in pointers]
        return [main, *({} if offset is None else _read(file, offset, order, big)[0] for offset in offsets)]


def read_directory(file: BinaryIO, offset: int) -> dict[int, Field]:
    """Return the directory at `offset` of the TIFF file that starts at byte 0; as `read_directories`."""
    with _damage_named():
        order, big, _ = _read_start(file)
        return _read(file, offset, order, big)[0]


@dataclass(frozen=True)
class Page:
    """A picture in a TIFF file.

    page: the number of its page; sub_image: that of its sub-image, -1: the page itself.
    fields: as `read_directories` gives them.
    unknown: where in the file the fields lie whose types the standard does not know, from their tags on.
    """

    page: int
    sub_image: int
    fields: Directory
    unknown: tuple[int, ...] = ()

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first value of a field, where there is one."""
        return self.fields[tag].number if tag in self.fields else default

    @property
    def pixels(self) -> int:
        """Its width times its height."""
        return self.number(WIDTH) * self.number(HEIGHT)

    @property
    def is_reduced(self) -> bool:
        """Whether it is a smaller copy of another page, or a mask (TIFF 6.0: NewSubfileType, bits 0 and 2)."""
        return bool(self.number(SUBFILE_TYPE) & 0b101) or self.number(OLD_SUBFILE_TYPE) == OLD_REDUCED


def read_pages(file: BinaryIO) -> list[Page]:
    """All pictures of the TIFF file that starts at byte 0: its pages in their order, each followed by its sub-images.

    Raises ValueError where it is no TIFF file, or damaged.
    """
    pages: list[Page] = []
    with _damage_named():
        order, big, offset = _read_start(file)
        seen: set[int] = set()
        while offset and offset not in seen and len(seen) < _MOST_PAGES:
            seen.add(offset)
            page = len(seen) - 1
            fields, offset, unknown = _read(file, offset, order, big)
            pages.append(Page(page, -1, fields, unknown))
            if SUB_IMAGES in fields:
                for number, place in enumerate(fields[SUB_IMAGES].numbers):
                    try:
                        fields, _, unknown = _read(file, place, order, big)
                        pages.append(Page(page, number, fields, unknown))
                    except (struct.error, ValueError):
                        continue  # a sub-image that is damaged is none
    return pages


def largest_page(pages: Iterable[Page]) -> Page | None:
    """Return the largest picture in full resolution, of several as large the first.

    A reduced one only where all are.
    """
    return max(pages, key=lambda page: (not page.is_reduced, page.pixels), default=None)


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (struct.error, KeyError, IndexError, OverflowError) as error:
        raise ValueError(f"not a TIFF file, or damaged: {error}") from error


def _read_start(file: BinaryIO) -> tuple[str, bool, int]:
    """Byte order, whether it is BigTIFF, and where the first directory lies."""
    file.seek(0)
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}[start[:2]]
    big = struct.unpack(order + "H", start[2:4])[0] == 43
    offset = struct.unpack(order + "Q", start[8:16])[0] if big else struct.unpack(order + "I", start[4:8])[0]
    return order, big, offset


def neutralised(page: Page, start: bytes) -> dict[int, bytes]:
    """Return what to write where in a file that begins with `start`, so that readers skip its fields of unknown types.

    Each becomes one byte without a meaning; libtiff takes the fields for an error in the pixels otherwise.
    """
    order, big = {b"II": "<", b"MM": ">"}[start[:2]], start[2:4] in (b"+\0", b"\0+")
    field = struct.pack(order + ("HQ" if big else "HI"), UNDEFINED, 1)
    return {offset + 2: field for offset in page.unknown}


def _read(file: BinaryIO, offset: int, order: str, big: bool) -> tuple[dict[int, Field], int, tuple[int, ...]]:
    """Return the fields of the directory at `offset`, where the next lies (0: nowhere), and those of unknown types."""
    file.seek(offset)
    count = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))[0]
    if count > _MOST_FIELDS:
        raise ValueError(f"a directory of {count} fields")
    form = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    entries = file.read(count * form.size)
    following = file.read(8 if big else 4)
    following_offset = int.from_bytes(following, "little" if order == "<" else "big")
    fields, unknown = {}, []
    for number, (tag, kind, values, value_offset) in enumerate(form.iter_unpack(entries)):
        if kind not in _TYPES:
            unknown.append(offset + (8 if big else 2) + number * form.size)
        size, unit = _TYPES.get(kind, (0, 1))
        length = values * size
        if not 0 < length <= _LARGEST_FIELD:
            continue
        data = value_offset[:length]
        if length > len(value_offset):
            file.seek(struct.unpack(order + ("Q" if big else "I"), value_offset)[0])
            data = file.read(length)
        if len(data) == length:
            fields[tag] = Field(kind, np.frombuffer(data, f"{order}u{unit}").astype(f"<u{unit}").tobytes())
    return fields, following_offset, tuple(unknown)


def pack(directories: Mapping[int, Directory], offset: int, big: bool = False) -> bytes:
    """Directories as they lie at `offset`: the main one (key 0) first, which is given its pointers to the others.

    directories: by the tag that points to them; 0 for the main one.
    """
    places = {tag: 0 for tag in directories if tag}

    def packed_main() -> bytes:
        pointers = {tag: numbers(LONG8 if big else LONG, [offset]) for tag, offset in places.items()}
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
    """Return the first bytes of a file whose main directory lies at `offset`: 16 bytes where `big`, else 8."""
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, offset) if big else struct.pack("<2sHI", b"II", 42, offset)
