"""What each of several processes that train together runs: a short training by both recipes, or one that dies.

It is in float64: where a gradient is 0 but for rounding, Adam makes a whole step of what the rounding left, and in
float32 that step shows.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from learning.agent.checkpoint import save_checkpoint
from learning.command_line import main
from learning.configuration import FastConfig, PaperConfig, Widths
from learning.photos.batches import Crops, CropSampler
from learning.training import paper_recipe
from learning.training.distributed import Processes, joined, started
from learning.training.fast_recipe import FastTrainer
from learning.training.paper_recipe import PaperTrainer
from learning.training.trainer import Trainer

CPU = torch.device("cpu")
SMALL = Widths(2, 4)
# Of the paper's recipe: fewer than it has.
FIRST_PASSES, CRITIC_UPDATES_AHEAD = 12, 2


class DoubleCropSampler(CropSampler):
    """Photos whose crops are float64."""

    def read_ahead(self, batches: Sequence[Crops]) -> Iterator[Tensor]:
        """(count, 3, 64, 64) each."""
        return (crops.double() for crops in super().read_ahead(batches))


def _photos(seed: int, scale: float) -> CropSampler:
    random = np.random.default_rng(seed)
    return DoubleCropSampler([random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(4)], CPU)


def trainers(processes: Processes) -> dict[str, Trainer]:
    """Both recipes, small; torch's default type must be float64."""
    photos = _photos(0, 0.3), _photos(1, 1.0)
    fast, paper = FastConfig(SMALL, batch=8, iterations=4), PaperConfig(SMALL, batch=8, iterations=3, pool=16)
    found: dict[str, Trainer] = {
        "fast": FastTrainer(fast, *photos, CPU, processes),
        "paper": PaperTrainer(paper, *photos, CPU, processes),
    }
    for trainer in found.values():
        for optimizer in trainer.optimizers.values():
            # Buffers too.
            optimizer.network.double()
    return found


def train_both(folder: Path) -> None:
    """Train by this process's share, and leave its state in the folder."""
    torch.set_default_dtype(torch.float64)
    paper_recipe.FIRST_PASSES, paper_recipe.CRITIC_UPDATES_AHEAD = FIRST_PASSES, CRITIC_UPDATES_AHEAD
    processes = started()
    with joined(processes, CPU):
        for name, trainer in trainers(processes).items():
            while trainer.iteration < trainer.iterations:
                trainer.iterate()
            save_checkpoint(folder / f"{name}-{processes.rank}.safetensors", trainer.state(), {})


def train_and_die(arguments: list[str]) -> None:
    """Run ``safelight``, whose second process dies in the second iteration."""
    iterate = FastTrainer.iterate

    def dying(trainer: FastTrainer) -> dict[str, float]:
        if trainer.iteration == 1 and trainer.processes.rank == 1:
            os._exit(9)
        return iterate(trainer)

    FastTrainer.iterate = dying  # type: ignore[method-assign]
    main(arguments)
