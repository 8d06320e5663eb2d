"""`safelight dataset merge`: several exports as one, and what cannot be one is refused."""

from collections.abc import Callable
from pathlib import Path

from editing.trajectories.reading import open_snapshot
from tests.command_line import safelight, safelight_output
from tests.learning.dataset.conftest import PLAYS, row_players
from tests.learning.dataset.test_validate import edit
from tests.learning.snapshots import Play, write


def test_people_and_an_agent_become_one(export: Path, tmp_path: Path) -> None:
    play = write(tmp_path / "play", [Play("agent:b", "sea"), Play("agent:b", "lake")])
    output = safelight_output("dataset", "merge", export, play, "-o", tmp_path / "both")
    assert "7 episodes" in output
    merged = open_snapshot(tmp_path / "both")
    assert merged.agents.column("player").to_pylist() == ["agent:a", "agent:b"]
    assert len(list((tmp_path / "both" / "previews").iterdir())) == 3
    assert [about["study"] for about in merged.manifest["merged"]] == ["default", "default"]
    assert "nothing is wrong" in safelight_output("dataset", "validate", tmp_path / "both")


def test_what_two_have_is_taken_once(export: Path, tmp_path: Path) -> None:
    output = safelight_output("dataset", "merge", export, export, "-o", tmp_path / "both")
    assert "5 episodes" in output
    one, both = open_snapshot(export), open_snapshot(tmp_path / "both")
    for name in ("episodes", "steps", "events", "photos", "judgements", "answers", "participations", "agents"):
        assert both.table(name).num_rows == one.table(name).num_rows, name


def test_two_that_differ_in_the_same_are_refused(export: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = write(tmp_path / "elsewhere" / "export", PLAYS)
    edit(other, "steps", 0, ms_spent=7)
    result = safelight("dataset", "merge", export, other, "-o", tmp_path / "both")
    assert result.exit_code == 1
    assert "differ in steps.parquet of" in result.output
    assert not (tmp_path / "both").exists()


def test_play_of_somebody_who_has_withdrawn_is_refused(
    export: Path, successor: Callable[..., Path], tmp_path: Path
) -> None:
    new = successor("ann")
    result = safelight("dataset", "merge", export, new, "-o", tmp_path / "both")
    assert result.exit_code == 1
    assert f"safelight dataset forget {export} --by {new}" in result.output


def test_a_merged_export_keeps_the_tombstones(successor: Callable[..., Path], tmp_path: Path) -> None:
    new, play = successor("ann"), write(tmp_path / "play", [Play("agent:b", "sea")])
    safelight_output("dataset", "merge", new, play, "-o", tmp_path / "both")
    assert open_snapshot(tmp_path / "both").tombstones.equals(open_snapshot(new).tombstones)
    assert "ann" not in row_players(tmp_path / "both", "episodes")
