"""Sets of photos: from folders and from exports, by one process or by several."""

import os
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
    list_photos,
    list_results,
    map_pictures,
    read_picture,
    training_square,
)
from tests.learning.snapshots import Play, picture, write


def name_and_mean(pixels: Pixels, name: str) -> tuple[str, float]:
    return name, float(pixels.mean())


def dying(pixels: Pixels, name: str) -> None:
    os._exit(1)


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


def test_a_process_that_dies_ends_the_reading_with_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.photos.sets.PHOTOS_WORTH_PROCESSES", 1)
    with pytest.raises(PhotoSetError, match="a process that read photos died"):
        map_pictures(list_photos(folder), Decoding(), dying, "Reading")
