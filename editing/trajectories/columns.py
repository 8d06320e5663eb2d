"""Columns that describe themselves, and the numbers of filters and events in columns of their own.

In a table each parameter of a filter has a column ``<filter>_<parameter>``, empty in the rows of other filters. In a
row, as programs take it, the same numbers stand by name: ``{"filter": "exposure", "parameters": {"ev": 1.5}}``.
``flat`` and ``rows`` lead from one form to the other.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from editing.game.events import GESTURE_DEVICES, MAXIMUM_MS, VIEW_PARAMETERS, Gesture
from editing.game.filters import FILTERS
from editing.game.rules import STOP

Columns = Mapping[str, Mapping[str, str]]

# The key, in the metadata of a Parquet file, under which its columns are described as JSON, for readers other than
# Arrow, which has the same in the metadata of each field.
DESCRIPTIONS_KEY = b"safelight.columns"


def column(
    name: str,
    type_: Any,
    description: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    values: Sequence[str] = (),
    null: str = "",
) -> Any:
    """Return a pyarrow field that says what it is.

    Args:
        unit: of its numbers.
        low, high: their inclusive range.
        values: all that a text may be.
        null: what an empty cell means; a column without it has none.
    """
    about = {"description": description, "unit": unit, "low": low, "high": high, "null": null}
    metadata = {key: str(value) for key, value in about.items() if value not in ("", None)}
    if values:
        metadata["values"] = json.dumps(list(values))
    return pa.field(name, type_, nullable=bool(null), metadata=metadata)


def table_schema(description: str, columns: Iterable[Any]) -> Any:
    """Return a pyarrow schema whose columns are described in its metadata too, as JSON."""
    columns = list(columns)
    described = {field.name: column_description(field) for field in columns}
    metadata = {b"description": description.encode(), DESCRIPTIONS_KEY: json.dumps(described).encode()}
    return pa.schema(columns, metadata=metadata)


def column_description(field: Any) -> dict[str, Any]:
    """Return what ``column`` was told of a field, as JSON values, with its type."""
    about: dict[str, Any] = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    about.update({key: float(about[key]) for key in ("low", "high") if key in about})
    if "values" in about:
        about["values"] = json.loads(about["values"])
    return {"type": str(field.type)} | about


# By filter, the columns of its parameters.
FILTER_COLUMNS: Columns = {
    slug: {name: f"{slug}_{name}" for name in filter_.by_name} for slug, filter_ in FILTERS.items()
}
# By filter, or by kind of event where that has numbers of its own.
EVENT_COLUMNS: Columns = {**FILTER_COLUMNS, "view": {name: f"view_{name}" for name in VIEW_PARAMETERS}}
GESTURE_COLUMNS: Mapping[str, str] = {name: f"gesture_{name}" for name in Gesture.__dataclass_fields__}
PROBABILITY_COLUMNS: Mapping[str, str] = {choice: f"probability_{choice}" for choice in (*FILTERS, STOP)}

_VIEW_DESCRIPTIONS = {
    "viewport_width": ("Width of the window.", "CSS pixels"),
    "viewport_height": ("Height of the window.", "CSS pixels"),
    "pixel_ratio": ("Device pixels for each CSS pixel.", ""),
    "wide_gamut": ("1 where the screen has a wide gamut, else 0.", ""),
    "photo_width": ("Width of the preview that is on the screen.", "pixels"),
}


def parameter_columns(null: str) -> list[Any]:
    """Return a column for each parameter of each filter, described from the filters themselves.

    Args:
        null: when else than in rows of other filters a cell is empty.
    """
    return [
        column(
            FILTER_COLUMNS[slug][parameter.name],
            pa.float64(),
            f"{filter_.label}: {parameter.label}. {parameter.help} Neutral is {parameter.neutral:g}.",
            unit="EV" if parameter.unit == "EV" else "",
            low=parameter.low,
            high=parameter.high,
            null=f"the row is not about {slug}{null}",
        )
        for slug, filter_ in FILTERS.items()
        for parameter in filter_.parameters
    ]


def view_columns() -> list[Any]:
    """Return a column for each number that a ``view`` event may record."""
    return [
        column(EVENT_COLUMNS["view"][name], pa.float64(), text, unit=unit, low=0, null="not recorded in this event")
        for name, (text, unit) in ((name, _VIEW_DESCRIPTIONS[name]) for name in VIEW_PARAMETERS)
    ]


def gesture_columns() -> list[Any]:
    """Return the columns that say how an ``adjust`` was made."""
    null = "not an adjust, or its client does not say"
    numbers = {
        "moves": ("How many values the control went through.", 1, ""),
        "ms": ("From the first of them to the last.", 0, "ms"),
        "reversals": ("How often it turned back on its way.", 0, ""),
    }
    return [
        column("gesture_device", pa.string(), "What moved the control last.", values=GESTURE_DEVICES, null=null),
        *(
            column(f"gesture_{name}", pa.int32(), text, unit=unit, low=low, high=MAXIMUM_MS, null=null)
            for name, (text, low, unit) in numbers.items()
        ),
        column("gesture_trusted", pa.bool_(), "It came from a person's device alone, says the browser.", null=null),
    ]


def probability_columns() -> list[Any]:
    """Return a column for the probability of each filter, and of finishing early."""
    texts = {slug: (f"How probable {slug} was at that step.", "not an agent's step") for slug in FILTERS}
    texts[STOP] = ("How probable it was to finish before that step.", "not a step of an agent that may")
    return [
        column(PROBABILITY_COLUMNS[choice], pa.float64(), text, low=0, high=1, null=null)
        for choice, (text, null) in texts.items()
    ]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a program as a row of a table: numbers by name in columns of their own.

    Raises:
        ValueError: there is no column for a parameter.
    """
    result = dict(row)
    parameters = result.pop("parameters", None)
    if parameters is not None:
        key: Any = result.get("filter") or result.get("kind")
        if key not in EVENT_COLUMNS:
            named = f"filter {key!r}" if result.get("filter") else f"parameter of {key!r}"
            raise ValueError(f"there is no {named}")
        columns = EVENT_COLUMNS[key]
        if unknown := [name for name in parameters if name not in columns]:
            raise ValueError(f"{key} has no parameter {unknown[0]!r}")
        result |= {columns[name]: value for name, value in parameters.items()}
    gesture = result.pop("gesture", None)
    if gesture is not None:
        result |= {GESTURE_COLUMNS[name]: value for name, value in gesture.items()}
    probabilities = result.pop("probabilities", None)
    if probabilities is not None:
        if probabilities.keys() - {STOP} != FILTERS.keys():
            raise ValueError("probabilities must name every filter once")
        result |= {PROBABILITY_COLUMNS[slug]: value for slug, value in probabilities.items()}
    return result


