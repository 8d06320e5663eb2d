"""Checking a snapshot: every row is, and what is refused is named by file, row and reason."""

import hashlib
import io
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np

from editing.game.events import Event, IllegalEvent
from editing.game.filters import VERSION, find_filter
from editing.game.parameters import ParameterError
from editing.game.rules import MAXIMUM_STEPS, State, replay, trajectory
from editing.trajectories.schemas import JUDGEMENT_KINDS, PLAYER_KINDS, STATUSES, InvalidSnapshot, Snapshot, rows
from editing.trajectories.steps_file import check_probabilities

Row = dict[str, Any]
# Who plays through an interface; a baseline or an expert's edit may be steps alone.
PLAYERS_WITH_EVENTS = ("human", "robot")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_snapshot(snapshot: Snapshot) -> None:
    """Check ranges, references, legal steps, and that the steps follow from the events.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    photos = _check_each("photos", snapshot.photos, _check_photo)
    for index, photo in enumerate(photos):
        if not snapshot.preview_path(photo["preview_sha256"]).is_file():
            raise _invalid("photos", index, f"the preview {photo['preview_sha256']}.npy is not in previews")
    _check_unique("photos", "sha256", photos)
    episodes = _check_each("episodes", snapshot.episodes, _check_episode)
    _check_unique("episodes", "id", episodes)
    _check_references("episodes", "photo", episodes, {photo["sha256"] for photo in photos})
    episode_ids = {episode["id"] for episode in episodes}
    steps = _check_each("steps", snapshot.steps, _check_step)
    _check_references("steps", "episode", steps, episode_ids)
    events = list(rows(snapshot.events))
    _check_unique("events", "id", events)
    _check_references("events", "episode", events, episode_ids)
    _check_trajectories(episodes, steps, events)
    judgements = _check_each("judgements", snapshot.judgements, _check_judgement)
    _check_references("judgements", "photo", judgements, {photo["sha256"] for photo in photos})
    for index, judgement in enumerate(judgements):
        if unknown := set(judgement["episodes"]).difference(episode_ids):
            raise _invalid("judgements", index, f"there is no episode {min(unknown)}")


def check_previews(snapshot: Snapshot) -> None:
    """Check each preview's bytes against its SHA-256, and its shape against the photo's row; reads them all.

    Raises:
        InvalidSnapshot: naming the photo and the reason.
    """
    for index, photo in enumerate(rows(snapshot.photos)):
        path = snapshot.preview_path(photo["preview_sha256"])
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != photo["preview_sha256"]:
            raise _invalid("photos", index, f"the content of {path.name} is not what its name says")
        try:
            preview = np.load(io.BytesIO(content), allow_pickle=False)
        except ValueError:
            raise _invalid("photos", index, f"{path.name} is not a NumPy array") from None
        if (preview.dtype, preview.shape) != (np.float16, (photo["preview_height"], photo["preview_width"], 3)):
            raise _invalid("photos", index, f"{path.name} holds {preview.dtype} {preview.shape}, not what the row says")


def _invalid(table: str, index: int, reason: object) -> InvalidSnapshot:
    return InvalidSnapshot(f"{table}.parquet, row {index}: {reason}")


def _check_each(table_name: str, table: Any, check: Callable[[Row], None]) -> list[Row]:
    checked = []
    for index, row in enumerate(rows(table)):
        try:
            check(row)
        except ValueError as error:
            raise _invalid(table_name, index, error) from None
        checked.append(row)
    return checked


def _check_unique(table: str, column: str, checked: Sequence[Row]) -> None:
    seen: set[str] = set()
    for index, row in enumerate(checked):
        if row[column] in seen:
            raise _invalid(table, index, f"the {column} {row[column]} stands there twice")
        seen.add(row[column])


def _check_references(table: str, column: str, checked: Sequence[Row], ids: set[str]) -> None:
    for index, row in enumerate(checked):
        if row[column] not in ids:
            raise _invalid(table, index, f"there is no {column} {row[column]}")


def _check_one_of(row: Row, column: str, allowed: Sequence[str]) -> None:
    if row[column] not in allowed:
        raise ValueError(f"{column} is {row[column]!r}, not one of {', '.join(allowed)}")


def _check_photo(row: Row) -> None:
    for column in ("sha256", "preview_sha256"):
        if not _SHA256.fullmatch(row[column]):
            raise ValueError(f"{column} is {row[column]!r}, not 64 hexadecimal digits")
    for column in ("width", "height", "preview_width", "preview_height"):
        if row[column] < 1:
            raise ValueError(f"{column} is {row[column]}")
    json.loads(row["decoding"])


def _check_episode(row: Row) -> None:
    UUID(row["id"])
    _check_one_of(row, "player_kind", PLAYER_KINDS)
    _check_one_of(row, "status", STATUSES)
    if row["contract_version"] != VERSION:
        raise ValueError(f"played by version {row['contract_version']} of the filters; this is version {VERSION}")
    if not row["player"] or row["player"].startswith("agent:") != (row["player_kind"] == "agent"):
        raise ValueError(f"the player {row['player']!r} does not fit the kind {row['player_kind']}")
    if not 0 <= row["step_count"] <= MAXIMUM_STEPS:
        raise ValueError(f"step_count is {row['step_count']}, outside 0 .. {MAXIMUM_STEPS}")
    if (row["status"] == "excluded") != bool(row["exclusion_reason"]):
        raise ValueError("an excluded episode, and no other, has an exclusion_reason")
    if row["duration_ms"] < 0:
        raise ValueError(f"duration_ms is {row['duration_ms']}")


def _check_step(row: Row) -> None:
    try:
        find_filter(row["filter"]).check(row["parameters"])
    except ParameterError as error:
        raise ValueError(str(error)) from None
    if row["ms_spent"] < 0:
        raise ValueError(f"ms_spent is {row['ms_spent']}")
    if row["probabilities"] is not None:
        check_probabilities(row["probabilities"])


def _check_judgement(row: Row) -> None:
    _check_one_of(row, "player_kind", PLAYER_KINDS)
    _check_one_of(row, "kind", JUDGEMENT_KINDS)
    shown = len(row["episodes"])
    if not shown:
        raise ValueError("a judgement names the episodes that were shown")
    if row["kind"] != "rating" and not 0 <= row["answer"] < shown:
        raise ValueError(f"the answer is place {row['answer']}, of {shown} from 0")
    if row["ms"] < 0:
        raise ValueError(f"ms is {row['ms']}")


def _check_trajectories(episodes: Sequence[Row], steps: Sequence[Row], events: Sequence[Row]) -> None:
    steps_of: dict[str, list[Row]] = defaultdict(list)
    events_of: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for step in steps:
        steps_of[step["episode"]].append(step)
    for row_index, event in enumerate(events):
        events_of[event["episode"]].append((row_index, event))
    for index, episode in enumerate(episodes):
        own = sorted(steps_of[episode["id"]], key=lambda step: step["index"])
        if [step["index"] for step in own] != list(range(episode["step_count"])):
            raise _invalid(
                "episodes", index, f"step_count is {episode['step_count']}, but its steps are not 0, 1, 2 ..."
            )
        if len({step["filter"] for step in own}) < len(own):
            raise _invalid("episodes", index, "its steps use a filter twice")
        played = events_of[episode["id"]]
        if played:
            state = _replayed(played)
            submitted = state.status == "submitted"
            # An episode may be excluded at any time.
            if episode["status"] != "excluded" and submitted != (episode["status"] == "submitted"):
                raise _invalid("episodes", index, f"it is {episode['status']}, but its events say {state.status}")
            if not _same_steps(own, trajectory(state) if submitted else ()):
                raise _invalid("episodes", index, "its steps are not those that follow from its events")
        elif episode["player_kind"] in PLAYERS_WITH_EVENTS:
            raise _invalid("episodes", index, f"it has no events; a {episode['player_kind']}'s steps follow from them")


def _replayed(played: list[tuple[int, Row]]) -> State:
    row_index = played[0][0]
    events = []
    try:
        for row_index, row in sorted(played, key=lambda pair: pair[1]["seq"]):  # noqa: B007 (named in the error)
            events.append(Event.from_json(row))
        return replay(events, allow_untouched=True)
    except IllegalEvent as error:
        row_index = next((p for p, row in played if row["seq"] == error.seq), row_index)
        raise _invalid("events", row_index, error) from None


def _same_steps(stored: Sequence[Row], derived: Sequence[Any]) -> bool:
    return len(stored) == len(derived) and all(
        row["filter"] == step.filter and _same_numbers(row["parameters"], step.parameters)
        for row, step in zip(stored, derived, strict=True)
    )


def _same_numbers(a: Mapping[str, float], b: Mapping[str, float]) -> bool:
    return all(math.isclose(a[name], b[name], rel_tol=1e-9, abs_tol=1e-12) for name in b)
