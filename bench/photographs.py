"""``python -m bench.photographs [NAME ...]``: what each lever of the recipe does for an agent for photographs.

Trained on ``linear`` and ``finished`` of a folder of photographs, but for 40 finished ones. These are unprocessed, at
three exposures, and the agent's results compared with what they were: by that alone settings are chosen. The folder's
``pairs``, of real photos and their retouches, are the last columns; nothing is trained on them or chosen by them.
One thread. Each run's figures are a file in ``var/photographs``, and its agent a run's folder beside it, which plays as
any does; what is there already is not trained, or measured, again.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.recipes import CPU, ROOT, WIDTHS, Frames, Trained, cell, edits, file_name, measure
from editing.files import write_atomically
from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.colour import srgb_to_linear
from editing.photos.decoding import read_photo
from editing.photos.finding import find_photos
from editing.photos.preview import area_average, shrunk_size, square
from editing.photos.read_options import ReadOptions
from learning.agent.checkpoint import LAST, WEIGHTS, begin_run, load_agent, save_checkpoint
from learning.agent.playing import CHOICES
from learning.configuration import FastConfig
from learning.photos.batches import CropSampler
from learning.photos.squares import SQUARE_SIZE, Squares
from learning.photos.unprocessing import Unprocessing, unprocess, with_unprocessed
from learning.training.fast_recipe import VISIBLE, FastTrainer
from learning.training.validation import split

RESULTS = ROOT / "var" / "photographs"
# In stops; a camera's RAW lies there.
EXPOSURES = (0.0, -1.5, -2.5)
HELD_OUT = 40
# As many as make the levers' effect plain; about 40 CPU seconds.
ITERATIONS = 120
# Pictures are measured at this size: it takes a quarter of the time, and changes no figure by more than seeds do.
LONG_EDGE = 240
# At which of the exposures agents are played by each choice of filters, as ``safelight ablate`` does.
ABLATED_AT = -1.5
UNPROCESSED = {"unprocess": 0.5}
SEEN = UNPROCESSED | {"normalise_exposure": True}
COMPARED = SEEN | {"reconstruction_penalty": 8.0}
VARIANTS: dict[str, dict[str, Any]] = {
    "fast, on the linear views": {},
    "1. finished photos unprocessed": UNPROCESSED,
    "1, inputs varied by a stop": UNPROCESSED | {"augment_exposure": 1.0},
    "2. and seen at one exposure": SEEN,
    "3. and compared with what they were": COMPARED,
    "3, by half as much": SEEN | {"reconstruction_penalty": 4.0},
    "3, turned hues cost": COMPARED | {"hue_penalty": 0.02},
    "3, seen in one white balance": COMPARED | {"normalise_white_balance": True},
    "3, inputs varied by 1,500 K": COMPARED | {"augment_temperature": 1500.0},
    "3, entropy ends below 0": COMPARED | {"entropy_bonus_at_end": -0.02},
    "3, entropy ends far below 0": COMPARED | {"entropy_bonus_at_end": -0.2},
    "3, idle steps cost": COMPARED | {"idle_penalty": 0.1},
    "3, may stop": COMPARED | {"stop": True},
    "3, may stop, idle steps cost": COMPARED | {"stop": True, "idle_penalty": 0.1},
    "3, each choice by what came after it": COMPARED | {"step_baseline": True},
    "4. and the weights averaged": COMPARED | {"average": 0.98},
}

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Photographs:
    """What variants are trained on, as squares, and measured on: by exposure, pairs that were made, and real ones."""

    linear: Squares
    finished: Squares
    unprocessed: Mapping[float, Frames]
    pairs: Mapping[float, Frames]


def read_photographs(folder: Path) -> Photographs:
    """Return the photographs of a folder as ``data/photographs`` has them."""
    read = partial(_read, folder)
    finished = read("finished")
    order = np.random.default_rng(0).permutation(len(finished))
    held_out = [finished[index] for index in order[:HELD_OUT]]
    squares = [square(finished[index][1], SQUARE_SIZE) for index in sorted(order[HELD_OUT:])]
    linear = [square(pixels, SQUARE_SIZE) for _, pixels in read("linear")]
    inputs, retouched = read("pairs/inputs"), dict(read("pairs/targets"))
    return Photographs(
        Squares.of(linear),
        Squares.of(squares),
        {stops: _frames([_made_pair(index, stops, *one) for index, one in enumerate(held_out)]) for stops in EXPOSURES},
        {
            stops: _frames([(name, _darker(pixels, stops), retouched[name]) for name, pixels in inputs])
            for stops in EXPOSURES
        },
    )


def _frames(pairs: Sequence[tuple[str, Pixels, Pixels]]) -> Frames:
    return Frames([], [], pairs)


def _read(folder: Path, name: str) -> list[tuple[str, Pixels]]:
    paths = find_photos([folder / name]).photos
    return [(path.stem, _smaller(read_photo(path, ReadOptions("linear")).pixels)) for path in paths]


def _smaller(pixels: Pixels) -> Pixels:
    width, height = shrunk_size(pixels.shape[1], pixels.shape[0], LONG_EDGE)
    return area_average(pixels, height, width)


def _made_pair(index: int, stops: float, name: str, shown: Pixels) -> tuple[str, Pixels, Pixels]:
    random = np.random.default_rng(index)
    how = Unprocessing.draw(random, -stops)
    return name, unprocess(shown, how, random, pixels_averaged=4.0), shown


def _darker(shown: Pixels, stops: float) -> Pixels:
    darker: Pixels = (srgb_to_linear(shown.astype(np.float64)) * 2.0**stops).astype(np.float32)
    return darker


def train(settings: Mapping[str, Any], photographs: Photographs) -> FastTrainer:
    """Train to the end, by the photographs that training may see."""
    config = FastConfig(**settings)
    squares = with_unprocessed(photographs.linear, photographs.finished, config.unprocess, config.seed)
    trained = split(squares.inputs.photos, config.seed)[0]
    trained_targets = split(squares.targets.photos, config.seed)[0]
    finished = CropSampler(squares.finished.take(trained), CPU) if squares.finished else None
    inputs, targets = squares.inputs.take(trained), squares.targets.take(trained_targets)
    trainer = FastTrainer(config, CropSampler(inputs, CPU), CropSampler(targets, CPU), CPU, finished=finished)
    while trainer.iteration < trainer.iterations:
        trainer.iterate()
    return trainer


def judge(trained: Trained, photographs: Photographs) -> dict[str, Any]:
    """Measure an agent on both kinds of pairs, at each exposure; and how unlike its results are at different ones."""
    figures: dict[str, Any] = {}
    for kind, by_exposure in (("unprocessed", photographs.unprocessed), ("pairs", photographs.pairs)):
        decisions = {stops: edits(trained, frames) for stops, frames in by_exposure.items()}
        figures[kind] = {
            str(stops): measure(decisions[stops], frames) | step_counts(decisions[stops], frames)
            for stops, frames in by_exposure.items()
        }
        figures[f"{kind}_alike"] = _alike(list(decisions.values()))
    frames = photographs.unprocessed[ABLATED_AT]
    figures["choices"] = {choice: measure(edits(trained, frames, choice), frames) for choice in CHOICES}
    return figures


def step_counts(decisions: Sequence[Sequence[Step]], frames: Frames) -> dict[str, float]:
    """Return how many steps there are, and how many of them change hardly anything that is shown; means over photos."""
    idle = 0
    for (_, before, _), steps in zip(frames.pairs, decisions, strict=True):
        pixels = before
        for step in steps:
            after = apply_steps(pixels, [step])
            idle += float(np.abs(np.clip(after, 0, 1) - np.clip(pixels, 0, 1)).mean()) < VISIBLE
            pixels = after
    return {"steps": mean(map(len, decisions)), "idle": idle / len(decisions)}


def keep(trainer: FastTrainer, folder: Path) -> None:
    """Write a run's agent into a folder, as ``safelight train`` does."""
    config = trainer.config
    about = {"recipe": "fast", "training": config.to_json(), "normalisation": config.normalisation.to_json()}
    begin_run(folder, trainer.widths, about)
    weights = {f"agent{WEIGHTS}{name}": value for name, value in trainer.agent.state_dict().items()}
    save_checkpoint(folder / LAST, weights, {"iterations_done": trainer.iteration})


