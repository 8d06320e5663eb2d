"""What each of several processes that train together runs: a short training by either recipe, or one that dies.

And torchrun, which starts them.

It is in float64: where a gradient is 0 but for rounding, Adam makes a whole step of what the rounding left, and in
float32 that step shows.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from learning.agent.checkpoint import save_checkpoint
from learning.command_line import main
from learning.configuration import FastConfig, PaperConfig, Widths
from learning.photos.batches import Crops, CropSampler
from learning.training import fast_recipe, paper_recipe
from learning.training.distributed import Processes, joined, started
from learning.training.fast_recipe import FastTrainer
from learning.training.paper_recipe import PaperTrainer
from learning.training.trainer import Trainer

CPU = torch.device("cpu")
SMALL = Widths(2, 4)
# Fewer than the program has.
FIRST_PASSES, CRITIC_UPDATES_AHEAD, MAXIMUM_STEPS = 12, 2, 2


class DoubleCropSampler(CropSampler):
    """Photos whose crops are float64."""

    def read_ahead(self, batches: Sequence[Crops]) -> Iterator[Tensor]:
        """(count, 3, 64, 64) each."""
        return (crops.double() for crops in super().read_ahead(batches))


def _photos(seed: int, scale: float) -> CropSampler:
    random = np.random.default_rng(seed)
    return DoubleCropSampler([random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(4)], CPU)


def trainer_of(recipe: str, processes: Processes) -> Trainer:
    """A small training; torch's default type must be float64."""
    photos = _photos(0, 0.3), _photos(1, 1.0)
    trainer: Trainer
    if recipe == "fast":
        trainer = FastTrainer(FastConfig(SMALL, batch=8, iterations=2), *photos, CPU, processes)
    else:
        trainer = PaperTrainer(PaperConfig(SMALL, batch=8, iterations=2, pool=16), *photos, CPU, processes)
    for optimizer in trainer.optimizers.values():
        # Buffers too.
        optimizer.network.double()
    return trainer


def train_share(folder: Path, recipe: str) -> None:
    """Train by this process's share, and leave its state in the folder."""
    torch.set_default_dtype(torch.float64)
    paper_recipe.FIRST_PASSES, paper_recipe.CRITIC_UPDATES_AHEAD = FIRST_PASSES, CRITIC_UPDATES_AHEAD
    fast_recipe.MAXIMUM_STEPS = MAXIMUM_STEPS
    processes = started()
    with joined(processes, CPU):
        trainer = trainer_of(recipe, processes)
        while trainer.iteration < trainer.iterations:
            trainer.iterate()
        save_checkpoint(folder / f"{processes.rank}.safetensors", trainer.state(), {})


def train_and_die(arguments: list[str]) -> None:
    """Run ``safelight``, whose second process dies in the second iteration."""
    iterate = FastTrainer.iterate

    def dying(trainer: FastTrainer) -> dict[str, float]:
        if trainer.iteration == 1 and trainer.processes.rank == 1:
            os._exit(9)
        return iterate(trainer)

    FastTrainer.iterate = dying  # type: ignore[method-assign]
    main(arguments)


def torchrun(options: list[str]) -> None:
    """Run ``torchrun``, which forks its processes: fresh ones take seconds to import torch."""
    from torch.distributed import run
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    def forked(config: LaunchConfig, entrypoint: str) -> Callable[..., object]:
        return elastic_launch(replace(config, start_method="fork"), _safelight)

    run.elastic_launch = forked  # type: ignore[assignment]
    run.main(options)


def _safelight(*command: str) -> None:
    """Run what ``python -u -m learning.command_line`` is to."""
    assert command[:3] == ("-u", "-m", "learning.command_line")
    main(command[3:], standalone_mode=False)
