"""Reading a snapshot's tables: columns, types and gaps are checked as a table is read, and nothing is read before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from editing.trajectories.old_form import without_maps
from editing.trajectories.schemas import ADDED, ALL_SCHEMAS, OPTIONAL_SCHEMAS, SCHEMAS, InvalidSnapshot

FORMAT = "safelight-snapshot"
# 1: numbers of filters as maps. 2: each in a column of its own.
FORMAT_VERSION = 2
READ_VERSIONS = (1, 2)


# ``{"photos": [...], "players": [...]}``: the SHA-256 of the photos' sources, and of the players' names.
TrainedOn = Mapping[str, Sequence[str]]
TRAINED_ON_COLUMNS = ("photos", "players")
_TRAINED_ON = {name: f"trained_{name}" for name in TRAINED_ON_COLUMNS}


def _is_trained_on(data: Any) -> bool:
    lists = [data.get(name) if isinstance(data, dict) else None for name in TRAINED_ON_COLUMNS]
    return all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot on disk. Each table is read as it is first asked for, and has the columns of ``ALL_SCHEMAS``.

    Raises:
        InvalidSnapshot: as a table is asked for whose file is missing, broken or of other columns.
    """

    directory: Path
    manifest: dict[str, Any]

    @cached_property
    def episodes(self) -> Any:
        """The table of episodes."""
        return self.table("episodes")

    @cached_property
    def steps(self) -> Any:
        """The table of steps."""
        return self.table("steps")

    @cached_property
    def events(self) -> Any:
        """The table of events, whole: a million take half a gigabyte. ``batches`` reads them in parts."""
        return self.table("events")

    @cached_property
    def photos(self) -> Any:
        """The table of photos."""
        return self.table("photos")

    @cached_property
    def judgements(self) -> Any:
        """The table of judgements."""
        return self.table("judgements")

    @cached_property
    def answers(self) -> Any:
        """The table of answers to questionnaires."""
        return self.table("answers")

    @cached_property
    def participations(self) -> Any:
        """The table of participations."""
        return self.table("participations")

    @cached_property
    def agents(self) -> Any:
        """The table of agents."""
        return self.table("agents")

    @cached_property
    def tombstones(self) -> Any:
        """The table of tombstones."""
        return self.table("tombstones")

    @cached_property
    def trained_on(self) -> dict[str, TrainedOn]:
        """What its agents were trained on, by the SHA-256 of their weights, where that is known."""
        # Play of before December 2026 says it in the manifest.
        values = self.manifest.get("trained_on")
        told = dict(values) if isinstance(values, dict) else {}
        for row in self.agents.select(["checkpoint_hash", *_TRAINED_ON.values()]).to_pylist():
            if row["trained_photos"] is not None:
                told[row["checkpoint_hash"]] = {name: row[column] for name, column in _TRAINED_ON.items()}
        return {checkpoint: data for checkpoint, data in told.items() if _is_trained_on(data)}

    def path(self, table: str) -> Path:
        """Return the file of a table."""
        return self.directory / f"{table}.parquet"

    def table(self, name: str, columns: Sequence[str] | None = None) -> Any:
        """Read a table, or some of its columns, as a pyarrow table."""
        schema = ALL_SCHEMAS[name]
        if columns is not None:
            schema = pa.schema([schema.field(own) for own in columns], metadata=schema.metadata)
        if name in OPTIONAL_SCHEMAS and not self.path(name).exists():
            return schema.empty_table()
        with _opened(self.path(name)) as file:
            wanted = None if columns is None else _columns_to_read(file.schema_arrow.names, columns)
            return _conform(file.read(wanted), schema, self.path(name))

    def batches(self, name: str, rows: int = 1 << 16) -> Iterator[Any]:
        """Read a table part by part, as pyarrow tables of so many rows."""
        with _opened(self.path(name)) as file:
            first_row = 0
            for batch in file.iter_batches(rows):
                yield _conform(pa.Table.from_batches([batch]), ALL_SCHEMAS[name], self.path(name), first_row)
                first_row += batch.num_rows

    def preview_path(self, preview_sha256: str) -> Path:
        """Return the file of a preview, a float16 array (H, W, 3) of linear light."""
        return preview_path(self.directory, preview_sha256)