def _alike(decisions: Sequence[Sequence[Sequence[Step]]]) -> float:
    """Return the share of photos on which the orders of filters are the same at all exposures."""
    orders = zip(*([tuple(step.filter for step in steps) for steps in one] for one in decisions), strict=True)
    return mean(len(set(one)) == 1 for one in orders)


COLUMNS = (
    "RMSE, worst exposure",
    "RMSE, mean",
    "score, worst",
    "same order at all",
    "orders",
    "steps",
    "idle",
    "hue shift",
    "RMSE, filters sampled",
    "any, all alike",
    "least probable",
    "pairs: RMSE, worst",
    "pairs: score, worst",
)


def row(figures: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the figures of a run by ``COLUMNS``."""
    made, real = (list(figures[kind].values()) for kind in ("unprocessed", "pairs"))
    return (
        max(one["rmse"] for one in made),
        mean(one["rmse"] for one in made),
        min(one["score"] for one in made),
        100 * figures["unprocessed_alike"],
        mean(one["orders"] for one in made),
        *(mean(one[name] for one in made) for name in ("steps", "idle", "hue_shift")),
        *(figures["choices"][choice]["rmse"] for choice in CHOICES[1:]),
        max(one["rmse"] for one in real),
        min(one["score"] for one in real),
    )


def table() -> str:
    """Return the figures of all variants that were trained, as Markdown."""
    lines = [f"| | seeds | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name in VARIANTS:
        files = sorted(RESULTS.glob(f"{file_name(name)}.*.json"))
        rows = [row(json.loads(path.read_text(encoding="utf-8"))) for path in files]
        if rows:
            cells = [cell(values, 3 if max(values) < 1 else 0) for values in zip(*rows, strict=True)]
            lines.append(" | ".join([f"| {name}", str(len(rows)), *cells]) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the command of the module docstring, and return its exit code."""
    parser = ArgumentParser(prog="python -m bench.photographs", description="Compare levers of the recipe.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(VARIANTS)}; all by default")
    parser.add_argument("--photographs", type=Path, default=ROOT.parent / "shared" / "data" / "photographs")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on; 0 trains none")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(VARIANTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(VARIANTS)}")
    torch.set_num_threads(1)
    photographs = read_photographs(options.photographs) if options.seeds else None
    RESULTS.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seeds):
        for name in options.names or VARIANTS:
            path = RESULTS / f"{file_name(name)}.{seed}.json"
            if not path.exists() and photographs:
                run = path.with_suffix("")
                if not (run / LAST).exists():
                    common = {"iterations": ITERATIONS, "widths": WIDTHS, "seed": seed}
                    keep(train(common | VARIANTS[name], photographs), run)
                figures = judge(load_agent(run), photographs)
                write_atomically(path, (json.dumps(figures, indent=1) + "\n").encode())
                print(f"{name}, seed {seed}: {row(figures)}", file=sys.stderr)
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
