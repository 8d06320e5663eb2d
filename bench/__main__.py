"""``python -m bench [PART ...]``: measure, print a table, merge into ``var/bench.json``."""

import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, measure_alone
from editing.files import write_atomically

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
    "compare",
    "imitation",
    "site",
    "ingest",
    "desk",
    "quality",
    "dataset",
    "restore",
    "browser",
)
RESULTS = Path(__file__).parents[1] / "var" / "bench.json"


def main(arguments: list[str]) -> int:
    """Measure the named parts, or all. Returns 0, 1 if a part failed (the others are measured), 2 for a wrong name."""
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        sys.stderr.write(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}\n")
        return 2
    # A pipe has no width: names must not be cut there.
    console = Console(width=None if sys.stdout.isatty() else 160)
    figures: dict[str, Figure] = {}
    failed: list[str] = []
    for name in arguments or PARTS:
        with console.status(f"measuring {name}"):
            try:
                part = measure_alone(f"bench.{name}")
            except Exception:  # whatever it is, the other parts are measured
                traceback.print_exc()
                failed.append(name)
                continue
        figures |= part
        merge(RESULTS, part)
    console.print(_table(figures))
    if failed:
        sys.stderr.write(f"not measured, for the errors above: {', '.join(failed)}\n")
    return 1 if failed else 0


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
    write_atomically(path, (json.dumps(after, indent=1) + "\n").encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
