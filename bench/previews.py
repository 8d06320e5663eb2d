"""Previews on their way to a browser: how large they are."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.figures import Figure, ratio
from editing.photos.decoding import read_photo
from editing.photos.preview import make_preview
from editing.photos.preview_transport import pack_preview, unpack_preview
from editing.photos.read_options import AUTO, ReadOptions

DATA = Path(__file__).parents[2] / "shared" / "data"


def measure() -> dict[str, Figure]:
    """Bytes a pixel, of the photos beside the project or else of a made-up one, and what packing costs."""
    previews = list(_previews())
    note = f"mean of {len(previews)} photos of cameras"
    if not previews:
        previews, note = [_made_up()], "made up: there are no photos in ../shared/data"
    sizes = [len(pack_preview(preview)) / (preview.shape[0] * preview.shape[1]) for preview in previews]
    largest = max(previews, key=lambda preview: preview.size)
    packed = pack_preview(largest)
    plain = largest.tobytes()

    def pack() -> float:
        return ratio(lambda: pack_preview(largest), lambda: gzip.compress(plain, 6), runs=3)

    def unpack() -> float:
        return ratio(lambda: unpack_preview(packed), lambda: gzip.decompress(packed), runs=3)

    return {
        "browser.preview_bytes_per_pixel": Figure(float(np.mean(sizes)), "bytes", "6 as float16", note),
        "previews.pack_over_gzip": Figure(pack(), "x", "gzip alone, of the same float16", "CPU time"),
        "previews.unpack_over_gunzip": Figure(unpack(), "x", "gunzip alone, of the same file", "CPU time"),
    }


def _previews() -> Iterator[NDArray[np.float16]]:
    for folder, options in (
        ("fivek_study", ReadOptions("linear", "prophoto")),
        ("raw", AUTO),
        ("samples", AUTO),
    ):
        for path in sorted((DATA / folder).rglob("*.*")):
            yield make_preview(read_photo(path, options).pixels)


def _made_up() -> NDArray[np.float16]:
    """Gradients with the noise of a sensor."""
    across, down = np.meshgrid(np.linspace(0, 1, 1024), np.linspace(0, 1, 683))
    light = np.stack([across * down, across, down], axis=-1) ** 2 * 0.5
    return (light * np.random.default_rng(0).normal(1, 0.02, light.shape)).astype(np.float16)
