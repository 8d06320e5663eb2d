"""What the chunks of a PNG say of its colours and of how it is turned.

libvips reads the pixels and the ICC profile, but neither cICP, gAMA and cHRM nor an orientation that stands behind the
pixels or in the text that older programs wrote. Source: Portable Network Graphics, third edition (W3C, 2025), whose
order of precedence is cICP, iCCP, sRGB, then gAMA with cHRM.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from editing.photos.code_points import colour_by_code_points, power
from editing.photos.colour import ColourSpace, Floats, srgb_to_linear, to_srgb_matrix
from editing.photos.photo_error import PhotoError
from editing.photos.tiff import ORIENTATION, SHORT, read_directories

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST_CHUNK = 1 << 20  # bytes; a larger one is not read: EXIF data and the other chunks that count are small
_RAW_PROFILE = re.compile(rb"Raw profile type (?:exif|APP1|app1)\0")


@dataclass(frozen=True)
class PngChunks:
    """The chunks of a PNG that its pixels do not tell; those that are missing, or too large, are None."""

    cicp: bytes | None = None
    srgb: bytes | None = None
    gama: bytes | None = None
    chrm: bytes | None = None
    exif: bytes | None = None
    raw_profile: bytes | None = None

    @property
    def exif_data(self) -> bytes:
        """EXIF data in the form of a TIFF file, from their own chunk or else from text; empty where there are none."""
        return self.exif or self.raw_profile or b""

    @property
    def orientation(self) -> int:
        """EXIF's orientation, 1 to 8; 1 where none is stated."""
        try:
            (main,) = read_directories(io.BytesIO(self.exif_data.removeprefix(b"Exif\0\0")), ())
        except ValueError:
            return 1
        field = main.get(ORIENTATION)
        return field.number if field is not None and field.kind == SHORT and field.number in range(1, 9) else 1

    def colour(self) -> ColourSpace | None:
        """Return the colour space by cICP, or else by sRGB, gAMA and cHRM; None where no chunk says anything.

        Raises:
            PhotoError: for values that have no one rendering on an sRGB screen (PQ, HLG), and for code points that are
                not those of full-range RGB or unknown here.
        """
        if self.cicp is not None:
            return _by_cicp(self.cicp)
        if self.srgb is not None:
            return ColourSpace("sRGB", "sRGB", srgb_to_linear, None)
        return _by_gamma(self.gama, self.chrm)


def read_chunks(path: Path) -> PngChunks:
    """Return the chunks of the PNG file at `path` that say something of its colours or its orientation.

    A chunk that is cut short ends the search: whether the file may be read at all is for the decoder to say.
    """
    chunks_found: dict[str, bytes] = {}
    with path.open("rb") as file:
        if file.read(8) != _SIGNATURE:
            return PngChunks()
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if name == b"IEND":
                break
            if name not in (b"cICP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"tEXt", b"zTXt") or length > _LARGEST_CHUNK:
                file.seek(length + 4, io.SEEK_CUR)
                continue
            content = file.read(length)
            if len(content) < length:
                break
            file.seek(4, io.SEEK_CUR)  # the checksum, which the decoder verifies
            if name in (b"tEXt", b"zTXt"):
                if (profile := _raw_profile(name, content)) is not None:
                    chunks_found.setdefault("raw_profile", profile)
            else:
                chunks_found.setdefault(name.decode("ascii").lower(), content)
    return PngChunks(**chunks_found)


def _raw_profile(name: bytes, content: bytes) -> bytes | None:
    """EXIF data from the text chunk in which ImageMagick and ExifTool put them: hexadecimal, behind its length."""
    keyword = _RAW_PROFILE.match(content)
    if keyword is None:
        return None
    text = content[keyword.end() :]
    if name == b"zTXt":
        try:
            text = zlib.decompressobj().decompress(text[1:], _LARGEST_CHUNK)  # after the compression method
        except zlib.error:
            return None
    parts = text.split(None, 2)  # the profile's name, its length in bytes, the digits
    if len(parts) < 3:
        return None
    try:
        return bytes.fromhex(parts[2].decode("ascii"))
    except ValueError:
        return None


def _by_cicp(content: bytes) -> ColourSpace:
    if len(content) != 4:
        raise PhotoError("its cICP chunk is damaged; declare its colours, e.g. --primaries srgb")
    primaries, transfer, matrix_coefficients, full_range = content
    if matrix_coefficients != 0 or full_range != 1:
        raise PhotoError("its cICP chunk declares other values than full-range RGB; save it as RGB")
    return colour_by_code_points(primaries, transfer, "cICP")


def _by_gamma(gama: bytes | None, chrm: bytes | None) -> ColourSpace | None:
    transfer, primaries, matrix = "sRGB", "sRGB", None
    to_linear: Callable[[Floats], Floats] = srgb_to_linear
    gamma = struct.unpack(">I", gama)[0] / 100_000 if gama is not None and len(gama) == 4 else 0
    if gamma > 0:
        transfer, to_linear = f"gamma {1 / gamma:.4g} (gAMA)", power(1 / gamma)
    if chrm is not None and len(chrm) == 32:
        values = [value / 100_000 for value in struct.unpack(">8I", chrm)]
        white, *rgb = [(values[index], values[index + 1]) for index in range(0, 8, 2)]
        try:
            matrix = to_srgb_matrix(tuple(rgb), white)
        except ValueError:
            raise PhotoError("its cHRM chunk is damaged; declare its colours, e.g. --primaries srgb") from None
        primaries = "its own (cHRM)"
    return ColourSpace(transfer, primaries, to_linear, matrix) if gamma > 0 or matrix is not None else None
