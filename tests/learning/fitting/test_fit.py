"""`safelight fit`: what it writes, and what it refuses in words."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.colour import srgb_to_linear
from editing.trajectories.steps_file import read_steps
from tests.command_line import safelight, safelight_output

STEPS = (Step("exposure", {"ev": 1.5}), Step("gamma", {"gamma": 0.7}))
QUICK = ("--width", 1, "--starts", 1, "--steps", 2)


def save(path: Path, picture: np.ndarray) -> Path:
    Image.fromarray(np.round(255 * picture.clip(0, 1)).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """A photo, in smooth colours, and the picture that two steps make of it."""
    across, down = np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 40))
    encoded = np.stack([0.6 * across, 0.6 * down, 0.5 * across * down + 0.1], axis=-1)
    photo = save(tmp_path / "photo.png", encoded)
    with Image.open(photo) as image:
        light = srgb_to_linear(np.asarray(image) / 255).astype(np.float32)
    return photo, save(tmp_path / "target.png", apply_steps(light, STEPS))


def test_picture_steps_and_figures_are_written_and_develop_takes_the_steps(
    pictures: tuple[Path, Path], tmp_path: Path
) -> None:
    out, figures = tmp_path / "fitted.png", tmp_path / "fit.json"
    output = safelight_output("fit", *pictures, "-o", out, "--json", figures, *QUICK)
    document = json.loads(figures.read_text())
    fit = document["fits"][-1]
    assert fit["delta_e"] < 0.6  # of 8 bits' own rounding
    assert f"delta E 2000 {fit['delta_e']:.2f}" in output
    assert document["fits"][0]["steps"] == []
    assert document["fits"][0]["delta_e"] > 10
    sidecar = tmp_path / "fitted.png.safelight.json"
    steps = read_steps(sidecar)
    assert [step.filter for step in steps.steps] == [step["filter"] for step in fit["steps"]]
    assert steps.about["target"]["name"] == "target.png"
    safelight_output("develop", pictures[0], "--steps", sidecar, "-o", tmp_path / "again", "--format", "png16")
    assert (tmp_path / "again" / "photo.png").read_bytes() == out.read_bytes()


@pytest.mark.long
def test_a_target_of_another_size_is_compared_at_the_smaller(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    with Image.open(pictures[1]) as image:
        image.resize((30, 20), Image.Resampling.BOX).save(tmp_path / "small.png")
    output = safelight_output("fit", pictures[0], tmp_path / "small.png", *QUICK)
    assert "Left at 30 x 20 pixels: delta E 2000 0." in output


@pytest.mark.long
def test_the_photo_alone_is_taken_as_linear(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    with Image.open(pictures[0]) as image:
        save(tmp_path / "linear.png", srgb_to_linear(np.asarray(image) / 255))
    output = safelight_output("fit", tmp_path / "linear.png", pictures[1], "--transfer", "linear", *QUICK)
    assert float(output.split("delta E 2000 ")[1].split(",")[0]) < 2  # dark values in 8 bits, linear


def test_bad_input_is_refused_in_words_and_nothing_is_written(
    pictures: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 60)).save("turned.png")
    Image.new("RGB", (60, 50)).save("cut.png")
    Path("text.png").write_text("no picture")
    before = set(tmp_path.iterdir())
    for arguments, words in (
        ("photo.png turned.png", "photo.png 60 x 40 and turned.png 40 x 60 pixels; one of them lies on its side"),
        ("photo.png cut.png", "photo.png 60 x 40 and cut.png 60 x 50 pixels; crop them alike"),
        ("photo.png none.png", "none.png"),
        ("text.png photo.png", "text.png"),
        ("photo.png .", "is a folder; TARGET is one file"),
        ("photo.png target.png -o a.gif", "a.gif must end in .jpg or"),
        ("photo.png target.png -o photo.png", "is read by this command, and would be overwritten"),
        ("photo.png target.png --json a.txt", "a.txt must end in .json"),
        ("photo.png target.png --steps 6", "6 is not in the range"),
    ):
        result = safelight("fit", *arguments.split())
        assert result.exit_code in (1, 2)
        assert words in " ".join(result.output.split()), result.output
    assert set(tmp_path.iterdir()) == before
