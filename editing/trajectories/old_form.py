"""Tables as they were written until November 2026: numbers by name in one column of maps.

They are read as if each number had had its column.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from editing.trajectories.columns import EVENT_COLUMNS, PROBABILITY_COLUMNS, flat


def without_maps(table: Any) -> Any:
    """Return the table with its columns of maps taken apart; itself where it has none.

    Raises:
        ValueError: a number has no column, or its filter none of that name: with the row, counted from 0.
    """
    for name in ("parameters", "probabilities"):
        if name in table.column_names and pa.types.is_map(table.schema.field(name).type):
            table = _taken_apart(table, name)
    return table


def _taken_apart(table: Any, name: str) -> Any:
    maps = table.column(name).combine_chunks()
    numbers: dict[str, Any] = {}
    if name == "probabilities":
        numbers = {own: _looked_up(maps, key) for key, own in PROBABILITY_COLUMNS.items()}
    else:
        subject = pc.coalesce(table.column("filter"), table.column("kind")) if "kind" in table.column_names else None
        subject = (table.column("filter") if subject is None else subject).combine_chunks()
        for key, columns in EVENT_COLUMNS.items():
            of_key = pc.equal(subject, key)
            for parameter, own in columns.items():
                numbers[own] = pc.if_else(of_key, _looked_up(maps, parameter), pa.scalar(None, pa.float64()))
    if sum(len(column) - column.null_count for column in numbers.values()) != len(maps.items):
        _check_rows(table, name)
    for own, column in numbers.items():
        table = table.append_column(own, column)
    return table.drop_columns([name])


def _looked_up(maps: Any, key: str) -> Any:
    return pc.map_lookup(maps, query_key=key, occurrence="first")


def _check_rows(table: Any, name: str) -> None:
    """Say which row has a number that has no column."""
    names = [own for own in ("filter", "kind", name) if own in table.column_names]
    for index, row in enumerate(table.select(names).to_pylist()):
        values: Mapping[str, float] | None = None if row[name] is None else dict(row[name])
        try:
            flat(row | {name: values})
        except ValueError as error:
            raise ValueError(f"row {index}: {error}") from None
