"""A preregistered plan of a comparison: what is fixed before the data, and what an analysis departed from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from learning.comparison.distances import DISTANCES
from learning.comparison.sentences import in_text, plural
from learning.comparison.sides import EVERYBODY, ComparisonError, Side


@dataclass(frozen=True)
class Plan:
    """What was fixed before the data.

    Attributes:
        players: who is compared, as ``--players`` takes it.
        distance: the one that the answer and the tests are about.
        seed: of all that is drawn.
        people, photos: how many are to be compared at least.
        exclusions: the reasons for which episodes may be excluded by hand.
        sha256: of the file, by which others can check that it is the one that was deposited.
    """

    players: tuple[str, ...] = EVERYBODY
    distance: str = "picture"
    seed: int = 0
    people: int = 2
    photos: int = 1
    exclusions: tuple[str, ...] = ()
    sha256: str = ""


def read_plan(path: Path) -> Plan:
    """Read a plan, a JSON object with any of the attributes of ``Plan``.

    Raises:
        ComparisonError: naming what is wrong in it.
    """
    try:
        content = path.read_bytes()
        values = json.loads(content)
    except OSError as error:
        raise ComparisonError(f"{path} cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except ValueError as error:
        raise ComparisonError(f"{path} is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ComparisonError(f'{path} must be a JSON object, such as {{"seed": 1}}')
    allowed = [field.name for field in fields(Plan) if field.name != "sha256"]
    if unknown := sorted(set(values) - set(allowed)):
        raise ComparisonError(f"{path}: {unknown[0]} is none of {', '.join(allowed)}")
    for name, value in values.items():
        _check(path, name, value)
    lists: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Plan(**lists, sha256=hashlib.sha256(content).hexdigest())


def _check(path: Path, name: str, value: object) -> None:
    if name in ("players", "exclusions"):
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
            raise ComparisonError(f"{path}: {name} must be a list of texts")
    elif name == "distance":
        if value not in DISTANCES:
            raise ComparisonError(f"{path}: distance must be one of {', '.join(DISTANCES)}, not {value!r}")
    elif isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ComparisonError(f"{path}: {name} must be a whole number from 0 on, not {value!r}")


def departures(plan: Plan, players: Sequence[str], seed: int, everybody: Side, numbers: Mapping[str, Any]) -> list[str]:
    """Return where an analysis is not what the plan says, a sentence each.

    Args:
        players, seed: what was compared, and by which seed.
        everybody: all play that was read, with what was left out of it and why.
        numbers: what ``learning.comparison.compare.compare`` returned.
    """
    sentences = []
    if tuple(players) != plan.players:
        sentences.append(f"Compared were {', '.join(players)}; the plan names {', '.join(plan.players)}.")
    if seed != plan.seed:
        sentences.append(f"The seed was {seed}; the plan has {plan.seed}.")
    who = in_text(numbers["people"]["label"])
    for name, count, wanted in (
        (who, numbers["compared_people"], plan.people),
        ("photos", numbers["photos"]["compared"], plan.photos),
    ):
        if count < wanted:
            sentences.append(f"Compared were {count:,} {name}; the plan asks for at least {wanted:,}.")
    prefix = "excluded: "
    for left_out, count in everybody.left_out.items():
        reason = left_out.removeprefix(prefix)
        if reason != left_out and reason not in plan.exclusions:
            sentences.append(f"Excluded for “{reason}”, which the plan does not name: {plural(count, 'episode')}.")
    return sentences
