"""What a training shows: every iteration once, however often it was stopped, and a line that says how it goes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from learning.training.log import RunLog, sentence, tag


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("agent_loss", "loss/agent"),
        ("critic_gradient", "gradient/critic"),
        ("distance", "critic/distance"),
        ("gradient_norm", "critic/gradient_norm"),
        ("critic_penalty", "critic/penalty"),
        ("entropy", "agent/entropy"),
        ("too_bright", "agent/too_bright"),
        ("used_black_white", "filters/black_white"),
        ("score_mean", "score/mean"),
        ("score_spread", "score/spread"),
    ],
)
def test_figures_are_grouped(name: str, where: str) -> None:
    assert tag(name) == where


def test_a_run_that_was_stopped_has_every_iteration_once(tmp_path: Path) -> None:
    for first, last, loss in ((0, 5, 1.0), (2, 4, 2.0), (3, 6, 3.0)):
        with RunLog(tmp_path, first, 6) as log:
            for iteration in range(first, last):
                log.write(iteration, {"agent_loss": loss})
            log.flush()
    expected = [(0, 1.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 3.0), (5, 3.0)]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [(line["iteration"], line["agent_loss"]) for line in lines] == expected
    events = EventAccumulator(str(tmp_path)).Reload().Scalars("loss/agent")
    assert [(event.step, event.value) for event in events] == expected


def test_a_figure_that_is_not_finite_is_null(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0, 1) as log:
        log.write(0, {"agent_loss": float("nan"), "distance": float("inf")})
    assert json.loads((tmp_path / "log.jsonl").read_text()) == {"iteration": 0, "agent_loss": None, "distance": None}


def test_a_picture_is_named_by_the_iterations_done_and_is_in_tensorboard(tmp_path: Path) -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    with RunLog(tmp_path, 0, 300) as log:
        log.picture(299, picture)
    assert (np.asarray(Image.open(tmp_path / "pictures" / "00000300.png")) == picture).all()
    (event,) = EventAccumulator(str(tmp_path)).Reload().Images("training")
    assert (event.step, event.width, event.height) == (299, 4, 4)


def test_a_line_has_the_means_since_the_line_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunLog(tmp_path, 0, 4) as log:
        for iteration, distance in enumerate((1.0, 2.0, 5.0, 7.0)):
            log.write(iteration, {"distance": distance})
            if iteration % 2:
                log.say()
    first, second = capsys.readouterr().err.splitlines()
    assert (first.startswith("2 of 4"), first.endswith(": distance 1.5")) == (True, True)
    assert (second.startswith("4 of 4"), second.endswith(": distance 6")) == (True, True)


def test_the_main_figures_are_said() -> None:
    metrics = {"used_tone": 0.5, "used_gamma": 1.0, "used_color": 0.01, "return": 3.0, "score_mean": 79.12}
    metrics |= {"entropy": 1.4, "agent_loss": 0.25, "score_spread": 0.31, "score_distance": 0.0451}
    assert sentence(metrics) == (
        "agent loss 0.25; entropy 1.4; score 79.1 (spread 0.3, distance 0.045); "
        "filters in a game: Gamma 1.00, Tone 0.50"
    )
