"""A step drawn: its picture, its parameters or curves, and an agent's probabilities.

Everything is drawn on one pair of axes whose unit is a pixel of the drawing, y downwards.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from editing.game.filter import Filter
from editing.game.filters import FILTERS
from editing.game.parameters import Parameter
from editing.game.rules import STOP, Step

Pixels = NDArray[np.floating[Any]]
Align = Literal["left", "right"]

# Of a title, of a line for a filter's probability, and of them all.
TITLE, LINE = 18, 12
SHARES = LINE * len(FILTERS)
# In such a line: where the bar begins, and how far from the end it ends, for the percentage.
BAR, PERCENT = 76, 30
# Pixels of a drawing in an inch.
DPI = 100
# Text sizes in pixels: of titles, and of all else.
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


LIGHT = Palette(
    ground="#ffffff",
    box="#e2e2e2",
    faint="#767676",
    text="#333333",
    strong="#9a4f00",
    channels={1: ("#9a4f00",), 3: ("#c8281e", "#1b7f35", "#1f5fc4")},
)


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

    def picture(self, x: float, y: float, picture: Pixels, width: float, height: float) -> None:
        """Show a picture (h, w, 3) as a screen shows it, its pixels as squares, as large as the rectangle allows."""
        rows, columns = picture.shape[:2]
        factor = min(width / columns, height / rows)
        extent = (x, x + factor * columns, y + factor * rows, y)
        self.axes.imshow(np.clip(picture, 0, 1), extent=extent, interpolation="none", aspect="auto")


def empty_figure(width: float, height: float, palette: Palette = DARK) -> tuple[Figure, Drawing]:
    """Return a figure of so many pixels, and what draws on it."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=palette.ground)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.autoscale(enable=False)  # images and lines would move the limits
    return figure, Drawing(axes, palette, 72 / DPI)


def step_title(index: int, step: Step) -> str:
    """Return what stands above a step's picture."""
    return f"{index + 1}  {FILTERS[step.filter].label}"


def draw_parameters(drawing: Drawing, at: tuple[float, float], size: tuple[float, float], step: Step) -> None:
    """Draw a step's curves, or its sliders, into a rectangle of width x height, its corner at the upper left."""
    filter_ = FILTERS[step.filter]
    if filter_.curves:
        _draw_curves(drawing, at, size, filter_, step.parameters)
        return
    for index, parameter in enumerate(filter_.parameters):
        corner = (at[0], at[1] + index * size[1] / 2)
        _draw_slider(drawing, corner, size[0], parameter, step.parameters[parameter.name])


def _draw_slider(drawing: Drawing, at: tuple[float, float], width: float, parameter: Parameter, value: float) -> None:
    """Draw a parameter's name and value, and where that is between low and high, with a tick at neutral."""
    x, y = at
    palette = drawing.palette
    drawing.text(x, y + 5, parameter.label, palette.text)
    drawing.text(x + width, y + 5, parameter.describe(value), palette.strong, align="right")
    neutral, here = (x + width * parameter.to_position(at_value) for at_value in (parameter.neutral, value))
    drawing.box(x, y + 15, width, 3, palette.box)
    drawing.box(min(neutral, here), y + 15, abs(here - neutral), 3, palette.strong)
    drawing.box(min(max(neutral - 0.5, x), x + width - 1), y + 13, 1, 7, palette.text)
    drawing.box(min(max(here - 1.5, x), x + width - 3), y + 13, 3, 7, palette.strong)


def _draw_curves(
    drawing: Drawing,
    at: tuple[float, float],
    size: tuple[float, float],
    filter_: Filter,
    parameters: Mapping[str, float],
) -> None:
    """Draw a filter's curves over the line of no change."""
    (x, y), (width, height) = at, size
    drawing.box(x, y, width, height, drawing.palette.box)
    colors = drawing.palette.channels[len(filter_.curves)]
    neutral = filter_.neutral
    lines = [([neutral[name] for name in filter_.curves[0]], drawing.palette.faint)]
    lines += [
        ([parameters[name] for name in names], color) for names, color in zip(filter_.curves, colors, strict=True)
    ]
    for slopes, color in lines:
        heights = curve_heights(filter_, slopes)
        across = x + np.linspace(0, width, len(heights))
        drawing.axes.plot(across, y + height * (1 - heights), color=color, lw=1.5 * drawing.scale)
    if len(filter_.curves) > 1:
        magnified = f"departure × {0.5 / largest_departure(filter_):.0f}"
        drawing.text(x + 4, y + height - 7, magnified, drawing.palette.text)


def largest_departure(filter_: Filter) -> float:
    """Return the furthest that a curve of a filter can be from the straight line.

    One part is then as steep, the rest as flat as allowed, and the corner at the worst position.
    """
    root = math.sqrt(filter_.maximum_ratio or 1)
    return (root - 1) / (root + 1)


def curve_heights(filter_: Filter, slopes: Sequence[float]) -> NDArray[np.float64]:
    """Return how high a curve is drawn at its evenly spaced knots, in a unit square.

    Where a filter has several, each close to the straight line, it is their departures from it that are drawn, the
    largest possible as half of the height.

    Args:
        slopes: of the n parts of the curve, dark to bright.

    Returns:
        n + 1 heights.
    """
    heights = np.concatenate([[0.0], np.cumsum(slopes) / np.sum(slopes)])
    if len(filter_.curves) > 1:
        heights = 0.5 + (heights - np.linspace(0, 1, len(heights))) / largest_departure(filter_) / 2
    return heights


def draw_probabilities(
    drawing: Drawing, at: tuple[float, float], width: float, probabilities: Mapping[str, float], chosen: str
) -> None:
    """Draw a line for each filter, and for stopping where it may, ``SHARES`` high in all.

    Each bar is as long as the action was probable. Used filters are faint, without a bar.
    """
    x, y = at
    palette = drawing.palette
    length = width - BAR - PERCENT
    labels = {slug: filter_.label for slug, filter_ in FILTERS.items()}
    if STOP in probabilities:
        labels[STOP] = "Stop"
    for index, (slug, label) in enumerate(labels.items()):
        middle = y + (index + 0.5) * SHARES / len(labels)
        probability = probabilities[slug]
        color = palette.strong if slug == chosen else palette.text if probability else palette.faint
        drawing.text(x, middle, label, color)
        if probability:
            drawing.box(x + BAR, middle - 3.5, length, 7, palette.box)
            drawing.box(x + BAR, middle - 3.5, length * probability, 7, color)
        drawing.text(x + width, middle, f"{100 * probability:.0f} %" if probability else "used", color, align="right")
