"""The report's figures, drawn by Matplotlib as inline SVG.

Each is about as wide as a phone, so that its text is readable everywhere; the page sets them side by side where there
is room. A is always a filled round in blue, B an open square in vermilion (Okabe and Ito's colours, which the
colour-blind tell apart), so the figures survive a printer without colour too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from editing.game.filters import FILTERS
from editing.game.parameters import Parameter

COLORS = {"a": "#0072b2", "b": "#d55e00"}
INK, FAINT = "#3a3a3a", "#d9d9d9"
_MARKERS: Any = {"a": {"marker": "o", "mfc": COLORS["a"]}, "b": {"marker": "s", "mfc": "white"}}
_LINES = {"a": "-", "b": (0, (4, 1.5))}
_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 10,
    "axes.edgecolor": "#8a8a8a",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
# Points; the width of every figure.
_WIDTH = 340.0


def _axes(height: float, left: float = 40, bottom: float = 34, top: float = 8, right: float = 14) -> Axes:
    """Axes with margins in points, on a figure of the common width."""
    figure = Figure(figsize=(_WIDTH / 72, height / 72))
    FigureCanvasSVG(figure)
    box = (left / _WIDTH, bottom / height, 1 - (left + right) / _WIDTH, 1 - (bottom + top) / height)
    return figure.add_axes(box)


def _svg(axes: Axes, name: str, description: str) -> str:
    """Return the figure as an SVG element for inlining; ``name`` keeps its ids apart from other figures'."""
    out = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = axes.get_figure()
        assert isinstance(figure, Figure)  # noqa: S101 (for the type: these axes are on no subfigure)
        figure.savefig(out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Group ids repeat in every figure and nothing refers to them.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', rf'<svg viewBox="\1" role="img" aria-label="{description}">', text
    )
    return text.strip()


