"""``python -m bench.bounds [--agent NAME ...]``: between what an agent for photographs stands, on real pairs.

Below it is what needs no agent (``learning.baselines``) and the recipe of 2018, trained on the same photographs for as
long as ``--iterations`` says; above, the best that five steps can do for each pair, by ``safelight fit``. Each pair's
input is linear light, at 2^0, 2^-1.5 and 2^-2.5 of its exposure. Nothing is trained on the pairs, or chosen by them.
One thread. Steps that were found are files in ``var/bounds``, and are not looked for again.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bench.photographs import EXPOSURES, read_photographs
from bench.recipes import CPU, ROOT, WIDTHS, Frames, edits, file_name
from editing.files import write_atomically
from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.colour import srgb_to_linear
from editing.photos.decoding import read_photo
from editing.photos.finding import find_photos
from editing.photos.preview import agent_view
from editing.photos.read_options import ReadOptions
from editing.trajectories.steps_file import StepsFile
from learning.agent.checkpoint import CheckpointError, load_agent
from learning.agent.games import GameRequest
from learning.agent.playing import play
from learning.baselines import BASELINES
from learning.configuration import PaperConfig
from learning.fitting.pair import Pair
from learning.fitting.search import Search, search_fits
from learning.metrics.histogram_intersection import crop_statistics, intersection, root_mean_square
from learning.photos.batches import CropSampler
from learning.photos.unprocessing import with_unprocessed
from learning.training.paper_recipe import PaperTrainer
from learning.training.validation import split

RESULTS = ROOT / "var" / "bounds"
# Of the finished photos, those that are unprocessed for the recipe of 2018; its batch and rate are those of
# ``bench.recipes``.
UNPROCESSED = 0.5
RESAMPLES = 1000
INTERVAL = (0.025, 0.975)

Pixels = NDArray[np.float32]
Steps = Sequence[Step]
# Of each exposure, the steps for each pair.
Decisions = Mapping[float, Sequence[Steps]]
Pairs = Mapping[float, Frames]


def read_pairs(folder: Path) -> Pairs:
    """Return the pairs of a folder, ``inputs`` and ``targets``, at each exposure: name, linear light, values shown."""
    shown = {name: _read(folder / name) for name in ("inputs", "targets")}
    return {
        stops: Frames([], [], [(name, _light(pixels, stops), shown["targets"][name]) for name, pixels in inputs])
        for inputs in [sorted(shown["inputs"].items())]
        for stops in EXPOSURES
    }


def _read(folder: Path) -> dict[str, Pixels]:
    return {path.stem: read_photo(path, ReadOptions("linear")).pixels for path in find_photos([folder]).photos}


def _light(shown: Pixels, stops: float) -> Pixels:
    light: Pixels = (srgb_to_linear(shown.astype(np.float64)) * 2.0**stops).astype(np.float32)
    return light


def of_agent(run: Path, pairs: Pairs) -> Decisions:
    """Return what an agent makes of the pairs, as ``safelight play`` does."""
    checkpoint = load_agent(run)
    agent = checkpoint.agent.double()
    decisions = {}
    for stops, frames in pairs.items():
        requests = [GameRequest(name, 0, agent_view(pixels)) for name, pixels, _ in frames.pairs]
        games = play(agent, checkpoint.widths, requests, seed=0)
        decisions[stops] = [[played.step for played in game] for game in games]
    return decisions


def of_paper(folder: Path, iterations: int, pairs: Pairs) -> Decisions:
    """Return what an agent makes of the pairs that the recipe of 2018 trains on the photographs of a folder."""
    photographs = read_photographs(folder)
    config = PaperConfig(widths=WIDTHS, batch=32, rate=2e-4, iterations=iterations, seed=0)
    squares = with_unprocessed(photographs.linear, photographs.finished, UNPROCESSED, config.seed)
    inputs, targets = (
        CropSampler(side.take(split(side.photos, config.seed)[0]), CPU) for side in (squares.inputs, squares.targets)
    )
    trainer = PaperTrainer(config, inputs, targets, CPU)
    while trainer.iteration < trainer.iterations:
        trainer.iterate()
    return {stops: edits(trainer, frames) for stops, frames in pairs.items()}


def of_fit(pairs: Pairs, search: Search) -> Decisions:
    """Return the best that five steps can do, for each pair by itself."""
    return {stops: [_fitted(search, stops, *pair) for pair in frames.pairs] for stops, frames in pairs.items()}


def _fitted(search: Search, stops: float, name: str, light: Pixels, shown: Pixels) -> Steps:
    def find() -> list[Steps]:
        *_, best = search_fits(Pair(light, shown), search)
        print(f"{name}, {stops:g} stops: {best.rmse:.4f}", file=sys.stderr, flush=True)
        return [best.steps]

    narrower = "" if search == Search() else f".{search.width}.{search.starts}"
    return _kept(f"fit{narrower}.{stops:g}.{name}", find)[0]


def _kept(name: str, decide: Callable[[], Sequence[Steps]]) -> Sequence[Steps]:
    """Return steps of a file in ``var/bounds``, which is made where it is not there."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        documents = [StepsFile(tuple(steps)).to_json() for steps in decide()]
        RESULTS.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(documents, indent=1) + "\n").encode())
    return [StepsFile.from_json(document).steps for document in json.loads(path.read_text(encoding="utf-8"))]


