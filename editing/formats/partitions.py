"""Versions of studies side by side in one folder, as DuckDB, Polars, Spark and Arrow read tables in parts.

A table is a folder of its own, in which each version has its place: ``steps/study=lab/version=3/steps.parquet``, after
Apache Hive. The files have no column ``study``: readers take it, and ``version``, from the path. Previews, named by
their content, are there once. ``manifests/study=lab/version=3/manifest.json`` is written last: a version without it was
interrupted, and is written anew when it is added again.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq

from editing.files import write_atomically
from editing.formats.csv_files import present_tables
from editing.trajectories.checksums import MANIFEST, file_sha256
from editing.trajectories.columns import table_schema
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS
from editing.trajectories.snapshot import table_writer
from editing.trajectories.subsets import add_previews
from editing.trajectories.tombstones import read_tombstones, tombstone

FORMAT = "safelight-partition"
UNNUMBERED = 0  # the version of an export that has none
_MANIFESTS = "manifests"
_OF_PEOPLE = ("episodes", "judgements", "answers", "participations")


@dataclass(frozen=True)
class Partition:
    """A version of a study in its place.

    Attributes:
        rows: of each table.
    """

    study: str
    version: int
    rows: dict[str, int]

    def folder(self, directory: Path, table: str) -> Path:
        """Return where its part of a table lies, below the folder of all."""
        return directory / table / f"study={quote(self.study, safe='')}" / f"version={self.version}"


def add_partition(snapshot: Snapshot, directory: Path) -> Partition:
    """Give an export its place among others, part by part, in little memory.

    Args:
        directory: of all; made if it does not exist.

    Raises:
        ValueError: the export is of several studies, or of none.
        FileExistsError: that version is there already.
        InvalidSnapshot: a table cannot be read, or a preview is missing.
    """
    partition = Partition(_study_of(snapshot), int(snapshot.manifest.get("version") or UNNUMBERED), {})
    manifest = partition.folder(directory, _MANIFESTS) / MANIFEST
    if manifest.exists():
        raise FileExistsError(f"{manifest.parent} is there already: a version never changes")
    files = {}
    for table in present_tables(snapshot):
        path = _write_table(snapshot, table, partition.folder(directory, table))
        partition.rows[table] = pq.read_metadata(path).num_rows
        size = {"rows": partition.rows[table], "bytes": path.stat().st_size}
        files[path.relative_to(directory).as_posix()] = size | {"sha256": file_sha256(path)}
    previews = snapshot.table("photos", ["preview_sha256"]).column("preview_sha256").to_pylist()
    add_previews(directory, ((sha256, snapshot.preview_path(sha256)) for sha256 in previews))
    about = snapshot.manifest | {
        "format": FORMAT,
        "study": partition.study,
        "version": partition.version,
        "rows": partition.rows,
    }
    about |= {"files": files, "of_manifest_sha256": file_sha256(snapshot.directory / MANIFEST)}
    manifest.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(manifest, f"{json.dumps(about, indent=1, ensure_ascii=False)}\n".encode())
    return partition


def withdrawn_since(snapshot: Snapshot, directory: Path) -> dict[Path, int]:
    """Return which versions below a folder hold people who have withdrawn by an export's tombstones, and how many."""
    stones = read_tombstones(snapshot)
    found = {}
    for manifest in sorted((directory / _MANIFESTS).glob(f"*/*/{MANIFEST}")) if stones else ():
        study = json.loads(manifest.read_text(encoding="utf-8"))["study"]
        place = manifest.parent.relative_to(directory / _MANIFESTS)
        files = (directory / table / place / f"{table}.parquet" for table in _OF_PEOPLE)
        players = {
            player
            for file in files
            if file.is_file()
            for player in pq.ParquetFile(file).read(["player"]).column("player").unique().to_pylist()
        }
        if gone := sum(tombstone(study, player) in stones for player in players):
            found[place] = gone
    return found


def _study_of(snapshot: Snapshot) -> str:
    studies = {
        study for table in _OF_PEOPLE for study in snapshot.table(table, ["study"]).column("study").unique().to_pylist()
    }
    if not studies and snapshot.manifest.get("study"):
        return str(snapshot.manifest["study"])
    if len(studies) != 1:
        what = "several studies: add the exports of each" if studies else "no study"
        raise ValueError(f"{snapshot.directory} is of {what}")
    return str(studies.pop())


def _write_table(snapshot: Snapshot, table: str, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)  # of one that was interrupted
    folder.mkdir(parents=True)
    schema = ALL_SCHEMAS[table]
    fields = [field for field in schema if field.name != "study"]
    schema = table_schema(schema.metadata[b"description"].decode(), fields)
    path = folder / f"{table}.parquet"
    with table_writer(path, schema) as writer:
        for part in snapshot.batches(table):
            writer.write_table(part.select(schema.names).cast(schema))
    return path
