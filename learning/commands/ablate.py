"""``safelight ablate``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from learning.commands.options import agent_option, clear_errors, photo_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from editing.game.rules import Step
    from editing.photos.read_options import ReadOptions
    from learning.agent.checkpoint import Checkpoint
    from learning.agent.games import GameRequest
    from learning.agent.playing import Choice
    from learning.photos.sets import Decoding, PictureFile

    # Of one photo: by each choice, the steps of each sample.
    Games = Mapping[Choice, Sequence[Sequence[Step]]]


@dataclass(frozen=True)
class Ablation:
    """What comes of an agent's parameters where its filters are chosen in one way.

    Attributes:
        rmse: mean of the finished photos to their targets, values as shown, 0 to 1.
        score: histogram intersection of the finished photos and the targets, in percent.
        orders: how many different sequences of filters there were.
    """

    rmse: float
    score: float
    orders: int


@click.command(
    epilog="""\b
Examples:
  safelight ablate --agent runs/first pairs/input pairs/target
  safelight ablate --agent pretrained frames/input frames/graded --transfer linear --samples 3 --json ablation.json
"""
)
@click.argument("inputs", type=click.Path(path_type=Path))
@click.argument("targets", type=click.Path(path_type=Path))
@agent_option(required=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
@click.option("--samples", type=click.IntRange(1), default=1, show_default=True, help="Games on each photo.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
@photo_options
def command(
    inputs: Path,
    targets: Path,
    run: Path,
    seed: int,
    samples: int,
    device: str,
    json_file: Path | None,
    read_options: ReadOptions,
) -> None:
    """Measure what an agent's choice of filters is worth, on INPUTS and the finished picture of each in TARGETS.

    The agent plays every photo four times: by the most probable filter, as it does; by a filter drawn by its
    probabilities; by any filter, all alike; and by the least probable one. Its parameters are its own each time. Where
    all four end as close to the targets, its choice is worth nothing. A target has its input's name, whatever the
    suffix.
    """
    from editing.files import write_atomically
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError, load_agent
    from learning.device import DeviceError
    from learning.photos.sets import Decoding, PhotoSetError

    with clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, CheckpointError, DeviceError, OSError):
        checkpoint, decoding = load_agent(run), Decoding(read_options)
        pairs = _pairs(inputs, targets)
        games = _play(checkpoint, [photo for photo, _ in pairs], decoding, (seed, samples), device)
        ablations = _measure(pairs, games, decoding, seed)
        click.echo(f"{len(pairs)} photos, {samples} games on each")
        click.echo(f"{'choice':<16} {'RMSE':>6} {'score':>6} {'orders':>7}")
        for choice, ablation in ablations.items():
            click.echo(f"{choice:<16} {ablation.rmse:6.3f} {ablation.score:6.1f} {ablation.orders:7}")
        if json_file:
            document = {
                "photos": len(pairs),
                "samples": samples,
                "seed": seed,
                "choices": {choice: asdict(ablation) for choice, ablation in ablations.items()},
            }
            write_atomically(json_file, (json.dumps(document, indent=1) + "\n").encode())


def _pairs(inputs: Path, targets: Path) -> list[tuple[PictureFile, PictureFile]]:
    from learning.photos.sets import PhotoSetError, list_photos, list_results

    by_stem = {Path(picture.name).stem: picture for picture in list_results(targets)}
    photos = list_photos(inputs)
    if missing := [photo.name for photo in photos if Path(photo.name).stem not in by_stem]:
        raise PhotoSetError(f"{targets}: no target of the name of {missing[0]}")
    return [(photo, by_stem[Path(photo.name).stem]) for photo in photos]


def _play(
    checkpoint: Checkpoint, photos: Sequence[PictureFile], decoding: Decoding, draws: tuple[int, int], device: str
) -> list[Games]:
    """Play each photo in each way; the games of each photo."""
    from functools import partial

    from learning.agent.playing import CHOICES, play_all
    from learning.device import choose_device
    from learning.photos.sets import map_processes

    seed, samples = draws
    agent = checkpoint.agent.to(choose_device(device)).double()
    requests = [
        request
        for photo_requests in map_processes(partial(_requests, decoding=decoding, samples=samples), photos, "Reading")
        for request in photo_requests
    ]
    games: list[dict[Choice, list[list[Step]]]] = [{choice: [] for choice in CHOICES} for _ in photos]
    for choice in CHOICES:
        played = play_all(agent, checkpoint.widths, requests, seed, 64, choice)
        for index, (_, steps) in enumerate(played):
            games[index // samples][choice].append([step.step for step in steps])
    return list(games)


def _requests(photo: PictureFile, decoding: Decoding, samples: int) -> list[GameRequest]:
    from editing.photos.decoding import source_sha256
    from editing.photos.preview import agent_view
    from learning.agent.games import GameRequest
    from learning.photos.sets import read_picture

    view, sha256 = agent_view(read_picture(photo, decoding)), source_sha256(photo.path)
    return [GameRequest(sha256, sample, view) for sample in range(samples)]


def _measure(
    pairs: Sequence[tuple[PictureFile, PictureFile]], games: Sequence[Games], decoding: Decoding, seed: int
) -> dict[Choice, Ablation]:
    from functools import partial

    import numpy as np

    from learning.agent.playing import CHOICES
    from learning.metrics.histogram_intersection import intersection
    from learning.photos.sets import map_processes

    jobs = [(*pair, photo_games) for pair, photo_games in zip(pairs, games, strict=True)]
    judged = map_processes(partial(_judge, decoding=decoding, seed=seed), jobs, "Comparing")
    targets = [target for target, _ in judged]
    ablations: dict[Choice, Ablation] = {}
    for choice in CHOICES:
        results = [result for _, by_choice in judged for result in by_choice[choice]]
        orders = {tuple(step.filter for step in steps) for photo_games in games for steps in photo_games[choice]}
        score = intersection([statistics for _, statistics in results], targets).mean
        ablations[choice] = Ablation(float(np.mean([rmse for rmse, _ in results])), score, len(orders))
    return ablations


def _judge(
    job: tuple[PictureFile, PictureFile, Games], decoding: Decoding, seed: int
) -> tuple[NDArray[np.float64], dict[Choice, list[tuple[float, NDArray[np.float64]]]]]:
    """Return the statistics of a target, and by choice the RMSE and the statistics of each finished photo."""
    from editing.game.filters import apply_steps
    from learning.metrics.histogram_intersection import crop_statistics, root_mean_square
    from learning.photos.sets import PhotoSetError, read_picture

    photo, target, games = job
    pixels, wanted = read_picture(photo, decoding), read_picture(target, decoding)
    if pixels.shape != wanted.shape:
        sizes = " and ".join(f"{array.shape[1]} x {array.shape[0]}" for array in (pixels, wanted))
        raise PhotoSetError(f"{photo.name} and its target have different sizes, {sizes}")
    results: dict[Choice, list[tuple[float, NDArray[np.float64]]]] = {}
    for choice, samples in games.items():
        finished = [apply_steps(pixels, steps) for steps in samples]
        results[choice] = [
            (root_mean_square(picture, wanted), crop_statistics(picture, photo.name, seed)) for picture in finished
        ]
    return crop_statistics(wanted, target.name, seed), results
