"""Reading photos."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pyvips

from bench.figures import Figure, ratio
from editing.photos.decoding import read_photo
from editing.photos.preview import make_preview


def measure() -> dict[str, Figure]:
    """Measure a 16-bit TIFF and a JPEG of 6 megapixels, to linear light and to a preview, against plain decoding."""
    random = np.random.default_rng(0)
    pixels = (random.random((2000, 3000, 3)) * 65535).astype(np.uint16)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        tiff, jpeg = Path(folder, "photo.tif"), Path(folder, "photo.jpg")
        image = pyvips.Image.new_from_array(pixels)
        image.tiffsave(str(tiff))
        image.cast("float").linear(1 / 257, 0).cast("uchar").jpegsave(str(jpeg), Q=90)
        for name, path in {"tiff16": tiff, "jpeg": jpeg}.items():
            figures[f"photos.{name}_to_preview_over_decode"] = Figure(
                ratio(partial(_preview, path), partial(_decode, path), runs=3),
                "x",
                "decoding the file alone, by pyvips",
                "6 megapixels, to a float16 preview of 1024 pixels; CPU time",
            )
    return figures


def _preview(path: Path) -> None:
    make_preview(read_photo(path).pixels)


def _decode(path: Path) -> None:
    pyvips.Image.new_from_file(str(path)).numpy()
