"""A training that is killed: what a process of its own runs."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from learning.command_line import main
from learning.photos.batches import CropSampler
from learning.training import fast_recipe, paper_recipe, validation

# Fewer than the program has.
FEWEST_VALIDATION, FIRST_PASSES, CRITIC_UPDATES_AHEAD, MAXIMUM_STEPS = 2, 8, 2, 2


def train_until_killed(moment: int, out: Path, arguments: list[str]) -> None:
    """Begin or resume a run, and die where it draws photos or flushes a file for the so-and-so-many-th time.

    That is in the middle of an iteration, or where a file is not whole yet.
    """
    validation.FEWEST_VALIDATION = FEWEST_VALIDATION
    paper_recipe.FIRST_PASSES, paper_recipe.CRITIC_UPDATES_AHEAD = FIRST_PASSES, CRITIC_UPDATES_AHEAD
    fast_recipe.MAXIMUM_STEPS = MAXIMUM_STEPS
    calls_left = moment

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls_left
            calls_left -= 1
            if calls_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    os.fsync, CropSampler.draw = counted(os.fsync), counted(CropSampler.draw)  # type: ignore[method-assign]
    main(arguments + ["--resume"] * (out / "config.json").exists())
