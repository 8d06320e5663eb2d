"""What the tests of the environments share: photos, a reward, a run with a critic, and actions."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from editing.game.filters import CONTROLS
from learning.agent.checkpoint import LAST, begin_run, save_checkpoint
from learning.agent.critic import Critic
from learning.agent.networks import Agent, initialise
from learning.configuration import Widths

ID = "learning.environments:safelight/EditingGame-v0"
SMALL = Widths(width=1, hidden=2)
PHOTOS = np.random.default_rng(0).random((3, 80, 80, 3), dtype=np.float32) * 0.5


def change(before: NDArray[Any], after: NDArray[Any]) -> NDArray[Any]:
    return (after - before).mean(axis=(1, 2, 3))


def critic() -> Critic:
    return initialise(Critic(SMALL), torch.Generator().manual_seed(3))


def save_run(run: Path, recipe: str = "fast") -> Path:
    networks = {"agent": initialise(Agent(SMALL), torch.Generator().manual_seed(4)), "critic": critic()}
    begin_run(run, SMALL, {"recipe": recipe})
    tensors = {f"{n}/weights/{key}": value for n, one in networks.items() for key, value in one.state_dict().items()}
    save_checkpoint(run / LAST, tensors, {})
    return run


def action(filter_index: int, seed: int = 0) -> dict[str, Any]:
    controls = np.random.default_rng(seed).uniform(-1, 1, CONTROLS).astype(np.float32)
    return {"filter": np.int64(filter_index), "parameters": controls}
