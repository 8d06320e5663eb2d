"""Tables as CSV, for R and spreadsheets, and the codebook that says what each column is.

UTF-8 with a line of names. Texts stand in quotes, so that an empty one (``""``) is not an empty cell; booleans are
``TRUE`` and ``FALSE``, which R takes as such, times as ``2026-01-05T09:00:00.000000Z``, lists with semicolons between.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from editing.trajectories.columns import column_description
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS, SCHEMAS

CODEBOOK = ("table", "column", "type", "unit", "low", "high", "values", "empty_means", "description")


def present_tables(snapshot: Snapshot) -> list[str]:
    """Return the names of the tables that a snapshot has."""
    return [name for name in ALL_SCHEMAS if name in SCHEMAS or snapshot.path(name).is_file()]


def write_csv(
    snapshot: Snapshot, folder: Path, file_name: Callable[[str], str] = "{}.csv".format, tables: Sequence[str] = ()
) -> dict[str, int]:
    """Write tables as CSV, part by part; return how many rows each has.

    Args:
        file_name: of a table's file, from its name.
        tables: which; all that are there without it.

    Raises:
        InvalidSnapshot: a table cannot be read.
        OSError: the disk refuses.
    """
    counts = {}
    for name in tables or present_tables(snapshot):
        counts[name] = 0
        schema = pa.schema([(field.name, _plain_type(field.type)) for field in ALL_SCHEMAS[name]])
        with pc_csv.CSVWriter(folder / file_name(name), schema) as writer:
            for part in snapshot.batches(name):
                writer.write_table(_plain(part, schema))
                counts[name] += part.num_rows
    return counts


def _plain_type(type_: Any) -> Any:
    as_text = pa.types.is_list(type_) or pa.types.is_timestamp(type_) or pa.types.is_boolean(type_)
    return pa.string() if as_text else type_


def _plain(part: Any, schema: Any) -> Any:
    columns = []
    for field in part.schema:
        values = part.column(field.name)
        if pa.types.is_timestamp(field.type):
            values = pc.strftime(values, format="%Y-%m-%dT%H:%M:%SZ")
        elif pa.types.is_boolean(field.type):
            values = pc.if_else(values, "TRUE", "FALSE")
        elif pa.types.is_list(field.type):
            lists = values.to_pylist()
            joined = [None if row is None else ";".join(text or "" for text in row) for row in lists]
            values = pa.array(joined, pa.string())
        columns.append(values)
    return pa.Table.from_arrays(columns, schema=schema)


def codebook_rows(tables: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield a row of the codebook for each column, with the columns of ``CODEBOOK``."""
    for table in tables:
        for field in ALL_SCHEMAS[table]:
            told = column_description(field)
            yield {
                "table": table,
                "column": field.name,
                "type": told["type"],
                "unit": told.get("unit", ""),
                "low": f"{told['low']:.6g}" if "low" in told else "",
                "high": f"{told['high']:.6g}" if "high" in told else "",
                "values": "; ".join(told.get("values", ())),
                "empty_means": told.get("null", "never empty"),
                "description": told["description"],
            }


def write_codebook(path: Path, tables: Sequence[str]) -> None:
    """Write the codebook as CSV."""
    schema = pa.schema([(name, pa.string()) for name in CODEBOOK])
    pc_csv.write_csv(pa.Table.from_pylist(list(codebook_rows(tables)), schema=schema), path)
