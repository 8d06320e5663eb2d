"""Several seeds of one training in one folder, side by side where cores allow; the best of them is the folder's agent.

``OUT/seed-3`` is the run of seed 3, like any other. All hold out the same photos, so that their scores can be compared,
and ``OUT/config.json`` and ``OUT/best.safetensors`` are links to those of the run that is the best by that.
"""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import torch

from editing.files import write_atomically
from editing.processes import Crashed, run_isolated
from learning.agent.checkpoint import BEST, CONFIG, CheckpointError, read_checkpoint
from learning.training.trainer import TrainingDiverged

SEEDS = "seeds.json"

# Trains a seed in a folder, from where it is; raises TrainingDiverged.
TrainSeed = Callable[[Path, int], None]


@dataclass(frozen=True)
class SeedResult:
    """What came of a seed's training.

    Attributes:
        iterations_done: before the best checkpoint; 0 if there is none.
        score, distance, rmse: of the best checkpoint, see ``learning.training.validation.Score``.
        error: why the training ended early; empty if it did not.
    """

    seed: int
    iterations_done: int = 0
    score: float | None = None
    distance: float | None = None
    rmse: float | None = None
    error: str = ""

    @property
    def criterion(self) -> float | None:
        """What the best has least of."""
        return self.distance if self.rmse is None else self.rmse

    def __str__(self) -> str:
        if self.criterion is None or self.score is None:
            return f"seed {self.seed}: {self.error or 'nothing was held out to score it by'}"
        rmse = "" if self.rmse is None else f", RMSE {self.rmse:.3f}"
        after = f"after {self.iterations_done} iterations: score {self.score:.1f}, distance {self.distance:.3f}{rmse}"
        return f"seed {self.seed}: the best {after}" + (f"; {self.error}" if self.error else "")


def seed_folder(out: Path, seed: int) -> Path:
    """Return the folder of a seed's run."""
    return out / f"seed-{seed}"


def train_seeds(
    out: Path, seeds: Sequence[int], train: TrainSeed, processes: int, report: Callable[[SeedResult], None]
) -> list[SeedResult]:
    """Train each seed in a process of its own, so many at once, and link the best.

    Args:
        train: of a module, as it is sent to the processes.
        report: called with the result of each seed as it ends.

    Raises:
        CheckpointError: if there is no best one: none was scored.
        Exception: what ``train`` raised, but for trainings that diverged.
    """
    results = []
    stopped = Event()
    isolated = partial(_train_isolated, out, train, max(1, (os.cpu_count() or 1) // processes), stopped)
    with ThreadPoolExecutor(processes) as pool:
        try:
            trainings = {pool.submit(isolated, seed): seed for seed in seeds}
            for training in as_completed(trainings):
                results.append(seed_result(out, trainings[training], training.result()))
                report(results[-1])
        except BaseException:
            # Ctrl-C too: each ends where it is, and goes on from its last checkpoint when it is resumed.
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    results.sort(key=lambda result: result.seed)
    scored = [result for result in results if result.criterion is not None]
    if not scored:
        raise CheckpointError(f"{out}: no seed can be chosen. {results[0]}")
    best = min(scored, key=lambda result: result.criterion or 0.0)
    link(out, seed_folder(out, best.seed))
    write_about(out, read_about(out) | {"best": best.seed, "results": [asdict(result) for result in results]})
    return results


def _train_isolated(out: Path, train: TrainSeed, threads: int, stopped: Event, seed: int) -> str:
    """Train a seed in a process of its own; return why it ended early, or nothing."""
    try:
        return run_isolated(_train_seed, out, train, threads, seed, should_stop=stopped.is_set, limit=math.inf)
    except Crashed as error:
        return str(error)


def _train_seed(out: Path, train: TrainSeed, threads: int, seed: int) -> str:
    """Train a seed; return why it diverged, or nothing."""
    torch.set_num_threads(threads)
    # Its log and TensorBoard tell of it; lines of several at once would tell nothing.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            train(seed_folder(out, seed), seed)
        except TrainingDiverged as error:
            return str(error)
    return ""


def seed_result(out: Path, seed: int, error: str) -> SeedResult:
    """Return what came of a seed, by its best checkpoint."""
    path = seed_folder(out, seed) / BEST
    if not path.exists():
        return SeedResult(seed, error=error)
    _, about = read_checkpoint(path, "no tensor")
    score, distance, rmse = (about.get(f"best_{name}") for name in ("score", "distance", "rmse"))
    return SeedResult(seed, about["iterations_done"], score, distance, rmse, error)


def link(out: Path, folder: Path) -> None:
    """Make a seed's run the one that is played from ``out``."""
    for name in (CONFIG, BEST):
        draft = out / f".{name}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(Path(folder.name) / name)
        draft.replace(out / name)


def read_about(out: Path) -> dict[str, Any]:
    """Return how the seeds of a folder are trained; empty if it is not one of several seeds.

    Raises:
        CheckpointError: if that cannot be read.
    """
    path = out / SEEDS
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None
    if not isinstance(about, dict):
        raise CheckpointError(f"{path} does not say how its seeds are trained")
    return about


def write_about(out: Path, about: Mapping[str, Any]) -> None:
    """Write how the seeds of a folder are trained, and what came of them."""
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / SEEDS, (json.dumps(about, indent=1) + "\n").encode())
