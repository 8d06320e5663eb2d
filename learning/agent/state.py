"""The agent's state: eleven numbers for each image, ``[has_reward, stopped, step, used_0 .. used_7]``.

All are 0 at the start of an episode. ``used`` follows the order of ``editing.game.filters.FILTERS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS

if TYPE_CHECKING:
    from torch import Tensor

HAS_REWARD = 0
STOPPED = 1
STEP = 2
USED = slice(3, 3 + len(FILTERS))
SIZE = 3 + len(FILTERS)


def fresh_states(count: int, like: Tensor) -> Tensor:
    """(count, 11) states before the first step, of the type and device of ``like``."""
    return like.new_zeros(count, SIZE)


def finished(states: Tensor) -> Tensor:
    """(N,) booleans: whether the episode has had all of its steps."""
    return states[:, STOPPED] > 0


def used_before(states: Tensor, choice: Tensor) -> Tensor:
    """(N, 1) 1 where the chosen filter was used before, else 0."""
    return states[:, USED].gather(1, choice[:, None])


def one_hot(choice: Tensor) -> Tensor:
    """(..., 8) whether each filter is the one chosen, from its index (...); none is where the choice is to stop.

    Not by torch's ``one_hot``, which asks whether the indices are in range: nothing may be asked in what is recorded.
    """
    import torch  # only here, since the positions above are for those too who go without it

    return choice[..., None] == torch.arange(len(FILTERS), device=choice.device)


def next_states(states: Tensor, choice: Tensor) -> Tensor:
    """(N, 11) the states after each episode's ``choice``, (N,) indices of filters, or their number to stop."""
    import torch

    stopping = choice == len(FILTERS)
    after = states.clone()
    after[:, STEP] += (~stopping).to(states.dtype)
    after[:, USED] = torch.maximum(states[:, USED], one_hot(choice).to(states.dtype))
    done = (stopping | (after[:, STEP] >= MAXIMUM_STEPS)).to(states.dtype)
    after[:, HAS_REWARD] = done
    after[:, STOPPED] = done
    return after
