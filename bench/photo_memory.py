"""The memory that training takes for its photos, however many there are."""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from learning.photos.batches import CropSampler
from learning.photos.square_cache import NUMBER_TYPE, SQUARE_BYTES
from learning.photos.squares import Squares
from learning.training.validation import Validation, split

BATCH = 64


def peak_growth(photos: int) -> float:
    """MB by which a fresh process's peak memory grows while it draws batches of so many inputs; needs Linux's /proc."""
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        return executor.submit(_growth, photos).result()


def _growth(photos: int) -> float:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "squares")
        with path.open("wb") as file:
            file.truncate(photos * SQUARE_BYTES)  # a sparse file: zeros that take no room on the disk
        generator = torch.Generator().manual_seed(0)
        before = _kilobytes("VmRSS")
        squares = Squares.in_file(path, NUMBER_TYPE, np.arange(photos)[:, None])
        trained, validation = split(photos, seed=0)
        training = CropSampler(squares.take(trained), torch.device("cpu"))
        scored = Validation(squares.take(validation), squares)
        for _ in range(photos // BATCH):
            training.read(training.draw(BATCH, generator))
        assert scored  # noqa: S101 (it must live until here)
        return (_kilobytes("VmHWM") - before) / 1024


def _kilobytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/self/status does not tell {name}")
