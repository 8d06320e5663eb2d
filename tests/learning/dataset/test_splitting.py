"""Splits never leak: no photo, or no player, is in two parts, whatever the data."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editing.trajectories.reading import open_snapshot
from editing.trajectories.splitting import SHARES, episode_parts, part_numbers
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, write

NAMES = st.text("abcdef", min_size=1, max_size=2)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=40), st.sampled_from(["photo", "player", "both"]), st.integers(0, 9))
def test_no_two_parts_share_a_photo_or_a_player(pairs: list[tuple[str, str]], by: str, seed: int) -> None:
    photos, players = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    table = pa.table({"photo": pa.array(photos, pa.string()), "player": pa.array(players, pa.string())})
    parts = episode_parts(table, SHARES, by, seed)
    for column, values in (("photo", photos), ("player", players)):
        if by in (column, "both"):
            of_value = {(value, part) for value, part in zip(values, parts.tolist(), strict=True) if part >= 0}
            assert len(of_value) == len({value for value, _ in of_value})
    assert (by == "both") or (parts >= 0).all()


@given(st.lists(NAMES, min_size=1, unique=True), st.integers(0, 9))
def test_a_part_does_not_depend_on_what_else_there_is(names: list[str], seed: int) -> None:
    together = part_numbers(names, [0.5, 0.5], seed).tolist()
    assert together == [int(part_numbers([name], [0.5, 0.5], seed)[0]) for name in names]


def test_parts_are_about_as_large_as_asked_for() -> None:
    parts = part_numbers([f"{i}" for i in range(10_000)], [8, 1, 1])
    np.testing.assert_allclose(np.bincount(parts) / 10_000, [0.8, 0.1, 0.1], atol=0.015)


def test_each_part_is_an_export_that_is_right(tmp_path: Path, export: Path) -> None:
    plays = [Play(f"p{i % 7}", f"photo{i % 9}") for i in range(40)]
    folder = write(tmp_path / "many", plays)
    output = safelight_output("dataset", "split", folder, "-o", tmp_path / "parts", "--shares", "a=0.5,b=0.5")
    assert output.count("episodes") == 2
    parts = [open_snapshot(tmp_path / "parts" / name) for name in "ab"]
    photos = [set(part.episodes.column("photo").to_pylist()) for part in parts]
    assert not photos[0] & photos[1]
    assert sum(part.episodes.num_rows for part in parts) == 40
    for part in parts:
        assert set(part.photos.column("sha256").to_pylist()) == set(part.episodes.column("photo").to_pylist())
        assert "nothing is wrong" in safelight_output("dataset", "validate", part.directory)
    assert parts[0].manifest["part"]["by"] == "photo"


@pytest.mark.parametrize("by", ["player", *(pytest.param(by, marks=pytest.mark.long) for by in ("photo", "both"))])
def test_judgements_and_participations_go_along(export: Path, tmp_path: Path, by: str) -> None:
    for seed in range(30):
        result = safelight(
            "dataset", "split", export, "-o", tmp_path / "parts", "--by", by, "--shares", "a=1,b=1", "--seed", seed
        )
        if result.exit_code == 0:
            break
        assert "would have no episode" in result.output
    assert result.exit_code == 0
    for name in "ab":
        part = open_snapshot(tmp_path / "parts" / name)
        assert "nothing is wrong" in safelight_output("dataset", "validate", part.directory)
        assert part.participations.column("events_sha256").null_count == part.participations.num_rows


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ("train", "'' of train is not a number"),
        ("train=1,train=2", "each once"),
        ("a=0,b=1", "must be above 0"),
        ("../x=1", "does not name a part"),
    ],
)
def test_wrong_shares_are_refused(export: Path, tmp_path: Path, shares: str, reason: str) -> None:
    result = safelight("dataset", "split", export, "-o", tmp_path / "parts", "--shares", shares)
    assert result.exit_code == 1
    assert reason in result.output
    assert not (tmp_path / "parts").exists()
