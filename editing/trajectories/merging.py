"""Several snapshots as one, such as people's play and an agent's."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.files import new_folder
from editing.trajectories.checksums import MANIFEST, file_sha256
from editing.trajectories.reading import Snapshot, open_snapshot
from editing.trajectories.schemas import ALL_SCHEMAS, ORDER, SCHEMAS
from editing.trajectories.snapshot import write_manifest, write_tables
from editing.trajectories.subsets import add_previews, players_of
from editing.trajectories.tombstones import read_tombstones, tombstone, write_tombstones

# By which columns the rows of two snapshots are the same thing's.
_SUBJECT = {
    "episodes": ("id",),
    "steps": ("episode",),
    "events": ("episode",),
    **dict.fromkeys(("judgements", "answers", "participations"), ("study", "player")),
}
_ROWS_AT_ONCE = 1 << 16


def merge(snapshots: Sequence[Snapshot], directory: Path) -> Snapshot:
    """Write all rows of several snapshots as one, whole or not at all.

    An episode, or a player's judgements, answers or participation, that several have is taken once, and must be the
    same in all. A photo that several have is taken from the first.

    Raises:
        ValueError: two of them differ in what they say of the same, or one holds rows of somebody who has withdrawn by
            the tombstones of another.
        FileExistsError: the folder holds something already.
        InvalidSnapshot: a table cannot be read.
    """
    stones = frozenset().union(*map(read_tombstones, snapshots))
    for snapshot in snapshots:
        _refuse_withdrawn(snapshot, snapshots, stones)
    for first, second in combinations(snapshots, 2):
        _refuse_differences(first, second)
    names = [name for name in ALL_SCHEMAS if name in SCHEMAS or any(s.path(name).is_file() for s in snapshots)]
    with new_folder(directory) as unfinished:
        tables = {name: _merged(snapshots, name) for name in names if name not in ("agents", "tombstones")}
        trained_on = {checkpoint: data for snapshot in snapshots for checkpoint, data in snapshot.trained_on.items()}
        counts = write_tables(unfinished, tables, trained_on)
        if stones:
            counts["tombstones"] = write_tombstones(unfinished, stones)
        for snapshot in snapshots:
            previews = _previews(snapshot).values()
            add_previews(unfinished, ((sha256, snapshot.preview_path(sha256)) for sha256 in previews))
        write_manifest(unfinished, counts, {"merged": [_named(snapshot) for snapshot in snapshots]})
    return open_snapshot(directory)


def _named(snapshot: Snapshot) -> dict[str, Any]:
    told = {key: snapshot.manifest[key] for key in ("study", "version") if key in snapshot.manifest}
    return told | {"manifest_sha256": file_sha256(snapshot.directory / MANIFEST)}


def _refuse_withdrawn(snapshot: Snapshot, snapshots: Sequence[Snapshot], stones: frozenset[str]) -> None:
    people = players_of(snapshot.table("episodes", ["study", "player"]))
    gone = [pair for pair in people if tombstone(*pair) in stones]
    if gone:
        by = next(other for other in snapshots if any(tombstone(*pair) in read_tombstones(other) for pair in gone))
        raise ValueError(
            f"{snapshot.directory} has play of {len(gone)} who have withdrawn by {by.directory}: "
            f"safelight dataset forget {snapshot.directory} --by {by.directory}"
        )


def _refuse_differences(first: Snapshot, second: Snapshot) -> None:
    _refuse_other_previews(first, second)
    for name, subject in _SUBJECT.items():
        keys = [_keys(snapshot.table(name, list(subject)), subject) for snapshot in (first, second)]
        common = pc.unique(keys[0].filter(pc.is_in(keys[0], pc.unique(keys[1]))))
        if not len(common):
            continue
        mine, theirs = (
            snapshot.table(name)
            .filter(pc.is_in(own, common))
            .sort_by([(column, "ascending") for column in ORDER[name]])
            for snapshot, own in zip((first, second), keys, strict=True)
        )
        if not mine.equals(theirs):
            which = next(key for key in common.to_pylist() if not _same(mine, theirs, subject, key))
            raise ValueError(
                f"{first.directory} and {second.directory} differ in {name}.parquet of {' '.join(which.splitlines())}"
            )


def _same(mine: Any, theirs: Any, subject: Sequence[str], key: str) -> bool:
    own, other = (table.filter(pc.equal(_keys(table, subject), key)) for table in (mine, theirs))
    return bool(own.equals(other))


def _keys(table: Any, subject: Sequence[str]) -> Any:
    """Return one text for each row; no name of a study has a line feed."""
    columns = [table.column(name) for name in subject]
    joined = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, "\n")
    return joined.combine_chunks()


def _refuse_other_previews(first: Snapshot, second: Snapshot) -> None:
    previews = [_previews(snapshot) for snapshot in (first, second)]
    for photo in previews[0].keys() & previews[1].keys():
        if previews[0][photo] != previews[1][photo]:
            raise ValueError(f"{first.directory} and {second.directory} have the photo {photo} with other previews")


def _previews(snapshot: Snapshot) -> dict[str, str]:
    """Return the SHA-256 of each photo's preview, by that of the photo."""
    photos = snapshot.table("photos", ["sha256", "preview_sha256"])
    return dict(zip(photos.column("sha256").to_pylist(), photos.column("preview_sha256").to_pylist(), strict=True))


def _merged(snapshots: Sequence[Snapshot], name: str) -> Iterator[Any]:
    """Yield a table's rows in order, what several have once."""
    subject = _SUBJECT.get(name, ("sha256",))
    tables: list[Any] = []
    for index, snapshot in enumerate(snapshots):
        table = snapshot.table(name)
        earlier = [_keys(other.table(name, list(subject)), subject) for other in snapshots[:index]]
        if earlier and table.num_rows:
            own = _keys(table, subject)
            known = np.logical_or.reduce([pc.is_in(own, keys).to_numpy(zero_copy_only=False) for keys in earlier])
            table = table.filter(pa.array(~known))
        tables.append(table)
    whole = _in_order(pa.concat_tables(tables), name)
    for start in range(0, whole.num_rows, _ROWS_AT_ONCE):
        yield whole.slice(start, _ROWS_AT_ONCE)


def _in_order(table: Any, name: str) -> Any:
    return table.sort_by([(column, "ascending") for column in ORDER[name]])
