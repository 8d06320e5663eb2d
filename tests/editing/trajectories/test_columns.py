"""Columns: each number of a filter has one of its own, which says what it is, and rows come back as they went in."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from editing.game.events import VIEW_PARAMETERS
from editing.game.filters import FILTERS
from editing.game.rules import STOP
from editing.trajectories.columns import DESCRIPTIONS_KEY, EVENT_COLUMNS, column_description, flat, rows
from editing.trajectories.merging import merge
from editing.trajectories.reading import open_snapshot
from editing.trajectories.schemas import ALL_SCHEMAS, EVENTS, STEPS, InvalidSnapshot
from editing.trajectories.snapshot import read_snapshot, tables_of_rows
from editing.trajectories.splitting import split
from tests.learning.snapshots import Play, write

MAPS = pa.map_(pa.string(), pa.float64())
GESTURE = {"device": "pen", "moves": 3, "ms": 40, "reversals": 1, "trusted": True}
SHARES = dict.fromkeys(FILTERS, 1 / 8)


def step(slug: str, **fields: Any) -> dict[str, Any]:
    row = {"episode": "e", "index": 0, "filter": slug, "parameters": FILTERS[slug].neutral, "ms_spent": 5}
    return row | {"probabilities": None} | fields


def event(kind: str, **fields: Any) -> dict[str, Any]:
    row = {"id": "i", "episode": "e", "seq": 0, "kind": kind, "step": None, "filter": None, "parameters": None}
    return row | {"ms": 0, "contract_version": 1, "gesture": None} | fields


def test_every_parameter_of_every_filter_has_a_typed_column_that_may_be_empty() -> None:
    for schema in (STEPS, EVENTS):
        for slug, filter_ in FILTERS.items():
            for parameter in filter_.parameters:
                field = schema.field(f"{slug}_{parameter.name}")
                about = column_description(field)
                assert (field.type, field.nullable) == (pa.float64(), True)
                assert (about["low"], about["high"]) == (parameter.low, parameter.high)
    assert {name for name in EVENTS.names if name.startswith("view_")} == {f"view_{name}" for name in VIEW_PARAMETERS}
    assert not any("." in name for schema in ALL_SCHEMAS.values() for name in schema.names)


def test_every_column_says_what_it_is_and_what_an_empty_cell_means() -> None:
    for name, schema in ALL_SCHEMAS.items():
        for field in schema:
            about = column_description(field)
            assert about["description"].endswith("."), (name, field.name)
            assert field.nullable == bool(about.get("null")), (name, field.name)


def test_the_descriptions_stand_in_the_files_for_readers_without_arrow(tmp_path: Path) -> None:
    write(tmp_path / "play", [Play("ann", "sea")])
    metadata = pq.read_metadata(tmp_path / "play" / "steps.parquet").metadata
    described = json.loads(metadata[DESCRIPTIONS_KEY])
    assert described["exposure_ev"]["unit"] == "EV"
    assert list(described) == STEPS.names


def test_numbers_by_name_come_back_as_they_went_in() -> None:
    steps = [
        *(step(slug) for slug in FILTERS),
        step("gamma", probabilities=SHARES),
        step("tone", probabilities=SHARES | {STOP: 0.0}),
    ]
    assert list(rows(next(tables_of_rows("steps", steps)))) == steps
    events = [
        event("start"),
        event("choose", filter="tone", step=0),
        *(event("adjust", step=0, filter=slug, parameters=FILTERS[slug].neutral) for slug in FILTERS),
        event("view", parameters={"viewport_width": 360.0, "pixel_ratio": 3.0}),
        event("view"),
        event("adjust", step=0, filter="gamma", parameters={"gamma": 2.0}, gesture=GESTURE),
    ]
    assert list(rows(next(tables_of_rows("events", events)))) == events


def test_a_number_without_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="exposure has no parameter 'iso'"):
        flat(step("exposure", parameters={"iso": 100.0}))
    with pytest.raises(ValueError, match="there is no filter 'blur'"):
        flat(step("gamma") | {"filter": "blur"})
    with pytest.raises(InvalidSnapshot, match=r"events.parquet, row 1: there is no parameter of 'submit'"):
        list(tables_of_rows("events", [event("start"), event("submit", parameters={"a": 1.0})]))


def as_before(folder: Path) -> None:
    """Rewrite a snapshot in the form of before: numbers by name as maps."""
    for name, columns in (("steps", ("parameters", "probabilities")), ("events", ("parameters",))):
        schema = ALL_SCHEMAS[name]
        plain = [field for field in schema if not _is_number_by_name(field.name)]
        old = pa.schema([*plain, *(pa.field(column, MAPS) for column in columns)])
        table = [
            {key: list(value.items()) if isinstance(value, dict) else value for key, value in row.items()}
            for row in rows(pq.read_table(folder / f"{name}.parquet"))
        ]
        pq.write_table(pa.Table.from_pylist(table, schema=old), folder / f"{name}.parquet")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format_version": 1}))


def _is_number_by_name(name: str) -> bool:
    return name.startswith(("probability_", "gesture_", *(f"{key}_" for key in EVENT_COLUMNS)))


@pytest.fixture
def plays() -> list[Play]:
    tone = {f"slope_{i}": 0.5 + 0.1 * i for i in range(8)}
    return [
        Play("ann", "sea", (("exposure", {"ev": 1.5}), ("tone", tone))),
        Play("bob", "sea", (("white_balance", {"tint": 0.25}),)),
        Play("agent:a", "sea"),
    ]


def test_a_snapshot_of_the_old_form_reads_as_one_of_today(tmp_path: Path, plays: list[Play]) -> None:
    new = open_snapshot(write(tmp_path / "play", plays))
    tables = {name: new.table(name) for name in ALL_SCHEMAS}
    as_before(tmp_path / "play")
    old = read_snapshot(tmp_path / "play")
    for name, table in tables.items():
        assert old.table(name).equals(table), name
    assert old.table("steps", ["exposure_ev", "index"]).equals(tables["steps"].select(["exposure_ev", "index"]))


def test_what_an_old_snapshot_has_no_column_for_is_refused_by_row(tmp_path: Path, plays: list[Play]) -> None:
    folder = write(tmp_path / "play", plays)
    as_before(folder)
    table = pq.read_table(folder / "steps.parquet")
    changed = table.to_pylist()
    changed[1]["parameters"] = [("grain", 1.0)]
    pq.write_table(pa.Table.from_pylist(changed, schema=table.schema), folder / "steps.parquet")
    with pytest.raises(InvalidSnapshot, match=r"steps.parquet, row 1: tone has no parameter 'grain'"):
        read_snapshot(folder)


def test_a_parameter_in_the_row_of_another_filter_is_refused(tmp_path: Path, plays: list[Play]) -> None:
    folder = write(tmp_path / "play", plays)
    table = pq.read_table(folder / "steps.parquet")
    changed = table.to_pylist()
    changed[2]["exposure_ev"] = 1.0
    pq.write_table(pa.Table.from_pylist(changed, schema=table.schema), folder / "steps.parquet")
    with pytest.raises(InvalidSnapshot, match=r"steps.parquet, row 2: it has parameters of another filter"):
        read_snapshot(folder)


def test_agents_are_listed_in_a_table_of_their_own(tmp_path: Path, plays: list[Play]) -> None:
    (agent,) = rows(open_snapshot(write(tmp_path / "play", plays)).agents)
    assert (agent["player"], agent["episodes"], agent["photos"]) == ("agent:a", 1, 1)


def test_what_an_agent_was_trained_on_stays_in_merged_and_in_split_snapshots(tmp_path: Path, plays: list[Play]) -> None:
    agent = next(play for play in plays if play.player == "agent:a")
    taught = {"photos": ["f" * 64], "players": ["0" * 64, "1" * 64]}
    agents = write(
        tmp_path / "play",
        [Play("agent:a", agent.photo, row={"checkpoint_hash": "c" * 64}), Play("agent:b", agent.photo)],
        trained_on={"c" * 64: taught},
    )
    people = write(tmp_path / "people", [Play("ann", agent.photo)])
    snapshots = [open_snapshot(agents), open_snapshot(people)]
    assert snapshots[0].trained_on == {"c" * 64: taught}
    merged = merge(snapshots, tmp_path / "merged")
    assert merged.trained_on == {"c" * 64: taught}
    split(merged, tmp_path / "parts", {"all": 1.0})
    assert open_snapshot(tmp_path / "parts" / "all").trained_on == {"c" * 64: taught}
