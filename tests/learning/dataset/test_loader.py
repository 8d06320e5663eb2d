"""`import safelight`: tables by column, pictures, and what torch learns from."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader

import safelight
from editing.game.filters import FILTERS, PLACES, apply_steps
from editing.trajectories.reading import Snapshot
from tests.learning.snapshots import Play, episode_id, photo_sha256, write


def test_a_table_is_read_by_column_and_once(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []
    read = Snapshot.table

    def table(self: Snapshot, name: str, columns: object = None) -> object:
        asked.append((name, columns))
        return read(self, name, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(Snapshot, "table", table)
    data = safelight.load(export)
    assert asked == []
    assert data.steps["filter"].to_pylist()[0] in FILTERS
    assert data.steps.to_arrow(["filter", "index"]).column_names == ["filter", "index"]
    assert asked == [("steps", ["filter"]), ("steps", ["index"])]


def test_other_libraries_take_a_table_by_one_call(export: Path) -> None:
    data = safelight.load(export)
    assert isinstance(data.steps.to_pandas(), pd.DataFrame)
    assert data.steps.to_polars(["filter"]).shape == (7, 1)
    assert isinstance(data.events.to_polars(), pl.DataFrame)
    assert pa.table(data.episodes).num_rows == len(data.episodes) == 5
    assert pl.DataFrame(data.photos).height == 2
    assert sum(part.num_rows for part in data.events.batches(4)) == len(data.events)


def test_columns_describe_themselves_and_unknown_ones_are_named(export: Path) -> None:
    data = safelight.load(export)
    assert data.steps.describe("exposure_ev")["unit"] == "EV"
    with pytest.raises(KeyError, match="steps has no column 'iso'; it has episode, index"):
        data.steps.to_arrow(["iso"])
    with pytest.raises(ValueError, match="it has no manifest"):
        safelight.load(export / "previews")


def test_a_picture_is_what_the_steps_come_to(export: Path) -> None:
    data = safelight.load(export)
    episode = episode_id("export", 0)
    steps = data.steps_of(episode)
    assert [step.filter for step in steps] == ["exposure", "tone"]
    expected = apply_steps(data.preview(photo_sha256("sea")), steps).clip(0, 1)
    np.testing.assert_allclose(np.asarray(data.render(episode)) / 255, expected, atol=0.5 / 255 + 1e-6)
    with pytest.raises(KeyError, match="there is no episode nobody"):
        data.render("nobody")


def test_items_are_states_actions_and_next_states(export: Path) -> None:
    data = safelight.load(export)
    transitions = data.torch()
    assert len(transitions) == 7
    ids = data.episodes["id"].to_pylist()
    items = [item for item in transitions if ids[int(item["episode"])] == episode_id("export", 0)]
    first, second = items
    assert torch.equal(first["next_image"], second["image"])
    assert torch.equal(first["next_state"], second["state"])
    assert (first["done"].item(), second["done"].item()) == (False, True)
    assert first["state"].tolist() == [0.0] * 11
    assert list(FILTERS)[int(first["filter"])] == "exposure"
    # 1.5 EV of a slider from -3.5 to 3.5.
    assert first["parameters"][PLACES["exposure"]].item() == pytest.approx(1.5 / 3.5)
    torch.testing.assert_close(first["next_image"], first["image"] * 2**1.5)
    batch = next(iter(DataLoader(transitions, batch_size=4)))
    assert batch["image"].shape == (4, 3, 64, 64)
    assert batch["parameters"].shape == (4, 39)
    assert batch["next_state"].dtype == torch.float32


def test_play_that_says_nothing_of_how_people_edit_is_left_out(tmp_path: Path) -> None:
    plays = [Play("ann", "sea", row={flag: True}) for flag in ("tutorial", "preview", "attention")]
    plays += [Play("ann", "sea", row={"status": "open"}), Play("agent:a", "sea"), Play("bob", "sea")]
    data = safelight.load(write(tmp_path / "export", plays))
    kinds = np.array(data.episodes["player_kind"].to_pylist())
    assert sorted(kinds[data.torch().episodes]) == ["agent", "human"]
    assert kinds[data.torch(player_kinds=["human"]).episodes].tolist() == ["human"]


@pytest.mark.parametrize("by", ["photo", "player", "both"])
def test_parts_for_torch_share_no_photo_and_no_player(tmp_path: Path, by: str) -> None:
    plays = [Play(f"p{i % 8}", f"photo{i % 11}") for i in range(60)]
    data = safelight.load(write(tmp_path / "export", plays))
    shares = {"train": 0.6, "test": 0.4}
    parts = {name: data.torch(part=name, by=by, shares=shares) for name in shares}
    assert all(len(part) for part in parts.values())
    for column in ("photo", "player"):
        if by in (column, "both"):
            values = np.array(data.episodes[column].to_pylist())
            assert not set(values[parts["train"].episodes]) & set(values[parts["test"].episodes])
    with pytest.raises(KeyError, match="there is no part 'dev'; there are train, validation, test"):
        data.torch(part="dev")
