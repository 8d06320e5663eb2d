"""Tombstones: a digest of study and pseudonym, and their table."""

import hashlib
from pathlib import Path

from editing.trajectories.reading import Snapshot
from editing.trajectories.tombstones import read_tombstones, tombstone, write_tombstones


def test_a_tombstone_is_the_digest_of_study_and_pseudonym() -> None:
    assert tombstone("ümlaut", "p-1") == hashlib.sha256("ümlaut\np-1".encode()).hexdigest()
    assert tombstone("ab", "c") != tombstone("a", "bc")


def test_tombstones_are_read_as_written_each_once_and_in_order(tmp_path: Path) -> None:
    digests = [tombstone("pilot", name) for name in ("a", "b", "c", "a")]
    assert write_tombstones(tmp_path, digests) == 3
    snapshot = Snapshot(tmp_path, {})
    assert snapshot.tombstones.column("digest").to_pylist() == sorted(set(digests))
    assert read_tombstones(snapshot) == set(digests)


def test_a_snapshot_without_the_table_has_none(tmp_path: Path) -> None:
    assert read_tombstones(Snapshot(tmp_path, {})) == frozenset()
