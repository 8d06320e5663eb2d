"""What is held out of training, and that the score by it is of the agent alone."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from learning.agent.networks import Agent, initialise
from learning.configuration import Widths
from learning.photos.squares import Indices, Pixels, Squares
from learning.training.validation import Validation, split

SMALL = Widths(1, 4)


def squares(count: int, scale: float) -> list[NDArray[np.float32]]:
    random = np.random.default_rng(count)
    return [random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(count)]


def test_a_seed_splits_a_set_into_two_parts_that_share_nothing() -> None:
    def numbers(seed: int) -> list[set[int]]:
        return [set(part.tolist()) for part in split(100, seed)]

    training, validation = numbers(1)
    assert (len(training), len(validation)) == (85, 15)
    assert training | validation == set(range(100))
    assert numbers(1) == [training, validation]
    assert numbers(2)[1] != validation


@pytest.mark.parametrize("count", [1, 40])
def test_nothing_is_held_out_of_a_small_set(count: int) -> None:
    training, validation = split(count, seed=0)
    assert (training.tolist(), validation.tolist()) == (list(range(count)), [])
    assert not Validation([], squares(2, 1.0))


def test_the_score_is_repeatable_and_leaves_the_agent_as_it_is() -> None:
    agent = initialise(Agent(SMALL), torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in agent.state_dict().items()}
    validation = Validation(squares(3, 0.3), squares(4, 1.0))
    first = validation.score(agent, SMALL)
    assert validation.score(agent, SMALL) == first
    assert 0 <= first.mean <= 100
    assert all(torch.equal(value, before[name]) for name, value in agent.state_dict().items())
    assert agent.choice.output.weight.dtype == torch.float32


def test_of_large_sets_some_are_scored_and_the_score_is_of_those_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.training.validation.MOST_INPUTS", 3)
    monkeypatch.setattr("learning.training.validation.MOST_TARGETS", 4)
    looked_at: list[int] = []
    gather = Squares.__getitem__

    def recorded(self: Squares, indices: Indices) -> Pixels:
        looked_at.append(len(indices))
        return gather(self, indices)

    monkeypatch.setattr(Squares, "__getitem__", recorded)
    agent = initialise(Agent(SMALL), torch.Generator().manual_seed(0))
    inputs, targets = Squares.of(squares(9, 0.3)), Squares.of(squares(12, 1.0))
    score = Validation(inputs, targets).score(agent, SMALL)
    assert looked_at == [3, 4]
    assert Validation(inputs, targets).score(agent, SMALL) == score


def test_games_that_are_played_some_at_a_time_have_the_score_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = initialise(Agent(SMALL), torch.Generator().manual_seed(0))
    validation = Validation(squares(3, 0.3), squares(4, 1.0))
    at_once = validation.score(agent, SMALL)
    monkeypatch.setattr("learning.training.validation.GAMES_AT_ONCE", 2)
    assert validation.score(agent, SMALL) == at_once
