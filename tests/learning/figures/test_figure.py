"""`safelight figure`: the pictures of the steps in their own proportions, what was done, and no text cut off."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from editing.photos.colour import srgb_to_linear
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from editing.trajectories.steps_file import StepsFile, write_steps
from learning.figures.sequences import (
    EDGE,
    FINE,
    MARGIN,
    EditedSequence,
    intermediate_pictures,
    sequence_figure,
    sheet_figure,
)
from learning.figures.steps import DARK, LIGHT, TITLE, Palette
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, write

WIDE, TALL = (400, 600), (600, 400)
SHARES = dict.fromkeys(FILTERS, 0.0) | {"exposure": 0.5, "gamma": 0.25, "black_white": 0.25}


def extreme(slug: str) -> Step:
    """A step whose parameters take the most room in a line."""
    one = FILTERS[slug]
    return Step(slug, one.canonical({p.name: p.low if i % 3 else p.high for i, p in enumerate(one.parameters)}))


def photo(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(7).random((height, width, 3), dtype=np.float32) ** 2


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    write_steps(tmp_path / "steps.json", StepsFile((Step("exposure", {"ev": 1.0}), extreme("color"))))
    np.save(tmp_path / "photo.npy", photo(40, 60))
    return tmp_path / "steps.json"


def assert_texts_are_whole_and_apart(drawn: Figure) -> None:
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    width, height = canvas.get_width_height()
    boxes = [text.get_window_extent() for text in drawn.axes[0].texts]
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
    for index, one in enumerate(boxes):
        assert not any(one.shrunk(0.9, 0.6).overlaps(other) for other in boxes[index + 1 :])


@pytest.mark.parametrize(
    ("size", "columns"),
    [
        ((60, 600), 3),
        *(pytest.param(size, 3, marks=pytest.mark.long) for size in ((600, 60), WIDE, TALL, (64, 64))),
        *(pytest.param(*given, marks=pytest.mark.long) for given in ((WIDE, 1), (TALL, 6))),
    ],
    ids=str,
)
def test_texts_are_whole_and_apart_whatever_the_proportions(size: tuple[int, int], columns: int) -> None:
    slugs = ("white_balance", "color", "black_white", "tone", "gamma")
    steps = [extreme(slug) for slug in slugs]
    pictures = intermediate_pictures(photo(*size), steps)
    drawn = sequence_figure(pictures, steps, [SHARES] * 5, LIGHT if columns == 3 else DARK, columns)
    assert_texts_are_whole_and_apart(drawn)
    for image in drawn.axes[0].images:
        left, right, bottom, top = image.get_extent()
        assert (right - left) / (bottom - top) == pytest.approx(size[1] / size[0], rel=1e-6)
        assert max(right - left, bottom - top) == pytest.approx(EDGE)


def test_each_picture_is_that_of_its_step(tmp_path: Path, steps: Path) -> None:
    np.save(tmp_path / "large.npy", photo(600, 600))
    safelight_output("figure", "--steps", steps, tmp_path / "large.npy", "-o", tmp_path / "a.png", "--columns", 3)
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(float)
    top, left, side = round(FINE * (MARGIN + TITLE)), round(FINE * MARGIN), round(FINE * EDGE)
    shown = pixels[top : top + side, left : left + side]
    # The photo has as many pixels as it is drawn with; it lies within half a one.
    wanted = 255 * apply_steps(photo(600, 600), []).clip(0, 1)
    assert np.median(np.abs(shown - wanted)) <= 1


@pytest.mark.parametrize("contrast", [(palette, name) for palette in (DARK, LIGHT) for name in ("text", "strong")])
def test_texts_stand_out(contrast: tuple[Palette, str]) -> None:
    """The contrast of WCAG 2, which asks for 4.5."""

    def light(color: str) -> float:
        encoded = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return float(srgb_to_linear(encoded) @ [0.2126, 0.7152, 0.0722])

    palette, name = contrast
    darker, brighter = sorted((light(palette.ground), light(getattr(palette, name))))
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("suffix", "light"),
    [
        (".svg", ()),
        (".PNG", ()),
        *(pytest.param(*given, marks=pytest.mark.long) for given in ((".png", ("--light",)), (".pdf", ()))),
    ],
)
def test_every_format_and_the_same_again(tmp_path: Path, steps: Path, suffix: str, light: tuple[str, ...]) -> None:
    out = tmp_path / f"a{suffix}"
    contents = []
    for _ in range(2):
        safelight_output("figure", "--steps", steps, tmp_path / "photo.npy", "-o", out, *light)
        contents.append(out.read_bytes())
    assert contents[0] == contents[1]
    if suffix == ".svg":
        ET.fromstring(contents[0])  # noqa: S314 (our own file)
    assert {b"<?xm": ".svg", b"\x89PNG": ".png", b"%PDF": ".pdf"}[contents[0][:4]] == suffix.lower()


def test_an_episode_is_drawn_on_its_own_preview(tmp_path: Path) -> None:
    play = write(tmp_path / "play", [Play("ann", "sea")])
    snapshot = read_snapshot(play)
    episode, own = next(rows(snapshot.episodes)), next(rows(snapshot.photos))
    safelight_output("figure", "--episode", f"{play}:{episode['id']}", "-o", tmp_path / "a.png")
    write_steps(tmp_path / "steps.json", StepsFile((Step("exposure", {"ev": 1.0}),)))
    preview = snapshot.preview_path(own["preview_sha256"])
    safelight_output("figure", "--steps", tmp_path / "steps.json", preview, "-o", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_sheet_has_the_first_submitted_episodes_of_a_play(tmp_path: Path) -> None:
    play = write(tmp_path / "play", [Play("ann", "sea"), Play("bob", "sea"), Play("ann", "hill")])
    heights = []
    for most in (2, 3, 20):
        safelight_output("figure", "--sheet", play, "-o", tmp_path / "sheet.png", "--most", most)
        with Image.open(tmp_path / "sheet.png") as image:
            heights.append(image.height)
    assert heights[0] < heights[1] == heights[2]


def test_the_texts_of_a_sheet_are_whole_and_apart() -> None:
    steps = [extreme(slug) for slug in ("white_balance", "color", "black_white", "tone", "gamma")]
    one = EditedSequence(intermediate_pictures(photo(64, 64), steps), steps, [SHARES] * 5)
    assert_texts_are_whole_and_apart(sheet_figure([one, EditedSequence(one.pictures[:1], [])]))


def test_what_was_done_is_written_below_each_picture() -> None:
    steps = [extreme("gamma"), extreme("color")]
    drawn = sequence_figure(intermediate_pictures(photo(6, 9), steps), steps, [SHARES] * 2)
    texts = [text.get_text() for text in drawn.axes[0].texts]
    assert {"Untouched", "1  Gamma", "2  Color", "3.00", "departure × 10", "50 %", "25 %", "used"} <= set(texts)
    assert len(drawn.axes[0].images) == 3


def test_no_steps_are_one_picture(tmp_path: Path, steps: Path) -> None:
    write_steps(steps, StepsFile(()))
    safelight_output("figure", "--steps", steps, tmp_path / "photo.npy", "-o", tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--steps steps.json -o a.png", "name a PHOTO to draw the steps on"),
        ("photo.npy -o a.png", "give one of --steps FILE and --episode DIR:ID"),
        ("--sheet play photo.npy -o a.png", "give no PHOTO, --steps or --episode"),
        ("--sheet photo.npy -o a.png", "photo.npy is not a folder"),
        ("--steps steps.json photo.npy -o a.jpg", "a.jpg must end in .svg or .png or .pdf"),
        ("--steps steps.json photo.npy -o none/a.png", "there is no folder none"),
        ("--steps steps.json photo.png -o photo.png", "photo.png is read by this command, and would be overwritten"),
        ("--steps steps.json photo.png -o ../linked.png", "would be overwritten"),
        ("--steps steps.json none.npy -o a.png", "none.npy: there is no such file"),
        ("--steps photo.npy photo.npy -o a.png", "it is not JSON"),
        ("--steps steps.json photo.npy -o a.png --columns 7", "7 is not in the range"),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_written(
    tmp_path: Path, steps: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, words: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("steps.json", "photo.npy"):
        (tmp_path / name).rename(name)
    Image.new("RGB", (8, 8)).save("photo.png")
    (tmp_path / "linked.png").symlink_to(here / "photo.png")
    before = {path: path.read_bytes() for path in here.iterdir()}
    result = safelight("figure", *arguments.split())
    assert result.exit_code in (1, 2)
    assert words in result.output
    assert {path: path.read_bytes() for path in here.iterdir()} == before
