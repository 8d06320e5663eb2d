"""``safelight fit``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.commands.options import check_output, clear_errors, photo_options

if TYPE_CHECKING:
    from editing.game.rules import Step
    from editing.photos.read_options import ReadOptions
    from editing.rendering.writing import OutputFormat
    from learning.fitting.pair import Pair
    from learning.fitting.search import Search
    from learning.metrics.picture_difference import PictureDifference

FORMATS: dict[str, OutputFormat] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff16",
    ".tiff": "tiff16",
    ".png": "png16",
    ".webp": "webp",
}
# Pixels that the remaining difference is measured over, at most.
COMPARED = 1_000_000


@dataclass(frozen=True)
class MeasuredFit:
    """Steps, and what is left between the picture that they make and the target."""

    steps: Sequence[Step]
    difference: PictureDifference


@click.command(
    epilog="""\b
Examples:
  safelight fit IMG.CR2 IMG.JPG
  safelight fit IMG.CR2 retouched.tif -o fitted.jpg --json fit.json
  safelight fit photo.npy finished.png --primaries prophoto --width 24 --starts 6
"""
)
@click.argument("photo", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help=f"Write the developed picture, a {' '.join(FORMATS)} file."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write steps and figures to this file too.")
@click.option(
    "--steps",
    "most_steps",
    type=click.IntRange(1, MAXIMUM_STEPS),
    default=MAXIMUM_STEPS,
    show_default=True,
    help="At most so many.",
)
@click.option(
    "--width",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    help="Of the beam: how many orders of filters go on.",
)
@click.option(
    "--starts",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Parameters that each order's descent begins from.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of the random starts.")
@photo_options
def command(
    photo: Path,
    target: Path,
    out: Path | None,
    json_file: Path | None,
    most_steps: int,
    width: int,
    starts: int,
    seed: int,
    read_options: ReadOptions,
) -> None:
    """Find the steps that lead from PHOTO to TARGET, a finished picture of it, however that was made.

    The rules of the game hold: at most five steps, each filter once, parameters within their ranges. Orders of filters
    are searched by a beam, and the parameters of each descend from several starts towards the target. Takes seconds to
    a minute; the same seed gives the same steps.

    Prints the best steps, and what is left of one step, of two and so on: the delta E 2000, of which 1 is just seen,
    and the RMSE of values from 0 to 1. What no filter can do stays: masks, sharpening, noise. Both may be of
    different sizes, if they show the same. --transfer and --primaries are for PHOTO; TARGET is taken by its profile.

    With -o the photo is developed by these steps, in full size, and OUT.safelight.json beside it has the steps, for
    --steps of other commands.
    """
    from editing.files import write_atomically
    from editing.photos.photo_error import PhotoError
    from learning.developing import sidecar_of
    from learning.fitting.pair import PairError, read_pair
    from learning.fitting.search import Search

    _check(photo, target, out, json_file)
    search = Search(width, starts, most_steps, seed)
    with clear_errors(PhotoError, PairError, OSError):
        pair = read_pair(photo, target, read_options)
        fits = list(_measured(pair, search))
        _print(fits, pair)
        document = _document(fits, pair, (photo, target), search)
        if json_file is not None:
            write_atomically(json_file, (json.dumps(document, indent=1) + "\n").encode())
        if out is not None:
            _develop(photo, out, fits[-1], document, read_options)
            click.echo(f"The picture is {out}, its steps {sidecar_of(out).name}.")


def _check(photo: Path, target: Path, out: Path | None, json_file: Path | None) -> None:
    for path, name in ((photo, "PHOTO"), (target, "TARGET")):
        if path.is_dir():
            raise click.UsageError(f"{path} is a folder; {name} is one file")
    if out is not None:
        check_output(out, "--out", FORMATS, (photo, target))
    if json_file is not None:
        check_output(json_file, "--json", (".json",), (photo, target))


def _measured(pair: Pair, search: Search) -> Iterator[MeasuredFit]:
    """Yield the best of no step, one step and so on, each measured at the pair's size."""
    import torch
    from rich.console import Console
    from rich.progress import track

    from editing.game.filters import apply_steps
    from learning.fitting.search import search_fits
    from learning.metrics.picture_difference import picture_difference

    torch.set_num_threads(1)  # many small products: threads would wait for each other
    light, shown = pair.colours(COMPARED)
    console = Console(stderr=True)
    for fit in track(search_fits(pair, search), "Searching", search.most_steps + 1, console=console, transient=True):
        yield MeasuredFit(fit.steps, picture_difference(apply_steps(light, fit.steps), shown))


def _print(fits: Sequence[MeasuredFit], pair: Pair) -> None:
    click.echo(f"{'steps':<6} {'delta E':>8} {'of 95 %':>8} {'RMSE':>7}")
    for fit in fits:
        labels = ", ".join(FILTERS[step.filter].label for step in fit.steps) or "untouched"
        figures = f"{fit.difference.delta_e:8.2f} {fit.difference.delta_e_95:8.2f} {fit.difference.rmse:7.4f}"
        click.echo(f"{len(fit.steps):<6} {figures}  {labels}")
    best = fits[-1]
    click.echo()
    for number, step in enumerate(best.steps, start=1):
        filter_ = FILTERS[step.filter]
        click.echo(f"{number}  {filter_.label:<14} {filter_.describe(step.parameters)}")
    if not best.steps:
        click.echo("No step brings the photo nearer to the target.")
    width, height = pair.size
    click.echo(
        f"Left at {width} x {height} pixels: delta E 2000 {best.difference.delta_e:.2f}, in 95 % of the pixels below "
        f"{best.difference.delta_e_95:.2f}; RMSE {best.difference.rmse:.4f}."
    )


def _document(fits: Sequence[MeasuredFit], pair: Pair, files: tuple[Path, Path], search: Search) -> dict[str, Any]:
    """Return what ``--json`` writes: the search, and the best steps of each number of them with what they leave."""
    from editing.photos.decoding import source_sha256
    from editing.photos.photo_error import printable

    named = {
        name: {"name": printable(path.name), "sha256": source_sha256(path)}
        for name, path in zip(("photo", "target"), files, strict=True)
    }
    listed = [
        {
            "steps": [{"filter": step.filter, "parameters": dict(step.parameters)} for step in fit.steps],
            **asdict(fit.difference),
        }
        for fit in fits
    ]
    return {**named, "search": asdict(search), "width": pair.size[0], "height": pair.size[1], "fits": listed}


def _develop(photo: Path, out: Path, fit: MeasuredFit, document: Mapping[str, Any], read_options: ReadOptions) -> None:
    """Write the picture in full size, and its steps beside it."""
    from editing.rendering.developing import develop_file
    from editing.rendering.writing import Output
    from editing.trajectories.steps_file import StepsFile, write_steps
    from learning.developing import sidecar_of

    about = {name: document[name] for name in ("photo", "target", "search")} | {"left": asdict(fit.difference)}
    write_steps(sidecar_of(out), StepsFile(tuple(fit.steps), about=about))
    develop_file(photo, fit.steps, out, Output(FORMATS[out.suffix.lower()]), read_options)
