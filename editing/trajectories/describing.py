"""What is in a snapshot, in numbers, read from few columns."""

from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS

_TOLD = tuple(
    "study version successor_of exported_at exported parent contract_version contract_versions withdrawn".split()
)


def described(snapshot: Snapshot) -> dict[str, Any]:
    """Return what is in a snapshot, by name, as JSON values.

    Raises:
        InvalidSnapshot: a table cannot be read.
    """
    columns = ["player_kind", "status", "player", "photo", "condition", "study"]
    episodes = snapshot.table("episodes", columns)
    about: dict[str, Any] = {"folder": str(snapshot.directory)}
    about |= {name: snapshot.manifest[name] for name in _TOLD if snapshot.manifest.get(name) is not None}
    about["rows"] = rows_of_tables(snapshot)
    about["players"] = _counts(episodes.group_by(["player_kind", "player"]).aggregate([]), "player_kind")
    about["episodes by player"] = _counts(episodes, "player_kind")
    about["episodes by status"] = _counts(episodes, "status")
    about["episodes by study"] = _counts(episodes, "study")
    conditions = _counts(episodes, "condition")
    if set(conditions) - {""}:
        about["episodes by condition"] = conditions
    about["photos played"] = pc.count_distinct(episodes.column("photo")).as_py()
    about["steps by filter"] = _counts(snapshot.table("steps", ["filter"]), "filter")
    if left_out := snapshot.manifest.get("episodes_left_out"):
        about["episodes left out"] = left_out
    return about


def rows_of_tables(snapshot: Snapshot) -> dict[str, int]:
    """Return how many rows each table has that is there."""
    return {
        name: pq.read_metadata(snapshot.path(name)).num_rows for name in ALL_SCHEMAS if snapshot.path(name).is_file()
    }


def _counts(table: Any, column: str) -> dict[str, int]:
    counted = table.group_by(column).aggregate([([], "count_all")])
    pairs = zip(counted.column(column).to_pylist(), counted.column("count_all").to_pylist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
