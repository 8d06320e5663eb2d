"""Splits for learning: parts of a snapshot that share no photo, or no player, or neither.

What a photo or a player falls into follows from its name and the seed alone, so that it is the same in every version
of a study, in a split folder and in ``safelight``'s data sets for torch.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from editing.files import new_folder
from editing.trajectories.checksums import MANIFEST, file_sha256
from editing.trajectories.reading import Snapshot
from editing.trajectories.snapshot import write_manifest
from editing.trajectories.subsets import OWN_OF_A_MANIFEST, write_subset
from editing.trajectories.tombstones import read_tombstones

SHARES: Mapping[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
BY = ("photo", "player", "both")
_PARTIAL = ("episodes", "events", "events_sha256", "judgements", "answers", "answers_sha256")


def part_numbers(keys: Sequence[str], shares: Sequence[float], seed: int = 0) -> NDArray[np.int64]:
    """(keys,) the number of the part that each key falls into, by a hash of it: any key, in any company, the same.

    Args:
        shares: of the parts, positive; scaled to a sum of 1.
        seed: another one gives another split.

    Raises:
        ValueError: a share is not positive.
    """
    if not shares or min(shares) <= 0:
        raise ValueError("the share of a part must be above 0")
    digests = [hashlib.sha256(f"{seed}\n{key}".encode()).digest()[:8] for key in keys]
    places = np.array([int.from_bytes(digest, "big") for digest in digests], np.float64) / 2**64
    ends = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(ends, places, side="right"), len(ends) - 1)


def episode_parts(
    episodes: Any, shares: Mapping[str, float] = SHARES, by: str = "photo", seed: int = 0
) -> NDArray[np.int64]:
    """(episodes,) the number of the part that each episode falls into.

    By ``photo`` no photo is in two parts, by ``player`` no player. By ``both`` neither: an episode whose photo and
    player fall into different parts is in none, and has -1.

    Args:
        episodes: the table, or its columns ``photo`` and ``player``.

    Raises:
        ValueError: there is no such way to split, or a share is not positive.
    """
    if by not in BY:
        raise ValueError(f"a split goes by {', '.join(BY)}, not by {by!r}")
    parts = [
        _parts_of(episodes.column(column), shares, seed) for column in ("photo", "player") if by in (column, "both")
    ]
    return np.where(parts[0] == parts[-1], parts[0], -1)


def _parts_of(column: Any, shares: Mapping[str, float], seed: int) -> NDArray[np.int64]:
    encoded = column.combine_chunks().dictionary_encode()
    numbers = part_numbers(encoded.dictionary.to_pylist(), list(shares.values()), seed)
    result: NDArray[np.int64] = numbers[encoded.indices.to_numpy()] if len(column) else np.zeros(0, np.int64)
    return result


def split(
    snapshot: Snapshot, directory: Path, shares: Mapping[str, float] = SHARES, by: str = "photo", seed: int = 0
) -> dict[str, int]:
    """Write a snapshot for each part, ``<directory>/<part>``, all or none; return how many episodes each has.

    A judgement goes with its photo, its player, or both, and only into a part that has all episodes that it names. Of a
    participation, counts and digests are left empty, since a part may lack some of its play.

    Raises:
        ValueError: as ``episode_parts``, or a part has no episode.
        FileExistsError: the folder holds something already.
        InvalidSnapshot: a table cannot be read.
    """
    parts = episode_parts(snapshot.table("episodes", ["photo", "player"]), shares, by, seed)
    for number, name in enumerate(shares):
        if not (parts == number).any():
            raise ValueError(f"the part {name} would have no episode: take another seed, or other shares")
    about = {
        "by": by,
        "seed": seed,
        "shares": dict(shares),
        "of_manifest_sha256": file_sha256(snapshot.directory / MANIFEST),
    }
    counts = {}
    with new_folder(directory) as unfinished:
        for number, name in enumerate(shares):
            folder = unfinished / name
            folder.mkdir()
            keep = _rows_of_part(snapshot, parts == number, by, shares, seed, number)
            participations = snapshot.participations.filter(pa.array(keep["participations"]))
            tombstones = read_tombstones(snapshot)
            rows = write_subset(folder, snapshot, keep, _without_counts(participations), tombstones)
            manifest = {key: value for key, value in snapshot.manifest.items() if key not in OWN_OF_A_MANIFEST}
            write_manifest(folder, rows, manifest | {"part": {"name": name, **about}})
            counts[name] = rows["episodes"]
    return counts


def _rows_of_part(
    snapshot: Snapshot, episodes: NDArray[np.bool_], by: str, shares: Mapping[str, float], seed: int, number: int
) -> dict[str, Any]:
    columns = snapshot.table("episodes", ["id", "photo", "player"]).filter(pa.array(episodes))
    ids = columns.column("id").combine_chunks()
    keep = {"episodes": episodes}
    for name in ("steps", "events"):
        keep[name] = _is_in(snapshot.table(name, ["episode"]).column("episode"), ids)
    keep["photos"] = _is_in(snapshot.table("photos", ["sha256"]).column("sha256"), columns.column("photo"))
    for name in ("answers", "participations", "judgements"):
        players = snapshot.table(name, ["player"]).column("player")
        in_part = _parts_of(players, shares, seed) == number
        keep[name] = in_part if by != "photo" else _is_in(players, columns.column("player"))
    judgements = snapshot.table("judgements", ["photo", "player", "episodes"])
    in_part = episode_parts(judgements, shares, by, seed) == number
    played = _is_in(judgements.column("photo"), columns.column("photo"))
    keep["judgements"] = in_part & played & _all_in(judgements.column("episodes"), ids)
    return keep


def _is_in(values: Any, among: Any) -> NDArray[np.bool_]:
    among = among.combine_chunks() if isinstance(among, pa.ChunkedArray) else among
    result: NDArray[np.bool_] = pc.is_in(values, among).to_numpy()
    return result


def _all_in(lists: Any, ids: Any) -> NDArray[np.bool_]:
    """(rows,) whether all episodes that a judgement names are among these; places without one pass."""
    lists = lists.combine_chunks()
    shown = pc.list_flatten(lists)
    elsewhere = pc.and_(pc.is_valid(shown), pc.invert(pc.is_in(shown, ids))).to_numpy(zero_copy_only=False)
    result = np.ones(len(lists), dtype=bool)
    result[pc.list_parent_indices(lists).to_numpy()[elsewhere]] = False
    return result


def _without_counts(participations: Any) -> Any:
    for name in _PARTIAL:
        index = participations.schema.get_field_index(name)
        field = participations.schema.field(index)
        participations = participations.set_column(index, field, pa.nulls(participations.num_rows, field.type))
    return participations
