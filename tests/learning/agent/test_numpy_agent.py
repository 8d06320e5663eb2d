"""The agent without torch plays as the one with it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from learning.agent.checkpoint import LAST, CheckpointError, begin_run, load_agent, save_checkpoint
from learning.agent.games import GameRequest
from learning.agent.networks import Agent, initialise
from learning.agent.numpy_agent import load_numpy_agent
from learning.agent.playing import play
from learning.configuration import Widths

WIDTHS = Widths(width=3, hidden=5)


def view(seed: int) -> NDArray[np.float32]:
    """A dark photo as the agent sees it; some values are above 1."""
    return np.random.default_rng(seed).random((64, 64, 3), dtype=np.float32) ** 4 * 1.5


def save(run: Path, widths: Widths, damage: float = 0.0) -> Path:
    """A run whose agent was initialised with biases too."""
    generator = torch.Generator().manual_seed(4)
    agent = initialise(Agent(widths), generator)
    state = agent.state_dict()
    weights = {name: value + 0.1 * torch.rand(value.shape, generator=generator) for name, value in state.items()}
    weights["choice.output.bias"] += damage
    begin_run(run, WIDTHS, {})
    save_checkpoint(run / LAST, {f"agent/weights/{name}": value for name, value in weights.items()}, {})
    return run


@pytest.mark.parametrize("name", ["a run", "pretrained"])
def test_it_takes_the_same_steps_with_the_same_probabilities(tmp_path: Path, name: str) -> None:
    run = save(tmp_path / "run", WIDTHS) if name == "a run" else Path(name)
    checkpoint, agent = load_agent(run), load_numpy_agent(run)
    assert agent.sha256 == checkpoint.sha256
    requests = [GameRequest(f"{photo:064x}", sample, view(photo)) for photo in range(3) for sample in range(2)]
    expected = play(checkpoint.agent.double(), checkpoint.widths, requests, seed=7)
    assert [agent.play(request, seed=7) for request in requests] == expected
    assert len({tuple(played.step.filter for played in game) for game in expected}) > 1


def test_a_run_that_cannot_be_read_is_refused_in_the_words_of_the_other(tmp_path: Path) -> None:
    wide, damaged = save(tmp_path / "wide", Widths(width=4, hidden=5)), save(tmp_path / "nan", WIDTHS, np.nan)
    for run in (tmp_path / "nothing", wide, damaged):
        with pytest.raises(CheckpointError) as expected:
            load_agent(run)
        with pytest.raises(CheckpointError) as refused:
            load_numpy_agent(run)
        assert str(refused.value) == str(expected.value)
