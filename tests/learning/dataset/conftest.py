"""A small study, exported with all of its tables."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from editing.trajectories.columns import rows
from editing.trajectories.reading import open_snapshot
from editing.trajectories.receipts import receipts_of
from editing.trajectories.schemas import PARTICIPATIONS
from editing.trajectories.snapshot import table_writer, write_manifest
from editing.trajectories.tombstones import tombstone, write_tombstones
from tests.learning.snapshots import START, Play, episode_id, photo_sha256, write

TONE = ("tone", {f"slope_{i}": 0.5 + 0.2 * i for i in range(8)})
PLAYS = (
    Play("ann", "sea", (("exposure", {"ev": 1.5}), TONE), {"condition": "fast"}),
    Play("ann", "hill", (("contrast", {"amount": 0.3}),), {"condition": "fast"}),
    Play("bob", "sea", (("exposure", {"ev": 0.5}), ("gamma", {"gamma": 0.7})), {"condition": "slow"}),
    Play("cyd", "hill", (("white_balance", {"tint": 0.25}),), {"condition": "slow"}),
    Play("agent:a", "sea", (("exposure", {"ev": 1.0}),), {"seed": 0, "sample": 0, "checkpoint_hash": "c" * 64}),
)


def judgement(player: str, position: int, *numbers: int) -> dict[str, Any]:
    """What somebody said of the pictures of some of ``PLAYS``, by their numbers."""
    kind = "pair" if len(numbers) > 1 else "rating"
    told = {"study": "default", "condition": "", "player_kind": "human", "preview": False, "surplus": False}
    return told | {
        "player": player,
        "task": "quality",
        "position": position,
        "photo": photo_sha256(PLAYS[numbers[0]].photo),
        "kind": kind,
        "episodes": [episode_id("export", number) for number in numbers],
        "makers": ["person"] * len(numbers),
        "repeat": False,
        "attention": False,
        "failed": False,
        "answer": 1,
        "ms": 900,
        "made": START,
    }


JUDGEMENTS = (judgement("bob", 0, 0), judgement("bob", 1, 3), judgement("cyd", 0, 2, 4), judgement("ann", 0, 2))
ANSWERS = tuple(
    {"study": "default", "player": player, "player_kind": "human", "condition": "", "questionnaire": "before"}
    | {"question": "age", "answer": "30", "language": "en", "preview": False, "ms": 500, "made": START}
    for player in ("ann", "bob")
)
_NONE = dict.fromkeys(("configuration", "consent_version", "window", "completed", "exclusion_reason"))
_ZERO = dict.fromkeys(("played_ms", "attention_items", "attention_failed", "repeats", "surplus"), 0)


def add_participations(folder: Path) -> None:
    """Write into an export what the site would say of those who took part."""
    snapshot = open_snapshot(folder)
    participations = [
        {"study": receipt.study, "player": receipt.player, "player_kind": "human", "condition": receipt.condition}
        | {"preview": False, "joined": START, "excluded": False, **_NONE, **_ZERO, "episodes": receipt.episodes}
        | {"events": receipt.events, "events_sha256": receipt.digest, "judgements": receipt.judgements}
        | {"answers": receipt.answers, "answers_sha256": receipt.answers_digest}
        for receipt in receipts_of(snapshot)
    ]
    table = PARTICIPATIONS.empty_table().from_pylist(participations, schema=PARTICIPATIONS)
    with table_writer(folder / "participations.parquet", PARTICIPATIONS) as writer:
        writer.write_table(table)
    write_manifest(folder, snapshot.manifest["rows"] | {"participations": table.num_rows}, {"study": "default"})


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann, Bob, Cyd and an agent, who played two photos, judged each other's pictures and answered questions."""
    folder = write(tmp_path_factory.mktemp("written") / "export", PLAYS, judgements=JUDGEMENTS, answers=ANSWERS)
    add_participations(folder)
    return folder


@pytest.fixture
def export(written: Path, tmp_path: Path) -> Path:
    """A copy of that study."""
    return Path(shutil.copytree(written, tmp_path / "export"))


@pytest.fixture
def successor(export: Path) -> Callable[..., Path]:
    """A later version, in which some have withdrawn."""

    def write_successor(*names: str) -> Path:
        stay = [play for play in PLAYS if play.player not in names]
        folder = write(export.parent / "successor", stay)
        count = write_tombstones(folder, (tombstone("default", name) for name in names))
        snapshot = open_snapshot(folder)
        write_manifest(folder, snapshot.manifest["rows"] | {"tombstones": count}, {"study": "default", "version": 2})
        return folder

    return write_successor


def row_players(folder: Path, table: str) -> list[str]:
    """The players of a table's rows."""
    return [row["player"] for row in rows(open_snapshot(folder).table(table))]
