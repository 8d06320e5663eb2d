"""Checking a snapshot: every row is, and what is refused is named by file, row and reason."""

import hashlib
import io
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.game.events import Event, IllegalEvent
from editing.game.filters import FILTERS, VERSION, find_filter
from editing.game.parameters import RANGE_TOLERANCE, ParameterError
from editing.game.rules import MAXIMUM_STEPS, STOP, State, replay, trajectory
from editing.trajectories.checksums import file_problems
from editing.trajectories.columns import FILTER_COLUMNS, PROBABILITY_COLUMNS, rows
from editing.trajectories.reading import Snapshot, open_snapshot
from editing.trajectories.receipts import receipts_of
from editing.trajectories.schemas import JUDGEMENT_KINDS, PLAYER_KINDS, STATUSES, InvalidSnapshot
from editing.trajectories.steps_file import check_probabilities

Row = dict[str, Any]
# Who plays through an interface; a baseline or an expert's edit may be steps alone.
PLAYERS_WITH_EVENTS = ("human", "robot")
_EPISODES_AT_ONCE = 2000
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_snapshot(snapshot: Snapshot) -> None:
    """Check ranges, references, legal steps, and that the steps follow from the events.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    check_rows(snapshot)
    check_events(snapshot)


def problems_of(directory: Path, sample: int | None = None, seed: int = 0) -> Iterator[str]:
    """Yield what is wrong with a snapshot, in sentences that name file, row (counted from 0) and reason.

    Files are held against the manifest, all rows against schema, ranges and references, events against the rules,
    previews against their names, and participations against what the site counted of them. Of each kind of check that
    goes by rows the first wrong row is named.

    Args:
        sample: of how many episodes, drawn by the seed, the events are replayed, and receipts are then left out; of
            all without it.

    Raises:
        InvalidSnapshot: the folder is no snapshot.
    """
    snapshot = open_snapshot(directory)
    yield from file_problems(snapshot)
    checks: list[Callable[[], object]] = [
        partial(check_rows, snapshot),
        partial(check_events, snapshot, sample, seed),
        partial(check_previews, snapshot),
    ]
    if sample is None:
        checks.append(partial(_check_receipts, snapshot))
    said: set[str] = set()
    for check in checks:
        try:
            check()
        except InvalidSnapshot as error:
            if str(error) not in said:
                yield str(error)
            said.add(str(error))


def _check_receipts(snapshot: Snapshot) -> None:
    of_player = {(row["study"], row["player"]): index for index, row in enumerate(rows(snapshot.participations))}
    for receipt in receipts_of(snapshot):
        if receipt.problems:
            index = of_player.get((receipt.study, receipt.player))
            problem = f"{receipt.study} {receipt.player}: {receipt.problems[0]}"
            raise InvalidSnapshot(problem) if index is None else _invalid("participations", index, problem)


def check_rows(snapshot: Snapshot) -> None:
    """Check all tables but that of the events: ranges, references, and legal steps.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    photos = _check_each("photos", snapshot.photos, _check_photo)
    for index, photo in enumerate(photos):
        if not snapshot.preview_path(photo["preview_sha256"]).is_file():
            raise _invalid("photos", index, f"the preview {photo['preview_sha256']}.npy is not in previews")
    _check_unique("photos", snapshot.photos, "sha256")
    _check_each("episodes", snapshot.episodes, _check_episode)
    _check_unique("episodes", snapshot.episodes, "id")
    _check_references("episodes", "photo", snapshot.episodes, snapshot.photos.column("sha256"))
    _check_steps(snapshot.steps)
    _check_references("steps", "episode", snapshot.steps, snapshot.episodes.column("id"))
    _check_step_counts(snapshot.episodes, snapshot.steps)
    judgements = _check_each("judgements", snapshot.judgements, _check_judgement)
    _check_references("judgements", "photo", snapshot.judgements, snapshot.photos.column("sha256"))
    if judgements:
        episode_ids = set(snapshot.episodes.column("id").to_pylist())
        for index, judgement in enumerate(judgements):
            if unknown := set(judgement["episodes"]) - episode_ids - {None}:
                raise _invalid("judgements", index, f"there is no episode {min(unknown)}")
    for name in ("answers", "participations", "agents"):
        _check_each(name, getattr(snapshot, name), _check_player)


def check_previews(snapshot: Snapshot) -> None:
    """Check each preview's bytes against its SHA-256, and its shape against the photo's row; reads them all.

    Raises:
        InvalidSnapshot: naming the photo and the reason.
    """
    for index, photo in enumerate(rows(snapshot.photos)):
        path = snapshot.preview_path(photo["preview_sha256"])
        if not path.is_file():
            raise _invalid("photos", index, f"the preview {path.name} is not in previews")
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


