"""``python -m bench.recipes [NAME ...]``: train variants of the recipes for about the same time, and compare them.

Each is trained on ``inputs`` and ``targets`` of a folder and measured on its ``pairs``, which have no part in training.
One thread, so that CPU seconds are those of training. Each run's figures are a file in ``var/recipes``; what is there
already is not trained again, and several of these can work at once. The table is Markdown, for ``docs/recipes.md``.
"""

import json
import math
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from editing.files import write_atomically
from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.decoding import read_photo
from editing.photos.finding import find_photos
from editing.photos.preview import agent_view, square
from editing.photos.read_options import ReadOptions
from learning.agent.games import GameRequest
from learning.agent.networks import Agent
from learning.agent.playing import Choice, play
from learning.configuration import CONFIGURATIONS, Widths
from learning.metrics.artefacts import artefacts, mean_artefacts
from learning.metrics.histogram_intersection import crop_statistics, intersection, root_mean_square
from learning.photos.batches import CropSampler
from learning.photos.squares import SQUARE_SIZE
from learning.training.run import TRAINERS
from learning.training.trainer import Trainer
from learning.training.validation import split

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "var" / "recipes"
CPU = torch.device("cpu")
WIDTHS = Widths(8, 32)
# The recipes, and what changes one setting of the default; as many iterations as take about the same time.
ITERATIONS = 220
FIXED: dict[str, tuple[Step, ...]] = {
    "untouched": (),
    "one curve for all, 2.5 x^0.8": (Step("exposure", {"ev": math.log2(2.5) / 0.8}), Step("gamma", {"gamma": 0.8})),
}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "fast": ("fast", {}),
    "4 photos, 4 games each": ("fast", {"batch": 16, "fake_buffer_batches": 8, "iterations": 400}),
    "fast, in bfloat16": ("fast", {"bfloat16": True}),
    "paper": ("paper", {"batch": 32, "rate": 2e-4, "iterations": 180}),
    "gradient penalty / 10": ("fast", {"r1_gamma": 0.1}),
    "no penalty for noise and casts": ("fast", {"noise_penalty": 0.0, "cast_penalty": 0.0}),
    "16 photos, 2 games each": ("fast", {"games_per_photo": 2}),
    "entropy bonus x 2.5": ("fast", {"entropy_bonus": 0.05}),
    "critic 2 times as fast as the agent": ("fast", {"critic_rate": 6e-4}),
    "1 update of the critic": ("fast", {"critic_updates": 1, "iterations": 275}),
    "finished pictures of 1 batch": ("fast", {"fake_buffer_batches": 1}),
    "exposure and white balance varied": ("fast", {"augment_exposure": 1.0, "augment_white_balance": 0.15}),
    "paper, in bfloat16": ("paper", {"batch": 32, "rate": 2e-4, "iterations": 180, "bfloat16": True}),
    "paper, 10 times as long": ("paper", {"batch": 32, "rate": 2e-4, "iterations": 3_000}),
    "fast, a twentieth as long as that": ("fast", {"iterations": 130}),
}
COLUMNS = {
    "score": 1,
    "luminance": 1,
    "contrast": 1,
    "saturation": 1,
    "rmse": 3,
    "orders": 0,
    "chroma_noise": 2,
    "hue_shift": 1,
}

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Frames:
    """What variants are trained on, as squares, and measured on: name, input and the input's own target."""

    inputs: Sequence[Pixels]
    targets: Sequence[Pixels]
    pairs: Sequence[tuple[str, Pixels, Pixels]]


def read_frames(folder: Path) -> Frames:
    """Return the frames of a folder as ``data/sintel`` has them, values as they are."""
    read = partial(_read, folder)
    inputs, targets = ([square(pixels, SQUARE_SIZE) for _, pixels in read(name)] for name in ("inputs", "targets"))
    graded = dict(read("pairs/targets"))
    return Frames(inputs, targets, [(name, pixels, graded[name]) for name, pixels in read("pairs/inputs")])


def _read(folder: Path, name: str) -> list[tuple[str, Pixels]]:
    paths = find_photos([folder / name]).photos
    return [(path.stem, read_photo(path, ReadOptions("linear")).pixels) for path in paths]


def train(recipe: str, settings: Mapping[str, Any], frames: Frames) -> tuple[Trainer, float]:
    """Train to the end; returns the CPU seconds that it took, too."""
    config = CONFIGURATIONS[recipe](**settings)
    inputs, targets = (
        CropSampler([pictures[index] for index in split(len(pictures), config.seed)[0]], CPU)
        for pictures in (frames.inputs, frames.targets)
    )
    trainer = TRAINERS[recipe](config, inputs, targets, CPU)
    start = time.process_time()
    while trainer.iteration < trainer.iterations:
        trainer.iterate()
    return trainer, time.process_time() - start


