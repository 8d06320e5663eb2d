"""Snapshots: written whole or not at all, read back as they were, and refused by row and reason."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from editing.game.filters import FILTERS
from editing.trajectories.columns import GESTURE_COLUMNS, rows
from editing.trajectories.reading import is_snapshot
from editing.trajectories.receipts import digest
from editing.trajectories.schemas import InvalidSnapshot
from editing.trajectories.snapshot import read_snapshot, write_snapshot
from editing.trajectories.validation import check_previews

Tables = dict[str, list[dict[str, Any]]]
EPISODE, PHOTO, PREVIEW = str(UUID(int=1)), "a" * 64, "b" * 64


def event(seq: int, kind: str, **fields: Any) -> dict[str, Any]:
    empty = {"step": None, "filter": None, "parameters": None, "gesture": None}
    identity = {"id": str(UUID(int=100 + seq)), "episode": EPISODE, "seq": seq, "kind": kind}
    return {**identity, **empty, "ms": 10 * seq, "contract_version": 1, **fields}


@pytest.fixture
def tables() -> Tables:
    flags = dict.fromkeys(("tutorial", "preview", "repeat", "attention", "resumed", "saw_reveal"), False)
    episode = {
        "id": EPISODE,
        "player": "quiet-heron-12",
        "player_kind": "human",
        "photo": PHOTO,
        "study": "default",
        "status": "submitted",
        "exclusion_reason": None,
        "contract_version": 1,
        "step_count": 1,
        "started": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        "duration_ms": 30,
        **flags,
        "surplus": False,
        "condition": "",
        "seed": None,
        "sample": None,
        "checkpoint_hash": None,
    }
    step = {"episode": EPISODE, "index": 0, "filter": "exposure", "parameters": {"ev": 1.25}, "ms_spent": 20}
    photo = {
        "sha256": PHOTO,
        "preview_sha256": PREVIEW,
        "name": "one.tif",
        "width": 6000,
        "height": 4000,
        "preview_width": 3,
        "preview_height": 2,
        "working_space": "linear-srgb",
        "decoding": "{}",
        "licence": "CC0-1.0",
        "attribution": "",
    }
    gesture = {"device": "mouse", "moves": 12, "ms": 310, "reversals": 1, "trusted": True}
    events = [
        event(0, "start"),
        event(1, "choose", step=0, filter="exposure"),
        event(2, "adjust", step=0, filter="exposure", parameters={"ev": 1.25}, gesture=gesture),
        event(3, "submit"),
    ]
    return {"episodes": [episode], "steps": [{**step, "probabilities": None}], "events": events, "photos": [photo]}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Any]:
    preview = tmp_path / "preview.npy"
    np.save(preview, np.zeros((2, 3, 3), np.float16))

    def write_tables(tables: Tables, name: str = "snapshot", **manifest: Any) -> Any:
        return write_snapshot(tmp_path / name, **tables, previews={PREVIEW: preview}, manifest=manifest)

    return write_tables


def test_a_snapshot_is_read_back_as_it_was_written(tables: Tables, write: Callable[..., Any], tmp_path: Path) -> None:
    write(tables, study="default")
    snapshot = read_snapshot(tmp_path / "snapshot")
    for name, expected in tables.items():
        assert list(rows(getattr(snapshot, name))) == expected
    assert snapshot.manifest["study"] == "default"
    assert snapshot.manifest["rows"] == {"episodes": 1, "steps": 1, "events": 4, "photos": 1}
    assert np.load(snapshot.preview_path(PREVIEW)).shape == (2, 3, 3)
    assert is_snapshot(tmp_path / "snapshot")


def test_an_empty_snapshot_is_one(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "none", episodes=[], steps=[], events=[], photos=[], previews={}, manifest={})
    assert read_snapshot(tmp_path / "none").episodes.num_rows == 0


def test_probabilities_of_agents_are_kept(tables: Tables, write: Callable[..., Any]) -> None:
    tables["episodes"][0] |= {"player": "agent:a", "player_kind": "agent", "seed": 2**40, "sample": 0}
    probabilities = dict.fromkeys(FILTERS, 1 / 8)
    tables["steps"][0]["probabilities"] = probabilities
    assert next(rows(write(tables).steps))["probabilities"] == probabilities


def test_a_folder_that_holds_something_is_never_overwritten(tables: Tables, write: Callable[..., Any]) -> None:
    write(tables)
    with pytest.raises(FileExistsError, match="not empty"):
        write(tables)


Change = Callable[[Tables], Any]
WRONG: dict[str, tuple[Change, str]] = {
    "a value out of range": (
        lambda t: t["steps"][0]["parameters"].update(ev=4.0),
        r"steps.parquet, row 0: exposure: ev is 4, outside -3.5 .. 3.5",
    ),
    "an unknown filter": (lambda t: t["steps"][0].update(filter="blur"), "row 0: there is no filter 'blur'"),
    "an unknown parameter": (lambda t: t["steps"][0]["parameters"].update(iso=1.0), "row 0: .*no parameter 'iso'"),
    "steps that do not follow": (
        lambda t: t["steps"][0]["parameters"].update(ev=1.0),
        "episodes.parquet, row 0: its steps are not those that follow from its events",
    ),
    "a gap in the events": (lambda t: t["events"].pop(1), "events.parquet, row 1: event 2: the next event is number 1"),
    "an illegal event": (
        lambda t: t["events"][1].update(filter="blur"),
        "events.parquet, row 1: event 1: there is no filter 'blur'",
    ),
    "an event's number twice": (lambda t: t["events"].append(t["events"][0]), "row 4: the id .* twice"),
    "an episode twice": (lambda t: t["episodes"].append(t["episodes"][0]), "episodes.parquet, row 1: the id .* twice"),
    "a wrong count of steps": (lambda t: t["episodes"][0].update(step_count=2), "row 0: step_count is 2"),
    "a step of no episode": (lambda t: t["steps"][0].update(episode=str(UUID(int=9))), "row 0: there is no episode"),
    "an episode of no photo": (lambda t: t["episodes"][0].update(photo="c" * 64), "row 0: there is no photo"),
    "no contract": (lambda t: t["episodes"][0].update(contract_version=0), "contract_version is 0, below 1"),
    "a kind of player": (lambda t: t["episodes"][0].update(player_kind="cat"), "player_kind is 'cat'"),
    "a human called agent": (lambda t: t["episodes"][0].update(player="agent:x"), "does not fit the kind human"),
    "an id that is none": (lambda t: t["episodes"][0].update(id="one"), "row 0: badly formed"),
    "submitted against its events": (lambda t: t["events"].pop(), "it is submitted, but its events say open"),
    "open against its events": (
        lambda t: (t["episodes"][0].update(status="open", step_count=0), t["steps"].clear()),
        "it is open, but its events say submitted",
    ),
    "a human without events": (lambda t: t["events"].clear(), "it has no events; a human's steps follow from them"),
    "excluded without reason": (lambda t: t["episodes"][0].update(status="excluded"), "exclusion_reason"),
    "a missing value": (lambda t: t["episodes"][0].update(study=None), "row 0: study is empty|non-nullable"),
    "a preview that is not there": (lambda t: t["photos"][0].update(preview_sha256="d" * 64), "is not in previews"),
    "a photo's identity": (lambda t: t["photos"][0].update(sha256="xyz"), "row 0: sha256 is 'xyz'"),
    "bad probabilities": (
        lambda t: t["steps"][0].update(probabilities=dict.fromkeys(FILTERS, 1.0)),
        "row 0: probabilities must",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_row_is_refused_by_name_and_nothing_is_left(
    name: str, tables: Tables, write: Callable[..., Any], tmp_path: Path
) -> None:
    change, words = WRONG[name]
    change(tables)
    with pytest.raises(InvalidSnapshot, match=words):
        write(tables)
    assert [path.name for path in tmp_path.iterdir()] == ["preview.npy"]


def _truncate(folder: Path) -> None:
    path = folder / "events.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def _drop_column(folder: Path) -> None:
    table = pq.read_table(folder / "steps.parquet").drop_columns(["ms_spent"])
    pq.write_table(table, folder / "steps.parquet")


def _change_type(folder: Path) -> None:
    table = pq.read_table(folder / "steps.parquet")
    place = table.column_names.index("ms_spent")
    pq.write_table(table.set_column(place, "ms_spent", pa.array(["long"])), folder / "steps.parquet")


BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "no manifest.json"),
    "a manifest that is no JSON": (lambda f: (f / "manifest.json").write_text("{"), "cannot be read"),
    "another manifest": (lambda f: (f / "manifest.json").write_text("{}"), "not the manifest of a snapshot"),
    "a later format": (
        lambda f: (f / "manifest.json").write_text(json.dumps({"format": "safelight-snapshot", "format_version": 3})),
        "format 3; this program reads formats up to 2",
    ),
    "a missing table": (lambda f: (f / "steps.parquet").unlink(), "lacks steps.parquet"),
    "a truncated table": (_truncate, "events.parquet cannot be read"),
    "a missing column": (_drop_column, "steps.parquet lacks the column ms_spent"),
    "a column of another type": (_change_type, "the column ms_spent is of type string"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_folder_is_refused_with_its_reason(
    name: str, tables: Tables, write: Callable[..., Any], tmp_path: Path
) -> None:
    write(tables)
    damage, words = BROKEN[name]
    damage(tmp_path / "snapshot")
    with pytest.raises(InvalidSnapshot, match=words):
        read_snapshot(tmp_path / "snapshot")


def test_previews_are_checked_by_content_and_shape(tables: Tables, write: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(InvalidSnapshot, match=r"row 0: the content of b+\.npy is not what its name says"):
        check_previews(write(tables, "other content"))
    content = (tmp_path / "preview.npy").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    tables["photos"][0] |= {"preview_sha256": sha256}
    previews = {sha256: tmp_path / "preview.npy"}
    check_previews(write_snapshot(tmp_path / "right", **tables, previews=previews, manifest={}))
    tables["photos"][0] |= {"preview_width": 4}
    with pytest.raises(InvalidSnapshot, match=r"row 0: .* holds float16 \(2, 3, 3\), not what the row says"):
        check_previews(write_snapshot(tmp_path / "wrong", **tables, previews=previews, manifest={}))


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSnapshot, match="is not a folder"):
        read_snapshot(tmp_path / "nowhere")


def test_an_export_from_before_places_and_conditions_reads_as_without(
    write: Callable[..., Any], tables: Tables
) -> None:
    path = write(tables).directory / "episodes.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["surplus", "condition"]), path)
    (episode,) = rows(read_snapshot(path.parent).episodes)
    assert (episode["surplus"], episode["condition"]) == (False, "")


def test_an_export_from_before_gestures_reads_as_without_and_its_digests_are_as_they_were(
    write: Callable[..., Any], tables: Tables
) -> None:
    path = write(tables).directory / "events.parquet"
    pq.write_table(pq.read_table(path).drop_columns(list(GESTURE_COLUMNS.values())), path)
    events = list(rows(read_snapshot(path.parent).events))
    assert {event["gesture"] for event in events} == {None}
    before = [{name: value for name, value in event.items() if name != "gesture"} for event in events]
    assert digest(events) == digest(before) != digest(tables["events"])
