"""``python -m bench [PART ...]``: measure, print a table, merge into ``var/bench.json``."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure

PARTS = (
    "start",
    "filters",
    "photos",
    "previews",
    "render",
    "develop",
    "train",
    "play",
    "environment",
    "site",
    "browser",
)
RESULTS = Path(__file__).parents[1] / "var" / "bench.json"


def main(wanted: list[str]) -> int:
    """Measure the wanted parts, or all."""
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.stderr.write(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}\n")
        return 2
    # A pipe has no width: names must not be cut there.
    console = Console(width=None if sys.stdout.isatty() else 160)
    figures: dict[str, Figure] = {}
    for name in wanted or PARTS:
        with console.status(f"measuring {name}"):
            figures |= import_module(f"bench.{name}").measure()
    console.print(_table(figures))
    merge(RESULTS, figures)
    return 0


def _table(figures: dict[str, Figure]) -> Table:
    table = Table("figure", "value", "unit", "against", "note")
    table.columns[0].no_wrap = True
    for name, figure in figures.items():
        table.add_row(name, f"{figure.value:.3g}", figure.unit, figure.against, figure.note)
    return table


def merge(path: Path, figures: dict[str, Figure]) -> None:
    """Put figures into the file beside those that were not measured now."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    after = before | {name: asdict(figure) for name, figure in figures.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(after, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
