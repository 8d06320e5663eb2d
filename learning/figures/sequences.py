"""An edited sequence drawn, in a strip or as a figure: each step's picture, and beside or below it what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from editing.files import atomic_file
from editing.game.filters import apply_steps
from editing.game.rules import Step
from learning.figures.steps import (
    DARK,
    DPI,
    LARGE,
    SHARES,
    TITLE,
    Drawing,
    Palette,
    Pixels,
    draw_parameters,
    draw_probabilities,
    empty_figure,
    step_title,
)

# In a strip: a picture's square, the column beside it, and the space after both.
SIDE, COLUMN, GAP, SPACE = 128, 156, 8, 24
HEIGHT = TITLE + SIDE
# In the column, above the probabilities.
PARAMETERS = 42
# In a figure: a picture's long edge, the parameters below it, and the space around all.
EDGE, BELOW, MARGIN = 240, 56, 16
# Pixels of a photo for each of the drawing's.
FINE = 2.5
# How a figure is written: fonts as outlines or whole, so that it looks alike anywhere; and by suffix, without dates, so
# that the same figure is the same file.
_STYLE: Any = {"svg.fonttype": "path", "svg.hashsalt": "safelight", "pdf.fonttype": 42}
METADATA = {".svg": {"Date": None}, ".png": {"Software": None}, ".pdf": {"CreationDate": None, "ModDate": None}}


def intermediate_pictures(untouched: Pixels, steps: Sequence[Step]) -> list[Pixels]:
    """Return the untouched picture, and what each step made of it, all of its shape (h, w, 3)."""
    pictures = [untouched]
    for step in steps:
        pictures.append(apply_steps(pictures[-1], [step]))
    return pictures


def sequence_width(steps: int) -> float:
    """Return the pixels from the untouched picture's left edge to the last column's right, after so many steps."""
    return SIDE + steps * (SPACE + SIDE + GAP + COLUMN)


def draw_sequence(
    drawing: Drawing,
    pictures: Sequence[Pixels],
    steps: Sequence[Step],
    probabilities: Sequence[Mapping[str, float]] | None = None,
    at: tuple[float, float] = (0.0, 0.0),
    title: str = "Input",
) -> None:
    """Draw an untouched picture, and what each step made of it: ``sequence_width(len(steps))`` x ``HEIGHT`` pixels.

    Args:
        pictures: (h, w, 3) each, one more than steps; what is shown is clipped to 0 .. 1.
        probabilities: by which each step's filter was chosen, by slug, if an agent chose; 0 for a used filter.
        at: the upper left corner.
        title: above the untouched picture.
    """
    x, y = at
    palette = drawing.palette
    drawing.text(x, y + TITLE / 2, title, palette.text, LARGE)
    drawing.picture(x, y + TITLE, pictures[0], SIDE, SIDE)
    x += SIDE + SPACE
    for index, (picture, step) in enumerate(zip(pictures[1:], steps, strict=True)):
        drawing.text(x, y + TITLE / 2, step_title(index, step), palette.strong, LARGE)
        drawing.picture(x, y + TITLE, picture, SIDE, SIDE)
        column = x + SIDE + GAP
        draw_parameters(drawing, (column, y), (COLUMN, PARAMETERS), step)
        if probabilities is not None:
            draw_probabilities(drawing, (column, y + HEIGHT - SHARES), COLUMN, probabilities[index], step.filter)
        x = column + COLUMN + SPACE


@dataclass(frozen=True)
class EditedSequence:
    """An untouched picture and what each step made of it, as ``draw_sequence`` takes them."""

    pictures: Sequence[Pixels]
    steps: Sequence[Step]
    probabilities: Sequence[Mapping[str, float]] | None = None


def draw_sequences(drawing: Drawing, sequences: Sequence[EditedSequence], at: tuple[float, float]) -> float:
    """Draw sequences one below the other; returns where the next would begin."""
    x, y = at
    for sequence in sequences:
        draw_sequence(drawing, sequence.pictures, sequence.steps, sequence.probabilities, (x, y))
        y += HEIGHT + SPACE
    return y


def sheet_figure(sequences: Sequence[EditedSequence], palette: Palette = DARK) -> Figure:
    """Return a figure of several sequences, one below the other, in squares."""
    longest = max(len(sequence.steps) for sequence in sequences)
    width, height = 2 * SPACE + sequence_width(longest), SPACE + len(sequences) * (HEIGHT + SPACE)
    figure, drawing = empty_figure(width, height, palette)
    draw_sequences(drawing, sequences, (SPACE, SPACE))
    return figure


def sequence_figure(
    pictures: Sequence[Pixels],
    steps: Sequence[Step],
    probabilities: Sequence[Mapping[str, float]] | None = None,
    palette: Palette = DARK,
    columns: int = 3,
) -> Figure:
    """Return a figure of a sequence, in rows of so many pictures, with what was done below each.

    Args:
        pictures, probabilities: as for ``draw_sequence``; the pictures keep their proportions.
    """
    rows, across = pictures[0].shape[:2]
    size = (EDGE * across / max(rows, across), EDGE * rows / max(rows, across))
    columns = min(columns, len(pictures))
    # A tall picture is narrower than what stands below it.
    cell = max(size[0], COLUMN)
    notes = GAP + BELOW + (GAP + SHARES if probabilities is not None else 0) if steps else 0
    pitch = (cell + SPACE, TITLE + size[1] + notes + SPACE)
    lines = -(-len(pictures) // columns)
    width, height = 2 * MARGIN + columns * pitch[0] - SPACE, 2 * MARGIN + lines * pitch[1] - SPACE
    figure, drawing = empty_figure(width, height, palette)
    for index, picture in enumerate(pictures):
        x, y = MARGIN + index % columns * pitch[0], MARGIN + index // columns * pitch[1]
        drawing.picture(x, y + TITLE, picture, *size)
        if index == 0:
            drawing.text(x, y + TITLE / 2, "Untouched", palette.text, LARGE)
            continue
        step = steps[index - 1]
        drawing.text(x, y + TITLE / 2, step_title(index - 1, step), palette.strong, LARGE)
        y += TITLE + size[1] + GAP
        draw_parameters(drawing, (x, y), (cell, BELOW), step)
        if probabilities is not None:
            draw_probabilities(drawing, (x, y + BELOW + GAP), cell, probabilities[index - 1], step.filter)
    return figure


def write_figure(path: Path, figure: Figure, title: str) -> None:
    """Write a figure whole or not at all, in the format that its suffix names, one of ``METADATA``.

    Raises:
        OSError: if the disk refuses.
    """
    suffix = path.suffix.lower()
    with atomic_file(path) as file, mpl.rc_context(_STYLE):
        figure.savefig(file, format=suffix[1:], dpi=DPI * FINE, metadata={"Title": title, **METADATA[suffix]})
