"""Tables of Postgres as Arrow tables, streamed by ``COPY``: nothing of a row is ever a Python object.

Postgres sends CSV, in which its numbers have all their digits. Parameters and gestures, which it keeps as JSON, become
columns of their own here, by Arrow too: that takes a fraction of what Postgres takes for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
from django.db import connection

from editing.trajectories.columns import EVENT_COLUMNS, GESTURE_COLUMNS, PROBABILITY_COLUMNS
from editing.trajectories.reading import check_gaps
from editing.trajectories.schemas import ALL_SCHEMAS, InvalidSnapshot

ROWS_AT_ONCE = 20_000
# What ``rows`` of editing.trajectories.columns has as dicts, and Postgres as JSON.
_JSON = ("parameters", "gesture", "probabilities")
_GESTURE_TYPES = {"device": pa.string(), "trusted": pa.bool_()}


def copied(name: str, columns: Mapping[str, str], source: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
    """Yield the rows of a statement as pyarrow tables of the schema of a table, 20,000 rows at a time.

    Args:
        name: of the table, one of ``ALL_SCHEMAS``.
        columns: by column of the result, the SQL that gives it; times in microseconds. ``parameters``, ``gesture`` and
            ``probabilities`` are JSON, and become columns of their own.
        source: the rest of the statement, from FROM on.
        parameters: its values.

    Raises:
        InvalidSnapshot: there is no column for a parameter.
    """
    schema = ALL_SCHEMAS[name]
    selected = ", ".join(f'{sql} AS "{column}"' for column, sql in columns.items())
    statement = f"COPY (SELECT {selected} {source}) TO STDOUT (FORMAT csv)"
    types = {column: _type_in_csv(schema, column) for column in columns}
    first = 0
    for content in _contents(statement, parameters):
        table = _typed(name, _read_csv(content, types))
        check_gaps(table, f"{name}.parquet", first)
        yield table
        first += table.num_rows


def _contents(statement: str, parameters: Sequence[Any]) -> Iterator[BytesIO]:
    # Django leaves what goes wrong in the midst of a COPY as psycopg's own errors.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement, parameters or None) as copy,
    ):
        buffer, rows = BytesIO(), 0
        for row in copy:
            buffer.write(row)
            rows += 1
            if rows == ROWS_AT_ONCE:
                buffer.seek(0)
                yield buffer
                buffer, rows = BytesIO(), 0
        if rows:
            buffer.seek(0)
            yield buffer


def _type_in_csv(schema: Any, column: str) -> Any:
    if column in _JSON:
        return pa.string()
    type_ = schema.field(column).type
    return pa.int64() if pa.types.is_timestamp(type_) else type_


def _read_csv(content: BytesIO, types: Mapping[str, Any]) -> Any:
    return pyarrow.csv.read_csv(
        content,
        pyarrow.csv.ReadOptions(column_names=list(types), block_size=1 << 22),
        pyarrow.csv.ParseOptions(newlines_in_values=True),
        pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _typed(name: str, table: Any) -> Any:
    """Return the table with the columns of its schema, in order."""
    columns = {own: table.column(own).combine_chunks() for own in table.column_names}
    subjects = columns.get("filter")
    if "kind" in columns:
        subjects = pc.coalesce(subjects, columns["kind"])
    for own in _JSON:
        texts = columns.pop(own, None)
        if texts is None:
            continue
        try:
            columns |= _from_json(own, texts, subjects)
        except pa.ArrowInvalid as error:
            raise InvalidSnapshot(f"{name}.parquet: {own}: {str(error).splitlines()[0]}") from None
    schema = ALL_SCHEMAS[name]
    cast = [columns[field.name].cast(field.type) for field in schema]
    return pa.Table.from_arrays(cast, schema=schema)


def _from_json(name: str, texts: Any, subjects: Any) -> dict[str, Any]:
    """Return the columns that JSON objects come to, all rows long."""
    if name == "gesture":
        types = {own: _GESTURE_TYPES.get(own, pa.int32()) for own in GESTURE_COLUMNS}
        return _parsed(texts, pc.is_valid(texts), types, GESTURE_COLUMNS)
    if name == "probabilities":
        return _parsed(texts, pc.is_valid(texts), dict.fromkeys(PROBABILITY_COLUMNS, pa.float64()), PROBABILITY_COLUMNS)
    columns: dict[str, Any] = {}
    is_left = pc.is_valid(texts)
    for key, own in EVENT_COLUMNS.items():
        is_own = pc.and_(pc.fill_null(pc.equal(subjects, key), False), pc.is_valid(texts))
        columns |= _parsed(texts, is_own, dict.fromkeys(own, pa.float64()), own)
        is_left = pc.and_not(is_left, is_own)
    if pc.any(is_left).as_py():
        raise pa.ArrowInvalid(f"there is no filter {pc.filter(subjects, is_left)[0].as_py()!r}")
    return columns


def _parsed(texts: Any, is_own: Any, types: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Parse the objects of some rows; the others get empty cells.

    Args:
        types: of the values, by their names in the objects.
        names: of the columns, by the same.
    """
    own = pc.filter(texts, is_own)
    if not len(own):
        return {column: pa.nulls(len(texts), types[key]) for key, column in names.items()}
    joined = "\n".join(own.to_pylist()).encode()
    schema = pa.schema(list(types.items()))
    options = pyarrow.json.ParseOptions(schema, unexpected_field_behavior="error")
    blocks = pyarrow.json.ReadOptions(block_size=max(1 << 20, len(joined) + 1))
    parsed = pyarrow.json.read_json(BytesIO(joined), blocks, options)
    return {
        column: pc.replace_with_mask(pa.nulls(len(texts), types[key]), is_own, parsed.column(key).combine_chunks())
        for key, column in names.items()
    }
