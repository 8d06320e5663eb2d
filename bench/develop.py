"""Developing photos from their files to finished files: CPU seconds and their parts, and the memory of a gigapixel."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pyvips

from bench.dng import dng
from bench.figures import Figure
from bench.gigapixel import SIDE, develop_apart, write_large_tiff
from bench.render import HEIGHT, WIDTH, chain
from editing.photos.decoding import open_photo
from editing.rendering.developing import develop_file
from editing.rendering.renderer import Renderer
from editing.rendering.writing import Output
from editing.trajectories.steps_file import StepsFile, write_steps

RUNS = 3
STRIP = 160  # rows
SEQUENCES = 20
_FOUR_EDITS = ("-evaluate multiply 2 -gamma 1.2 -modulate 100,130 -sigmoidal-contrast 3,50%").split()


def measure() -> dict[str, Figure]:
    """Measure a 16-bit TIFF and a RAW file to JPEG, their parts, the command, twenty orders of filters, a gigapixel."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        tiff = folder / "photo.tif"
        _scene().tiffsave(str(tiff))
        figures = _tiff(tiff, folder) | _commands(tiff, folder) | _raw(tiff, folder) | _orders(tiff, folder)
        return figures | _gigapixel(folder)


def _scene() -> Any:
    """Dark, smooth, with a little noise: about as hard to compress as a photo."""
    coarse = np.random.default_rng(0).random((HEIGHT // 64 + 2, WIDTH // 64 + 2, 3), dtype=np.float32) ** 3
    smooth = pyvips.Image.new_from_array(coarse).resize(64, kernel="cubic").crop(0, 0, WIDTH, HEIGHT)
    noise = pyvips.Image.gaussnoise(WIDTH, HEIGHT, sigma=0.004, mean=0.01, seed=1)
    return ((smooth * 0.5 + noise) * 65535).cast("ushort").copy(interpretation="rgb16")


def _tiff(tiff: Path, folder: Path) -> dict[str, Figure]:
    jpeg, steps = folder / "photo.jpg", chain("a")
    render = Renderer(steps, dtype=np.uint8, dither=True, pixels=HEIGHT * WIDTH, curve=open_photo(tiff).samples.curve)
    whole = cpu_seconds(lambda: develop_file(tiff, steps, jpeg, Output("jpeg")))
    picture = pyvips.Image.new_from_file(str(jpeg)).copy_memory()
    strip = open_photo(tiff).rows(0, STRIP)
    parts = {
        "read": cpu_seconds(lambda: _read(tiff)),
        "render": cpu_seconds(lambda: [render(strip) for _ in range(HEIGHT // STRIP)]),
        "encode": cpu_seconds(lambda: picture.jpegsave(str(folder / "encoded.jpg"), Q=92)),
    }
    plain = cpu_seconds(
        lambda: pyvips.Image.new_from_file(str(tiff), access="sequential").jpegsave(str(folder / "plain.jpg"), Q=92)
    )
    said = ", ".join(f"{name} {seconds:.2f}" for name, seconds in parts.items())
    against = "libvips from the same TIFF to JPEG, without an edit"
    return {
        "develop.tiff16_to_jpeg_24mp_cpu_s": Figure(whole, "s", "nothing: CPU seconds of one photo of many", said),
        "develop.tiff16_to_jpeg_over_libvips": Figure(whole / plain, "x", against, f"{plain:.2f} s"),
    }


def _commands(tiff: Path, folder: Path) -> dict[str, Figure]:
    """Measure the whole command for one photo, by steps and by an agent, against ImageMagick's for comparable edits."""
    steps = folder / "steps.json"
    write_steps(steps, StepsFile(tuple(chain("a"))))
    figures: dict[str, Figure] = {}
    for name, *decision in (("", "--steps", steps), ("_by_agent", "--agent", "pretrained")):
        # The first run of each compiles, those after it find the pipeline on the disk.
        with TemporaryDirectory() as cache, patch.dict(os.environ, SAFELIGHT_CACHE=cache):
            figures |= _command_over_imagemagick(f"develop.command_24mp{name}", tiff, folder, *decision)
    return figures


def _command_over_imagemagick(name: str, tiff: Path, folder: Path, *decision: object) -> dict[str, Figure]:
    magick = _imagemagick()
    ours, theirs = [], []

    def develop() -> None:
        out = folder / f"out{time.monotonic_ns()}"
        _command([sys.executable, "-m", "learning.command_line", "develop", tiff, *decision, "-o", out])

    def edit() -> None:
        _command([magick, tiff, *_FOUR_EDITS, "-quality", "92", folder / "magick.jpg"])

    for _ in range(RUNS + 1):  # in turn, so that a machine that slows down does so for both
        ours.append(cpu_seconds(develop, runs=1))
        if magick:
            theirs.append(cpu_seconds(edit, runs=1))
    note = f"the whole command for one photo: Python and imports too; the first, which compiles, {ours[0]:.2f} s"
    figures = {f"{name}_cpu_s": Figure(median(ours[1:]), "s", "nothing: CPU seconds", note)}
    if magick:
        ratio = median(mine / its for mine, its in zip(ours[1:], theirs[1:], strict=True))
        note = f"TIFF of 16 bits to JPEG; {median(ours[1:]):.2f} s, the first run {ours[0] / theirs[0]:.2f} x"
        against = f"ImageMagick, four comparable edits: {median(theirs[1:]):.2f} CPU seconds"
        figures[f"{name}_over_imagemagick"] = Figure(ratio, "x", against, note)
    return figures


@cache
def _imagemagick() -> str | None:
    """ImageMagick's program; as root on Debian it is installed where it is missing."""
    programs = ("magick", "convert-im7", "convert-im6.q16", "convert-im6")
    if not any(map(shutil.which, programs)) and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", "imagemagick"], capture_output=True)
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        sys.stderr.write("develop.command_24mp_over_imagemagick is not measured: ImageMagick is not installed\n")
    return program


def _raw(tiff: Path, folder: Path) -> dict[str, Figure]:
    """Measure the same scene as a RAW file, to JPEG."""
    source = folder / "photo.dng"
    source.write_bytes(dng(pyvips.Image.new_from_file(str(tiff)).numpy() / np.float32(65535)))
    whole = cpu_seconds(lambda: develop_file(source, chain("a"), folder / "raw.jpg", Output("jpeg")))
    decode = cpu_seconds(lambda: open_photo(source))
    note = f"LibRaw (AHD, in a process of its own) {decode:.2f}, the rest {whole - decode:.2f}"
    return {"develop.raw_to_jpeg_24mp_cpu_s": Figure(whole, "s", "nothing: CPU seconds of one photo of many", note)}


def _orders(tiff: Path, folder: Path) -> dict[str, Figure]:
    """How much of developing twenty photos, each by an order of filters of its own, is compiling."""
    from editing.rendering.renderer import kernel

    slugs = [*chain("a"), *chain("b")[3:]]
    rng = np.random.default_rng(0)
    orders = [[slugs[index] for index in rng.permutation(len(slugs))[:5]] for _ in range(SEQUENCES)]

    def develop_all() -> None:
        for order in orders:
            develop_file(tiff, order, folder / "photo.jpg", Output("jpeg"))

    with TemporaryDirectory() as cache, patch.dict(os.environ, SAFELIGHT_CACHE=cache):
        kernel.cache_clear()
        cold, warm = cpu_seconds(develop_all, runs=1), cpu_seconds(develop_all, runs=1)
    note = f"{SEQUENCES} photos of 24 megapixels, {SEQUENCES} orders; {cold / SEQUENCES:.2f} s a photo, CPU"
    return {"develop.compiling_share": Figure(1 - warm / cold, "", "all CPU seconds", note)}


def _gigapixel(folder: Path) -> dict[str, Figure]:
    """Measure a gigapixel from TIFF to TIFF, both of 16 bits, and 24 megapixels in the same way."""
    costs = []
    for width, height in ((WIDTH, HEIGHT), (SIDE, SIDE)):
        source, destination = folder / "large.tif", folder / "developed.tif"
        write_large_tiff(source, width, height, tiled=False)
        costs.append(develop_apart(source, destination, "tiff16"))
        destination.unlink()
    small, large = costs
    note = f"{SIDE} x {SIDE}, three steps, TIFF to TIFF, 16 bits; {large.seconds:.0f} s"
    pixels = SIDE * SIDE / (WIDTH * HEIGHT)
    return {
        "render.gigapixel_rss_mb": Figure(large.megabytes, "MB", "nothing: the most memory of the process", note),
        "render.gigapixel_s_per_24mp_s": Figure(
            large.seconds / small.seconds, "x", "24 megapixels in the same way", f"{pixels:.0f} times the pixels"
        ),
    }


def _read(path: Path) -> None:
    photo = open_photo(path)
    for top in range(0, photo.height, STRIP):
        photo.rows(top, min(top + STRIP, photo.height))


def _command(command: list[Any]) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def cpu_seconds(call: Callable[[], Any], runs: int = RUNS) -> float:
    """CPU seconds of a call, of this process and those that it starts: the median of some runs."""

    def spent() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in used)

    taken = []
    for _ in range(runs):
        before = spent()
        call()
        taken.append(spent() - before)
    return median(taken)
