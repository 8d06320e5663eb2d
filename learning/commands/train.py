"""``safelight train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import clear_errors, photo_options

# So a crash of the machine costs little of a long training.
SAVE_EVERY = 1000

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from learning.data import Photos
    from learning.photo_sets import Decoding, Picture
    from learning.training import TrainingConfig


@click.command(
    epilog="""\b
Examples:
  safelight train --inputs export --targets finished --transfer linear --out runs/first
  safelight train --inputs export --targets finished --transfer linear --out runs/small --width 8 --hidden 32 --batch 32
  safelight train --inputs frames/dark --targets frames/graded --transfer linear --out runs/frames
"""
)
@click.option("--inputs", type=click.Path(path_type=Path), required=True, help="Photos to edit: a folder or an export.")
@click.option("--targets", type=click.Path(path_type=Path), required=True, help="Finished pictures, other ones.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the run.")
@click.option(
    "--width", type=click.IntRange(1, 256), default=32, show_default=True, help="First convolution's channels."
)
@click.option("--features", type=click.IntRange(1), help="Numbers left of an image: always 128 x width; a check.")
@click.option("--hidden", type=click.IntRange(1, 4096), default=128, show_default=True, help="Fully connected width.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True, help="Images in a batch.")
@click.option("--iterations", type=click.IntRange(1), default=20_000, show_default=True, help="How long to train.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@photo_options
def command(
    inputs: Path,
    targets: Path,
    out: Path,
    width: int,
    features: int | None,
    hidden: int,
    batch: int,
    iterations: int,
    seed: int,
    device: str,
    transfer: str,
    primaries: str,
) -> None:
    """Train an agent on unpaired photos: INPUTS as they were taken, TARGETS as finished pictures look.

    Targets are what an edited photo should look like on the screen: finished files usually want --transfer linear,
    which takes their values as they are (an export and RAW files are not affected).

    The defaults are the paper's, for a GPU; --width 8 --hidden 32 --batch 32 trains on a CPU. The run's folder gets the
    weights, config.json and log.csv. Ctrl-C saves what there is.
    """
    from editing.photo import PhotoError
    from editing.trajectory import InvalidSnapshot
    from learning.checkpoint import CheckpointError, check_free
    from learning.device import DeviceError, choose_device
    from learning.networks import Widths
    from learning.photo_sets import Decoding, PhotoSetError, list_photos, list_results
    from learning.training import TrainingConfig, TrainingDiverged

    expected = (PhotoError, PhotoSetError, InvalidSnapshot, CheckpointError, DeviceError, TrainingDiverged, OSError)
    with clear_errors(*expected):
        widths = Widths(width, hidden)
        if features not in (None, widths.features):
            raise click.BadParameter(
                f"{features} does not follow from --width {width}: a 64 x 64 image leaves 128 x {width} = "
                f"{widths.features}. Leave --features out, or change --width.",
                param_hint="--features",
            )
        try:
            config = TrainingConfig(widths, batch, iterations, seed)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        check_free(out)
        where = choose_device(device)
        decoding = Decoding(transfer, primaries)
        photos = _read(inputs, list_photos, decoding, where), _read(targets, list_results, decoding, where)
        about = {"inputs": str(inputs), "targets": str(targets), "transfer": transfer, "primaries": primaries}
        _train(out, config, photos, where, about)


def _read(location: Path, listing: Callable[[Path], list[Picture]], decoding: Decoding, device: torch.device) -> Photos:
    from learning.data import Photos
    from learning.photo_sets import keep_of_pictures, training_square

    reading = keep_of_pictures(listing(location), decoding, training_square, f"Reading {location.name}")
    for line in reading.unreadable:
        click.echo(f"Left out: {line}", err=True)
    click.echo(f"{location}: {len(reading.kept)} photos")
    return Photos(reading.kept, device)


def _train(
    out: Path, config: TrainingConfig, photos: tuple[Photos, Photos], device: torch.device, about: dict[str, Any]
) -> None:
    from learning.checkpoint import save_run
    from learning.run_log import RunLog
    from learning.training import Trainer

    def save() -> None:
        save_run(out, trainer.networks, about | {"training": config.to_json(), "iterations_done": done})

    trainer = Trainer(config, *photos, device)
    done = 0
    interrupted = False
    with RunLog(out, config.iterations) as log:
        try:
            for record in trainer.run(log.update):
                log.write(record)
                done = record.iteration
                if done and done % SAVE_EVERY == 0:
                    save()
        except KeyboardInterrupt:
            interrupted = True
        save()
    if interrupted:
        click.echo(f"Stopped after iteration {done} of {config.iterations}; {out} holds the agent as it then was.")
        raise SystemExit(130)
    click.echo(f"Trained {config.iterations} iterations on {device}; the agent is in {out}.")
