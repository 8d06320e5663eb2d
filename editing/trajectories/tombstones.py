"""Tombstones: by which whoever has an old copy of a study finds the rows of those who have withdrawn since.

A tombstone is a digest of study and pseudonym. Who has a copy computes it of each player there; from the digest alone
nobody learns who it was, nor of which rows.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import TOMBSTONES
from editing.trajectories.snapshot import table_writer


def tombstone(study_id: str, pseudonym: str) -> str:
    """Return the tombstone of a person in a study: the SHA-256 of both, 64 hexadecimal digits.

    Args:
        study_id: as the column ``study`` has it.
        pseudonym: as the column ``player`` has it.
    """
    return hashlib.sha256(f"{study_id}\n{pseudonym}".encode()).hexdigest()


def write_tombstones(folder: Path, digests: Iterable[str]) -> int:
    """Write ``tombstones.parquet``, each digest once and in order, and return how many there are."""
    table = pa.table([pa.array(sorted(set(digests)), pa.string())], schema=TOMBSTONES)
    with table_writer(folder / "tombstones.parquet", TOMBSTONES) as writer:
        writer.write_table(table)
    return int(table.num_rows)


def read_tombstones(snapshot: Snapshot) -> frozenset[str]:
    """Return the tombstones of a snapshot; none where it has no such table.

    Raises:
        InvalidSnapshot: the file cannot be read.
    """
    return frozenset(snapshot.tombstones.column("digest").to_pylist())