def preview_path(directory: Path, preview_sha256: str) -> Path:
    """Where a snapshot keeps a preview."""
    return directory / "previews" / f"{preview_sha256}.npy"


def is_snapshot(path: Path) -> bool:
    """Whether a folder claims to be a snapshot."""
    return (path / "manifest.json").is_file() and (path / "episodes.parquet").is_file()


def open_snapshot(directory: Path) -> Snapshot:
    """Return a snapshot whose tables are read as they are asked for. What its rows say is not checked.

    Raises:
        InvalidSnapshot: it is none, or lacks a table.
    """
    if not directory.is_dir():
        raise InvalidSnapshot(f"{directory} is not a folder")
    snapshot = Snapshot(directory, _read_manifest(directory / "manifest.json"))
    for name in SCHEMAS:
        if not snapshot.path(name).is_file():
            raise InvalidSnapshot(f"{directory} lacks {name}.parquet")
    return snapshot


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidSnapshot(f"{path.parent} is no snapshot: it has no manifest.json") from None
    except (OSError, ValueError) as error:
        raise InvalidSnapshot(f"{path} cannot be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InvalidSnapshot(f"{path} is not the manifest of a snapshot")
    if manifest.get("format_version") not in READ_VERSIONS:
        version = manifest.get("format_version")
        raise InvalidSnapshot(f"{path} is of format {version}; this program reads formats up to {FORMAT_VERSION}")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a table's file, and say in words what goes wrong as it is read."""
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except FileNotFoundError:
        raise InvalidSnapshot(f"{path.parent} lacks {path.name}") from None
    except (OSError, pa.ArrowException) as error:
        raise InvalidSnapshot(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def _columns_to_read(stored: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return which columns of a file hold those that are wanted, in the form of today or the one before."""
    missing = set(wanted).difference(stored)
    maps = {"filter", "kind", "parameters", "probabilities"} if missing else set()
    return [name for name in stored if name in wanted or name in maps]


def _conform(table: Any, schema: Any, path: Path, first_row: int = 0) -> Any:
    """Return the table with exactly the columns of the schema.

    Args:
        first_row: the number of the table's first row in the file.
    """
    try:
        table = without_maps(table)
    except ValueError as error:
        raise InvalidSnapshot(f"{path.name}, {error}") from None
    names, present = schema.names, set(table.column_names)
    for name, value in ADDED.get(path.stem, {}).items():
        if name in names and name not in present:
            column = pa.repeat(pa.scalar(value, schema.field(name).type), table.num_rows)
            table = table.append_column(schema.field(name), column)
            present.add(name)
    missing = [name for name in names if name not in present]
    if missing:
        raise InvalidSnapshot(f"{path.name} lacks the column {', '.join(missing)}")
    columns = []
    for field in schema:
        column = table.column(field.name)
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except pa.ArrowException:
            kinds = f"{column.type}, not {field.type}"
            raise InvalidSnapshot(f"{path.name}: the column {field.name} is of type {kinds}") from None
    conformed = pa.Table.from_arrays(columns, schema=schema)
    check_gaps(conformed, path.name, first_row)
    return conformed


def check_gaps(table: Any, file_name: str, first_row: int = 0) -> None:
    """Refuse an empty cell in a column that has none.

    Args:
        first_row: the number of the table's first row in the file.

    Raises:
        InvalidSnapshot: naming the row and the column.
    """
    for field in table.schema:
        column = table.column(field.name)
        if not field.nullable and column.null_count:
            row = first_row + column.is_null().to_pylist().index(True)
            raise InvalidSnapshot(f"{file_name}, row {row}: {field.name} is empty")