def rows(table: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as programs take them, with numbers by name as dicts."""
    for batch in table.to_batches():
        yield from _batch_rows(batch)


def _batch_rows(batch: Any) -> list[dict[str, Any]]:
    names = batch.schema.names
    folded = _folded_columns(frozenset(names))
    result: list[dict[str, Any]] = batch.select([name for name in names if name not in folded]).to_pylist()
    if "exposure_ev" in folded:
        for row in result:
            row["parameters"] = None
        keys = batch.column("filter")
        if "kind" in names:
            keys = pc.coalesce(keys, batch.column("kind"))
        for key, columns in EVENT_COLUMNS.items():
            if not folded.issuperset(columns.values()):
                continue
            _fold(batch, pc.indices_nonzero(pc.equal(keys, key)), columns, "parameters", result)
    for name, columns in (("probabilities", PROBABILITY_COLUMNS), ("gesture", GESTURE_COLUMNS)):
        if folded.issuperset(columns.values()):
            for row in result:
                row[name] = None
            _fold(batch, pa.array(range(len(result)), pa.uint64()), columns, name, result)
    return result


def _fold(batch: Any, indices: Any, columns: Mapping[str, str], name: str, result: list[dict[str, Any]]) -> None:
    """Put the numbers of some rows under one name."""
    if not len(indices):
        return
    values = [batch.column(own).take(indices) for own in columns.values()]
    if all(value.null_count == len(value) for value in values):
        return
    own_names = list(columns)
    whole = not any(value.null_count for value in values)
    numbers = zip(*(value.to_pylist() for value in values), strict=True)
    for index, row in zip(indices.to_pylist(), numbers, strict=True):
        if whole:
            result[index][name] = dict(zip(own_names, row, strict=True))
        elif any(value is not None for value in row):
            pairs = zip(own_names, row, strict=True)
            result[index][name] = {own: value for own, value in pairs if value is not None}


@cache
def _folded_columns(names: frozenset[str]) -> frozenset[str]:
    """Which of a table's columns are folded: those of each filter that has all of its own here."""
    every = [*EVENT_COLUMNS.values(), PROBABILITY_COLUMNS, GESTURE_COLUMNS]
    return frozenset().union(*(columns.values() for columns in every if names.issuperset(columns.values())))
