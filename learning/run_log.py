"""What a training shows while it runs: ``log.csv`` in the run's folder, and a progress bar on standard error."""

import csv
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from learning.training import Record, updates

LOG = "log.csv"


class RunLog:
    """Writes a line for each iteration. The bar counts updates, since the first iterations make the most."""

    def __init__(self, directory: Path, iterations: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = (directory / LOG).open("w", newline="", encoding="utf-8", buffering=1)
        self._lines = csv.DictWriter(self._file, [field.name for field in fields(Record)])
        self._lines.writeheader()
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        total = sum(updates(iteration) for iteration in range(iterations + 1))
        self._task = self._progress.add_task("Training", total=total)

    def __enter__(self) -> "RunLog":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._file.close()

    def update(self) -> None:
        """Count one update."""
        self._progress.advance(self._task)

    def write(self, record: Record) -> None:
        """Log an iteration, and show its losses beside the bar."""
        self._lines.writerow(
            {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in asdict(record).items()}
        )
        agent = "" if record.agent_loss is None else f" agent {record.agent_loss:.3f} value {record.value_loss:.3f}"
        self._progress.update(
            self._task, description=f"Iteration {record.iteration}: critic {record.critic_loss:.3f}{agent}"
        )