def _check_unique(name: str, table: Any, column: str) -> None:
    values = table.column(column)
    if pc.count_distinct(values).as_py() == len(values):
        return
    seen: set[str] = set()
    for index, value in enumerate(values.to_pylist()):
        if value in seen:
            raise _invalid(name, index, f"the {column} {value} stands there twice")
        seen.add(value)


def _check_references(name: str, column: str, table: Any, targets: Any) -> None:
    values = table.column(column)
    index = _first(pc.invert(pc.is_in(values, targets.combine_chunks())))
    if index is not None:
        raise _invalid(name, index, f"there is no {column} {values[index].as_py()}")


def _first(wrong: Any) -> int | None:
    """Return the number of the first row for which this is true, or empty; None if for none."""
    index: int = pc.index(pc.fill_null(wrong, True), True).as_py()
    return None if index < 0 else index


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


def _check_steps(table: Any) -> None:
    """Check all rows at once, and look closer at the first that is wrong."""
    slugs = table.column("filter")
    right = pc.and_(pc.is_in(slugs, pa.array(list(FILTERS))), pc.greater_equal(table.column("ms_spent"), 0))
    for slug, columns in FILTER_COLUMNS.items():
        own = pc.equal(slugs, slug)
        for name, column in columns.items():
            parameter, values = FILTERS[slug].by_name[name], table.column(column)
            low, high = parameter.low - RANGE_TOLERANCE, parameter.high + RANGE_TOLERANCE
            in_range = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
            # Empty in the rows of other filters, and only there.
            right = pc.and_(right, pc.if_else(own, pc.fill_null(in_range, False), pc.is_null(values)))
    shares = [table.column(PROBABILITY_COLUMNS[slug]) for slug in FILTERS]
    stop = table.column(PROBABILITY_COLUMNS[STOP])
    if any(share.null_count < len(share) for share in (*shares, stop)):
        none = reduce(pc.and_, (pc.is_null(share) for share in (*shares, stop)))
        shares.append(pc.fill_null(stop, 0.0))
        total = reduce(pc.add, shares)
        near_1 = pc.less(pc.abs(pc.subtract(total, 1)), 1e-3)
        positive = reduce(pc.and_, (pc.greater_equal(share, 0) for share in shares))
        right = pc.and_(right, pc.or_(none, pc.fill_null(pc.and_(near_1, positive), False)))
    index = _first(pc.invert(right))
    if index is not None:
        try:
            _check_step(next(rows(table.slice(index, 1))))
        except ValueError as error:
            raise _invalid("steps", index, error) from None
        raise _invalid("steps", index, "it has parameters of another filter than its own")


def _check_step(row: Row) -> None:
    try:
        find_filter(row["filter"]).check(row["parameters"] or {})
    except ParameterError as error:
        raise ValueError(str(error)) from None
    if row["ms_spent"] < 0:
        raise ValueError(f"ms_spent is {row['ms_spent']}")
    if row["probabilities"] is not None:
        check_probabilities(row["probabilities"])