class Trained(Protocol):
    """What plays: a trainer, or a run that was read."""

    @property
    def agent(self) -> Agent: ...

    @property
    def widths(self) -> Widths: ...


def edits(trained: Trained, frames: Frames, choice: Choice = "most probable") -> list[list[Step]]:
    """Return what the agent makes of each pair's input, as ``safelight play`` does, or by another choice of filters."""
    requests = [GameRequest(name, 0, agent_view(pixels)) for name, pixels, _ in frames.pairs]
    games = play(deepcopy(trained.agent).double(), trained.widths, requests, seed=0, choice=choice)
    return [[played.step for played in game] for game in games]


def measure(decisions: Sequence[Sequence[Step]], frames: Frames) -> dict[str, float]:
    """Score, RMSE, orders and artefacts of edits, one of each pair's input."""
    finished = [apply_steps(pixels, steps) for (_, pixels, _), steps in zip(frames.pairs, decisions, strict=True)]
    names = [name for name, _, _ in frames.pairs]
    graded = [target for _, _, target in frames.pairs]
    sides = [
        [crop_statistics(picture, name, 0) for picture, name in zip(side, names, strict=True)]
        for side in (finished, graded)
    ]
    score = intersection(*sides)
    broken = mean_artefacts(
        [artefacts(pixels, steps) for (_, pixels, _), steps in zip(frames.pairs, decisions, strict=True)]
    )
    return {
        "luminance": score.luminance,
        "contrast": score.contrast,
        "saturation": score.saturation,
        "score": score.mean,
        "rmse": mean(root_mean_square(picture, target) for picture, target in zip(finished, graded, strict=True)),
        "orders": float(len({tuple(step.filter for step in steps) for steps in decisions})),
        "chroma_noise": broken.chroma_noise,
        "hue_shift": broken.hue_shift,
        "grey_cast": broken.grey_cast,
    }


def table(frames: Frames) -> str:
    """Markdown, a line for each variant: means over its seeds, and from least to most where there are several."""
    runs = {name: [measure([steps] * len(frames.pairs), frames) | {"seconds": 0.0}] for name, steps in FIXED.items()}
    for name in VARIANTS:
        files = sorted(RESULTS.glob(f"{file_name(name)}.*.json"))
        runs[name] = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    lines = [f"| | seeds | CPU s | {' | '.join(COLUMNS).replace('_', ' ')} |", "|---" * (len(COLUMNS) + 3) + "|"]
    for name, decisions in runs.items():
        if decisions:
            cells = [cell([run[column] for run in decisions], decimals) for column, decimals in COLUMNS.items()]
            seconds = f"{mean(run['seconds'] for run in decisions):.0f}"
            lines.append(" | ".join([f"| {name}", str(len(decisions)), seconds, *cells]) + " |")
    return "\n".join(lines)


def cell(values: Sequence[float], decimals: int) -> str:
    """Return the mean, and from the least to the most where there are several."""
    middle = f"{mean(values):.{decimals}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{decimals}f} to {max(values):.{decimals}f})"


def file_name(variant: str) -> str:
    """Return a variant's name as its files have it."""
    return "-".join(re.findall(r"[a-z0-9]+", variant.lower()))


def main(arguments: Sequence[str]) -> int:
    """Run the command of the module docstring, and return its exit code."""
    parser = ArgumentParser(prog="python -m bench.recipes", description="Compare the recipes and their settings.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(VARIANTS)}; all by default")
    parser.add_argument("--frames", type=Path, default=ROOT.parent / "shared" / "data" / "sintel")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on; 0 trains none")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(VARIANTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(VARIANTS)}")
    if not (options.frames / "pairs").is_dir():
        parser.error(f"{options.frames} has no folders inputs, targets and pairs; --frames names a folder that has")
    torch.set_num_threads(1)
    frames = read_frames(options.frames)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in options.names or VARIANTS:
        for seed in range(options.seeds):
            path = RESULTS / f"{file_name(name)}.{seed}.json"
            if not path.exists():
                recipe, settings = VARIANTS[name]
                common = {"iterations": ITERATIONS, "widths": WIDTHS, "seed": seed}
                trained, seconds = train(recipe, common | settings, frames)
                figures = measure(edits(trained, frames), frames) | {"seconds": seconds}
                write_atomically(path, (json.dumps(figures, indent=1) + "\n").encode())
                print(f"{name}, seed {seed}: {figures}", file=sys.stderr)
    print(table(frames))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
