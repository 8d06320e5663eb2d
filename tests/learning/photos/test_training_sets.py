"""Settings that cannot train an agent: each is refused in a line, before a photo is decoded or an iteration made."""

from pathlib import Path

import numpy as np
import pytest
import pyvips
from click.testing import Result
from PIL import Image

from editing.photos.read_options import ReadOptions
from learning.photos.sets import Decoding, read_picture
from learning.photos.training_sets import find_targets
from tests.command_line import safelight, safelight_output


def picture(path: Path, seed: int, *, grey: bool = False) -> None:
    shape = (90, 90) if grey else (90, 90, 3)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, shape, dtype=np.uint8)).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(3):
        picture(folder / f"{index}.png", index)
    return folder


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    folder = tmp_path / "finished"
    folder.mkdir()
    return folder


def train(inputs: Path, targets: Path, *more: object) -> Result:
    """Train once; an iteration that begins is a failure."""
    out = inputs.parent / "run"
    small = ["--width", 1, "--hidden", 2, "--batch", 4, "--iterations", 1, "--device", "cpu"]
    small += ["--picture-every", 0]
    given = ["train", "--inputs", inputs, "--targets", targets, "--out", out, *small, *more]
    return safelight(*given)


def refused(result: Result, photos: Path) -> str:
    assert result.exit_code == 1
    assert not (photos.parent / "run").exists()
    (line,) = (line for line in result.output.splitlines() if line.startswith("Error: "))
    return line


@pytest.mark.parametrize("which", ["inputs", "targets"])
def test_one_photo_is_too_few(photos: Path, finished: Path, which: str) -> None:
    picture(finished / "only.png", 0)
    sets = (finished, photos) if which == "inputs" else (photos, finished)
    line = refused(train(*sets), photos)
    assert line == (
        f"Error: {finished}: 1 photo is too few to train on; at least 2 are needed, and some hundred to learn a look"
    )


def test_one_that_can_be_read_is_too_few(photos: Path, finished: Path) -> None:
    picture(finished / "only.png", 0)
    (finished / "broken.png").write_bytes(b"no picture")
    line = refused(train(finished, photos), photos)
    assert "1 photo is too few to train on" in line
    assert "(1 left out: broken.png: it is named as a PNG" in line


def test_grey_targets_are_refused(photos: Path, finished: Path) -> None:
    for index in range(3):
        picture(finished / f"{index}.jpg", index, grey=True)
    line = refused(train(photos, finished), photos)
    assert "all 3 targets are grey, so an agent would learn black and white alone" in line


def test_targets_that_are_all_the_same_are_refused(photos: Path, finished: Path) -> None:
    for index in range(3):
        picture(finished / f"{index}.png", seed=0)
    assert "all 3 targets are the same picture" in refused(train(photos, finished), photos)


def test_one_target_in_colour_among_greys_is_enough(photos: Path, finished: Path) -> None:
    for index in range(3):
        picture(finished / f"{index}.png", index, grey=index > 0)
    result = train(photos, finished)
    assert result.exit_code == 0, result.output
    assert "Warning" not in result.output


def test_targets_that_are_the_inputs_are_warned_of(photos: Path) -> None:
    result = train(photos, photos)
    assert result.exit_code == 0, result.output
    assert "Warning: the targets are the inputs" in result.output


def test_a_disk_without_room_for_the_cache_is_refused(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.photos.square_cache.SQUARE_BYTES", 1 << 60)
    assert "MB free; the squares of 3 photos need" in refused(train(photos, photos), photos)


def test_the_cache_is_where_it_is_wanted_and_does_not_belong_to_the_run(photos: Path, tmp_path: Path) -> None:
    assert train(photos, photos, "--cache", tmp_path / "here").exit_code == 0
    assert len(list((tmp_path / "here").glob("photos-*/squares.float16"))) == 2
    safelight_output("train", "--out", tmp_path / "run", "--resume", "--cache", tmp_path)


@pytest.mark.parametrize("transfer", ["auto", "linear"])
def test_targets_are_what_a_screen_shows(finished: Path, transfer: str) -> None:
    for index in range(2):
        Image.new("RGB", (90, 90), (0, 102, 255)).save(finished / f"{index}.png")
    source = find_targets(finished, Decoding(ReadOptions(transfer)))
    pixels = read_picture(source.pictures[0], source.decoding)
    np.testing.assert_allclose(pixels[0, 0], [0.0, 0.4, 1.0], atol=1e-6)


def test_targets_of_another_colour_space_are_shown_as_an_srgb_screen_shows_them(finished: Path) -> None:
    # A 16-bit TIFF in ProPhoto, as FiveK's experts left theirs: its greys have the numbers of the curve of 1.8.
    for index in range(2):
        values = np.full((90, 90, 3), round(65535 * 0.5 ** (1 / 1.8)), np.uint16)
        pyvips.Image.new_from_array(values).copy(interpretation="rgb16").tiffsave(str(finished / f"{index}.tif"))
    source = find_targets(finished, Decoding(ReadOptions(primaries="prophoto")))
    pixels = read_picture(source.pictures[0], source.decoding)
    np.testing.assert_allclose(pixels[0, 0], 1.055 * 0.5 ** (1 / 2.4) - 0.055, atol=1e-4)
