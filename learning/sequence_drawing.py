"""An edited sequence drawn: each step's picture, its filter, its parameters or curves, an agent's probabilities.

Everything is drawn on one pair of axes whose unit is a pixel of the drawing, y downwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from editing.filter import Filter
from editing.filters import FILTERS
from editing.parameters import Parameter
from editing.rules import Step
from learning.curves import curve_heights

Picture = NDArray[np.floating[Any]]
Align = Literal["left", "right"]

# A picture's square, the column beside it, and the space after both.
SIDE, COLUMN, GAP, SPACE = 128, 156, 8, 24
TITLE = 18
# In the column, under each other: the parameters, and a line for each filter's probability.
PARAMETERS, LINE = 46, 12
HEIGHT = TITLE + SIDE
# In a line: where the bar begins and how long it is; the percentage ends with the column.
BAR, BAR_LENGTH = 76, 50
# Text sizes in pixels: of titles, and of what stands in the column.
LARGE, SMALL = 12.0, 9.5


@dataclass(frozen=True)
class Palette:
    """Colours, of which ``channels`` are a curve's: of all three channels as one, or of red, green and blue."""

    ground: str
    box: str
    faint: str
    text: str
    strong: str
    channels: Mapping[int, tuple[str, ...]]


DARK = Palette(
    ground="#1e1e1e",
    box="#343434",
    faint="#707070",
    text="#b8b8b8",
    strong="#f0b44c",
    channels={1: ("#f0b44c",), 3: ("#ff6b5e", "#6bd47a", "#6ea8ff")},
)


def sequence_width(steps: int) -> float:
    """Pixels from the untouched picture's left edge to the last column's right, after so many steps."""
    return SIDE + steps * (SPACE + SIDE + GAP + COLUMN)


@dataclass(frozen=True)
class Drawing:
    """Axes in pixels, y downwards, and the colours to draw in.

    Attributes:
        scale: points of a text for each pixel of its size.
    """

    axes: Axes
    palette: Palette = DARK
    scale: float = 0.72

    def text(self, x: float, y: float, text: str, color: str, size: float = SMALL, align: Align = "left") -> None:
        """Write a line whose middle is at height ``y``, and whose ``align`` end is at ``x``."""
        points = size * self.scale
        self.axes.text(x, y, text, color=color, size=points, ha=align, va="center_baseline", parse_math=False)

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle, its corner at the upper left."""
        self.axes.add_artist(Rectangle((x, y), width, height, color=color, lw=0))

    def picture(self, x: float, y: float, picture: Picture, width: float, height: float) -> None:
        """Show a picture (h, w, 3) as a screen shows it, its pixels as squares, as large as the rectangle allows."""
        rows, columns = picture.shape[:2]
        factor = min(width / columns, height / rows)
        extent = (x, x + factor * columns, y + factor * rows, y)
        self.axes.imshow(np.clip(picture, 0, 1), extent=extent, interpolation="nearest", aspect="auto")


def draw_sequence(
    drawing: Drawing,
    pictures: Sequence[Picture],
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
        drawing.text(x, y + TITLE / 2, f"{index + 1}  {FILTERS[step.filter].label}", palette.strong, LARGE)
        drawing.picture(x, y + TITLE, picture, SIDE, SIDE)
        column = x + SIDE + GAP
        _draw_parameters(drawing, (column, y), step)
        if probabilities is not None:
            _draw_probabilities(drawing, (column, y + HEIGHT - LINE * len(FILTERS)), probabilities[index], step.filter)
        x = column + COLUMN + SPACE


def _draw_parameters(drawing: Drawing, at: tuple[float, float], step: Step) -> None:
    kind = FILTERS[step.filter]
    if kind.curves:
        _draw_curves(drawing, at, kind, step.parameters)
        return
    x, y = at
    height = PARAMETERS / 2
    for index, parameter in enumerate(kind.parameters):
        _draw_slider(drawing, (x, y + index * height), parameter, step.parameters[parameter.name])


def _draw_slider(drawing: Drawing, at: tuple[float, float], parameter: Parameter, value: float) -> None:
    """A parameter's name and value, and where that is between low and high, with a tick at neutral."""
    x, y = at
    palette = drawing.palette
    drawing.text(x, y + 5, parameter.label, palette.text)
    drawing.text(x + COLUMN, y + 5, parameter.describe(value), palette.strong, align="right")
    neutral, here = (x + COLUMN * parameter.to_position(one) for one in (parameter.neutral, value))
    drawing.box(x, y + 15, COLUMN, 3, palette.box)
    drawing.box(min(neutral, here), y + 15, abs(here - neutral), 3, palette.strong)
    drawing.box(min(max(neutral - 0.5, x), x + COLUMN - 1), y + 13, 1, 7, palette.text)
    drawing.box(min(max(here - 1.5, x), x + COLUMN - 3), y + 13, 3, 7, palette.strong)


def _draw_curves(drawing: Drawing, at: tuple[float, float], kind: Filter, parameters: Mapping[str, float]) -> None:
    """A filter's curves over the line of no change."""
    x, y = at
    height = PARAMETERS - 4
    drawing.box(x, y, COLUMN, height, drawing.palette.box)
    colors = drawing.palette.channels[len(kind.curves)]
    neutral = kind.neutral
    lines = [([neutral[name] for name in kind.curves[0]], drawing.palette.faint)]
    lines += [([parameters[name] for name in names], color) for names, color in zip(kind.curves, colors, strict=True)]
    for slopes, color in lines:
        heights = curve_heights(kind, slopes)
        across = x + np.linspace(0, COLUMN, len(heights))
        drawing.axes.plot(across, y + height * (1 - heights), color=color, lw=1.5 * drawing.scale)


def _draw_probabilities(drawing: Drawing, at: tuple[float, float], shares: Mapping[str, float], chosen: str) -> None:
    """A line for each filter, its bar as long as it was probable; used ones are faint, without a bar."""
    x, y = at
    palette = drawing.palette
    for index, (slug, kind) in enumerate(FILTERS.items()):
        middle = y + (index + 0.5) * LINE
        share = shares[slug]
        color = palette.strong if slug == chosen else palette.text if share else palette.faint
        drawing.text(x, middle, kind.label, color)
        if share:
            drawing.box(x + BAR, middle - 3.5, BAR_LENGTH, 7, palette.box)
            drawing.box(x + BAR, middle - 3.5, BAR_LENGTH * share, 7, color)
        drawing.text(x + COLUMN, middle, f"{100 * share:.0f} %" if share else "used", color, align="right")