def scale(likeness: Mapping[str, Any], groups: Sequence[str], named: Sequence[str], one: str) -> str:
    """Draw where each group stands between random legal play and another person, with intervals.

    Args:
        likeness: the figures of one distance.
        groups: from top to bottom.
        named: those of them that are no baselines.
        one: what one of those is called who stand at 1, such as ``person``.
    """
    estimates = {group: likeness["groups"][group]["human_likeness"] for group in groups}
    shown = [group for group in groups if estimates[group]["value"] is not None]
    with mpl.rc_context(_STYLE):
        axes = _axes(46 + 30 * len(shown), left=14, top=16)
        ends = [value for group in shown for value in estimates[group].values() if value is not None]
        low, high = max(min([0.0, *ends]), -1.0), min(max([1.0, *ends]), 2.5)
        if likeness["ceiling"]:
            axes.axvspan(likeness["ceiling"]["low"], likeness["ceiling"]["high"], color="#e9f1f7", lw=0)
        for value, text in ((0, "random"), (1, f"another {one}")):
            axes.axvline(value, color="#8a8a8a", lw=0.8, ls=":")
            axes.text(value, -0.62, text, ha="center", va="bottom", fontsize=9)
        for y, group in enumerate(shown):
            side = "b" if group in named else "a"
            weight = "bold" if group in named else "normal"
            behind = {"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1}
            axes.text(low, y - 0.26, group, va="center", fontweight=weight, bbox=behind)
            _interval(axes, side, y + 0.16, estimates[group])
        margin = 0.06 * (high - low)
        axes.set(ylim=(len(shown) - 0.4, -0.6), xlim=(low - margin, high + margin), yticks=[])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("human-likeness")
        axes.set_axisbelow(True)
    return _svg(axes, "human-likeness", "Human-likeness of each player, with intervals")


def learning_curves(checkpoints: Sequence[Mapping[str, Any]]) -> str:
    """Draw human-likeness over the iterations of training, a line for each run; nothing where no run has two points."""
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for row in checkpoints:
        if row["iterations"] is not None and row["human_likeness"]["value"] is not None:
            curves.setdefault(row["run"], []).append(row)
    if not any(len(rows) > 1 for rows in curves.values()):
        return ""
    with mpl.rc_context(_STYLE):
        axes = _axes(220, left=48)
        for rows in curves.values():
            axes.plot(*_points(rows), color=COLORS["b"], lw=1.2)
            axes.plot(*_points([row for row in rows if row["plays"]]), "o", color=COLORS["b"], ms=5.5)
        for value in (0, 1):
            axes.axhline(value, color="#8a8a8a", lw=0.8, ls=":")
        axes.set(xlabel="iterations", ylabel="human-likeness", xlim=(0, None))
        axes.grid(axis="y", color=FAINT, lw=0.6)
        axes.set_axisbelow(True)
    return _svg(axes, "learning-curves", "Human-likeness over training, a line for each run")


def _points(rows: Sequence[Mapping[str, Any]]) -> tuple[list[int], list[float]]:
    return [row["iterations"] for row in rows], [row["human_likeness"]["value"] for row in rows]


def _interval(axes: Axes, side: str, y: float, estimate: Mapping[str, Any]) -> None:
    """Draw a point with its interval on a horizontal line."""
    if estimate["value"] is None:
        return
    if estimate["low"] is not None:
        axes.plot([estimate["low"], estimate["high"]], [y, y], color=COLORS[side], lw=1.4, solid_capstyle="butt")
    axes.plot([estimate["value"]], [y], color=COLORS[side], ms=5.5, mew=1.4, **_MARKERS[side])


def filter_use(numbers: Mapping[str, Any]) -> str:
    """Draw the share of episodes that use each filter, with intervals."""
    with mpl.rc_context(_STYLE):
        axes = _axes(280, left=90)
        for row, slug in enumerate(FILTERS):
            for side, shift in (("a", -0.16), ("b", 0.16)):
                _interval(axes, side, row + shift, numbers["filter_use"][slug][side])
        axes.set_yticks(range(len(FILTERS)), [filter_.label for filter_ in FILTERS.values()])
        axes.set_ylim(len(FILTERS) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
        axes.set_xlabel("episodes that use the filter")
        axes.grid(axis="x", color=FAINT, lw=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
    return _svg(axes, "filter-use", "Share of episodes that use each filter, with intervals")


def step_counts(numbers: Mapping[str, Any]) -> str:
    """Draw the share of episodes with 0 to 5 steps."""
    with mpl.rc_context(_STYLE):
        axes = _axes(180)
        for side, shift in (("a", -0.2), ("b", 0.2)):
            counts = numbers["step_counts"][side]["episodes"]
            shares = [count / max(1, sum(counts)) for count in counts]
            positions = [index + shift for index in range(len(counts))]
            face = COLORS[side] if side == "a" else "white"
            axes.bar(positions, shares, 0.36, color=face, edgecolor=COLORS[side], lw=1.2)
        axes.set_xlabel("steps in an episode")
        _percent_axis(axes)
    return _svg(axes, "step-counts", "Share of episodes by number of steps")


def _percent_axis(axes: Axes) -> None:
    """Label the vertical axis as percent of the episodes drawn."""
    axes.set_ylim(0, None)
    top = max(axes.get_ylim()[1], 0.05)
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.25) if top / step <= 5 or step == 0.25)
    ticks = [step * index for index in range(int(top / step + 1e-9) + 1)]
    axes.set_ylim(0, top)
    axes.set_yticks(ticks, [f"{100 * tick:.0f}" + (" %" if tick == ticks[-1] else "") for tick in ticks])
    axes.grid(axis="y", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)


def _histograms(axes: Axes, counts: Mapping[str, Sequence[int]]) -> None:
    """Two outlined histograms over 0..1, each as shares of its own total."""
    for side, values in counts.items():
        if sum(values):
            edges = [index / len(values) for index in range(len(values) + 1)]
            shares = [count / sum(values) for count in values]
            axes.stairs(shares, edges, color=COLORS[side], lw=1.5, ls=_LINES[side])
            axes.stairs(shares, edges, color=COLORS[side], fill=True, alpha=0.1 if side == "b" else 0.16)
    axes.set_xlim(0, 1)
    _percent_axis(axes)


def parameter_histograms(slug: str, parameter: Parameter, numbers: Mapping[str, Any]) -> str:
    """Draw the distribution of a parameter among the episodes that use its filter, over slider positions."""
    with mpl.rc_context(_STYLE):
        axes = _axes(160, left=44, right=32)
        _histograms(axes, {side: numbers[side]["histogram"] for side in "ab"})
        ticks = (0, 0.25, 0.5, 0.75, 1)
        axes.set_xticks(ticks, [parameter.describe(parameter.from_position(tick)) for tick in ticks])
        axes.axvline(parameter.to_position(parameter.neutral), color=INK, lw=1, ls=":")
        top = axes.get_ylim()[1]
        for side in "ab":
            if numbers[side]["quantiles"]:
                median = parameter.to_position(numbers[side]["quantiles"]["0.5"])
                axes.plot([median], [top * 1.03], color=COLORS[side], ms=5, mew=1.3, clip_on=False, **_MARKERS[side])
    return _svg(axes, f"parameter-{slug}-{parameter.name}", f"Distribution of {slug} {parameter.name}")


def mean_curves(slug: str, channel: str, largest: float, numbers: Mapping[str, Any]) -> str:
    """Draw how far each side's mean curve departs from the straight line, and the 10th and 90th percentiles.

    Args:
        largest: the furthest that a curve of this filter can be from the straight line.
    """
    with mpl.rc_context(_STYLE):
        axes = _axes(180, left=52)
        for side in "ab":
            curve = numbers[side]
            if curve["mean"] is not None:
                knots = [index / (len(curve["mean"]) - 1) for index in range(len(curve["mean"]))]
                low, mean, high = (
                    [value - knot for value, knot in zip(curve[name], knots, strict=True)]
                    for name in ("low", "mean", "high")
                )
                axes.fill_between(knots, low, high, color=COLORS[side], alpha=0.15, lw=0)
                axes.plot(knots, mean, color=COLORS[side], ls=_LINES[side], lw=1.6, ms=4, **_MARKERS[side])
        axes.axhline(0, color="#8a8a8a", lw=0.8, ls=":")
        axes.set(xlim=(0, 1), ylim=(-largest, largest), xlabel="value in", ylabel="value out − value in")
        axes.grid(color=FAINT, lw=0.6)
        axes.set_axisbelow(True)
    return _svg(axes, f"curve-{slug}-{channel}", f"Mean {slug} curve {channel}".strip())


def result_histograms(statistic: str, what: str, end: float, numbers: Mapping[str, Any]) -> str:
    """Draw the distribution of a statistic of the results, with a dotted line at the mean of the untouched photos.

    Args:
        what: it is, in words.
        end: of its axis, which begins at 0.
    """
    with mpl.rc_context(_STYLE):
        axes = _axes(160)
        _histograms(axes, {side: numbers[side]["histogram"] for side in "ab"})
        if numbers["untouched"] is not None:
            axes.axvline(min(max(numbers["untouched"] / end, 0), 1), color=INK, lw=1, ls=":")
        ticks = (0, 0.25, 0.5, 0.75, 1)
        axes.set_xticks(ticks, [f"{tick * end:g}" for tick in ticks])
        axes.set_xlabel(what)
    return _svg(axes, f"result-{statistic}", f"Distribution of {statistic}")


def color_differences(rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> str:
    """Draw mean colour differences with intervals; rows are (text, side that gives the marker, estimate)."""
    with mpl.rc_context(_STYLE):
        axes = _axes(38 + 32 * len(rows), left=14, top=2)
        for y, (text, side, estimate) in enumerate(rows):
            axes.text(0, y - 0.3, text, va="center")
            _interval(axes, side, y + 0.12, estimate)
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.set_xlim(0, None)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("mean delta E 2000")
        axes.grid(axis="x", color=FAINT, lw=0.6)
        axes.set_axisbelow(True)
    return _svg(axes, "color-differences", "Mean colour differences between results, with intervals")


def color_difference_photos(photos: Iterable[Mapping[str, Any]], across: str, upward: str) -> str:
    """Draw, for each shared photo, how far A's players are from each other, against how far B is from A."""
    both = [row for row in photos if row["a_b"] is not None and row["a_players"] is not None]
    with mpl.rc_context(_STYLE):
        axes = _axes(_WIDTH * 0.8)
        top = 1.08 * max([1.0, *(max(row["a_b"], row["a_players"]) for row in both)])
        axes.plot([0, top], [0, top], color="#8a8a8a", lw=0.8, ls=":")
        axes.plot([row["a_players"] for row in both], [row["a_b"] for row in both], "o", color=INK, mfc="none", ms=4.5)
        axes.set(xlim=(0, top), ylim=(0, top), xlabel=across, ylabel=upward)
        axes.locator_params(nbins=5, integer=True)
        axes.grid(color=FAINT, lw=0.6)
        axes.set_axisbelow(True)
    return _svg(axes, "color-difference-photos", "Colour differences photo by photo")
