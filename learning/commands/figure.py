"""``safelight figure``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from editing.game.rules import MAXIMUM_STEPS
from learning.commands.options import check_output, check_steps_options, clear_errors, photo_options, steps_options

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from editing.photos.read_options import ReadOptions
    from learning.commands.steps_source import StepsSource
    from learning.figures.sequences import EditedSequence
    from learning.figures.steps import Palette


@click.command(
    epilog="""\b
Examples:
  safelight figure --steps steps.json photo.cr2 -o figure.svg
  safelight figure --steps steps.json photo.tif -o figure.pdf --light --columns 6
  safelight figure --episode play:0b5c4f2e-7c1d-5a3e-8f46-2d1f6a9b0c7e -o figure.png
  safelight figure --sheet play -o sheet.png
"""
)
@click.argument("photo", required=False, type=click.Path(path_type=Path))
@steps_options
@click.option(
    "--sheet", metavar="DIR", type=click.Path(path_type=Path), help="A sheet of all episodes of an export or a play."
)
@click.option("--most", type=click.IntRange(1, 100), default=20, show_default=True, help="Episodes on a sheet.")
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
    sheet: Path | None,
    most: int,
    out: Path,
    light: bool,
    columns: int,
    read_options: ReadOptions,
) -> None:
    """Draw steps on PHOTO: each one's picture, its filter, and its parameters or curves.

    If an agent chose the steps, the probabilities of all filters are drawn too. An episode is drawn on the preview of
    its own photo where no other is given.
    """
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.steps_file import StepsFileError
    from learning.commands.steps_source import read_source
    from learning.figures.sequences import METADATA, write_figure
    from learning.figures.steps import DARK, LIGHT

    if sheet is None:
        check_steps_options(steps, episode)
        if photo is None and steps is not None:
            raise click.UsageError("name a PHOTO to draw the steps on")
    elif photo is not None or steps is not None or episode is not None:
        raise click.UsageError("--sheet draws episodes on their own photos: give no PHOTO, --steps or --episode")
    check_output(out, "--out", tuple(METADATA), (steps, photo))
    palette = LIGHT if light else DARK
    with clear_errors(StepsFileError, InvalidSnapshot, PhotoError, OSError):
        if sheet is not None:
            write_figure(out, *sheet_of_episodes(sheet, most, palette))
        else:
            write_figure(out, *_sequence(photo, read_options, read_source(steps, episode), palette, columns))


def _sequence(
    photo: Path | None, read_options: ReadOptions, source: StepsSource, palette: Palette, columns: int
) -> tuple[Figure, str]:
    """Return the figure of a sequence, and its title."""
    from editing.game.filters import FILTERS
    from editing.photos.decoding import read_photo
    from editing.photos.preview import make_preview
    from learning.figures.sequences import EDGE, FINE, intermediate_pictures, sequence_figure

    pixels = _episode_photo(source) if photo is None else read_photo(photo, read_options).pixels
    small = make_preview(pixels, round(EDGE * FINE)).astype("float32")
    steps, probabilities = source.steps_file.steps, source.steps_file.probabilities
    figure = sequence_figure(intermediate_pictures(small, steps), steps, probabilities, palette, columns)
    return figure, ", ".join(FILTERS[step.filter].label for step in steps) or "Untouched"


def sequence_of_episode(source: StepsSource, palette: Palette) -> tuple[Figure, str]:
    """Return the figure of an episode on its own photo, and its title."""
    from editing.photos.read_options import AUTO

    return _sequence(None, AUTO, source, palette, 3)


def sheet_of_episodes(folder: Path, most: int, palette: Palette) -> tuple[Figure, str]:
    """Return the figure of the episodes of an export or a play, and its title."""
    from learning.commands.steps_source import read_submitted
    from learning.figures.sequences import sheet_figure

    sources = read_submitted(folder, most)
    sequences = [_edited_sequence(source) for source in sources]
    return sheet_figure(sequences, palette), f"{len(sources)} episodes of {folder.name}"


def _edited_sequence(source: StepsSource) -> EditedSequence:
    """Return an episode's steps, on what the agent sees of its photo, in more pixels."""
    from editing.photos.preview import square
    from learning.figures.sequences import FINE, SIDE, EditedSequence, intermediate_pictures

    steps_file = source.steps_file
    pixels = square(_episode_photo(source), round(SIDE * FINE))
    return EditedSequence(intermediate_pictures(pixels, steps_file.steps), steps_file.steps, steps_file.probabilities)


def _episode_photo(source: StepsSource) -> NDArray[np.float32]:
    """Return the preview of the photo that an episode was played on."""
    from editing.photos.preview import load_preview

    assert source.preview is not None  # noqa: S101 (an episode has one)
    return load_preview(source.preview)
