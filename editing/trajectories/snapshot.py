"""Trajectories as files: one form for people's play and for agents'.

A snapshot is a folder: ``episodes.parquet steps.parquet events.parquet photos.parquet manifest.json`` and the photos'
previews as ``previews/<sha256>.npy``; ``judgements answers participations agents`` too, where there are any. The site's
export and an agent's play both write it here, and every reader gets it from ``read_snapshot``, which trusts nothing, or
from ``editing.trajectories.reading.open_snapshot``, which reads only what is asked for.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from editing.files import new_folder
from editing.game.filters import VERSION
from editing.trajectories.checksums import MANIFEST, listed_files
from editing.trajectories.columns import flat
from editing.trajectories.reading import (
    FORMAT,
    FORMAT_VERSION,
    TRAINED_ON_COLUMNS,
    Snapshot,
    TrainedOn,
    check_gaps,
    open_snapshot,
    preview_path,
)
from editing.trajectories.schemas import ADDED, AGENTS, ALL_SCHEMAS, InvalidSnapshot
from editing.trajectories.validation import check_rows, check_snapshot
from editing.trajectories.versions import count_versions

ROWS_PER_GROUP = 20_000
# How tables are written. Together with the version of pyarrow, which the manifest names, it decides every byte.
WRITER: Mapping[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    "data_page_version": "1.0",
}
_AGENT_KINDS = ("agent", "baseline", "expert")


def table_writer(path: Path, schema: Any) -> Any:
    """Return the writer of a table's file, to be closed by who asked for it."""
    return pq.ParquetWriter(path, schema, **WRITER)


def tables_of_rows(name: str, table_rows: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    """Yield rows of programs as pyarrow tables.

    Raises:
        InvalidSnapshot: naming the row, counted from 0.
    """
    schema, added = ALL_SCHEMAS[name], ADDED.get(name, {})
    remaining, first = iter(table_rows), 0
    while group := list(islice(remaining, ROWS_PER_GROUP)):
        flat_rows = []
        for index, row in enumerate(group, first):
            try:
                flat_rows.append(added | flat(row))
            except ValueError as error:
                raise InvalidSnapshot(f"{name}.parquet, row {index}: {error}") from None
        try:
            table = pa.Table.from_pylist(flat_rows, schema=schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InvalidSnapshot(f"{name}.parquet: {error}") from error
        check_gaps(table, f"{name}.parquet", first)
        yield table
        first += len(group)


def write_tables(
    folder: Path, tables: Mapping[str, Iterable[Any]], trained_on: Mapping[str, TrainedOn] | None = None
) -> dict[str, int]:
    """Write tables, each from pyarrow tables that follow each other; and how many rows each has.

    The table ``agents`` follows from the episodes, and is written where there are any.

    Args:
        tables: by their names, those of ``ALL_SCHEMAS``.
        trained_on: what agents were trained on, by the SHA-256 of their weights, where that is known.
    """
    counts = {}
    agents = []
    for name, parts in tables.items():
        with table_writer(folder / f"{name}.parquet", ALL_SCHEMAS[name]) as writer:
            counts[name] = 0
            for part in parts:
                writer.write_table(part)
                counts[name] += part.num_rows
                if name == "episodes":
                    agents.append(part.select(_AGENT_COLUMNS))
    if agents and (table := _agents(pa.concat_tables(agents), trained_on or {})).num_rows:
        with table_writer(folder / "agents.parquet", AGENTS) as writer:
            writer.write_table(table)
        counts["agents"] = table.num_rows
    return counts


_AGENT_COLUMNS = ["player", "player_kind", "checkpoint_hash", "contract_version", "id", "photo"]


def _agents(episodes: Any, trained_on: Mapping[str, TrainedOn]) -> Any:
    """Return the table of agents that episodes come to."""
    keys = _AGENT_COLUMNS[:4]
    by_agent = episodes.filter(pc.is_in(episodes.column("player_kind"), pa.array(_AGENT_KINDS)))
    counted = by_agent.group_by(keys).aggregate([("id", "count"), ("photo", "count_distinct")])
    counted = counted.rename_columns({"id_count": "episodes", "photo_count_distinct": "photos"})
    in_order = counted.sort_by([(key, "ascending") for key in keys])
    known = [trained_on.get(checkpoint) for checkpoint in in_order.column("checkpoint_hash").to_pylist()]
    for name in TRAINED_ON_COLUMNS:
        values = pa.array([data and sorted(data[name]) for data in known], AGENTS.field(f"trained_{name}").type)
        in_order = in_order.append_column(f"trained_{name}", values)
    return in_order.select(AGENTS.names).cast(AGENTS)


def write_manifest(folder: Path, rows: Mapping[str, int], manifest: Mapping[str, Any]) -> None:
    """Write ``manifest.json``, which lists all files that are in the folder by then.

    Args:
        rows: how many rows each table has.
        manifest: what else to say of the snapshot, as JSON values.
    """
    about = {"format": FORMAT, "format_version": FORMAT_VERSION, "contract_version": VERSION, "rows": dict(rows)}
    played = pq.read_table(folder / "episodes.parquet", columns=["contract_version"])
    about["contract_versions"] = count_versions(played.column(0).to_pylist())
    about["files"] = listed_files(folder, rows)
    text = json.dumps(about | dict(manifest), indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def write_previews(folder: Path, previews: Mapping[str, Path]) -> None:
    """Copy previews, each named by its SHA-256, byte for byte."""
    (folder / "previews").mkdir()
    for sha256, path in previews.items():
        shutil.copyfile(path, preview_path(folder, sha256))


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
    answers: Iterable[Mapping[str, Any]] | None = None,
    participations: Iterable[Mapping[str, Any]] | None = None,
    trained_on: Mapping[str, TrainedOn] | None = None,
) -> Snapshot:
    """Write a snapshot of rows, checked, whole or not at all.

    Args:
        directory: a folder that does not exist, or is empty.
        episodes, steps, events, photos: rows, as dicts with the columns of the schemas.
        previews: the file of each preview, by its SHA-256; copied byte for byte.
        manifest: what else to say of the snapshot, as JSON values.
        judgements, answers, participations: rows too; without them the snapshot has no such table.
        trained_on: as ``write_tables`` takes it.

    Raises:
        FileExistsError: if the folder holds something already.
        InvalidSnapshot: if a row is wrong.
    """
    with new_folder(directory) as unfinished:
        tables = {"episodes": episodes, "steps": steps, "events": events, "photos": photos}
        optional = {"judgements": judgements, "answers": answers, "participations": participations}
        tables |= {name: table_rows for name, table_rows in optional.items() if table_rows is not None}
        counts = write_tables(unfinished, {name: tables_of_rows(name, tables[name]) for name in tables}, trained_on)
        write_previews(unfinished, previews)
        write_manifest(unfinished, counts, manifest)
        read_snapshot(unfinished)
    return open_snapshot(directory)


def read_rows(directory: Path) -> Snapshot:
    """Return a snapshot, validated but for its events, which are not read: for who asks for photos and steps.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    snapshot = open_snapshot(directory)
    check_rows(snapshot)
    return snapshot


def read_snapshot(directory: Path) -> Snapshot:
    """Return a snapshot, validated: columns, ranges, references, legal steps, and steps that follow from the events.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    snapshot = open_snapshot(directory)
    check_snapshot(snapshot)
    return snapshot
