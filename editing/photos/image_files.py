"""Image files as they are opened, and what each says of itself that libvips does not: pages, colours, orientation."""

import logging
import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.photos.code_points import colour_by_code_points
from editing.photos.colour import ColourSpace, check_size
from editing.photos.exif import exif_of_tiff
from editing.photos.photo_error import PhotoError
from editing.photos.png import read_chunks
from editing.photos.tiff import (
    BITS,
    DNG_VERSION,
    FLOATING_POINT,
    HEIGHT,
    ICC_PROFILE,
    ORIENTATION,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    TILE_OFFSETS,
    WIDTH,
    Page,
    largest_page,
    neutralised,
    read_pages,
)

# By the suffix of a file's name.
FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
    ".avif": "AVIF",
    ".heic": "HEIC",
    ".heif": "HEIC",
    ".hif": "HEIC",
}
LOADERS = {"JPEG": "jpegload", "PNG": "pngload", "TIFF": "tiffload", "WebP": "webpload", "AVIF": "heifload"}
_NOT_READ = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"8BPS": "Photoshop file",
    b"v/1\x01": "OpenEXR file",
    b"#?RADIANCE": "Radiance HDR",
}
_JPEG_END = b"\xff\xd9"
_JPEG_TAIL = 1 << 16  # bytes in which the end marker is looked for: some programs write a little behind it
_CIELAB = 8  # TIFF 6.0, PhotometricInterpretation
_NCLX = b"colrnclx"
_META_BYTES = 1 << 16  # of an AVIF file, in which its description lies


@dataclass(frozen=True)
class ImageFile:
    """An image file that libvips can open.

    open: opens the picture, for its rows to be taken once from the top.
    orientation: EXIF's, 1 to 8; None where libvips knows it.
    colour: what the file declares of its colours beside a profile.
    colour_first: whether that goes before a profile.
    exif: EXIF data in the form of a TIFF file; None where libvips knows them.
    pages: which picture of several it is, in words; empty where it is the only one.
    """

    open: Callable[[], Any]
    orientation: int | None = None
    colour: ColourSpace | None = None
    colour_first: bool = False
    exif: bytes | None = None
    pages: str = ""


def format_of(start: bytes) -> str | None:
    """Return the format that a file's first 16 bytes announce, or None."""
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and start[8:10] != b"CR":  # "CR" is Canon's RAW
        return "TIFF"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP"
    if start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if start[4:8] == b"ftyp" and start[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"):
        return "HEIC"
    return "NumPy array" if start.startswith(b"\x93NUMPY") else None


def other_format_of(start: bytes) -> str | None:
    """Return the format that a file's first 16 bytes announce, of those that are known but not read, or None."""
    for signature, name in _NOT_READ.items():
        if start.startswith(signature):
            return name
    return None


def image_file(path: Path, image_format: str, limit: int | None) -> ImageFile:
    """Return the image file at `path`, of a format that libvips or pi-heif reads.

    limit: the most pixels that are decoded here at once, where libvips cannot take them row by row.

    Raises:
        PhotoError: the file is another kind of picture than its name says, or cannot be read.
    """
    import pyvips

    pyvips.cache_set_max(0)  # a file may be replaced by another of the same name
    logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # what matters of its warnings is raised
    if image_format == "HEIC":
        return _heic(path, limit)
    loader = getattr(pyvips.Image, LOADERS[image_format])
    # Bytes, since a name need not be valid UTF-8.
    load = partial(loader, os.fsencode(path), access="sequential", fail_on="error")
    if image_format == "TIFF":
        return _tiff(path, load, limit)
    if image_format == "PNG":
        chunks = read_chunks(path)
        return ImageFile(load, chunks.orientation, chunks.colour(), chunks.cicp is not None, chunks.exif_data)
    if image_format == "AVIF":
        return ImageFile(load, colour=_nclx_colour(path))
    if image_format == "JPEG" and not _has_jpeg_end(path):
        # Whole but for its end marker, as some cameras write them; one that is cut short within is warned of.
        content = path.read_bytes() + _JPEG_END
        return ImageFile(partial(pyvips.Image.jpegload_buffer, content, access="sequential", fail_on="warning"))
    return ImageFile(load)


def _has_jpeg_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _JPEG_TAIL, 0))
        return _JPEG_END in file.read()


