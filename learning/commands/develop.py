"""``safelight develop``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from editing.photos.exif import METADATA, Metadata
from learning.commands.options import agent_option, clear_errors, photo_options, scheduler_option, steps_options

if TYPE_CHECKING:
    from editing.photos.read_options import ReadOptions
    from editing.rendering.writing import OutputFormat
    from learning.developing import Decision, Outcome

FORMATS = ("jpeg", "tiff16", "png16", "webp")


@click.command(
    epilog="""\b
Examples:
  safelight develop ~/photos --agent pretrained -o developed
  safelight develop IMG.CR2 --agent runs/first --samples 3 -o developed
  safelight develop IMG.CR2 --steps developed/OTHER.jpg.safelight.json -o developed --format tiff16
  safelight develop IMG.CR2 --episode export:0b5c4f2e-7c1d-5a3e-8f46-2d1f6a9b0c7e -o developed --size 2048
  safelight develop /photos --agent pretrained -o /developed --scheduler tcp://10.0.0.7:8786
"""
)
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@agent_option(required=False)
@steps_options
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The folder for the pictures.")
@click.option(
    "--format", "picture_format", type=click.Choice(FORMATS), default="jpeg", show_default=True, help="Of the pictures."
)
@click.option(
    "--quality", type=click.IntRange(1, 100), default=92, show_default=True, help="Of JPEG and WebP, 100 the best."
)
@click.option("--size", type=click.IntRange(1), help="The long edge in pixels, at most.  [default: as the photo's]")
@click.option(
    "--metadata",
    type=click.Choice(METADATA),
    default="safe",
    show_default=True,
    help="Of the photo's EXIF data: safe keeps camera, lens, exposure and time, but no place, owner or serial number.",
)
@click.option(
    "--samples", type=click.IntRange(1), default=1, show_default=True, help="Of an agent: treatments a photo."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of an agent's dropout.")
@click.option("--jobs", type=click.IntRange(1), help="Photos at once.  [default: the processor's cores, 4 at most]")
@scheduler_option
@photo_options
def command(
    photos: tuple[Path, ...],
    run: Path | None,
    steps: Path | None,
    episode: str | None,
    out: Path,
    picture_format: OutputFormat,
    quality: int,
    size: int | None,
    metadata: Metadata,
    samples: int,
    seed: int,
    jobs: int | None,
    scheduler: str | None,
    read_options: ReadOptions,
) -> None:
    """Develop PHOTOS, files and folders of them, to finished pictures of their full size.

    RAW, TIFF, PNG, JPEG, WebP, AVIF, HEIC and .npy come in; IMG.CR2 becomes IMG.jpg (.tif, .png, .webp) in the folder,
    with an sRGB profile, and IMG.jpg.safelight.json beside it: the steps, for --steps here or in other commands. Of a
    RAW and a JPEG of the same name the RAW is taken. The same agent and seed decide as in safelight play.

    A command that was interrupted can be run again: what is finished stays as it is. A photo that fails is named at the
    end, and does not stop the others. With --scheduler the machines of a Dask cluster develop the photos; they must
    have safelight installed, and see photos and folder under the same paths.
    """
    from editing.photos.finding import find_photos
    from editing.photos.photo_error import PhotoError
    from editing.rendering.writing import Output
    from editing.trajectories.steps_file import StepsFileError
    from learning.cluster import ClusterError, on_all_machines
    from learning.developing import DevelopError, develop_all, plan, total, without_results

    if scheduler:
        photos, out = tuple(path.resolve() for path in photos), out.resolve()
        run = run and on_all_machines(run)
    with clear_errors(PhotoError, StepsFileError, DevelopError, ClusterError, OSError):
        decision = _decision(run, steps, episode, samples, seed)
        output = Output(picture_format, quality, size, metadata)
        photos_found = find_photos(photos)
        for note in photos_found.notes:
            click.echo(note[0].upper() + note[1:] + ".", err=True)
        planned = plan(without_results(photos_found.photos, out), out, output, decision.samples)
        out.mkdir(parents=True, exist_ok=True)
        outcomes = develop_all(planned, decision, output, read_options, jobs, scheduler)
        whole = total(_tracked(outcomes, len(planned)) if sys.stderr.isatty() else outcomes)
    already_made = f"; {whole.already_made} were there already" if whole.already_made else ""
    click.echo(f"{whole.made} pictures made in {out}{already_made}.")
    for failure in whole.failures:
        click.echo(f"Failed: {failure}", err=True)
    if whole.failures:
        raise SystemExit(1)


def _tracked(outcomes: Iterator[Outcome], count: int) -> Iterable[Outcome]:
    from rich.console import Console
    from rich.progress import track

    return track(outcomes, "Developing", count, console=Console(stderr=True), transient=True)


def _decision(run: Path | None, steps: Path | None, episode: str | None, samples: int, seed: int) -> Decision:
    from learning.commands.steps_source import read_source
    from learning.developing import AgentDecides, SameSteps

    if [run, steps, episode].count(None) != 2:
        raise click.UsageError("say who decides: one of --agent, --steps and --episode")
    if run is None:
        if samples != 1:
            raise click.UsageError("--samples is for --agent: the same steps give the same picture")
        if episode is None:
            return SameSteps(read_source(steps, None).steps_file)
        from editing.trajectories.schemas import InvalidSnapshot  # and with it pyarrow, which is long to import

        with clear_errors(InvalidSnapshot):
            return SameSteps(read_source(None, episode).steps_file)
    from learning.agent.checkpoint import CheckpointError
    from learning.agent.single_games import load_single_player

    with clear_errors(CheckpointError):
        agent = load_single_player(run)
    return AgentDecides(run, run.resolve().name, agent.sha256, seed, samples)
