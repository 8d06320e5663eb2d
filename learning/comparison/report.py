"""The report of a comparison: one self-contained HTML page, with every figure and picture inside it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from editing.files import new_folder
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.comparison import plots, side_by_side
from learning.comparison.distances import DISTANCE_NAMES, DISTANCES
from learning.comparison.film_strips import PhotoStrips
from learning.comparison.reference_players import RANDOM
from learning.comparison.results import RESULT_STATISTICS
from learning.comparison.sentences import (
    answer,
    findings,
    halving,
    in_text,
    interval,
    number,
    p_value,
    parameter_changes,
    percent,
    plural,
    stand_in,
)
from learning.comparison.sides import SINGULAR
from learning.comparison.statistics import END, START
from learning.comparison.tables import tables
from learning.figures.steps import largest_departure

_TEMPLATES = Path(__file__).parent / "templates"


def render(numbers: Mapping[str, Any], strips: Mapping[str, Sequence[PhotoStrips]]) -> str:
    """Return the page as HTML text.

    Args:
        numbers: what ``learning.comparison.compare.compare`` returned.
        strips: the film strips to show of people and each player, none where they share no photo.
    """
    environment = _environment()
    labels = [side["label"] for side in numbers["players"]]
    people = numbers["people"]["label"]
    primary = numbers["human_likeness"][numbers["method"]["primary_distance"]]
    groups = [group for group in primary["groups"] if group != RANDOM]
    details = [
        (label, _side_by_side(environment, number, numbers["side_by_side"][label], strips[label]))
        for number, label in enumerate(labels)
    ]
    return environment.get_template("report.html.j2").render(
        n=numbers,
        who=in_text(people),
        one_of_them=SINGULAR.get(people, "player"),
        first=in_text(labels[0]) if labels else "a baseline",
        labels=labels,
        answer=answer(numbers),
        stand_in=stand_in(people),
        likeness=primary,
        groups=groups,
        zero=RANDOM,
        primary_text=DISTANCES[numbers["method"]["primary_distance"]],
        filters=FILTERS,
        distance_names=DISTANCE_NAMES,
        halving=halving(people, numbers["halving"]),
        details=details,
        detail_method=side_by_side.METHOD,
        drawings=_marked(
            {
                "scale": plots.scale(primary, groups, labels, SINGULAR.get(people, "player"))
                if primary["defined"]
                else "",
                "runs": plots.learning_curves(numbers["runs"]["checkpoints"]) if numbers["runs"] else "",
            }
        ),
        example=_one_of_each(strips[labels[0]]) if labels else None,
        colors=plots.COLORS,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=number,
        percent=percent,
        interval=interval,
        plural=plural,
        p_value=p_value,
        in_text=in_text,
        capitalize_first=lambda text: text[:1].upper() + text[1:],
    )
    return environment


def _one_of_each(strips: Sequence[PhotoStrips]) -> PhotoStrips | None:
    """Return the photo in the middle with one strip of each side."""
    if not strips:
        return None
    middle = strips[(len(strips) - 1) // 2]
    first = [next(strip for strip in middle.strips if strip.side == side) for side in "ab"]
    return replace(middle, strips=tuple(first))


def _side_by_side(
    environment: Environment, place: int, numbers: Mapping[str, Any], strips: Sequence[PhotoStrips]
) -> Markup:
    labels = {name: numbers["sides"][name]["label"] for name in "ab"}
    used = [slug for slug, use in numbers["filter_use"].items() if use["a"]["episodes"] or use["b"]["episodes"]]
    text = environment.get_template("side_by_side.html.j2").render(
        n=numbers,
        labels=labels,
        names={side: in_text(label) for side, label in labels.items()},
        strips=strips,
        filters=FILTERS,
        maximum_steps=MAXIMUM_STEPS,
        start=START,
        end=END,
        findings=findings(numbers),
        used=used,
        drawings=_drawings(numbers, labels, used),
        changes=parameter_changes(numbers["parameters"]),
        statistics=RESULT_STATISTICS,
        pairs=_pairs(labels),
    )
    # The drawings of two players have the same ids.
    return Markup(re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>side{place}-", text))  # noqa: S704 (escaped by the template)


def _pairs(labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Key, words and mark of each group of pairs, in the order in which they are shown."""
    a, b = labels["a"], labels["b"]
    return [
        ("a_b", f"{a} against {in_text(b)}", "b"),
        ("a_players", f"{a}: different players", "a"),
        ("a_same_player", f"{a}: the same player again", "a"),
        ("b_players", f"{b}: different players", "b"),
        ("b_same_player", f"{b}: the same player again", "b"),
        ("original_a", f"Untouched photo against {in_text(a)}", "a"),
        ("original_b", f"Untouched photo against {in_text(b)}", "b"),
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
    drawings["results"] = {
        name: plots.result_histograms(name, what, end, numbers["results"][name])
        for name, (what, end) in RESULT_STATISTICS.items()
    }
    difference = numbers["color_difference"]
    rows = [(text, side, difference["pairs"][key]) for key, text, side in _pairs(labels)]
    shown = [row for row in rows if row[2]["value"] is not None]
    if shown:
        drawings["color_differences"] = plots.color_differences(shown)
    if difference["pairs"]["ratio_to_a_players"]["photos"]:
        names = {side: _short(label) for side, label in labels.items()}
        drawings["color_difference_photos"] = plots.color_difference_photos(
            difference["photos"].values(),
            f"{names['a']}: different players (ΔE)",
            f"{names['b']} to {in_text(labels['a'])} (ΔE)",
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
    """Write ``comparison.json``, ``report.html`` and the tables into a folder that is new or empty: all, or nothing.

    Raises:
        FileExistsError: if the folder holds something already.
    """
    with new_folder(directory) as unfinished:
        text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False)
        (unfinished / "comparison.json").write_text(text + "\n", encoding="utf-8")
        (unfinished / "report.html").write_text(page, encoding="utf-8")
        for name, table in tables(numbers).items():
            (unfinished / name).write_text(table, encoding="utf-8")
