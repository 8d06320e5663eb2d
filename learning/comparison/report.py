"""The report of a comparison: one self-contained HTML page, with every figure and picture inside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from editing.new_folder import new_folder
from learning.comparison import plots
from learning.comparison.film_strips import PhotoStrips
from learning.comparison.sides import plural
from learning.comparison.statistics import END, START
from learning.figures.curves import largest_departure
from learning.metrics.histogram_intersection import STATISTICS

_TEMPLATES = Path(__file__).parent / "templates"
_MINUS = "\N{MINUS SIGN}"


def render(numbers: Mapping[str, Any], strips: Sequence[PhotoStrips]) -> str:
    """The page as HTML text.

    Args:
        numbers: what ``learning.comparison.sides.compare`` returned.
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
        changes=_parameter_changes(numbers),
        statistics=STATISTICS,
        pairs=_pairs(labels),
    )


def number(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """A number as people read it, with a true minus sign; a dash for none."""
    if value is None:
        return "–"
    return f"{round(value, digits) + 0.0:{'+' if sign else ''},.{digits}f}".replace("-", _MINUS)


def percent(value: float | None, sign: bool = False, digits: int = 0) -> str:
    """A share 0..1 in percent, without the unit."""
    return number(None if value is None else 100 * value, digits, sign)


def interval(figures: Mapping[str, float | None], digits: int = 2, factor: float = 1, sign: bool = False) -> str:
    """The interval of a figure, such as ``0.12 to 0.30``; a dash where there is none."""
    low, high = figures["low"], figures["high"]
    if low is None or high is None:
        return "–"
    return f"{number(low * factor, digits, sign)} to {number(high * factor, digits, sign)}"


def findings(numbers: Mapping[str, Any]) -> list[str]:
    """The comparison in a few sentences, each with its interval."""
    a, b = (numbers["sides"][name]["label"] for name in "ab")
    found = []
    differences = {slug: figures["difference"] for slug, figures in numbers["filter_use"].items()}
    clear = [
        slug
        for slug, gap in sorted(differences.items(), key=lambda item: -abs(item[1]["value"] or 0))
        if gap["low"] is not None and (gap["low"] > 0 or gap["high"] < 0)
    ]
    for slug in clear[:3]:
        gap, use = differences[slug], numbers["filter_use"][slug]
        found.append(
            f"{FILTERS[slug].label}: used in {percent(use['a']['value'], digits=1)} % of {a}’s episodes and in "
            f"{percent(use['b']['value'], digits=1)} % of {b}’s "
            f"(difference {percent(gap['value'], sign=True, digits=1)} points, "
            f"{interval(gap, 0, 100, sign=True)})."
        )
    if not clear and all(gap["low"] is not None for gap in differences.values()):
        found.append("No filter’s share differs by more than its interval allows for.")
    steps = numbers["step_counts"]
    if steps["difference"]["value"] is not None:
        means = [
            f"{number(steps[name]['mean']['value'])}{_bracket(steps[name]['mean'])} in {label}’s"
            for name, label in (("a", a), ("b", b))
        ]
        found.append(f"Steps in an episode: {means[0]}, {means[1]}.")
    pairs = numbers["color_difference"]["pairs"]
    if pairs["a_b"]["value"] is not None:
        text = f"The same photo by {a} and by {b} differs by {number(pairs['a_b']['value'], 1)} ΔE on average"
        ratio = pairs["ratio_to_a_players"]
        if ratio["value"] is not None:
            text += (
                f"; {number(ratio['value'])} times{_bracket(ratio)} what {a}’s players differ by among "
                f"each other, over {plural(ratio['photos'], 'photo')}"
            )
        found.append(text + ".")
    return found


def _bracket(figures: Mapping[str, float | None], digits: int = 2) -> str:
    return "" if figures["low"] is None else f" ({interval(figures, digits)})"


def _pairs(labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Key, words and mark of each kind of pair, in the order in which they are shown."""
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
    """The figures as inline SVG; of filters and colour differences only where there are some."""
    draw = plots
    drawings: dict[str, Any] = {"filter_use": draw.filter_use(numbers), "step_counts": draw.step_counts(numbers)}
    drawings["parameters"] = {
        slug: {
            known.name: draw.parameter(slug, known, numbers["parameters"][slug]["parameters"][known.name])
            for known in kind.parameters
        }
        for slug, kind in FILTERS.items()
        if not kind.curves and slug in used
    }
    drawings["curves"] = {
        slug: [
            draw.curve(slug, _channel(names), largest_departure(kind), figures)
            for names, figures in zip(kind.curves, numbers["parameters"][slug]["curves"], strict=True)
        ]
        for slug, kind in FILTERS.items()
        if kind.curves and slug in used
    }
    drawings["results"] = {name: draw.result(name, numbers["results"][name]) for name in STATISTICS}
    difference = numbers["color_difference"]
    rows = [(text, side, difference["pairs"][key]) for key, text, side in _pairs(labels)]
    shown = [row for row in rows if row[2]["value"] is not None]
    if shown:
        drawings["color_differences"] = draw.color_differences(shown)
    if difference["pairs"]["ratio_to_a_players"]["photos"]:
        names = {side: _short(label) for side, label in labels.items()}
        drawings["color_difference_photos"] = draw.color_difference_photos(
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


def _parameter_changes(numbers: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """For each parameter the difference of the two means, or their ratio, in words."""
    words: dict[str, dict[str, str]] = {}
    for slug, kind in FILTERS.items():
        words[slug] = {}
        for known in kind.parameters if not kind.curves else ():
            figures = numbers["parameters"][slug]["parameters"][known.name]
            ratio = "ratio" in figures
            change = figures["ratio" if ratio else "difference"]
            if change["value"] is None:
                continue
            factor, digits = (1.0, 2) if ratio else (known.factor, known.decimals)
            text = f"{number(change['value'] * factor, digits, sign=not ratio)} {'' if ratio else known.unit}".strip()
            within = "" if change["low"] is None else f" ({interval(change, digits, factor, sign=not ratio)})"
            words[slug][known.name] = f"{'Ratio of the means' if ratio else 'Difference of the means'} {text}{within}"
    return words


def write_report(directory: Path, numbers: Mapping[str, Any], page: str) -> None:
    """Write ``comparison.json`` and ``report.html`` into a folder that is new or empty: both, or nothing.

    Raises:
        FileExistsError: if the folder holds something already.
    """
    with new_folder(directory) as unfinished:
        text = json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False)
        (unfinished / "comparison.json").write_text(text + "\n", encoding="utf-8")
        (unfinished / "report.html").write_text(page, encoding="utf-8")
