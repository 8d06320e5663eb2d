"""Trajectories as files: one form for people's play and for agents'.

A snapshot is a folder: ``episodes.parquet steps.parquet events.parquet photos.parquet manifest.json`` and the photos'
previews as ``previews/<sha256>.npy``; ``judgements.parquet`` too, where people have compared episodes. The site's
export and an agent's play both write it here, and every reader gets it from ``read_snapshot``, which trusts nothing.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from editing.files import new_folder
from editing.game.filters import VERSION
from editing.trajectories.schemas import (
    ADDED,
    OPTIONAL_SCHEMAS,
    SCHEMAS,
    InvalidSnapshot,
    Snapshot,
    preview_path,
)
from editing.trajectories.validation import check_snapshot

FORMAT = "safelight-snapshot"
FORMAT_VERSION = 1
ROWS_PER_GROUP = 20_000


def is_snapshot(path: Path) -> bool:
    """Whether a folder claims to be a snapshot."""
    return (path / "manifest.json").is_file() and (path / "episodes.parquet").is_file()


def _write_table(path: Path, schema: Any, table_rows: Iterable[Mapping[str, Any]]) -> int:
    maps = [field.name for field in schema if pa.types.is_map(field.type)]
    added = ADDED.get(path.stem, {})
    count, remaining = 0, (added | dict(row) for row in table_rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := [dict(row) for row in islice(remaining, ROWS_PER_GROUP)]:
            for row in group:
                for name in maps:
                    row[name] = None if row.get(name) is None else list(row[name].items())
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def write_snapshot(
    directory: Path,
    *,
    episodes: Iterable[Mapping[str, Any]],
    steps: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
    photos: Iterable[Mapping[str, Any]],
    previews: Mapping[str, Path],
    manifest: Mapping[str, Any],
    judgements: Iterable[Mapping[str, Any]] | None = None,
) -> Snapshot:
    """Write a snapshot, whole or not at all.

    Args:
        directory: a folder that does not exist, or is empty.
        episodes, steps, events, photos: rows, as dicts with the columns of the schemas.
        previews: the file of each preview, by its SHA-256; copied byte for byte.
        manifest: what else to say of the snapshot, as JSON values.
        judgements: rows too; without them the snapshot has no such table.

    Raises:
        FileExistsError: if the folder holds something already.
        InvalidSnapshot: if a row is wrong.
    """
    with new_folder(directory) as unfinished:
        tables = {"episodes": episodes, "steps": steps, "events": events, "photos": photos}
        if judgements is not None:
            tables["judgements"] = judgements
        counts = {}
        for name in tables:
            schema = (SCHEMAS | OPTIONAL_SCHEMAS)[name]
            try:
                counts[name] = _write_table(unfinished / f"{name}.parquet", schema, tables[name])
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise InvalidSnapshot(f"{name}.parquet: {error}") from error
        (unfinished / "previews").mkdir()
        for sha256, path in previews.items():
            shutil.copyfile(path, preview_path(unfinished, sha256))
        about = {"format": FORMAT, "format_version": FORMAT_VERSION, "contract_version": VERSION, "rows": counts}
        text = json.dumps(about | dict(manifest), indent=1, ensure_ascii=False)
        (unfinished / "manifest.json").write_text(text + "\n", encoding="utf-8")
        snapshot = read_snapshot(unfinished)
    return replace(snapshot, directory=directory)


def read_snapshot(directory: Path) -> Snapshot:
    """Return a snapshot, validated: columns, ranges, references, legal steps, and steps that follow from the events.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    if not directory.is_dir():
        raise InvalidSnapshot(f"{directory} is not a folder")
    manifest = _read_manifest(directory / "manifest.json")
    tables = {name: _read_table(directory / f"{name}.parquet", schema) for name, schema in SCHEMAS.items()}
    for name, schema in OPTIONAL_SCHEMAS.items():
        path = directory / f"{name}.parquet"
        tables[name] = _read_table(path, schema) if path.exists() else schema.empty_table()
    snapshot = Snapshot(directory, manifest, **tables)
    check_snapshot(snapshot)
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
    if manifest.get("format_version") != FORMAT_VERSION:
        version = manifest.get("format_version")
        raise InvalidSnapshot(f"{path} is of format {version}; this program reads format {FORMAT_VERSION}")
    return manifest


def _read_table(path: Path, schema: Any) -> Any:
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise InvalidSnapshot(f"{path.parent} lacks {path.name}") from None
    except (OSError, pa.ArrowException) as error:
        raise InvalidSnapshot(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    for name, value in ADDED.get(path.stem, {}).items():
        if name not in table.column_names:
            column = pa.array([value] * table.num_rows, type=schema.field(name).type)
            table = table.append_column(schema.field(name), column)
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise InvalidSnapshot(f"{path.name} lacks the column {', '.join(missing)}")
    columns = []
    for field in schema:
        column = table.column(field.name)
        if not field.nullable and column.null_count:
            row = column.is_null().to_pylist().index(True)
            raise InvalidSnapshot(f"{path.name}, row {row}: {field.name} is empty")
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowException:
            kinds = f"{column.type}, not {field.type}"
            raise InvalidSnapshot(f"{path.name}: the column {field.name} is of type {kinds}") from None
    return pa.Table.from_arrays(columns, schema=schema)