def _tiff(path: Path, load: partial[Any], limit: int | None) -> ImageFile:
    """Return the largest picture in full resolution of a TIFF file, which may begin with a thumbnail."""
    import pyvips

    try:
        with path.open("rb") as file:
            pages = read_pages(file)
    except ValueError:
        pages = []  # libvips says what is wrong with it
    if pages and DNG_VERSION in pages[0].fields:
        raise PhotoError("it is named as a TIFF but holds a camera RAW (DNG): rename it to .dng")
    page, exif = largest_page(pages), exif_of_tiff(path)
    if page is None:
        return ImageFile(load, exif=exif)
    if page.number(PHOTOMETRIC) == _CIELAB and page.number(BITS) == 8:
        raise PhotoError("its colours are CIE L*a*b* with 8 bits, which are not read: save it as RGB")
    number, count = pages.index(page) + 1, len(pages)
    said = "" if count == 1 else f"the first of {count}" if number == 1 else f"number {number} of {count}, the largest"
    if page.number(SAMPLE_FORMAT, 1) == FLOATING_POINT and page.number(BITS) in (16, 64):
        return ImageFile(partial(_floating_point, path, page, limit), exif=exif, pages=said)
    if page.unknown:
        load = partial(pyvips.Image.tiffload_buffer, _without_unknown_fields(path, page), **load.keywords)
    load = partial(load, page=page.page)
    if page.sub_image >= 0:
        load = partial(load, subifd=page.sub_image)
    if TILE_OFFSETS in page.fields:
        # A tile that cannot be decoded is a warning for libvips, and black.
        return ImageFile(partial(load, fail_on="warning"), exif=exif, pages=said)
    # libtiff takes no more than 50 MB at a time, and programs write the whole picture as one strip. It holds what the
    # file holds of a strip, and of that one row decoded; tiles it holds decoded, whatever they claim.
    return ImageFile(partial(load, unlimited=True), exif=exif, pages=said)


def _without_unknown_fields(path: Path, page: Page) -> mmap.mmap:
    """Return the file as it lies on the disk, but for fields of unknown types: nothing else of it is copied."""
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    for offset, data in neutralised(page, content[:4]).items():
        content[offset : offset + len(data)] = data
    return content


def _floating_point(path: Path, page: Page, limit: int | None) -> Any:
    """Return a TIFF of 16-bit or 64-bit floating point, which libvips misreads or refuses, in memory as 32-bit."""
    import pyvips
    import tifffile

    check_size(page.number(WIDTH), page.number(HEIGHT), limit)
    try:
        with tifffile.TiffFile(path) as tiff:
            source: Any = tiff.pages[page.page]
            if page.sub_image >= 0:
                source = source.pages[page.sub_image]
            values: NDArray[Any] = source.asarray()
            if values.ndim == 3 and source.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
                values = np.moveaxis(values, 0, -1)
    except Exception as error:  # tifffile raises whatever a damaged file makes it raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PhotoError(
            f"its {page.number(BITS)}-bit floating-point values cannot be read ({reason}); "
            "save it with 32 bits, or without compression"
        ) from error
    image = _from_memory(values.astype(np.float32))
    if ICC_PROFILE in page.fields:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", page.fields[ICC_PROFILE].data)
    image.set_type(pyvips.GValue.gint_type, "orientation", page.number(ORIENTATION, 1))
    return image


def _from_memory(values: NDArray[Any]) -> Any:
    """Return a libvips image of (H, W) or (H, W, bands) values: uint8, uint16 or float32."""
    import pyvips

    values = np.ascontiguousarray(values)
    height, width = values.shape[:2]
    bands = values.shape[2] if values.ndim == 3 else 1
    formats = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
    colours = {"uint8": "srgb", "uint16": "rgb16", "float32": "scrgb"}
    name = values.dtype.name
    image = pyvips.Image.new_from_memory(values.data, width, height, bands, formats[name])
    return image.copy(interpretation=colours[name] if bands >= 3 else "b-w")


def _heic(path: Path, limit: int | None) -> ImageFile:
    """Return a HEIC file, decoded whole and upright by libheif."""
    import pi_heif
    import pyvips

    try:
        heic = pi_heif.open_heif(path, convert_hdr_to_8bit=False)
        width, height = heic.size
        check_size(width, height, limit)
        values = np.array(heic)  # a copy: libheif's memory goes with `heic`
        depth = int(heic.info.get("bit_depth", 8))
    except PhotoError:
        raise
    except Exception as error:  # pi_heif raises whatever libheif makes it raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PhotoError(f"this HEIC is damaged, cut short or of an unknown kind ({reason})") from error
    if values.dtype == np.uint16 and depth < 16:
        values = (
            values | values >> depth
        )  # shifted up to 16 bits: the lowest repeat the highest, so that white is white
    image = _from_memory(values)
    if profile := heic.info.get("icc_profile"):
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    nclx = heic.info.get("nclx_profile")
    colour = None
    if nclx and not profile:
        colour = colour_by_code_points(nclx["color_primaries"], nclx["transfer_characteristics"], "nclx box")
    return ImageFile(lambda: image, orientation=1, colour=colour, exif=heic.info.get("exif") or b"")


def _nclx_colour(path: Path) -> ColourSpace | None:
    """Return what an AVIF declares of its colours beside a profile (ISO/IEC 14496-12, the colour information box)."""
    with path.open("rb") as file:
        start = file.read(_META_BYTES)
    offset = start.find(_NCLX)
    if offset < 0 or len(start) < offset + 12:
        return None
    primaries, transfer = (int.from_bytes(start[offset + at : offset + at + 2], "big") for at in (8, 10))
    return colour_by_code_points(primaries, transfer, "nclx box")
