"""``python -m learning.agent.shipping RUN NAME``: put a run's agent among those that come with the project.

The agent alone, of the checkpoint that play would use, in half precision; beside it how the run was made, without what
is of one machine. It can be played like any run, and not continued.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from learning.agent.checkpoint import BEST, SHIPPED, WEIGHTS, CheckpointError, begin_run, load_agent, save_checkpoint
from learning.agent.training_data import TRAINED_ON

OF_THE_RUN = ("recipe", "training", "normalisation", "photos", TRAINED_ON)


def ship(run: Path, folder: Path) -> None:
    """Write a run's agent into a folder.

    Raises:
        CheckpointError: if the run has no agent that can be played.
    """
    checkpoint = load_agent(run)
    weights = {f"agent{WEIGHTS}{name}": value.half() for name, value in checkpoint.agent.state_dict().items()}
    begin_run(
        folder, checkpoint.widths, {name: checkpoint.config[name] for name in OF_THE_RUN if name in checkpoint.config}
    )
    save_checkpoint(folder / BEST, weights, checkpoint.about)


def main(arguments: Sequence[str]) -> int:
    """Run the command of the module docstring, and return its exit code."""
    parser = ArgumentParser(prog="python -m learning.agent.shipping", description="Ship the agent of a run.")
    parser.add_argument("run", type=Path, help="the folder of a training run")
    parser.add_argument("name", help="what it is called from now on: safelight play --agent NAME")
    options = parser.parse_args(arguments)
    try:
        ship(options.run, SHIPPED / options.name)
    except CheckpointError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
