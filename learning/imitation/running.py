"""A run of what is learned from people, in its folder: to the end, or from where it was stopped; the best is kept."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from learning.agent.checkpoint import (
    BEST,
    LAST,
    WEIGHTS,
    CheckpointError,
    check_space,
    read_checkpoint,
    save_checkpoint,
)


class Learner(Protocol):
    """A trainer (``learning.training.trainer.Trainer``) that judges itself on what it does not learn from."""

    iteration: int
    iterations: int

    def iterate(self) -> dict[str, float]:
        """Run the next iteration, and return its metrics by name."""

    def state(self) -> dict[str, Tensor]:
        """All that the run is."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Continue where a state was taken."""

    def assess(self) -> tuple[float, str] | None:
        """Return how good it is, the more the better, and a line that says so; None where nothing tells."""


def run(
    directory: Path,
    learner: Learner,
    tell: Callable[[str], None],
    every: int,
    about: Mapping[str, Any] | None = None,
    stop_after: int | None = None,
) -> None:
    """Learn to the end, from where the folder's last checkpoint is; the best checkpoint is kept, else the last.

    Args:
        every: iterations between two looks at how good it is, and between checkpoints.
        about: what the checkpoints are to say of themselves.
        stop_after: end so soon, as if stopped; for tests.

    Raises:
        CheckpointError: if a checkpoint cannot be used, or the disk is too full.
        TrainingDiverged: if a metric is no number.
    """
    said: dict[str, Any] = {}
    if (directory / LAST).exists():
        state, said = read_checkpoint(directory / LAST)
        try:
            learner.load(state)
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"{directory / LAST} is not of a run with these settings: {error}") from None
    check_space(directory, learner.state())
    best = said.get("best", -math.inf)
    begins = not said
    while begins or (learner.iteration < learner.iterations and (stop_after is None or learner.iteration < stop_after)):
        # What it begins as may be the best that it ever is.
        if not begins:
            learner.iterate()
        begins, done = False, learner.iteration
        if done % every and done < learner.iterations:
            continue
        assessed = learner.assess()
        quality, line = assessed or (float(done), "")
        if quality > best:
            best = quality
            weights = {name: value for name, value in learner.state().items() if WEIGHTS in name}
            save_checkpoint(directory / BEST, weights, {"iterations_done": done, **(about or {})})
        save_checkpoint(directory / LAST, learner.state(), {"iterations_done": done, "best": best, **(about or {})})
        if line:
            tell(f"{done:6d}  {line}")
