"""The picture of a training: it shows what the agent does, and leaves the training as it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from editing.photos.preview import agent_view
from learning.configuration import FastConfig, PaperConfig, Widths
from learning.figures.sequences import COLUMN, SIDE, draw_sequence
from learning.figures.steps import BAR, DARK, PERCENT, TITLE, Drawing
from learning.photos.batches import CropSampler
from learning.photos.squares import Squares
from learning.training.fast_recipe import FastTrainer
from learning.training.paper_recipe import PaperTrainer
from learning.training.pictures import MARGIN, TrainingPictures
from tests.command_line import safelight_output

CPU = torch.device("cpu")
SMALL = Widths(1, 2)


def squares(count: int, scale: float) -> list[NDArray[np.float32]]:
    random = np.random.default_rng(count)
    return [random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(count)]


def test_it_shows_the_inputs_pixel_by_pixel_and_draws_nothing_of_the_training() -> None:
    inputs, targets = squares(1, 0.4), squares(2, 1.0)
    trainer = FastTrainer(
        FastConfig(SMALL, batch=8, iterations=4), CropSampler(inputs, CPU), CropSampler(targets, CPU), CPU
    )
    trainer.iterate()
    before = trainer.state()
    picture = TrainingPictures(Squares.of(inputs), Squares.of(targets), every=1).draw(trainer)
    assert all(torch.equal(value, before[name]) for name, value in trainer.state().items())
    top, left = MARGIN + 2 * TITLE, MARGIN
    shown = picture[top : top + SIDE, left : left + SIDE].astype(float)
    wanted = 255 * agent_view(inputs[0]).repeat(2, axis=0).repeat(2, axis=1)
    assert np.abs(shown - wanted).max() <= 1


def test_a_pool_without_finished_images_can_be_drawn() -> None:
    inputs, targets = squares(1, 0.4), squares(4, 1.0)
    trainer = PaperTrainer(
        PaperConfig(SMALL, batch=4, pool=8), CropSampler(inputs, CPU), CropSampler(targets, CPU), CPU
    )
    finished, unfinished = trainer.critic_draws_from().values()
    assert (len(finished), len(unfinished)) == (0, 8)
    assert TrainingPictures(Squares.of(inputs), Squares.of(targets), every=1).draw(trainer).shape[2] == 3


@pytest.mark.parametrize(
    ("every", "done", "due"), [(2, 4, True), (2, 3, False), (2, 7, True), (0, 4, False), (0, 7, False)]
)
def test_it_is_drawn_every_so_often_and_at_the_end(every: int, done: int, due: bool) -> None:
    inputs = squares(1, 0.4)
    trainer = FastTrainer(
        FastConfig(SMALL, batch=4, iterations=7), CropSampler(inputs, CPU), CropSampler(inputs, CPU), CPU
    )
    trainer.iteration = done
    assert TrainingPictures(Squares.of(inputs), Squares.of(inputs), every).due(trainer) == due


@pytest.mark.long
def test_a_run_with_pictures_ends_with_the_weights_of_one_without(tmp_path: Path) -> None:
    for index, square in enumerate(squares(4, 200)):
        folder = tmp_path / ("inputs" if index < 2 else "targets")
        folder.mkdir(exist_ok=True)
        Image.fromarray(square.astype(np.uint8)).save(folder / f"{index}.png")
    ends = []
    for every in (0, 1):
        out = tmp_path / f"run-{every}"
        given: list[Any] = ["train", "--inputs", tmp_path / "inputs", "--targets", tmp_path / "targets", "--out", out]
        given += ["--width", 1, "--hidden", 2, "--batch", 4, "--iterations", 2, "--picture-every", every]
        safelight_output(*given)
        ends.append((out / "last.safetensors").read_bytes())
    assert ends[0] == ends[1]
    assert sorted(path.name for path in (tmp_path / "run-1" / "pictures").iterdir()) == ["00000001.png", "00000002.png"]
    assert not (tmp_path / "run-0" / "pictures").exists()


def test_a_sequence_has_each_steps_filter_parameters_and_probabilities() -> None:
    steps = [
        Step("exposure", {"ev": 1.9}),
        Step("color", FILTERS["color"].neutral | {"red_0": 1.1}),
        Step("white_balance", {"temperature": 0.12, "tint": -0.03}),
    ]
    pictures = [np.full((4, 6, 3), 0.2, np.float32)]
    for step in steps:
        pictures.append(apply_steps(pictures[-1], [step]))
    shares = [dict.fromkeys(FILTERS, 0.1) | {step.filter: 0.3} for step in steps]
    shares[1]["exposure"] = 0.0
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_sequence(Drawing(axes), pictures, steps, shares)
    texts = [text.get_text() for text in axes.texts]
    assert {"Input", "1  Exposure", "2  Color", "3  White balance", "+1.90 EV", "warmer 12", "greener 3"} <= set(texts)
    assert (texts.count("30 %"), texts.count("10 %"), texts.count("used")) == (3, 20, 1)
    widths = [one.get_width() for one in axes.patches if one.get_facecolor() and one.get_height() == 7]
    longest = COLUMN - BAR - PERCENT
    assert widths.count(longest) == 23
    assert sum(width == pytest.approx(0.3 * longest) for width in widths) == 3
    # The line of no change, and three channels.
    assert [line.get_color() for line in axes.lines] == [DARK.faint, *DARK.channels[3]]
