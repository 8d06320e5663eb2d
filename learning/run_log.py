"""What a training shows while it runs: ``log.jsonl`` in the run's folder, and a progress bar on standard error."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from learning.atomic_file import write_atomically

LOG = "log.jsonl"
SHOWN = ("critic_loss", "agent_loss", "entropy", "score")


class RunLog:
    """Writes a line of JSON for each iteration: its number, and its figures by name."""

    def __init__(self, directory: Path, first: int, iterations: int) -> None:
        """Open the log; lines of a run that was stopped are dropped from iteration ``first`` on."""
        path = directory / LOG
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            write_atomically(path, "".join(lines[:first]).encode())
        self._file = path.open("a", encoding="utf-8", buffering=1)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task("Training", total=iterations, completed=first)

    def __enter__(self) -> "RunLog":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._file.close()

    def write(self, iteration: int, figures: Mapping[str, float]) -> None:
        """Log an iteration, and show its main figures beside the bar."""
        rounded = {name: float(f"{value:.6g}") for name, value in figures.items()}
        self._file.write(json.dumps({"iteration": iteration} | rounded) + "\n")
        shown = ", ".join(f"{name.replace('_', ' ')} {figures[name]:.3f}" for name in SHOWN if name in figures)
        self._progress.update(self._task, advance=1, description=f"Iteration {iteration}: {shown}")
