"""A part of a snapshot's rows, as a snapshot."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS, SCHEMAS, InvalidSnapshot
from editing.trajectories.snapshot import write_tables
from editing.trajectories.tombstones import write_tombstones

# What a manifest says of the folder that it stands in, or of counts that are another's: no part of one takes it along.
OWN_OF_A_MANIFEST = frozenset(
    "format format_version contract_version contract_versions rows files version successor_of exported_at "
    "participations consents parent forgotten part".split()
)


def write_subset(
    folder: Path, snapshot: Snapshot, keep: Mapping[str, Any], participations: Any, tombstones: Iterable[str]
) -> dict[str, int]:
    """Write the tables and previews of some rows into an empty folder; return how many rows each table has.

    Cards and other files beside the tables are not taken along, since they may tell of other rows.

    Args:
        keep: by table, (rows,) booleans, which rows; all of a table that it does not name.
        participations: the whole table of participations.
        tombstones: what the table of tombstones holds; where there are none, it is left out.

    Raises:
        InvalidSnapshot: a table cannot be read, or a preview is missing.
    """
    names = [name for name in ALL_SCHEMAS if name in SCHEMAS or snapshot.path(name).is_file()]
    # The table of agents follows from the episodes.
    tables: dict[str, Iterable[Any]] = {
        name: _kept(snapshot, name, keep.get(name)) for name in names if name not in ("agents", "tombstones")
    }
    if "participations" in tables:
        tables["participations"] = [participations]
    counts = write_tables(folder, tables, snapshot.trained_on)
    tombstones = list(tombstones)
    if tombstones:
        counts["tombstones"] = write_tombstones(folder, tombstones)
    photos = snapshot.table("photos", ["preview_sha256"]).column("preview_sha256")
    if "photos" in keep:
        photos = photos.filter(pa.array(keep["photos"]))
    add_previews(folder, ((sha256, snapshot.preview_path(sha256)) for sha256 in photos.to_pylist()))
    return counts


def add_previews(folder: Path, previews: Iterable[tuple[str, Path]]) -> None:
    """Give previews, which are never changed, a second name; or copy them where the file system knows no such names.

    Raises:
        InvalidSnapshot: one is missing.
    """
    (folder / "previews").mkdir(exist_ok=True)
    for sha256, source in previews:
        target = folder / "previews" / f"{sha256}.npy"
        if not source.is_file():
            raise InvalidSnapshot(f"{source.parent.parent} lacks the preview {source.name}")
        if target.exists():
            continue
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, target)


def _kept(snapshot: Snapshot, name: str, keep: Any) -> Iterator[Any]:
    start = 0
    for part in snapshot.batches(name):
        yield part if keep is None else part.filter(pa.array(keep[start : start + part.num_rows]))
        start += part.num_rows


def players_of(table: Any) -> set[tuple[str, str]]:
    """Return who a table's rows are of, as study and player."""
    unique = table.group_by(["study", "player"]).aggregate([])
    return set(zip(unique.column("study").to_pylist(), unique.column("player").to_pylist(), strict=True))