@dataclass(frozen=True)
class Judged:
    """Of each pair, what its result is like: the RMSE to its target, and both sides' statistics."""

    rmse: Sequence[float]
    results: Sequence[NDArray[np.float64]]
    targets: Sequence[NDArray[np.float64]]

    @classmethod
    def of(cls, frames: Frames, decisions: Sequence[Steps]) -> "Judged":
        """Measure the results of steps, one for each pair."""
        finished = [apply_steps(pixels, steps) for (_, pixels, _), steps in zip(frames.pairs, decisions, strict=True)]
        results = zip(frames.pairs, finished, strict=True)
        return cls(
            [root_mean_square(picture, target) for (_, _, target), picture in results],
            [crop_statistics(picture, pair[0], 0) for pair, picture in zip(frames.pairs, finished, strict=True)],
            [crop_statistics(target, name, 0) for name, _, target in frames.pairs],
        )

    def figures(self, rows: Sequence[int]) -> tuple[float, float]:
        """Return the mean RMSE and the score of some pairs."""
        score = intersection([self.results[row] for row in rows], [self.targets[row] for row in rows]).mean
        return float(np.mean([self.rmse[row] for row in rows])), score


def line(name: str, decisions: Decisions, pairs: Pairs) -> str:
    """Return a line of the table: each exposure, and the worst of them with its intervals over pairs."""
    judged = [Judged.of(frames, decisions[stops]) for stops, frames in pairs.items()]
    count = len(judged[0].rmse)
    random = np.random.default_rng(0)

    def worst(rows: Sequence[int]) -> tuple[float, float]:
        rmse, score = zip(*(side.figures(rows) for side in judged), strict=True)
        return max(rmse), min(score)

    every = range(count)
    draws = np.array([worst(random.integers(count, size=count).tolist()) for _ in range(RESAMPLES)])
    (rmse_low, score_low), (rmse_high, score_high) = np.quantile(draws, INTERVAL, axis=0)
    cells = [f"{score:.1f} / {rmse:.3f}" for rmse, score in (side.figures(every) for side in judged)]
    rmse, score = worst(every)
    cells += [f"{rmse:.3f} ({rmse_low:.3f} to {rmse_high:.3f})", f"{score:.1f} ({score_low:.1f} to {score_high:.1f})"]
    return f"| {' | '.join([name, *cells])} |"


def main(arguments: Sequence[str]) -> int:
    """Run the command of the module docstring, and return its exit code."""
    parser = ArgumentParser(prog="python -m bench.bounds", description="Compare agents with their floor and ceiling.")
    parser.add_argument("--photographs", type=Path, default=ROOT.parent / "shared" / "data" / "photographs")
    parser.add_argument("--pairs", default="pairs", help="the folder of them that has inputs and targets")
    parser.add_argument("--agent", action="append", default=[], type=Path, help="a run's folder, or one that ships")
    parser.add_argument("--iterations", type=int, default=600, help="of the recipe of 2018; 0 for none")
    parser.add_argument("--beam", type=int, default=Search().width, help="how wide the search for five steps is")
    parser.add_argument("--starts", type=int, default=Search().starts, help="from how many starts it descends")
    parser.add_argument("--no-fit", action="store_true", help="leave out the best that five steps can do")
    options = parser.parse_args(arguments)
    if not (options.photographs / options.pairs / "inputs").is_dir():
        parser.error(f"{options.photographs} has no {options.pairs}/inputs; --photographs names a folder that has")
    torch.set_num_threads(1)
    pairs = read_pairs(options.photographs / options.pairs)
    exposures = [f"2^{stops:g}" for stops in EXPOSURES]
    print(f"| score / RMSE | {' | '.join([*exposures, 'RMSE, worst exposure', 'score, worst exposure'])} |")
    print("|---" * (len(exposures) + 3) + "|")
    for name, baseline in BASELINES.items():
        chosen = {stops: [baseline(pixels) for _, pixels, _ in frames.pairs] for stops, frames in pairs.items()}
        print(line(name, chosen, pairs), flush=True)
    if options.iterations:
        name = f"paper, {options.iterations} iterations"
        kept = _kept(
            f"{file_name(name)}.{options.pairs}",
            lambda: [steps for by in of_paper(options.photographs, options.iterations, pairs).values() for steps in by],
        )
        count = len(kept) // len(EXPOSURES)
        by_paper: Decisions = {stops: kept[i * count : (i + 1) * count] for i, stops in enumerate(EXPOSURES)}
        print(line(name, by_paper, pairs), flush=True)
    for run in options.agent:
        try:
            print(line(run.name, of_agent(run, pairs), pairs), flush=True)
        except CheckpointError as error:
            parser.error(str(error))
    if not options.no_fit:
        search = Search(options.beam, options.starts)
        print(line("the best of five steps, `fit`", of_fit(pairs, search), pairs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
