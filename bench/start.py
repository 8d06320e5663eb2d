"""How long the command line takes to start."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from bench.figures import Figure, ratio


def measure() -> dict[str, Figure]:
    """``safelight --help`` and a subcommand's help, against an empty Python."""
    safelight = str(Path(sys.executable).with_name("safelight"))

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)

    def empty() -> None:
        run(sys.executable, "-c", "pass")

    return {
        f"start.{name}_over_python": Figure(
            ratio(partial(run, safelight, *arguments), empty, runs=5, clock=time.perf_counter),
            "x",
            "python -c pass",
            "wall time of the whole process",
        )
        for name, arguments in {"help": ("--help",), "train_help": ("train", "--help")}.items()
    }
