"""How much memory a photo takes while it is read, by an estimate from its header: so many are read at once as fit."""

import os
from pathlib import Path

from editing.photos.finding import RAW_SUFFIXES
from editing.photos.image_files import FORMATS, LOADERS

# A process with its libraries, and the strips of a picture that is decoded row by row.
PROCESS = 200 << 20
# Of what is held whole, in its own numbers: what is decoded, and what its decoder holds beside it.
_WHOLE = 1.5
_HELD_WHOLE = frozenset({"WebP", "AVIF"})
# Bytes for each byte of a file whose header is not read here. LibRaw takes about 24 for a pixel, and RAW files have at
# least one byte for each; HEIC's pixels take a sixth of a byte, and three bytes decoded.
_RAW, _OTHER = 24, 30
_BYTES = {"uchar": 1, "char": 1, "ushort": 2, "short": 2, "double": 8}


def memory_needed(path: Path) -> int:
    """Return about how many bytes a process takes that reads the photo; errors of the file are for its reader."""
    suffix = path.suffix.lower()
    image_format = FORMATS.get(suffix)
    try:
        if suffix == ".npy":
            return PROCESS
        if image_format is None or image_format == "HEIC":
            return PROCESS + (_OTHER if image_format or suffix not in RAW_SUFFIXES else _RAW) * path.stat().st_size
        return PROCESS + _of_image(path, image_format)
    except OSError:
        return PROCESS


def _of_image(path: Path, image_format: str) -> int:
    import pyvips

    try:
        image = getattr(pyvips.Image, LOADERS[image_format])(os.fsencode(path), access="sequential")
    except pyvips.Error:
        return 0

    def field(name: str) -> int:
        return int(image.get(name)) if image.get_typeof(name) else 0

    is_whole = image_format in _HELD_WHOLE or field("interlaced") or field("orientation") in range(2, 9)
    size = image.width * image.height * image.bands * _BYTES.get(image.format, 4)
    return round(_WHOLE * size) if is_whole else 0