def _check_step_counts(episodes: Any, steps: Any) -> None:
    """Check that each episode has as many steps as it says, numbered 0, 1, 2 ..., of different filters."""
    ids = episodes.column("id").combine_chunks()
    number = pc.index_in(steps.column("episode"), ids).to_numpy()
    index = steps.column("index").to_numpy()
    order = np.lexsort((index, number))
    number, index = number[order], index[order]
    starts = np.searchsorted(number, np.arange(len(ids)))
    counts = np.diff([*starts, len(number)])
    wrong = counts != episodes.column("step_count").to_numpy()
    wrong[number[index != np.arange(len(number)) - starts[number]]] = True
    if wrong.any():
        row = int(wrong.argmax())
        expected = episodes.column("step_count")[row]
        raise _invalid("episodes", row, f"step_count is {expected}, but its steps are not 0, 1, 2 ...")
    filters = pc.index_in(steps.column("filter"), pa.array(list(FILTERS))).to_numpy()[order]
    used, uses = np.unique(number * len(FILTERS) + filters, return_counts=True)
    if (uses > 1).any():
        raise _invalid("episodes", int(used[uses > 1][0]) // len(FILTERS), "its steps use a filter twice")


def _check_player(row: Row) -> None:
    _check_one_of(row, "player_kind", PLAYER_KINDS)


def _check_judgement(row: Row) -> None:
    _check_one_of(row, "player_kind", PLAYER_KINDS)
    _check_one_of(row, "kind", JUDGEMENT_KINDS)
    shown = len(row["episodes"])
    if not shown:
        raise ValueError("a judgement names the episodes that were shown")
    if row["makers"] and len(row["makers"]) != shown:
        raise ValueError(f"makers has {len(row['makers'])} names, of {shown} pictures")
    low, high = {"rating": (1, 5), "turing": (0, 1)}.get(row["kind"], (0, shown - 1))
    if not low <= row["answer"] <= high:
        raise ValueError(
            f"the answer is {row['answer']}, outside {low} .. {high}"
            if row["kind"] in ("rating", "turing")
            else f"the answer is place {row['answer']}, of {shown} from 0"
        )
    if row["ms"] < 0:
        raise ValueError(f"ms is {row['ms']}")


def check_events(snapshot: Snapshot, sample: int | None = None, seed: int = 0) -> int:
    """Replay the events by the rules, and compare what they come to with the steps; return how many were replayed.

    Args:
        sample: of how many episodes, drawn by the seed; of all without it. Ids and references are checked of all.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    keys = snapshot.table("events", ["id", "episode"])
    ids = snapshot.episodes.column("id").combine_chunks()
    _check_unique("events", keys, "id")
    _check_references("events", "episode", keys, snapshot.episodes.column("id"))
    numbers = pc.index_in(keys.column("episode"), ids).to_numpy()
    del keys
    counts = np.bincount(numbers, minlength=len(ids))
    kinds = pc.is_in(snapshot.episodes.column("player_kind"), pa.array(PLAYERS_WITH_EVENTS)).to_numpy()
    if (silent := kinds & (counts == 0)).any():
        row = int(silent.argmax())
        kind = snapshot.episodes.column("player_kind")[row]
        raise _invalid("episodes", row, f"it has no events; a {kind}'s steps follow from them")
    chosen = np.flatnonzero(counts)
    if sample is not None and sample < len(chosen):
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, sample, replace=False))
    played = _played(snapshot, numbers, chosen)
    while group := list(islice(played, _EPISODES_AT_ONCE)):
        _check_group(snapshot, group)
    return int(counts[chosen].sum())


def _played(snapshot: Snapshot, numbers: Any, chosen: Any) -> Iterator[tuple[int, list[tuple[int, Row]]]]:
    """Yield the number of each chosen episode, and its events with their rows in the file; it is read part by part.

    Args:
        numbers: of the episode of each event.
    """
    is_chosen = np.zeros(snapshot.episodes.num_rows, dtype=bool)
    is_chosen[chosen] = True
    in_file = np.arange(len(numbers))
    if 1 + np.count_nonzero(np.diff(numbers)) > len(np.unique(numbers)):
        # Scattered, as in no file of ours.
        in_file = np.argsort(numbers, kind="stable")
        parts: Iterable[Any] = [snapshot.events.take(pa.array(in_file))]
    else:
        parts = snapshot.batches("events")
    current, start = -1, 0
    events: list[tuple[int, Row]] = []
    for part in parts:
        indices = in_file[start : start + part.num_rows]
        start += part.num_rows
        wanted = is_chosen[numbers[indices]]
        for index, row in zip(indices[wanted].tolist(), rows(part.filter(pa.array(wanted))), strict=True):
            if numbers[index] != current:
                if events:
                    yield current, events
                current, events = int(numbers[index]), []
            events.append((index, row))
    if events:
        yield current, events


def _check_group(snapshot: Snapshot, group: Sequence[tuple[int, list[tuple[int, Row]]]]) -> None:
    """Check that some episodes' steps follow from their events."""
    episodes = rows(snapshot.episodes.select(["id", "status"]).take([number for number, _ in group]))
    of_group = [events[0][1]["episode"] for _, events in group]
    steps_of: dict[str, list[Row]] = defaultdict(list)
    for step in rows(snapshot.steps.filter(pc.is_in(snapshot.steps.column("episode"), pa.array(of_group)))):
        steps_of[step["episode"]].append(step)
    for (number, played), episode in zip(group, episodes, strict=True):
        state = _replayed(played)
        submitted = state.status == "submitted"
        # An episode may be excluded at any time.
        if episode["status"] != "excluded" and submitted != (episode["status"] == "submitted"):
            raise _invalid("episodes", number, f"it is {episode['status']}, but its events say {state.status}")
        own = sorted(steps_of[episode["id"]], key=lambda step: step["index"])
        if not _same_steps(own, trajectory(state) if submitted else ()):
            raise _invalid("episodes", number, "its steps are not those that follow from its events")


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
