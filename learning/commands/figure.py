"""``safelight figure``."""

from __future__ import annotations

from pathlib import Path

import click

from editing.rules import MAXIMUM_STEPS
from learning.commands.options import check_output, check_steps_options, clear_errors, photo_options, steps_options


@click.command(
    epilog="""\b
Examples:
  safelight figure --steps steps.json photo.cr2 -o figure.svg
  safelight figure --steps steps.json photo.tif -o figure.pdf --light --columns 6
  safelight figure --episode play:0b5c4f2e-7c1d-5a3e-8f46-2d1f6a9b0c7e -o figure.png
"""
)
@click.argument("photo", required=False, type=click.Path(path_type=Path))
@steps_options
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A .svg, .png or .pdf file.")
@click.option("--light", is_flag=True, help="On white, for print.")
@click.option(
    "--columns", type=click.IntRange(1, MAXIMUM_STEPS + 1), default=3, show_default=True, help="Pictures in a row."
)
@photo_options
def command(
    photo: Path | None,
    steps: Path | None,
    episode: str | None,
    out: Path,
    light: bool,
    columns: int,
    transfer: str,
    primaries: str,
) -> None:
    """Draw steps on PHOTO: each one's picture, its filter, and its parameters or curves.

    If an agent chose the steps, the probabilities of all filters are drawn too. An episode is drawn on the preview of
    its own photo where no other is given.
    """
    from editing.photo import PhotoError, load_preview, make_preview, read_photo
    from editing.steps_file import StepsFileError
    from editing.trajectory import InvalidSnapshot
    from learning.sequence_drawing import EDGE, FIGURES, FINE, developed, sequence_figure, write_figure
    from learning.step_drawing import DARK, LIGHT
    from learning.steps_source import read_source

    check_steps_options(steps, episode)
    if photo is None and steps is not None:
        raise click.UsageError("name a PHOTO to draw the steps on")
    check_output(out, "--out", tuple(FIGURES), (steps, photo))
    with clear_errors(StepsFileError, InvalidSnapshot, PhotoError, OSError):
        source = read_source(steps, episode)
        if photo is not None:
            pixels = read_photo(photo, transfer=transfer, primaries=primaries).pixels
        else:
            assert source.preview is not None  # noqa: S101 (an episode has one)
            pixels = load_preview(source.preview)
        small = make_preview(pixels, round(EDGE * FINE)).astype("float32")
        sequence, probabilities = source.steps_file.steps, source.steps_file.probabilities
        figure = sequence_figure(developed(small, sequence), sequence, probabilities, LIGHT if light else DARK, columns)
        write_figure(out, figure, sequence)
