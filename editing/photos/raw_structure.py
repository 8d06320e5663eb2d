"""What a RAW that is made like a TIFF says of itself, where LibRaw does not: whether it is whole, and its scale."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from editing.photos.photo_error import PhotoError
from editing.photos.tiff import (
    COMPRESSION,
    DNG_VERSION,
    FLOATING_POINT,
    PANASONIC_RAW_OFFSET,
    RATIONAL,
    SAMPLE_FORMAT,
    STRIP_LENGTHS,
    STRIP_OFFSETS,
    TILE_LENGTHS,
    TILE_OFFSETS,
    WHITE_LEVEL,
    Page,
    largest_page,
    read_pages,
)

_JPEG_XL = 52546  # DNG 1.7
# LibRaw keeps floating-point values whose largest lies in this range, and scales all others to a largest of its own.
_KEPT_BY_LIBRAW = (4096, 32767)
# A strip may claim more than there is, where a maker's lengths are not to be believed; half of it must be there.
_MISSING_SHARE = 0.5


def check_raw(path: Path) -> float:
    """How much brighter LibRaw's picture of a RAW file must be made: 1 but for floating-point values above white.

    Raises:
        PhotoError: the file is cut short, is compressed in a way that LibRaw does not read, or its scale is not known.
    """
    try:
        with path.open("rb") as file:
            pages = read_pages(file)
    except ValueError:
        return 1.0  # another kind of RAW, or damaged: for LibRaw to say
    page = largest_page(pages)
    if page is None:
        return 1.0
    is_dng = DNG_VERSION in pages[0].fields
    if is_dng and page.number(COMPRESSION) == _JPEG_XL:
        raise PhotoError(
            "it is a DNG whose pixels are compressed as JPEG XL, which LibRaw does not read: "
            "convert it to a DNG without JPEG XL"
        )
    _check_whole(page, path.stat().st_size, is_dng)
    return _float_scale(path, page) if is_dng and page.number(SAMPLE_FORMAT, 1) == FLOATING_POINT else 1.0


def _check_whole(page: Page, size: int, is_dng: bool) -> None:
    offsets, lengths = _parts(page)
    is_exact = is_dng or PANASONIC_RAW_OFFSET in page.fields
    for offset, length in zip(offsets, lengths, strict=False):
        missing = offset + length - size
        if length and missing > (0 if is_exact else _MISSING_SHARE * length):
            raise PhotoError(f"it is cut short: {missing:,} bytes of its pixels are missing")


def _parts(page: Page) -> tuple[Sequence[int], Sequence[int]]:
    """Where the strips or tiles of a page begin, and how long they are; empty where it does not say."""
    fields = page.fields
    if PANASONIC_RAW_OFFSET in fields and STRIP_LENGTHS in fields:
        return fields[PANASONIC_RAW_OFFSET].numbers, fields[STRIP_LENGTHS].numbers
    for offsets, lengths in ((TILE_OFFSETS, TILE_LENGTHS), (STRIP_OFFSETS, STRIP_LENGTHS)):
        if offsets in fields and lengths in fields:
            return fields[offsets].numbers, fields[lengths].numbers
    return (), ()


def _float_scale(path: Path, page: Page) -> float:
    """Return the largest value of a floating-point DNG over its white level, where LibRaw makes that the new white."""
    import tifffile

    white = _white_level(page)
    try:
        with tifffile.TiffFile(path) as tiff:
            source: Any = tiff.pages[page.page]
            if page.sub_image >= 0:
                source = source.pages[page.sub_image]
            largest = max(float(values.max()) for values, _, _ in source.segments() if values is not None)
    except Exception as error:  # tifffile raises whatever a damaged file, or a compression it lacks, makes it raise
        raise PhotoError(
            "it is a floating-point DNG whose scale cannot be known, since its compression is not read here: "
            "convert it to a DNG of 16-bit whole numbers"
        ) from error
    largest = max(largest, white, 1.0)
    low, high = _KEPT_BY_LIBRAW
    return 1.0 if low <= largest <= high else largest / white


def _white_level(page: Page) -> float:
    """Return the level of white; 1 for floating point where none is stated (DNG 1.7)."""
    field = page.fields.get(WHITE_LEVEL)
    if field is None:
        return 1.0
    if field.kind != RATIONAL:
        return float(field.number) or 1.0
    numerator, denominator = int.from_bytes(field.data[:4], "little"), int.from_bytes(field.data[4:8], "little")
    return numerator / denominator if numerator and denominator else 1.0
