"""The main tables of a comparison as files for a paper: CSV for programs, LaTeX to include."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from learning.comparison.distances import DISTANCE_NAMES
from learning.comparison.reference_players import RANDOM
from learning.comparison.sentences import p_value
from learning.metrics.histogram_intersection import STATISTICS

# Signs that LaTeX takes for its own.
_SPECIAL = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def tables(numbers: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables' texts by their file names.

    Args:
        numbers: what ``learning.comparison.compare.compare`` returned.
    """
    chosen = {} if numbers["targets"] is None else _target_tables(numbers["targets"])
    return {
        **chosen,
        "human-likeness.csv": _csv(_likeness_rows(numbers)),
        "tests.csv": _csv(_test_rows(numbers)),
        "human-likeness.tex": _likeness_latex(numbers),
        "tests.tex": _test_latex(numbers),
    }


def _likeness_rows(numbers: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for measure, likeness in numbers["human_likeness"].items():
        for player, figures in likeness["groups"].items():
            row: dict[str, Any] = {"player": player, "distance": measure}
            for name in ("human_likeness", "distance", "spread", "energy_distance", "beyond_blind"):
                column = "distance_to_people" if name == "distance" else name
                row |= {column: figures[name]["value"]}
                row |= {f"{column}_{end}": figures[name][end] for end in ("low", "high")}
            yield row


def _test_rows(numbers: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for test in numbers["tests"]:
        sizes = "; ".join(f"{count} {unit}" for unit, count in test["sizes"].items())
        yield {**{key: value for key, value in test.items() if key != "sizes"}, "sizes": sizes}


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV; what is not known is an empty field."""
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _likeness_latex(numbers: Mapping[str, Any]) -> str:
    scales = list(numbers["human_likeness"].values())
    players = [player for player in scales[0]["groups"] if player != RANDOM]
    rows = [[player, *(_estimate(scale["groups"][player]["human_likeness"]) for scale in scales)] for player in players]
    ceiling = ["ceiling (split halves)", *(_estimate(scale["ceiling"]) for scale in scales)]
    return _latex(["Human-likeness", *DISTANCE_NAMES], [*rows, ceiling])


def _test_latex(numbers: Mapping[str, Any]) -> str:
    rows = [[test["question"], p_value(test["p"]), p_value(test["corrected_p"])] for test in numbers["tests"]]
    return _latex(["Question", "p", "p (Holm)"], rows)


def _target_tables(targets: Mapping[str, Any]) -> dict[str, str]:
    columns = (*STATISTICS, "mean")
    csv_rows, latex_rows = [], []
    for player, figures in targets["players"].items():
        row = {"player": player}
        for name in columns:
            row |= {name: figures[name]["value"], f"{name}_low": figures[name]["low"]}
            row |= {f"{name}_high": figures[name]["high"]}
        csv_rows.append(row)
        latex_rows.append([player, *(_estimate(figures[name], 1) for name in columns)])
    heads = ["Shared with the targets, %", *(name.capitalize() for name in columns)]
    return {"targets.csv": _csv(csv_rows), "targets.tex": _latex(heads, latex_rows)}


def _estimate(figures: Mapping[str, Any] | None, digits: int = 2) -> str:
    if figures is None or figures["value"] is None:
        return "--"
    value, low, high = (figures[name] and f"{figures[name]:.{digits}f}" for name in ("value", "low", "high"))
    return value if figures["low"] is None else f"{value} [{low}, {high}]"


def _latex(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a tabular with the rules of the package booktabs."""
    lines = [r"\begin{tabular}{l" + "r" * (len(heads) - 1) + "}", r"\toprule", _line(heads), r"\midrule"]
    return "\n".join([*lines, *map(_line, rows), r"\bottomrule", r"\end{tabular}", ""])


def _line(cells: Sequence[str]) -> str:
    return " & ".join("".join(_SPECIAL.get(sign, sign) for sign in cell) for cell in cells) + r" \\"
