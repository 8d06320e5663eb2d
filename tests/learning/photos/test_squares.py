"""Squares in a file: read as they are asked for, without filling the process's memory."""

from pathlib import Path
from queue import Queue
from threading import Semaphore

import numpy as np
import pytest
import torch

from bench.photo_memory import peak_growth
from learning.photos.batches import Crops, CropSampler
from learning.photos.squares import SHAPE, Indices, Pixels, Squares


def numbered(path: Path, count: int, kind: str) -> Squares:
    values = np.arange(count, dtype=kind)[:, None, None, None]
    np.broadcast_to(values, (count, *SHAPE)).astype(kind).tofile(path)
    return Squares.in_file(path, kind, np.arange(count).reshape(-1, 2))


@pytest.mark.parametrize("kind", ["<f2", "<f4"])
def test_squares_of_a_file_are_float32_in_the_order_asked_for(tmp_path: Path, kind: str) -> None:
    squares = numbered(tmp_path / "squares", 8, kind)
    assert (len(squares), squares.photos) == (8, 4)
    found = squares[np.array([5, 0, 5])]
    assert (found.dtype, found.shape) == (np.float32, (3, *SHAPE))
    assert found[:, 0, 0, 0].tolist() == [5, 0, 5]
    # Both squares of a photo go where it goes.
    some = squares.take(np.array([3, 1]))
    assert some[np.arange(len(some))][:, 0, 0, 0].tolist() == [6, 7, 2, 3]


def test_a_matrix_takes_the_files_colours_to_the_working_space_and_negatives_become_0(tmp_path: Path) -> None:
    np.ones((1, *SHAPE), np.float32).tofile(tmp_path / "squares")
    matrix = np.array([[2.0, 1.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, -1.0]])
    squares = Squares.in_file(tmp_path / "squares", "<f4", np.zeros((1, 1), np.int64), matrix=matrix)
    assert squares[np.array([0])][0, 3, 4].tolist() == [3.0, 0.5, 0.0]


def test_crops_are_the_same_from_the_device_and_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.random.default_rng(0).random((6, *SHAPE)).astype("<f2").tofile(tmp_path / "squares")
    squares = Squares.in_file(tmp_path / "squares", "<f2", np.arange(6)[:, None])

    def drawn() -> list[torch.Tensor]:
        photos, generator = CropSampler(squares, torch.device("cpu")), torch.Generator().manual_seed(0)
        return list(photos.read_ahead([photos.draw(20, generator) for _ in range(3)]))

    resident = drawn()
    monkeypatch.setattr("learning.photos.batches.RESIDENT_BYTES", 0)
    for ours, theirs in zip(drawn(), resident, strict=True):
        assert torch.equal(ours, theirs)


def test_a_batch_is_read_while_the_one_before_it_is_in_use_and_none_further(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: Queue[list[int]] = Queue()
    allowed = Semaphore(0)

    class Watched(Squares):
        def __getitem__(self, indices: Indices) -> Pixels:
            begun.put(indices.tolist())
            assert allowed.acquire(timeout=30)
            return super().__getitem__(indices)

    monkeypatch.setattr("learning.photos.batches.RESIDENT_BYTES", 0)
    array = np.random.default_rng(0).random((6, *SHAPE), dtype=np.float32)
    photos = CropSampler(Watched(array, np.arange(6)[:, None]), torch.device("cpu"))
    windows = torch.zeros(4, 2, dtype=torch.int64)
    batches = [Crops(windows + torch.tensor([first, 0, 0, 0])[:, None]) for first in (3, 1, 5)]
    crops = photos.read_ahead(batches)
    assert begun.get(timeout=30) == [3, 3]
    for at, following in ((3, [1, 1]), (1, [5, 5])):
        assert begun.empty()
        allowed.release()
        assert torch.equal(next(crops)[1], torch.from_numpy(array[at, :64, :64]).permute(2, 0, 1))
        assert begun.get(timeout=30) == following
    allowed.release()
    assert len(list(crops)) == 1
    assert begun.empty()


def memory() -> int:
    """Bytes of this process's memory, those of mapped files too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) << 10


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory in use from /proc")
def test_reading_all_of_a_large_file_leaves_none_of_it_in_memory(tmp_path: Path) -> None:
    with (tmp_path / "squares").open("wb") as file:
        file.truncate(128 << 20)  # a sparse file: zeros that take no room on the disk
    squares = Squares.in_file(tmp_path / "squares", "<f2", np.arange((128 << 20) // 38_400)[:, None])
    before = memory()
    for start in range(0, len(squares), 16):
        squares[np.arange(start, min(start + 16, len(squares)))]
    assert memory() - before < 32 << 20


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory in use from /proc")
def test_fifty_thousand_photos_take_little_of_the_two_gigabytes_that_they_may() -> None:
    assert peak_growth(50_000) < 500
