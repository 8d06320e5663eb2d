"""The one row schema for people's play and for agents', as pyarrow schemas, and a snapshot of such rows.

Every column is stated here: the site's export, an agent's play and each reader follow it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

_NUMBERS_BY_NAME = pa.map_(pa.string(), pa.float64())


def _field(name: str, kind: Any) -> Any:
    return pa.field(name, kind, nullable=False)


PLAYER_KINDS = ("human", "robot", "agent", "baseline", "expert")
STATUSES = ("open", "submitted", "abandoned", "excluded")
FLAGS = ("tutorial", "preview", "repeat", "attention", "resumed", "saw_reveal")

EPISODES = pa.schema(
    [
        _field("id", pa.string()),
        # A pseudonym, or agent:<name>.
        _field("player", pa.string()),
        _field("player_kind", pa.string()),
        # The SHA-256 of the photo's source file.
        _field("photo", pa.string()),
        _field("study", pa.string()),
        _field("status", pa.string()),
        pa.field("exclusion_reason", pa.string()),
        _field("contract_version", pa.int32()),
        # Of the trajectory: 0 until the episode is submitted.
        _field("step_count", pa.int32()),
        # When it was played; agents' games of before November 2026 bear the time at which their training began.
        _field("started", pa.timestamp("us", tz="UTC")),
        _field("duration_ms", pa.int64()),
        *(_field(flag, pa.bool_()) for flag in FLAGS),
        # Handed in when the photo had all the treatments that were wanted: kept, and not one of them.
        _field("surplus", pa.bool_()),
        # Of the study, in which it was played; empty where it has none.
        _field("condition", pa.string()),
        # Agents alone: the seed, which of several treatments, and the SHA-256 of the weights.
        pa.field("seed", pa.int64()),
        pa.field("sample", pa.int32()),
        pa.field("checkpoint_hash", pa.string()),
    ]
)

STEPS = pa.schema(
    [
        _field("episode", pa.string()),
        _field("index", pa.int32()),
        _field("filter", pa.string()),
        # Physical values by name, slopes canonical.
        _field("parameters", _NUMBERS_BY_NAME),
        _field("ms_spent", pa.int64()),
        # Agents alone: the probability of every filter at that step, by slug, and of "stop" if it may finish early.
        pa.field("probabilities", _NUMBERS_BY_NAME),
    ]
)

GESTURE = pa.struct(
    [
        _field("device", pa.string()),
        _field("moves", pa.int32()),
        _field("ms", pa.int32()),
        _field("reversals", pa.int32()),
        _field("trusted", pa.bool_()),
    ]
)

EVENTS = pa.schema(
    [
        _field("id", pa.string()),
        _field("episode", pa.string()),
        _field("seq", pa.int32()),
        _field("kind", pa.string()),
        pa.field("step", pa.int32()),
        pa.field("filter", pa.string()),
        pa.field("parameters", _NUMBERS_BY_NAME),
        # Since the episode began, by the client's clock.
        _field("ms", pa.int64()),
        _field("contract_version", pa.int32()),
        # Of an adjust, how it was made, where the client has said so: `editing.game.events.Gesture`.
        pa.field("gesture", GESTURE),
    ]
)

PHOTOS = pa.schema(
    [
        _field("sha256", pa.string()),
        _field("preview_sha256", pa.string()),
        _field("name", pa.string()),
        _field("width", pa.int32()),
        _field("height", pa.int32()),
        _field("preview_width", pa.int32()),
        _field("preview_height", pa.int32()),
        _field("working_space", pa.string()),
        # How the file was decoded, as JSON.
        _field("decoding", pa.string()),
        _field("licence", pa.string()),
        _field("attribution", pa.string()),
    ]
)

JUDGEMENT_KINDS = ("rating", "pair", "favourite")

JUDGEMENTS = pa.schema(
    [
        # Who judges, by pseudonym.
        _field("player", pa.string()),
        _field("player_kind", pa.string()),
        _field("study", pa.string()),
        _field("photo", pa.string()),
        _field("kind", pa.string()),
        # Those shown, by place: from left to right, and from the top.
        _field("episodes", pa.list_(pa.string())),
        # Of a pair or a favourite, the place of the one chosen, from 0.
        _field("answer", pa.int32()),
        # From the pictures to the answer, by the client's clock.
        _field("ms", pa.int64()),
        _field("made", pa.timestamp("us", tz="UTC")),
    ]
)

# Columns that came later, by table: what holds where a snapshot, or a row, is without them.
ADDED: dict[str, dict[str, Any]] = {
    "episodes": {"surplus": False, "condition": ""},
    "events": {"gesture": None},
}

SCHEMAS: dict[str, Any] = {"episodes": EPISODES, "steps": STEPS, "events": EVENTS, "photos": PHOTOS}
# Where there is nothing to say, a snapshot goes without: it is read as a table without rows.
OPTIONAL_SCHEMAS: dict[str, Any] = {"judgements": JUDGEMENTS}


class InvalidSnapshot(ValueError):
    """A folder is no snapshot, or a row of it is wrong: the message names the file, the row and the reason."""


@dataclass(frozen=True)
class Snapshot:
    """A validated snapshot. Its tables have the columns of ``SCHEMAS`` and of ``OPTIONAL_SCHEMAS``."""

    directory: Path
    manifest: dict[str, Any]
    episodes: Any
    steps: Any
    events: Any
    photos: Any
    judgements: Any

    def preview_path(self, preview_sha256: str) -> Path:
        """Return the file of a preview, a float16 array (H, W, 3) of linear light."""
        return preview_path(self.directory, preview_sha256)


def preview_path(directory: Path, preview_sha256: str) -> Path:
    """Where a snapshot keeps a preview."""
    return directory / "previews" / f"{preview_sha256}.npy"


def rows(table: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as dicts, with numbers by name as dicts too."""
    maps = [field.name for field in table.schema if pa.types.is_map(field.type)]
    for batch in table.to_batches():
        for row in batch.to_pylist():
            for name in maps:
                row[name] = None if row[name] is None else dict(row[name])
            yield row
