"""Pictures larger than memory are developed in bounded memory, and without a copy of them on the disk."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from bench.gigapixel import SIDE, Cost, develop_apart, write_large_tiff

BOUND_MB = 1000


def develop_watched(folder: Path, output_format: Any) -> Cost:
    """Develop `a.tif` of the folder; meanwhile nothing else but the new file may lie there."""
    done = threading.Event()
    seen: set[str] = set()

    def watch() -> None:
        while not done.wait(0.02):
            seen.update(path.name for path in folder.iterdir())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        cost = develop_apart(folder / "a.tif", folder / "b", output_format)
    finally:
        done.set()
        watcher.join()
    (draft,) = seen - {"a.tif", "b"}
    assert draft.startswith(".b.")
    return cost


@pytest.mark.parametrize("tiled", [False, pytest.param(True, marks=pytest.mark.long)])
def test_memory_does_not_grow_with_the_picture(tmp_path: Path, tiled: bool) -> None:
    costs = []
    for height in (600, 6000):
        write_large_tiff(tmp_path / "a.tif", 6000, height, tiled=tiled)
        costs.append(develop_watched(tmp_path, "jpeg"))
    # 216 MB of pixels, and of those that are written 108.
    assert costs[1].megabytes - costs[0].megabytes < 50
    assert costs[1].megabytes < 450


@pytest.mark.long
@pytest.mark.parametrize("tiled", [False, True])
def test_a_gigapixel_is_developed_in_less_than_a_gigabyte(tmp_path: Path, tiled: bool) -> None:
    if shutil.disk_usage(tmp_path).free < 10 << 30:
        pytest.skip("needs 10 GB of disk")
    write_large_tiff(tmp_path / "a.tif", SIDE, SIDE, tiled=tiled)
    cost = develop_watched(tmp_path, "tiff16")
    (tmp_path / "b").unlink()
    assert cost.megabytes < BOUND_MB
