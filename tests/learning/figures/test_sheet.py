"""`safelight sheet`: each photo's row, each column's picture, pages, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editing.game.filters import apply_steps
from learning.baselines import automatic_levels
from learning.figures.contact_sheet import GAP, TITLE
from tests.command_line import safelight, safelight_output

EDGE = 40


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos of one size, dark, dull and linear."""
    (tmp_path / "photos").mkdir()
    for name, level in (("a", 0.1), ("b", 0.3), ("c", 0.2)):
        pixels = np.full((60, 80, 3), level, np.float32) * np.linspace(0.5, 1, 80, dtype=np.float32)[:, None]
        np.save(tmp_path / "photos" / f"{name}.npy", pixels)
    return tmp_path / "photos"


def cell(path: Path, row: int, column: int) -> np.ndarray:
    """The picture of a cell, 0 .. 1; the photos are 4:3."""
    height = EDGE * 3 // 4
    top, left = 2 * TITLE + row * (height + TITLE + GAP), GAP + column * (EDGE + GAP)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))[top : top + height, left : left + EDGE] / 255


def test_each_row_has_the_photo_the_agents_the_levels_and_the_target(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    Image.new("RGB", (80, 60), (0, 128, 255)).save(tmp_path / "targets" / "b.png")
    out = tmp_path / "sheet.png"
    arguments = ("--agent", "pretrained", "--targets", tmp_path / "targets", "--edge", EDGE, "-o", out)
    assert safelight_output("sheet", photos, *arguments) == f"3 photos on {out}.\n"
    small = np.load(photos / "b.npy").reshape(30, 2, 40, 2, 3).mean(axis=(1, 3)).astype(np.float32)
    assert cell(out, 1, 0) == pytest.approx(small, abs=0.005)
    assert cell(out, 1, 1).mean() > small.mean()  # what the agent made of it is brighter
    assert cell(out, 1, 2) == pytest.approx(apply_steps(small, automatic_levels(small)).clip(0, 1), abs=0.02)
    assert cell(out, 1, 3)[15, 20] == pytest.approx([0, 128 / 255, 1], abs=0.01)
    assert np.ptp(cell(out, 0, 3), axis=(0, 1)).max() == 0  # there is no target of a


def test_many_photos_have_several_pages_and_a_folder_gives_few_of_its_own(photos: Path, tmp_path: Path) -> None:
    arguments = ("--also", photos, "linear", "prophoto", "--rows", 2, "--each", 2, "--edge", EDGE)
    output = safelight_output("sheet", photos, *arguments, "-o", tmp_path / "sheet.jpg")
    pages = [tmp_path / f"sheet-{number}.jpg" for number in (1, 2)]
    assert output == f"4 photos on {pages[0]}, {pages[1]}.\n"
    # Both are grey, and grey is the same in any colour space.
    assert cell(pages[0], 0, 0) == pytest.approx(cell(pages[1], 0, 0), abs=0.02)


def test_a_photo_that_cannot_be_read_is_named_and_the_others_are_drawn(photos: Path, tmp_path: Path) -> None:
    (photos / "broken.png").write_text("no picture")
    output = safelight_output("sheet", photos, "--edge", EDGE, "-o", tmp_path / "sheet.jpg")
    assert "Left out: broken.png" in output
    assert "3 photos on" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("-o sheet.jpg", "name photos, or folders of them"),
        ("photos -o sheet.gif", "sheet.gif must end in .jpg or .jpeg or .png"),
        ("none -o sheet.jpg", "none: there is no such file or folder"),
        ("photos --agent none -o sheet.jpg", "none"),
        ("photos --also photos log auto -o sheet.jpg", "'log' is not one of"),
    ],
)
def test_bad_input_is_refused_in_words(
    photos: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, words: str
) -> None:
    monkeypatch.chdir(photos.parent)
    result = safelight("sheet", *arguments.split())
    assert result.exit_code in (1, 2)
    assert words in result.output
    assert not (photos.parent / "sheet.jpg").exists()
