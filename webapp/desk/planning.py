"""How large a study must be, before anybody has played: figures of robots, made by ``python -m docs.planning``."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parent / "planning.json"


@cache
def planning() -> dict[str, Any]:
    """Return the pilots, and a row for each size of study with the difference that it finds by each of them."""
    pilots = json.loads(_TABLE.read_text(encoding="utf-8"))["pilots"]
    first = pilots[0]
    about = {name: first[name] for name in ("photos_per_person", "people", "pilot_photos")}
    sizes = [{name: design[name] for name in ("photos", "treatments", "people")} for design in first["designs"]]
    found = zip(*([design["found_from"] for design in pilot["designs"]] for pilot in pilots), strict=True)
    rows = [size | {"found_from": values} for size, values in zip(sizes, found, strict=True)]
    return about | {"rows": rows, "pilots": [pilot | {"cast": _cast(pilot["temperaments"])} for pilot in pilots]}


def _cast(temperaments: list[str]) -> str:
    """Return who plays: robots of one mind, or of several."""
    if len(temperaments) == 1:
        return f"{temperaments[0]} robots alone"
    return f"{', '.join(temperaments[:-1])} and {temperaments[-1]} robots"
