"""What a run has its agent raise, as a number for each picture: that of the critic in its folder.

A reward of the environments is by how much a step raises it; a training may raise it beside its own critic's.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from learning.agent.checkpoint import PREFERENCES, chosen_checkpoint, critic_folder, load_critic
from learning.agent.critic import Critic
from learning.training.paper_recipe import REWARD_SCALE
from learning.training.trainer import clip_to_display


def _log_probability_real(critic: Critic, images: Tensor) -> Tensor:
    return logsigmoid(critic(clip_to_display(images)))


def _scaled_answer(critic: Critic, images: Tensor) -> Tensor:
    answers: Tensor = critic(images)
    return REWARD_SCALE * answers


def _preference(critic: Critic, images: Tensor) -> Tensor:
    reward: Tensor = critic(clip_to_display(images))
    return reward


# What each recipe's agent is to raise, for (N, 3, 64, 64) images: (N, 1).
POTENTIALS: Mapping[str, Callable[[Critic, Tensor], Tensor]] = {
    "fast": _log_probability_real,
    "critic": _log_probability_real,
    "paper": _scaled_answer,
    PREFERENCES: _preference,
}


class Potential:
    """What the recipe of a run has its agent raise, by the run's critic.

    Attributes:
        sha256: of the file with the critic's weights.
        config: of the critic.
    """

    config: Mapping[str, Any]

    def __init__(self, run: Path, device: str | torch.device) -> None:
        """Read the critic.

        Raises:
            CheckpointError: if it cannot be read.
        """
        critic, self.config = load_critic(run)
        self.sha256 = hashlib.sha256(chosen_checkpoint(critic_folder(run)).read_bytes()).hexdigest()
        self._critic = critic.to(device)
        self._of_recipe = POTENTIALS[self.config.get("recipe", "fast")]

    def __call__(self, images: Tensor) -> Tensor:
        """(N,) of images (N, 3, 64, 64), linear light."""
        return self._of_recipe(self._critic, images)[:, 0]
