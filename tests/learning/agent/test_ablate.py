"""What an agent's choice of filters is worth: its own against drawn and least probable ones."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from learning.agent import state
from learning.agent.checkpoint import LAST, begin_run, load_agent, save_checkpoint
from learning.agent.games import GameRequest
from learning.agent.networks import create_networks
from learning.agent.playing import CHOICES, choose_filters, play
from learning.configuration import Widths
from tests.command_line import safelight, safelight_output

SMALL = Widths(width=1, hidden=4)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    networks = create_networks(SMALL, torch.Generator().manual_seed(0))
    with torch.no_grad():  # bolder than at the start of training, so that choices differ
        for head in (networks.agent.choice, *networks.agent.heads.values()):
            head.output.weight.mul_(8)
    begin_run(tmp_path / "run", SMALL, {})
    weights = {f"agent/weights/{name}": value for name, value in networks.agent.state_dict().items()}
    save_checkpoint(tmp_path / "run" / LAST, weights, {"iterations_done": 3})
    return tmp_path / "run"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    random = np.random.default_rng(5)
    for name, low, high in (("inputs", 0, 90), ("targets", 60, 255)):
        (tmp_path / name).mkdir()
        for index in range(3):
            pixels = random.integers(low, high, (80, 90, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{index}.png")
    return tmp_path / "inputs", tmp_path / "targets"


def test_filters_are_chosen_in_four_ways_and_never_a_used_one() -> None:
    probabilities = torch.tensor([[0.30, 0.24, 0.16, 0.12, 0.08, 0.06, 0.03, 0.01]], dtype=torch.float64).repeat(
        4000, 1
    )
    states = state.fresh_states(4000, probabilities)
    states[:, state.USED.start], states[:, state.USED.stop - 1] = 1, 1
    z = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    chosen = {choice: choose_filters(choice, probabilities, states, z) for choice in CHOICES}
    assert (chosen["most probable"] == 1).all()
    assert (chosen["least probable"] == 6).all()
    left = probabilities[0, 1:7] / probabilities[0, 1:7].sum()
    counts = {choice: filters.bincount(minlength=8) / 4000 for choice, filters in chosen.items()}
    assert counts["sampled"][1:7].tolist() == pytest.approx(left.tolist(), abs=1e-3)
    assert counts["uniform"].tolist() == pytest.approx([0, *[1 / 6] * 6, 0], abs=1e-3)


def test_drawn_games_repeat_and_differ_by_sample(run: Path) -> None:
    checkpoint = load_agent(run)
    agent = checkpoint.agent.double()
    view = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32)
    requests = [GameRequest("photo", sample, view) for sample in range(6)]
    orders = [
        [tuple(step.step.filter for step in game) for game in play(agent, SMALL, requests, 3, "uniform")]
        for _ in range(2)
    ]
    assert orders[0] == orders[1]
    assert len(set(orders[0])) > 1
    assert all(len(set(order)) == 5 for order in orders[0])


def test_the_figures_are_those_of_the_games_played(run: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    inputs, targets = folders
    output = safelight_output("ablate", "--agent", run, inputs, targets, "--json", tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text())
    assert list(document["choices"]) == list(CHOICES)
    assert output.splitlines()[0] == "3 photos, 1 games on each"
    safelight_output("play", "--agent", run, inputs, "-o", tmp_path / "play")
    measured = safelight_output("measure", tmp_path / "play", targets, "--pairs")
    # The play's own previews are rounded to float16.
    assert document["choices"]["most probable"]["rmse"] == pytest.approx(float(measured.split()[-1]), abs=2e-3)
    for figures in document["choices"].values():
        assert 0 < figures["rmse"] < 1
        assert 0 <= figures["score"] <= 100
        assert 1 <= figures["orders"] <= 3


def test_an_input_without_a_target_is_named(run: Path, folders: tuple[Path, Path]) -> None:
    inputs, targets = folders
    (targets / "1.png").unlink()
    result = safelight("ablate", "--agent", run, inputs, targets)
    assert result.exit_code == 1
    assert "no target of the name of 1.png" in result.output


def test_a_target_of_another_size_is_named(run: Path, folders: tuple[Path, Path]) -> None:
    inputs, targets = folders
    Image.new("RGB", (64, 64)).save(targets / "2.png")
    result = safelight("ablate", "--agent", run, inputs, targets)
    assert result.exit_code == 1
    assert "2.png and its target have different sizes, 90 x 80 and 64 x 64" in result.output
