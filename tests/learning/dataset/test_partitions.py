"""`safelight dataset partition`: versions side by side, read as one table by Arrow, DuckDB and Polars."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset as pads
import pytest

from editing.formats import partitions
from editing.formats.partitions import add_partition
from editing.trajectories.checksums import file_sha256
from editing.trajectories.reading import open_snapshot
from editing.trajectories.snapshot import write_manifest
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, write

MakeSuccessor = Callable[..., Path]


def partition(*exports: Path) -> Path:
    out = exports[0].parent / "parts"
    safelight_output("dataset", "partition", *exports, "-o", out)
    return out


@pytest.fixture
def parts(export: Path, successor: MakeSuccessor) -> Path:
    """An export without a number, of five episodes and seven steps, and version 2, without Ann's two and three."""
    return partition(export, successor("ann"))


def test_arrow_reads_a_table_of_all_versions_and_of_one(parts: Path) -> None:
    steps = pads.dataset(parts / "steps", partitioning="hive")
    assert Counter(steps.to_table(columns=["version"]).column("version").to_pylist()) == {0: 7, 2: 4}
    only = steps.to_table(filter=(pads.field("study") == "default") & (pads.field("version") == 2))
    assert only.num_rows == 4
    assert only.schema.field("exposure_ev").metadata[b"unit"] == b"EV"


def test_duckdb_does(parts: Path) -> None:
    # DuckDB finds relations by the names of variables.
    steps = duckdb.read_parquet(f"{parts}/steps/**/*.parquet", hive_partitioning=True)
    episodes = duckdb.read_parquet(f"{parts}/episodes/**/*.parquet", hive_partitioning=True)
    assert set(steps.columns) & set(episodes.columns) >= {"study", "version"}
    counted = duckdb.sql("SELECT study, version, count(*) FROM steps GROUP BY ALL ORDER BY 2").fetchall()
    assert counted == [("default", 0, 7), ("default", 2, 4)]
    joined = duckdb.sql(
        "SELECT count(*) FROM steps JOIN episodes ON steps.episode = episodes.id AND steps.version = episodes.version"
    ).fetchall()
    assert joined == [(11,)]


def test_polars_does(parts: Path) -> None:
    episodes = pl.scan_parquet(parts / "episodes", hive_partitioning=True)
    assert episodes.filter(pl.col("version") == 2).collect().height == 3
    counted = episodes.group_by("study", "version").len().sort("version").collect().rows()
    assert counted == [("default", 0, 5), ("default", 2, 3)]


def test_rows_are_those_of_the_export_and_files_those_of_the_manifest(parts: Path, export: Path) -> None:
    own = open_snapshot(export)
    for table, count in own.manifest["rows"].items():
        read = pads.dataset(parts / table / "study=default" / "version=0").to_table()
        names = [name for name in own.table(table).column_names if name != "study"]
        assert read.num_rows == count
        assert read.equals(own.table(table).select(names)), table
    manifest = json.loads((parts / "manifests/study=default/version=0/manifest.json").read_text())
    assert manifest["files"]
    for name, about in manifest["files"].items():
        assert file_sha256(parts / name) == about["sha256"]
    previews = {path.stem for path in (parts / "previews").iterdir()}
    assert previews == set(own.photos.column("preview_sha256").to_pylist())


def test_a_version_is_added_once_and_never_changed(parts: Path, export: Path) -> None:
    again = safelight("dataset", "partition", export, "-o", parts)
    assert again.exit_code == 1
    assert "version=0 is there already: a version never changes" in again.output


def test_one_that_was_interrupted_is_written_anew(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(partitions, "add_previews", fail)
        with pytest.raises(OSError, match="disk is full"):
            add_partition(open_snapshot(export), tmp_path / "parts")
    assert pads.dataset(partition(export) / "steps", partitioning="hive").count_rows() == 7


def test_older_versions_with_people_who_have_withdrawn_are_named(export: Path, successor: MakeSuccessor) -> None:
    said = safelight_output("dataset", "partition", export, successor("ann"), "-o", export.parent / "parts")
    assert "study=default/version=0 holds 1 who has withdrawn since: delete its folders" in said


def test_an_export_of_several_studies_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "both", [Play("ann", "sea"), Play("bob", "sea", row={"study": "other"})])
    answer = safelight("dataset", "partition", folder, "-o", tmp_path / "parts")
    assert answer.exit_code == 1
    assert "is of several studies: add the exports of each" in answer.output


def test_a_study_of_any_name_has_one_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", [Play("ann", "sea", row={"study": "a/b=c é"})])
    write_manifest(folder, open_snapshot(folder).manifest["rows"], {"study": "a/b=c é", "version": 3})
    read = pl.scan_parquet(partition(folder) / "episodes", hive_partitioning=True).collect()
    assert read.select("study", "version").rows() == [("a/b=c é", 3)]
