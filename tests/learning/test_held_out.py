"""What is held out of training, and that the score by it is of the agent alone."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from learning.held_out import HeldOut, split
from learning.networks import Agent, Widths, initialise

SMALL = Widths(1, 4)


def squares(count: int, scale: float) -> list[NDArray[np.float32]]:
    random = np.random.default_rng(count)
    return [random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(count)]


def numbered(count: int) -> list[NDArray[np.float32]]:
    return [np.full((1, 1, 3), number, np.float32) for number in range(count)]


def test_a_seed_splits_a_set_into_two_parts_that_share_nothing() -> None:
    def numbers(seed: int) -> list[set[int]]:
        return [{int(one.max()) for one in part} for part in split(numbered(100), seed)]

    training, held_out = numbers(1)
    assert (len(training), len(held_out)) == (85, 15)
    assert training | held_out == set(range(100))
    assert numbers(1) == [training, held_out]
    assert numbers(2)[1] != held_out


@pytest.mark.parametrize("count", [1, 40])
def test_nothing_is_held_out_of_a_small_set(count: int) -> None:
    training, held_out = split(numbered(count), seed=0)
    assert (len(training), held_out) == (count, [])
    assert not HeldOut(held_out, squares(2, 1.0))


def test_the_score_is_repeatable_and_leaves_the_agent_as_it_is() -> None:
    agent = initialise(Agent(SMALL), torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in agent.state_dict().items()}
    held_out = HeldOut(squares(3, 0.3), squares(4, 1.0))
    first = held_out.score(agent, SMALL)
    assert held_out.score(agent, SMALL) == first
    assert 0 <= first.mean <= 100
    assert all(torch.equal(value, before[name]) for name, value in agent.state_dict().items())
    assert agent.choice.output.weight.dtype == torch.float32
