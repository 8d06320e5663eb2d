"""The agent without torch plays as the one with it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from learning.agent.checkpoint import LAST, CheckpointError, begin_run, load_agent, save_checkpoint
from learning.agent.games import GameRequest
from learning.agent.networks import NOTHING_NORMALISED, Agent, initialise
from learning.agent.numpy_agent import load_numpy_agent
from learning.agent.playing import play
from learning.configuration import Normalisation, Widths

WIDTHS = Widths(width=3, hidden=5)


def view(seed: int) -> NDArray[np.float32]:
    """A dark photo as the agent sees it; some values are above 1."""
    return np.random.default_rng(seed).random((64, 64, 3), dtype=np.float32) ** 4 * 1.5


def save(run: Path, widths: Widths, damage: float = 0.0, normalisation: Normalisation = NOTHING_NORMALISED) -> Path:
    """A run whose agent was initialised with biases too."""
    generator = torch.Generator().manual_seed(4)
    agent = initialise(Agent(widths), generator)
    state = agent.state_dict()
    weights = {name: value + 0.1 * torch.rand(value.shape, generator=generator) for name, value in state.items()}
    weights["choice.output.bias"] += damage
    begin_run(run, WIDTHS, {"normalisation": normalisation.to_json()})
    save_checkpoint(run / LAST, {f"agent/weights/{name}": value for name, value in weights.items()}, {})
    return run


@pytest.mark.parametrize(
    "name",
    [
        "a run",
        "a run that sees photos normalised",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("pretrained", "pretrained-film")),
    ],
)
def test_it_takes_the_same_steps_with_the_same_probabilities(tmp_path: Path, name: str) -> None:
    normalisation = Normalisation(exposure=True, white_balance=True) if "normalised" in name else NOTHING_NORMALISED
    run = save(tmp_path / "run", WIDTHS, 0.0, normalisation) if name.startswith("a run") else Path(name)
    checkpoint, agent = load_agent(run), load_numpy_agent(run)
    assert agent.sha256 == checkpoint.sha256
    requests = [GameRequest(f"{photo:064x}", sample, view(photo)) for photo in range(3) for sample in range(2)]
    expected = play(checkpoint.agent.double(), checkpoint.widths, requests, seed=7)
    assert [agent.play(request, seed=7) for request in requests] == expected
    orders = {tuple(played.step.filter for played in game) for game in expected}
    assert len(orders) > (name in ("a run", "pretrained-film"))


def test_a_run_that_cannot_be_read_is_refused_in_the_words_of_the_other(tmp_path: Path) -> None:
    wide, damaged = save(tmp_path / "wide", Widths(width=4, hidden=5)), save(tmp_path / "nan", WIDTHS, np.nan)
    for run in (tmp_path / "nothing", wide, damaged):
        with pytest.raises(CheckpointError) as expected:
            load_agent(run)
        with pytest.raises(CheckpointError) as refused:
            load_numpy_agent(run)
        assert str(refused.value) == str(expected.value)
