"""``safelight export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from editing.rendering.cube import LARGEST, SIZE, SMALLEST
from learning.commands.options import check_output, check_steps_options, clear_errors, photo_options, steps_options

if TYPE_CHECKING:
    from editing.game.rules import Step
    from editing.photos.read_options import ReadOptions
    from learning.metrics.cube_error import Colours


@click.command(
    epilog="""\b
Examples:
  safelight export --steps steps.json --cube look.cube
  safelight export --steps steps.json --cube look.cube --size 33 photo.cr2
  safelight export --episode play:0b5c4f2e-7c1d-5a3e-8f46-2d1f6a9b0c7e --python look.py
"""
)
@click.argument("photo", required=False, type=click.Path(path_type=Path))
@steps_options
@click.option("--cube", type=click.Path(path_type=Path), help="Write a 3D LUT, a .cube file, over sRGB-encoded input.")
@click.option(
    "--size",
    type=click.IntRange(SMALLEST, LARGEST),
    default=SIZE,
    show_default=True,
    help="Points on each axis of the cube.",
)
@click.option("--python", type=click.Path(path_type=Path), help="Write a .py file whose develop() needs NumPy alone.")
@photo_options
def command(
    photo: Path | None,
    steps: Path | None,
    episode: str | None,
    cube: Path | None,
    size: int,
    python: Path | None,
    read_options: ReadOptions,
) -> None:
    """Write steps in a form that other programs apply.

    For a cube, its error against the exact picture is printed: over the colours of PHOTO, or else over a seeded sample
    such as untouched photos have.
    """
    from editing.files import write_atomically
    from editing.game.numpy_source import numpy_source
    from editing.photos.photo_error import PhotoError
    from editing.rendering.cube import write_cube
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.steps_file import StepsFileError
    from learning.commands.steps_source import read_source

    check_steps_options(steps, episode)
    if cube is None and python is None:
        raise click.UsageError("nothing to write: give --cube FILE.cube, --python FILE.py, or both")
    for output, option, suffix in ((cube, "--cube", ".cube"), (python, "--python", ".py")):
        if output is not None:
            check_output(output, option, (suffix,), (steps, photo))
    with clear_errors(StepsFileError, InvalidSnapshot, PhotoError, OSError):
        sequence = read_source(steps, episode).steps_file.steps
        if cube is not None:
            colours, source = _colours(photo, read_options)
            write_cube(cube, sequence, size)
            _print_error(cube, sequence, size, colours, source)
        if python is not None:
            write_atomically(python, numpy_source(sequence).encode())
            click.echo(f"{python}: {_filter_names(sequence)}, as develop()")


def _colours(photo: Path | None, read_options: ReadOptions) -> tuple[Colours, str]:
    """Return the colours to measure by, and what they are."""
    from editing.photos.decoding import read_photo
    from editing.photos.photo_error import printable
    from learning.metrics.cube_error import photo_colours, sample_colours

    if photo is None:
        colours = sample_colours()
        return colours, f"a sample of {len(colours):,} colours; others may be further off"
    pixels = read_photo(photo, read_options).pixels
    colours = photo_colours(pixels)
    count = pixels.shape[0] * pixels.shape[1]
    if len(colours) == count:
        return colours, f"{count:,} pixels of {printable(photo.name)}"
    sample = f"a sample of {len(colours):,} of the {count:,} pixels of {printable(photo.name)}"
    return colours, f"{sample}; others may be further off"


def _print_error(cube: Path, sequence: tuple[Step, ...], size: int, colours: Colours, source: str) -> None:
    from learning.metrics.cube_error import cube_error

    error = cube_error(sequence, size, colours)
    delta_e = f"largest {error.largest:.2f}, mean {error.mean:.3f}"
    click.echo(f"{cube}: {_filter_names(sequence)}, {size} points on each axis")
    click.echo(f"Delta E 2000 against the exact picture: {delta_e}, over {source}")
    if error.beyond:
        click.echo(f"{100 * error.beyond:.2g} % of these colours are beyond 1, where the table ends.")
    if any(step.filter == "saturation" for step in sequence):
        click.echo("Next to grey the saturation filter leaps; no table follows it there (docs/other-tools.md).")


def _filter_names(sequence: tuple[Step, ...]) -> str:
    return ", ".join(step.filter for step in sequence) or "(no step)"
