"""`safelight dataset check` and `forget`: who has withdrawn is found in old copies, and deleted from them."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from editing.trajectories.checksums import file_sha256
from editing.trajectories.reading import open_snapshot
from editing.trajectories.snapshot import write_manifest
from editing.trajectories.tombstones import read_tombstones, tombstone, write_tombstones
from tests.command_line import safelight, safelight_output
from tests.learning.dataset.conftest import row_players
from tests.learning.snapshots import Play, write


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_rows_that_must_go_are_named(export: Path, successor: Callable[..., Path], tmp_path: Path) -> None:
    numbers = tmp_path / "rows.json"
    result = safelight("dataset", "check", export, "--against", successor("ann"), "--json", numbers)
    assert result.exit_code == 1
    assert "episodes.parquet: 2 rows of people who have withdrawn: 0, 1\n" in result.output
    assert "1 person has withdrawn" in result.output
    named = json.loads(numbers.read_text())
    # Ann's own judgement, and Bob's about her picture.
    told = {
        index: (row["player"], row["episodes"])
        for index, row in enumerate(open_snapshot(export).judgements.to_pylist())
    }
    assert {told[index][0] for index in named["judgements"]} == {"ann", "bob"}
    assert len(named["judgements"]) == 2
    ids = set(pq.read_table(export / "episodes.parquet").column("id").to_pylist()[:2])
    for table in ("steps", "events"):
        episodes = pq.read_table(export / f"{table}.parquet").column("episode").to_pylist()
        assert named[table] == [index for index, episode in enumerate(episodes) if episode in ids]


def test_where_nobody_has_withdrawn_nothing_must_go(export: Path, successor: Callable[..., Path]) -> None:
    assert "no row is of anybody who has withdrawn" in safelight_output(
        "dataset", "check", export, "--against", successor()
    )
    before = files(export)
    assert "it is as it was" in safelight_output("dataset", "forget", export, "--by", export.parent / "successor")
    assert files(export) == before


def test_forgetting_deletes_every_row_and_what_is_left_is_right(export: Path, successor: Callable[..., Path]) -> None:
    (export / "README.md").write_text("Ann did most of it.")
    parent, new = file_sha256(export / "manifest.json"), successor("ann")
    output = safelight_output("dataset", "forget", export, "--by", new)
    assert "Not taken along: README.md" in output
    for table in ("episodes", "judgements", "answers", "participations"):
        assert "ann" not in row_players(export, table)
    assert row_players(export, "judgements") == ["bob", "cyd"]
    snapshot = open_snapshot(export)
    assert read_tombstones(snapshot) == {tombstone("default", "ann")}
    assert snapshot.manifest["parent"] == {"manifest_sha256": parent, "study": "default"}
    assert snapshot.manifest["forgotten"]["rows"]["episodes"] == 2
    assert "nothing is wrong" in safelight_output("dataset", "validate", export)
    assert "no row is" in safelight_output("dataset", "check", export, "--against", new)
    assert sorted(path.name for path in export.parent.iterdir() if path.name.startswith(".")) == []


def test_forgetting_into_another_folder_leaves_the_old_one(
    export: Path, successor: Callable[..., Path], tmp_path: Path
) -> None:
    before = files(export)
    safelight_output("dataset", "forget", export, "--by", successor("ann", "cyd"), "-o", tmp_path / "clean")
    assert files(export) == before
    assert set(row_players(tmp_path / "clean", "episodes")) == {"bob", "agent:a"}
    again = safelight("dataset", "forget", export, "--by", tmp_path / "successor", "-o", tmp_path / "clean")
    assert again.exit_code == 1
    assert "is not empty" in again.output


def test_the_same_name_in_another_study_is_somebody_else(
    tmp_path: Path, export: Path, successor: Callable[..., Path]
) -> None:
    other = write(tmp_path / "other", [Play("ann", "sea", row={"study": "pilot"})])
    assert "no row is" in safelight_output("dataset", "check", other, "--against", successor("ann"))


def test_a_failure_in_the_middle_leaves_the_copy_as_it_was(
    export: Path, successor: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, new = files(export), successor("ann")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("editing.trajectories.forgetting.write_manifest", full)
    result = safelight("dataset", "forget", export, "--by", new)
    assert result.exit_code == 1
    assert "no space left on device" in result.output
    assert files(export) == before
    assert not [path for path in export.parent.iterdir() if path.name.startswith(".")]


def test_a_chain_of_forgetting_names_its_last_parent(export: Path, successor: Callable[..., Path]) -> None:
    new = successor("ann")
    safelight_output("dataset", "forget", export, "--by", new)
    parent = file_sha256(export / "manifest.json")
    snapshot = open_snapshot(new)
    (new / "tombstones.parquet").unlink()
    count = write_tombstones(new, [tombstone("default", "cyd")])
    write_manifest(new, snapshot.manifest["rows"] | {"tombstones": count}, {"study": "default"})
    safelight_output("dataset", "forget", export, "--by", new)
    assert open_snapshot(export).manifest["parent"]["manifest_sha256"] == parent
    # Of the first too: who has a copy from before both finds both.
    assert read_tombstones(open_snapshot(export)) == {tombstone("default", name) for name in ("ann", "cyd")}
