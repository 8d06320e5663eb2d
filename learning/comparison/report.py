"""The report of a comparison: one self-contained HTML page, with every figure and picture inside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from editing.files import new_folder
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.comparison import plots
from learning.comparison.film_strips import PhotoStrips
from learning.comparison.sentences import findings, interval, number, parameter_changes, percent, plural
from learning.comparison.statistics import END, START
from learning.figures.steps import largest_departure
from learning.metrics.histogram_intersection import STATISTICS

_TEMPLATES = Path(__file__).parent / "templates"


def render(numbers: Mapping[str, Any], strips: Sequence[PhotoStrips]) -> str:
    """Return the page as HTML text.

    Args:
        numbers: what ``learning.comparison.compare.compare`` returned.
        strips: the film strips to show, none where the sides share no photo.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent, interval=interval, plural=plural)
    labels = {name: numbers["sides"][name]["label"] for name in "ab"}
    used = [slug for slug, use in numbers["filter_use"].items() if use["a"]["episodes"] or use["b"]["episodes"]]
    return environment.get_template("report.html.j2").render(
        n=numbers,
        labels=labels,
        strips=strips,
        filters=FILTERS,
        maximum_steps=MAXIMUM_STEPS,
        start=START,
        end=END,
        colors=plots.COLORS,
        findings=findings(numbers),
        used=used,
        drawings=_drawings(numbers, labels, used),
        changes=parameter_changes(numbers["parameters"]),
        statistics=STATISTICS,
        pairs=_pairs(labels),
    )


def _pairs(labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Key, words and mark of each group of pairs, in the order in which they are shown."""
    a, b = labels["a"], labels["b"]
    return [
        ("a_b", f"{a} against {b}", "b"),
        ("a_players", f"{a}: different players", "a"),
        ("a_same_player", f"{a}: the same player again", "a"),
        ("b_players", f"{b}: different players", "b"),
        ("b_same_player", f"{b}: the same player again", "b"),
        ("original_a", f"untouched photo against {a}", "a"),
        ("original_b", f"untouched photo against {b}", "b"),
    ]


def _drawings(numbers: Mapping[str, Any], labels: Mapping[str, str], used: Collection[str]) -> dict[str, Any]:
    """Return the figures as inline SVG; of filters and colour differences only where there are some."""
    drawings: dict[str, Any] = {"filter_use": plots.filter_use(numbers), "step_counts": plots.step_counts(numbers)}
    drawings["parameters"] = {
        slug: {
            parameter.name: plots.parameter_histograms(
                slug, parameter, numbers["parameters"][slug]["parameters"][parameter.name]
            )
            for parameter in filter_.parameters
        }
        for slug, filter_ in FILTERS.items()
        if not filter_.curves and slug in used
    }
    drawings["curves"] = {
        slug: [
            plots.mean_curves(slug, _channel(names), largest_departure(filter_), curves)
            for names, curves in zip(filter_.curves, numbers["parameters"][slug]["curves"], strict=True)
        ]
        for slug, filter_ in FILTERS.items()
        if filter_.curves and slug in used
    }
    drawings["results"] = {name: plots.result_histograms(name, numbers["results"][name]) for name in STATISTICS}
    difference = numbers["color_difference"]
    rows = [(text, side, difference["pairs"][key]) for key, text, side in _pairs(labels)]
    shown = [row for row in rows if row[2]["value"] is not None]
    if shown:
        drawings["color_differences"] = plots.color_differences(shown)
    if difference["pairs"]["ratio_to_a_players"]["photos"]:
        names = {side: _short(label) for side, label in labels.items()}
        drawings["color_difference_photos"] = plots.color_difference_photos(
            difference["photos"].values(), f"{names['a']}: different players (ΔE)", f"{names['b']} to {names['a']} (ΔE)"
        )
    marked: dict[str, Any] = _marked(drawings)
    return marked


def _short(label: str) -> str:
    return label if len(label) <= 24 else label[:23] + "…"


def _channel(names: Sequence[str]) -> str:
    """``red`` for the slopes red_0 .. red_7."""
    return names[0].rpartition("_")[0]


def _marked(drawings: Any) -> Any:
    """Our own SVG, whose texts Matplotlib escaped, as markup that the template leaves as it is."""
    if isinstance(drawings, Mapping):
        return {key: _marked(entry) for key, entry in drawings.items()}
    if isinstance(drawings, list):
        return [_marked(entry) for entry in drawings]
    return Markup(drawings)  # noqa: S704 (see above)


def write_report(directory: Path, numbers: Mapping[str, Any], page: str) -> None:
    """Write ``comparison.json`` and ``report.html`` into a folder that is new or empty: both, or nothing.

    Raises:
        FileExistsError: if the folder holds something already.
    """
    with new_folder(directory) as unfinished:
        text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False)
        (unfinished / "comparison.json").write_text(text + "\n", encoding="utf-8")
        (unfinished / "report.html").write_text(page, encoding="utf-8")
