"""Sets of photos: from folders and from exports, by one process or by several."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.read_options import ReadOptions
from learning.photos.sets import (
    Decoding,
    PhotoSetError,
    Pixels,
    each_by_processes,
    list_photos,
    list_results,
    map_pictures,
    read_picture,
    training_square,
)
from tests.learning.snapshots import Play, picture, write


def name_and_mean(pixels: Pixels, name: str) -> tuple[str, float]:
    return name, float(pixels.mean())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    below = tmp_path / "photos" / "below"
    below.mkdir(parents=True)
    for index in range(4):
        Image.new("RGB", (12, 8), (10 * index,) * 3).save(below / f"{index}.png")
    (below / "broken.png").write_bytes(b"no picture")
    return tmp_path / "photos"


@pytest.mark.parametrize("processes", [False, True])
def test_a_folder_is_read_in_order_and_what_cannot_be_read_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, processes: bool
) -> None:
    if processes:
        monkeypatch.setattr("learning.photos.sets.PHOTOS_WORTH_PROCESSES", 1)
    reading = map_pictures(list_photos(folder), Decoding(ReadOptions(transfer="linear")), name_and_mean, "Reading")
    assert [name for name, _ in reading.results] == ["0.png", "1.png", "2.png", "3.png"]
    assert [mean for _, mean in reading.results] == pytest.approx([10 * index / 255 for index in range(4)], abs=1e-6)
    assert len(reading.unreadable) == 1
    assert reading.unreadable[0].startswith("broken.png: ")


@pytest.mark.parametrize("ahead", [1, 2, 5, 9])
def test_results_come_in_order_and_few_are_made_before_they_are_taken(
    monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    made = 0

    @contextmanager
    def eager(count: int) -> Iterator[Callable[[Callable[[int], int], Sequence[int]], list[int]]]:
        yield lambda function, items: [function(item) for item in items]

    def square_of(number: int) -> int:
        nonlocal made
        made += 1
        return number * number

    monkeypatch.setattr("learning.photos.sets._mapping", eager)
    monkeypatch.setattr("learning.photos.sets.ITEMS_AT_ONCE", ahead)
    for index, result in enumerate(each_by_processes(square_of, range(5), "Squaring")):
        assert result == index * index
        assert made <= index + 2 * ahead
    assert made == 5


def test_an_export_gives_the_photos_of_its_previews(tmp_path: Path) -> None:
    export = write(tmp_path / "export", [Play("ann", "sea"), Play("bob", "hill")])
    photos = list_photos(export)
    assert [photo.name for photo in photos] == ["hill.png", "sea.png"]
    np.testing.assert_array_equal(read_picture(photos[1], Decoding()), picture("sea").astype(np.float32))
    reading = map_pictures(photos, Decoding(), training_square, "Reading")
    assert [square.shape for square in reading.results] == [(80, 80, 3)] * 2


def test_an_exports_results_are_its_submitted_episodes_rendered(tmp_path: Path) -> None:
    unfinished = Play("bob", "hill", (), {"status": "open"})
    untouched = Play("cid", "town", ())
    export = write(tmp_path / "export", [Play("ann", "sea", (("exposure", {"ev": 1.5}),)), unfinished, untouched])
    sea, town = list_results(export)
    expected = apply_steps(picture("sea"), [Step("exposure", {"ev": 1.5})])
    np.testing.assert_array_equal(read_picture(sea, Decoding()), expected)
    np.testing.assert_array_equal(read_picture(town, Decoding()), picture("town").astype(np.float32))


def test_an_export_without_a_submitted_episode_has_no_results(tmp_path: Path) -> None:
    export = write(tmp_path / "export", [Play("bob", "hill", (), {"status": "open"})])
    with pytest.raises(PhotoSetError, match="no submitted episode"):
        list_results(export)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_workers_end_with_a_parent_that_was_killed() -> None:
    program = (
        "import os, sys, time\nfrom pathlib import Path\nfrom learning.photos import sets as photo_sets\n"
        "photo_sets.PHOTOS_WORTH_PROCESSES = 1\nos.cpu_count = lambda: 2\n"
        "with photo_sets._mapping(2) as mapping:\n"
        "    print(next(iter(mapping(os.path.realpath, ['/proc/self', '/proc/self']))), flush=True)\n"
        "    time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        worker = Path(process.stdout.readline().strip())
        assert worker.is_dir()
        process.kill()
    deadline = time.monotonic() + 30
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(process: Path) -> bool:
    """Whether a process of /proc is there, and not one that has ended and that nobody has asked about."""
    try:
        return (process / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
