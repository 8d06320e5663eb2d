"""``safelight train``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from learning.commands.options import clear_errors, photo_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from learning.networks import Widths
    from learning.photo_sets import Picture

Settings = dict[str, Any]
# Where a run is, and where it computes, may change when it is resumed.
NOT_SETTINGS = ("out", "resume", "device")


@click.command(
    epilog="""\b
Examples:
  safelight train --inputs export --targets finished --transfer linear --out runs/first
  safelight train --inputs frames/dark --targets frames/graded --transfer linear --out runs/frames --width 32
  safelight train --out runs/first --resume
  torchrun --nproc-per-node 2 -m learning.command_line train --inputs export --targets finished --out runs/first
"""
)
@click.option("--inputs", type=click.Path(), help="Photos as they were taken: a folder, or an export.")
@click.option("--targets", type=click.Path(), help="Finished pictures, other ones.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the run.")
@click.option("--resume", is_flag=True, help="Continue the run in OUT, with the settings that it was begun with.")
@click.option(
    "--recipe",
    type=click.Choice(["fast", "paper"]),
    default="fast",
    show_default=True,
    help="Whole games and a critic that learns faster, or the schedule of 2018.",
)
@click.option(
    "--width", type=click.IntRange(1, 256), default=12, show_default=True, help="First convolution's channels."
)
@click.option("--features", type=click.IntRange(1), help="Numbers left of an image: always 128 x width; a check.")
@click.option("--hidden", type=click.IntRange(1, 4096), help="Fully connected width.  [default: 4 x width]")
@click.option(
    "--batch", type=click.IntRange(1), help="Images in a batch, of all processes.  [default: fast 32, paper 64]"
)
@click.option("--iterations", type=click.IntRange(1), help="How long to train.  [default: fast 1000, paper 20000]")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16"]),
    default="float32",
    show_default=True,
    help="What networks compute in; bfloat16 pays on GPUs, and CPUs that have it.",
)
@click.option(
    "--save-every", type=click.IntRange(1), default=50, show_default=True, help="Iterations between checkpoints."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@photo_options
@click.pass_context
def command(context: click.Context, /, out: Path, resume: bool, device: str, **settings: Any) -> None:
    """Train an agent on unpaired photos: INPUTS as they were taken, TARGETS as finished pictures look.

    Targets are what an edited photo should look like on the screen: finished files usually want --transfer linear,
    which takes their values as they are (an export and RAW files are not affected).

    Some of the photos are held out, and the agent is scored on them. The run's folder gets config.json, log.jsonl,
    last.safetensors, from which --resume continues, and best.safetensors, the highest score's, which play uses.
    --recipe paper --width 32 is the 2018 program's training, for a GPU. Started by torchrun, once for each GPU, the
    processes share each batch.
    """
    from editing.new_folder import check_free
    from editing.photo import PhotoError
    from editing.trajectory import InvalidSnapshot
    from learning.checkpoint import CheckpointError
    from learning.device import DeviceError
    from learning.distributed import ProcessLost, started
    from learning.photo_sets import PhotoSetError
    from learning.training import TrainingDiverged

    expected = (PhotoError, PhotoSetError, InvalidSnapshot, CheckpointError, DeviceError, TrainingDiverged, OSError)
    first = started().rank == 0
    with clear_errors(*expected, ProcessLost), _speaking(first):
        if resume:
            settings = _settings_of_run(context, out)
        else:
            for name in ("inputs", "targets"):
                if settings[name] is None:
                    raise click.UsageError(f"Missing option '--{name}'")
            if first:
                check_free(out)
        _train(out, settings, device, resume)


@contextmanager
def _speaking(first: bool) -> Iterator[None]:
    """Of several processes, let the first speak; the others tell only of errors that are theirs alone."""
    from learning.training import TrainingDiverged

    if first:
        yield
        return
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            yield
        except (click.UsageError, TrainingDiverged):
            raise SystemExit(1) from None


def _settings_of_run(context: click.Context, out: Path) -> Settings:
    """The settings that the run was begun with; an option given now must say the same."""
    from learning.checkpoint import CheckpointError, read_config

    settings = read_config(out).get("settings")
    if not isinstance(settings, dict):
        raise CheckpointError(f"{out} was not begun by this version of safelight train; it can be played, not resumed")
    for name, value in context.params.items():
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in NOT_SETTINGS and settings.get(name) != value:
            raise click.UsageError(f"the run in {out} was begun with {name} {settings.get(name)}, not {value}")
    return settings


def _train(out: Path, settings: Settings, device: str, resume: bool) -> None:
    from learning.checkpoint import LAST, CheckpointError, begin_run, read_config
    from learning.data import Photos, digest
    from learning.device import choose_device
    from learning.distributed import joined, own_device, started
    from learning.held_out import HeldOut, split
    from learning.photo_sets import list_photos, list_results
    from learning.recipes import RECIPES
    from learning.run import run

    processes = started()
    widths = _widths(settings)
    recipe = RECIPES[settings["recipe"]]
    given = {name: settings[name] for name in ("batch", "iterations") if settings[name] is not None}
    try:
        config = recipe.config(
            widths=widths, seed=settings["seed"], bfloat16=settings["precision"] == "bfloat16", **given
        )
        processes.check_batch(config.parts)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    where = choose_device(own_device(device))
    # Of an export, the untouched photos are inputs, and what people made of them targets.
    pictures = list_photos(Path(settings["inputs"])), list_results(Path(settings["targets"]))
    squares = [_read(one, settings, name) for one, name in zip(pictures, ("inputs", "targets"), strict=True)]
    digests = [digest(one) for one in squares]
    if not resume:
        about = {"recipe": settings["recipe"], "training": config.to_json(), "settings": settings, "photos": digests}
        if processes.rank == 0:
            begin_run(out, widths, about)
    elif read_config(out).get("photos") != digests:
        raise CheckpointError(f"the photos are not those that the run in {out} was begun with; begin another run")
    (inputs, held_inputs), (targets, _) = (split(one, settings["seed"]) for one in squares)
    trainer = recipe.trainer(config, Photos(inputs, where), Photos(targets, where), where, processes)
    try:
        with joined(processes, where):
            run(out, trainer, HeldOut(held_inputs, squares[1]), settings["save_every"])
    except KeyboardInterrupt:
        saved = "its last checkpoint" if (out / LAST).exists() else "the beginning, as nothing was saved yet"
        click.echo(f"Stopped in iteration {trainer.iteration}; --resume continues from {saved}.")
        raise SystemExit(130) from None
    click.echo(f"Trained {config.iterations} iterations on {where}; the agent is in {out}.")


def _widths(settings: Settings) -> Widths:
    from learning.networks import Widths

    width = settings["width"]
    widths = Widths(width, settings["hidden"] or 4 * width)
    if settings["features"] not in (None, widths.features):
        raise click.BadParameter(
            f"{settings['features']} does not follow from --width {width}: a 64 x 64 image leaves 128 x {width} = "
            f"{widths.features}. Leave --features out, or change --width.",
            param_hint="--features",
        )
    return widths


def _read(pictures: list[Picture], settings: Settings, name: str) -> tuple[NDArray[np.float32], ...]:
    from learning.photo_sets import Decoding, keep_of_pictures, training_square

    decoding = Decoding(settings["transfer"], settings["primaries"])
    reading = keep_of_pictures(pictures, decoding, training_square, f"Reading {name}")
    for line in reading.unreadable:
        click.echo(f"Left out: {line}", err=True)
    left_out = f", {len(reading.unreadable)} left out" if reading.unreadable else ""
    click.echo(f"{settings[name]}: {len(reading.kept)} pictures{left_out}")
    return reading.kept
