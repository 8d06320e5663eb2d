"""A picture far larger than memory, developed in a process of its own: how much memory that takes, and how long."""

import json
import os
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from bench.filters import step
from editing.photos.tiff import LONG, LONG8, SHORT, numbers, pack, start
from editing.rendering.developing import develop_file
from editing.rendering.writing import Output, OutputFormat

SIDE = 32_768  # of a picture of a gigapixel
ROWS, TILE = 64, 256
_DEFLATE, _NO_COMPRESSION = 8, 1


@dataclass(frozen=True)
class Cost:
    """What it took to develop a picture: wall seconds, and the most memory that the process held, in MB."""

    seconds: float
    megabytes: float


def write_large_tiff(path: Path, width: int, height: int, *, tiled: bool, deflated: bool = False) -> None:
    """Write a BigTIFF of 16-bit RGB, as large as wanted in a few megabytes: all its strips, or tiles, are the same."""
    across, down = (TILE, TILE) if tiled else (width, ROWS)
    count = -(-width // across) * -(-height // down)
    noise = np.random.default_rng(0).normal(0, 200, (down, across, 3))
    light = np.linspace(2_000, 60_000, across)[:, None] * [1.0, 0.8, 0.6]
    content = (light + noise).astype("<u2").tobytes()
    content = zlib.compress(content, 1) if deflated else content
    offsets, lengths = (324, 325) if tiled else (273, 279)
    fields = {
        256: numbers(LONG, [width]),
        257: numbers(LONG, [height]),
        258: numbers(SHORT, [16] * 3),
        259: numbers(SHORT, [_DEFLATE if deflated else _NO_COMPRESSION]),
        262: numbers(SHORT, [2]),
        277: numbers(SHORT, [3]),
        284: numbers(SHORT, [1]),
        offsets: numbers(LONG8, [16] * count),
        lengths: numbers(LONG8, [len(content)] * count),
    }
    fields |= {322: numbers(LONG, [TILE]), 323: numbers(LONG, [TILE])} if tiled else {278: numbers(LONG, [ROWS])}
    offset = 16 + len(content)
    path.write_bytes(start(offset, big=True) + content + pack({0: fields}, offset, big=True))


def develop_apart(source: Path, destination: Path, output_format: OutputFormat) -> Cost:
    """Develop a picture through three steps in a fresh process, and say what it took; needs Linux's /proc."""
    command = [sys.executable, "-m", "bench.gigapixel", str(source), str(destination), output_format]
    # What libvips would put aside would lie beside the picture.
    environment = {**os.environ, "TMPDIR": str(destination.parent)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return Cost(**json.loads(done.stdout))


def peak_megabytes() -> float:
    """Return the most memory that this process has held; `getrusage` would count what its parent held as it began."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _main(source: str, destination: str, output_format: OutputFormat) -> None:
    steps = [step(slug) for slug in ("exposure", "gamma", "contrast")]
    started = time.perf_counter()
    develop_file(Path(source), steps, Path(destination), Output(output_format))
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))


if __name__ == "__main__":
    _, source, destination, wanted = sys.argv
    _main(source, destination, next(name for name in get_args(OutputFormat) if name == wanted))
