"""Forgetting: which rows of an old copy must go, by the tombstones of a later version, and the copy without them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.files import new_folder, replaced_folder
from editing.trajectories.checksums import MANIFEST, file_sha256
from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot, open_snapshot
from editing.trajectories.receipts import answers_digest, said_in_tasks
from editing.trajectories.schemas import ALL_SCHEMAS
from editing.trajectories.snapshot import write_manifest
from editing.trajectories.subsets import OWN_OF_A_MANIFEST, players_of, write_subset
from editing.trajectories.tombstones import read_tombstones, tombstone

_PLAYED = ("steps", "events")
_BY_PLAYER = ("episodes", "judgements", "answers", "participations")


@dataclass(frozen=True)
class Forgotten:
    """Rows that must be deleted.

    Attributes:
        people: of whom, as study and pseudonym.
        rows: by table, a boolean for each row, true where it must go; only tables with such rows.
    """

    people: frozenset[tuple[str, str]]
    rows: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows must go, by table."""
        return {name: int(np.count_nonzero(gone)) for name, gone in self.rows.items()}


def rows_to_forget(old: Snapshot, tombstones: frozenset[str]) -> Forgotten:
    """Find the rows of those who have withdrawn: theirs, and what others said of their pictures.

    Raises:
        InvalidSnapshot: a table cannot be read.
    """
    keys = {name: old.table(name, ["study", "player"]) for name in _BY_PLAYER}
    pairs = {pair for table in keys.values() for pair in players_of(table)}
    people = frozenset(pair for pair in pairs if tombstone(*pair) in tombstones)
    gone = {name: _is_of(table, people) for name, table in keys.items()}
    ids = old.table("episodes", ["id"]).column("id").filter(pa.array(gone["episodes"])).combine_chunks()
    for name in _PLAYED:
        gone[name] = pc.is_in(old.table(name, ["episode"]).column("episode"), ids).to_numpy()
    gone["judgements"] = gone["judgements"] | _shows(old.table("judgements", ["episodes"]), ids)
    return Forgotten(people, {name: gone[name] for name in ALL_SCHEMAS if name in gone and gone[name].any()})


def _is_of(table: Any, people: frozenset[tuple[str, str]]) -> Any:
    """(rows,) whether a row is of one of these people."""
    # Of two texts, one that no other two give: a study's name has no line feed.
    joined = pc.binary_join_element_wise(table.column("study"), table.column("player"), "\n")
    return pc.is_in(joined, pa.array(["\n".join(pair) for pair in people], pa.string())).to_numpy()


def _shows(judgements: Any, ids: Any) -> Any:
    """(rows,) whether a picture of one of these episodes was shown."""
    shown = judgements.column("episodes").combine_chunks()
    about = np.zeros(len(shown), dtype=bool)
    parents = pc.list_parent_indices(shown).to_numpy()
    about[parents[pc.is_in(pc.list_flatten(shown), ids).to_numpy(zero_copy_only=False)]] = True
    return about


def write_without(old: Snapshot, forgotten: Forgotten, directory: Path, by: Snapshot) -> Snapshot:
    """Write a snapshot without some rows, whole or not at all; its manifest names its parent.

    Taken along are tables and previews. A card or another file beside them may tell of the same people: they are not.

    Args:
        old: of which snapshot.
        forgotten: its rows that must go.
        directory: a folder that does not exist, or is empty; or that of ``old``, whose place the new one then takes.
        by: by whose tombstones.

    Raises:
        FileExistsError: the folder holds something already.
        InvalidSnapshot: a table cannot be read.
        OSError: the disk refuses.
    """
    stones = read_tombstones(old) | read_tombstones(by)
    keep = {name: ~gone for name, gone in forgotten.rows.items()}
    stay = old.participations
    if "participations" in keep:
        stay = stay.filter(pa.array(keep["participations"]))
    make_folder = replaced_folder if directory.resolve() == old.directory.resolve() else new_folder
    with make_folder(directory) as unfinished:
        counts = write_subset(unfinished, old, keep, _counted_again(old, stay, forgotten), stones)
        parent = {"manifest_sha256": file_sha256(old.directory / MANIFEST)}
        parent |= {key: old.manifest[key] for key in ("study", "version") if key in old.manifest}
        manifest = {key: value for key, value in old.manifest.items() if key not in OWN_OF_A_MANIFEST}
        forgetting = {"people": len(forgotten.people), "rows": forgotten.counts}
        forgetting["by_manifest_sha256"] = file_sha256(by.directory / MANIFEST)
        write_manifest(unfinished, counts, manifest | {"parent": parent, "forgotten": forgetting})
    return open_snapshot(directory)


def _counted_again(old: Snapshot, participations: Any, forgotten: Forgotten) -> Any:
    """Return the participations with counts and digests of what is left of their judgements."""
    gone = forgotten.rows.get("judgements")
    if gone is None:
        return participations
    lost = players_of(old.table("judgements", ["study", "player"]).filter(pa.array(gone)))
    judgements = said_in_tasks(rows(old.judgements.filter(pa.array(~gone))))
    answers = said_in_tasks(rows(old.answers))
    changed = participations.to_pylist()
    for row in changed:
        key = (row["study"], row["player"])
        if key in lost and row["judgements"] is not None:
            own = judgements.get(key, [])
            row["judgements"] = len(own)
            row["answers_sha256"] = answers_digest(own, answers.get(key, []))
    return pa.Table.from_pylist(changed, schema=participations.schema)
