"""Reading photos."""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pyvips
import tifffile

from bench.figures import Figure, ratio
from editing.photos.decoding import read_photo
from editing.photos.preview import make_preview

HEIGHT, WIDTH = 4000, 6000
PEAK = """
import sys
from bench.gigapixel import peak_megabytes
from editing.photos.decoding import open_photo
from editing.photos.preview import preview_of
preview_of(open_photo(sys.argv[1]))
print(peak_megabytes())
"""


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
        figures |= sideways(Path(folder))
    return figures


def sideways(folder: Path) -> dict[str, Figure]:
    """Measure the memory of pictures that lie on their side, which are turned whole."""
    upright, lying = (_peak_megabytes(folder, orientation) for orientation in (1, 6))
    picture = HEIGHT * WIDTH * 3 * 4 / 2**20
    note = f"{WIDTH} x {HEIGHT}, TIFF of 32-bit floating point, to a preview: {lying:.0f} MB, {upright:.0f} if upright"
    what = f"the picture, {picture:.0f} MB, beyond what an upright one takes"
    return {"photos.sideways_peak_over_picture": Figure((lying - upright) / picture, "x", what, note)}


def _peak_megabytes(folder: Path, orientation: int) -> float:
    """Return the most memory of a fresh process that makes the preview of such a picture."""
    path = folder / "lying.tif"
    pixels = np.random.default_rng(0).random((HEIGHT, WIDTH, 3), dtype=np.float32)
    tifffile.imwrite(path, pixels, photometric="rgb", rowsperstrip=64, extratags=[(274, "H", 1, orientation, True)])
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _preview(path: Path) -> None:
    make_preview(read_photo(path).pixels)


def _decode(path: Path) -> None:
    pyvips.Image.new_from_file(str(path)).numpy()
