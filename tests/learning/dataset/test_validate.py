"""`safelight dataset validate` and `info`: what was damaged or changed is named by file, row and reason."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, write


def edit(folder: Path, table: str, row: int, **values: object) -> None:
    """Change some cells of one row."""
    path = folder / f"{table}.parquet"
    before = pq.read_table(path)
    changed = before.to_pylist()
    changed[row] |= values
    pq.write_table(pa.Table.from_pylist(changed, schema=before.schema), path, compression="zstd")


def test_a_whole_export_is_said_to_be_right(export: Path) -> None:
    assert "nothing is wrong; all events were replayed" in safelight_output("dataset", "validate", export)
    assert "at most 2 episodes" in safelight_output("dataset", "validate", export, "--sample", 2)


def flip_a_bit(folder: Path) -> None:
    path = folder / "steps.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap_a_file(folder: Path) -> None:
    other = write(folder.parent / "other", [Play("zoe", "lake")])
    shutil.copyfile(other / "events.parquet", folder / "events.parquet")


DAMAGE: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "one bit flipped": (flip_a_bit, ("steps.parquet: its SHA-256 is",)),
    "a step edited": (
        lambda folder: edit(folder, "steps", 0, exposure_ev=1.25),
        ("steps.parquet: it", "row 0: its steps are not those that follow from its events"),
    ),
    "an event edited": (
        lambda folder: edit(folder, "events", 2, ms=201),
        ("events.parquet: it", "participations.parquet, row 0: default ann: digest: the site wrote"),
    ),
    "a judgement edited": (
        lambda folder: edit(folder, "judgements", 0, answer=5),
        ("participations.parquet, row 1: default bob: answers_digest",),
    ),
    "a photo out of range": (lambda folder: edit(folder, "photos", 1, width=0), ("photos.parquet, row 1: width is 0",)),
    "a file swapped": (swap_a_file, ("events.parquet: it has", "events.parquet, row 0: there is no episode")),
    "a table removed": (
        lambda folder: (folder / "answers.parquet").unlink(),
        ("answers.parquet: the manifest lists it, and it is not here", "has 0 rows, and the manifest says 2"),
    ),
    "a table added": (
        lambda folder: shutil.copyfile(folder / "agents.parquet", folder / "more.parquet"),
        ("more.parquet: the manifest does not list it",),
    ),
    "a preview changed": (
        lambda folder: next((folder / "previews").iterdir()).write_bytes(b"no"),
        ("is not what its name says",),
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_was_damaged_is_named(name: str, export: Path) -> None:
    damage, expected = DAMAGE[name]
    damage(export)
    result = safelight("dataset", "validate", export)
    assert result.exit_code == 1
    for text in expected:
        assert text in result.output


def test_every_wrong_row_is_named_up_to_a_limit_and_the_others_are_counted(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", [Play(f"p{number}", "sea") for number in range(6)])
    for row in range(5):
        edit(folder, "episodes", row, duration_ms=-1)
    edit(folder, "steps", 2, exposure_ev=99.0)
    edit(folder, "events", 3, episode="00000000-0000-5000-8000-000000000000")
    output = safelight("dataset", "validate", folder, "--most", 3).output
    for row in range(3):
        assert f"episodes.parquet, row {row}: duration_ms is -1" in output
    assert "row 4: duration_ms" not in output
    assert "episodes.parquet: 2 more rows are wrong in the same way (values), 5 in all" in output
    assert "steps.parquet, row 2: " in output
    assert "events.parquet, row 3: there is no episode 00000000" in output
    every = safelight("dataset", "validate", folder, "--most", 100).output
    assert "row 4: duration_ms is -1" in every
    assert "more rows" not in every


def test_of_a_value_that_no_rule_binds_that_is_said(export: Path) -> None:
    edit(export, "photos", 0, attribution="Somebody else")
    result = safelight("dataset", "validate", export)
    assert result.exit_code == 1
    assert "photos.parquet: no rule says which row was changed, all are possible" in result.output
    edit(export, "photos", 0, width=0)
    assert "no rule says" not in safelight("dataset", "validate", export).output


def test_what_cannot_be_read_keeps_no_other_table_from_being_checked(export: Path) -> None:
    (export / "steps.parquet").write_bytes(b"no")
    edit(export, "judgements", 0, answer=9)
    output = safelight("dataset", "validate", export).output
    assert "steps.parquet: it cannot be read" in output
    assert "judgements.parquet, row 0: the answer is 9, outside 1 .. 5" in output


def test_an_export_of_before_has_no_checksums_and_is_checked_all_the_same(export: Path) -> None:
    manifest = json.loads((export / "manifest.json").read_text())
    del manifest["files"]
    (export / "manifest.json").write_text(json.dumps(manifest))
    assert "nothing is wrong" in safelight_output("dataset", "validate", export)


def test_a_folder_that_is_no_export_is_refused_in_one_line(tmp_path: Path) -> None:
    result = safelight("dataset", "validate", tmp_path)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "is no snapshot: it has no manifest.json" in result.output


def test_info_counts_what_is_there(export: Path) -> None:
    about = json.loads(safelight_output("dataset", "info", export, "--json"))
    assert about["rows"]["episodes"] == 5
    assert about["players"] == {"human": 3, "agent": 1}
    assert about["episodes by condition"] == {"fast": 2, "slow": 2, "": 1}
    assert about["steps by filter"]["exposure"] == 3
    text = safelight_output("dataset", "info", export)
    assert "episodes by player:\n  human: 4\n  agent: 1\n" in text
