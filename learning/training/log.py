"""What a training shows while it runs.

In the run's folder: ``log.jsonl``, the exact record, a line for each iteration; TensorBoard's event files, a view of
the same metrics; and pictures. On standard error: a line every so often, and a progress bar where it is a terminal.
"""

import json
import math
import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from statistics import fmean
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from editing.files import write_atomically
from editing.game.filters import FILTERS

LOG = "log.jsonl"
PICTURES = "pictures"
USED = "used_"
SHOWN = (
    "agent_loss",
    "critic_loss",
    "value_loss",
    "distance",
    "agent_gradient",
    "critic_gradient",
    "value_gradient",
    "gradient_norm",
    "entropy",
)
SHOWN_BESIDE_THE_BAR = ("distance", "agent_gradient", "entropy")
# A filter that is used less often in a game than this is left out of the line.
SELDOM = 0.05
OF_THE_CRITIC = ("distance", "gradient_norm")


def tag(name: str) -> str:
    """Where TensorBoard shows a figure: ``loss/agent``, ``gradient/critic``, ``filters/tone``, ``score/spread`` ..."""
    if name.startswith(USED):
        return f"filters/{name.removeprefix(USED)}"
    who, _, what = name.rpartition("_")
    if who and what in ("loss", "gradient"):
        return f"{what}/{who}"
    if name.startswith("score"):
        return f"score/{what}"
    if name in OF_THE_CRITIC or who == "critic":
        return f"critic/{name.removeprefix('critic_')}"
    return f"agent/{name}"


def sentence(metrics: Mapping[str, float]) -> str:
    """Return the main metrics in words: losses, gradient norms, entropy, score, how often each filter is used."""
    parts = [f"{name.replace('_', ' ')} {metrics[name]:.3g}" for name in SHOWN if name in metrics]
    if "score_mean" in metrics:
        mean, spread, distance = (metrics[f"score_{name}"] for name in ("mean", "spread", "distance"))
        rmse = f", RMSE {metrics['score_rmse']:.3f}" if "score_rmse" in metrics else ""
        parts.append(f"score {mean:.1f} (spread {spread:.1f}, distance {distance:.3f}{rmse})")
    used = {filter_.label: metrics.get(USED + slug, 0.0) for slug, filter_ in FILTERS.items()}
    often = sorted((item for item in used.items() if item[1] >= SELDOM), key=lambda item: -item[1])
    parts += ["filters in a game: " + ", ".join(f"{label} {share:.2f}" for label, share in often)] if often else []
    return "; ".join(parts)


class RunLog:
    """Takes the metrics of each iteration, by name, and now and then a picture."""

    def __init__(self, directory: Path, first: int, iterations: int) -> None:
        """Open the log; what a run that was stopped wrote from iteration ``first`` on is dropped."""
        self._directory, self._iterations = directory, iterations
        path = directory / LOG
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            write_atomically(path, "".join(lines[:first]).encode())
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._events = SummaryWriter(str(directory), purge_step=first)
        self._since: defaultdict[str, list[float]] = defaultdict(list)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self._console = Console(stderr=True)
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task = self._progress.add_task("Training", total=iterations, completed=first)

    def __enter__(self) -> "RunLog":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._events.close()
        self._file.close()

    def write(self, iteration: int, metrics: Mapping[str, float]) -> None:
        """Log an iteration, and show its main metrics beside the bar; a figure that is not finite is a null."""
        rounded = {name: float(f"{value:.6g}") if math.isfinite(value) else None for name, value in metrics.items()}
        self._file.write(json.dumps({"iteration": iteration} | rounded) + "\n")
        for name, value in metrics.items():
            self._events.add_scalar(tag(name), value, iteration)
            self._since[name].append(value)
        shown = ", ".join(
            f"{name.replace('_', ' ')} {metrics[name]:.3f}" for name in SHOWN_BESIDE_THE_BAR if name in metrics
        )
        self._progress.update(self._task, advance=1, description=f"Iteration {iteration}: {shown}")

    def picture(self, iteration: int, picture: NDArray[np.uint8]) -> None:
        """Keep a picture (H, W, 3) of the training as it is after an iteration."""
        out = BytesIO()
        Image.fromarray(picture).save(out, "png")
        path = self._directory / PICTURES / f"{iteration + 1:08}.png"
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, out.getvalue())
        self._events.add_image("training", picture, iteration, dataformats="HWC")

    def say(self) -> None:
        """Print a line with the main metrics: their means since the line before."""
        (task,) = self._progress.tasks
        left = "" if task.time_remaining is None else f", {timedelta(seconds=int(task.time_remaining))} left"
        means = sentence({name: fmean(values) for name, values in self._since.items()})
        self._since.clear()
        line = f"{int(task.completed)} of {self._iterations}{left}: {means}"
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)

    def flush(self) -> None:
        """Bring all that was logged to the disk: a checkpoint must not know more than the log."""
        os.fsync(self._file.fileno())
        self._events.flush()
