"""What a step is worth: by a function, or by the critic of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from learning.device import keep_freed_memory
from learning.environments.pictures import Pixels, Rows, channels_last
from learning.training.potentials import Potential
from learning.training.trainer import overexposure_penalty

# Images that are judged at a time on a CPU: what is made of fewer fits caches better, but each call costs; measured.
AT_ONCE = 64
# From images (N, 64, 64, 3) before and after a step to a number for each.
RewardFunction = Callable[[Pixels, Pixels], Any]


class Reward(Protocol):
    """What gives the rewards of ``count`` games."""

    def forget(self, rows: Rows) -> None:
        """Forget what is known of the pictures of games that begin."""

    def step(self, rows: Rows, before: Tensor, after: Tensor) -> Tensor:
        """Return the rewards (n,) of a step in the games ``rows``, by their pictures (n, 3, 64, 64)."""


def create_reward(reward: str | Path | RewardFunction, count: int, device: str) -> Reward:
    """Create what gives the rewards: the critic of a run, or a function.

    Raises:
        CheckpointError: if the run's critic cannot be used.
    """
    return FunctionReward(reward) if callable(reward) else CriticReward(Path(reward), count, device)


class FunctionReward:
    """The rewards of a function of arrays, which it must not write to."""

    def __init__(self, function: RewardFunction) -> None:
        self._function = function

    def forget(self, rows: Rows) -> None:
        """Do nothing: a function sees both pictures."""

    def step(self, rows: Rows, before: Tensor, after: Tensor) -> Tensor:
        """Return the function's rewards.

        Raises:
            ValueError: if it does not give a number for each game.
        """
        pictures = [channels_last(images).view() for images in (before, after)]
        for array in pictures:
            array.flags.writeable = False
        rewards = torch.as_tensor(self._function(*pictures)).detach()
        if rewards.shape != (len(after),):
            raise ValueError(f"the reward function gave the shape {tuple(rewards.shape)}, not ({len(after)},)")
        return rewards


class CriticReward:
    """By how much a step raises what the run's recipe has its agent raise, less ``overexposure_penalty`` of the result.

    Of the recipe ``fast`` that is the log of the critic's probability that the picture, as shown, is a target: the
    rewards of a game sum up to the return that the recipe maximises (but for its penalties on noise and casts), less
    the log probability of the untouched photo. So it is of a critic by ``safelight train-critic``.
    Of ``safelight prefer`` it is the reward of pictures that its pairs were learned by.
    Of ``paper`` it is 0.05 of the critic's answer, which is the paper's reward without the agent's entropy.

    The critic sees each picture once: its answer after a step is kept for the next.
    """

    def __init__(self, run: Path, count: int, device: str) -> None:
        """Read the critic.

        Raises:
            CheckpointError: if it cannot be read.
        """
        keep_freed_memory()
        self._potential = Potential(run, device)
        self._values = torch.zeros(count, device=device)
        self._is_known = np.zeros(count, dtype=np.bool_)

    def forget(self, rows: Rows) -> None:
        """Forget the answers to pictures that are no more."""
        self._is_known[rows] = False

    def step(self, rows: Rows, before: Tensor, after: Tensor) -> Tensor:
        """Return by how much the critic's answers have risen."""
        unknown = np.flatnonzero(~self._is_known[rows])
        if len(unknown):
            seen = before if len(unknown) == len(rows) else before[torch.from_numpy(unknown).to(before.device)]
            self._values[rows[unknown]] = _by_parts(self._potential, seen)
        values = _by_parts(self._potential, after)
        # Channels last, as they may lie in memory: the penalty's mean asks for no copy then.
        penalties = _by_parts(overexposure_penalty, after.permute(0, 2, 3, 1))
        rewards = values - self._values[rows] - penalties
        self._values[rows], self._is_known[rows] = values, True
        return rewards


def _by_parts(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    parts = torch.split(images, AT_ONCE) if images.device.type == "cpu" else (images,)
    return torch.cat([function(part) for part in parts])
