"""Checking a snapshot: every row is, and what is wrong is named by file, row and reason."""

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.game.filters import FILTERS, find_filter
from editing.game.parameters import RANGE_TOLERANCE, ParameterError
from editing.game.rules import MAXIMUM_STEPS, STOP
from editing.trajectories.checksums import CHANGED, file_problems
from editing.trajectories.columns import FILTER_COLUMNS, PROBABILITY_COLUMNS, rows
from editing.trajectories.problems import Problem, first_of_each, of_row, refuse_first
from editing.trajectories.reading import Snapshot, open_snapshot
from editing.trajectories.receipts import receipts_of
from editing.trajectories.replaying import dangling, event_problems, twice
from editing.trajectories.schemas import JUDGEMENT_KINDS, PLAYER_KINDS, STATUSES, InvalidSnapshot
from editing.trajectories.steps_file import check_probabilities
from editing.trajectories.versions import is_known

Row = dict[str, Any]
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_snapshot(snapshot: Snapshot) -> None:
    """Check ranges, references, legal steps, and that the steps follow from the events.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    check_rows(snapshot)
    refuse_first(event_problems(snapshot))


def check_rows(snapshot: Snapshot) -> None:
    """Check all tables but that of the events: ranges, references, and legal steps.

    Raises:
        InvalidSnapshot: naming the file, the row (counted from 0) and the reason.
    """
    for problems in _OF_ROWS:
        refuse_first(problems(snapshot))


def check_previews(snapshot: Snapshot) -> None:
    """Check each preview's bytes against its SHA-256, and its shape against the photo's row; reads them all.

    Raises:
        InvalidSnapshot: naming the photo and the reason.
    """
    refuse_first(_preview_problems(snapshot))


def problems_of(directory: Path, sample: int | None = None, seed: int = 0, most: int = 20) -> Iterator[str]:
    """Yield what is wrong with a snapshot, in sentences that name file, row (counted from 0) and reason.

    Files are held against the manifest, all rows against schema, ranges and references, events against the rules,
    previews against their names, and participations against what the site counted of them. Of a file that was changed
    and in which no row is wrong by any of these, that is said.

    Args:
        sample: of how many episodes, drawn by the seed, the events are replayed, and receipts are then left out; of
            all without it.
        most: how many rows are named of each check of a file; the others are counted.

    Raises:
        InvalidSnapshot: the folder is no snapshot.
    """
    snapshot = open_snapshot(directory)
    checks: list[Callable[[Snapshot], Iterator[Problem]]] = [
        *_OF_ROWS,
        partial(event_problems, sample=sample, seed=seed),
        _preview_problems,
    ]
    if sample is None:
        checks.append(_receipt_problems)
    files = list(file_problems(snapshot))
    found = chain.from_iterable(first_of_each(_readable(check, snapshot), most) for check in checks)
    wrong_in, said = set(), set()
    for problem in chain(files, found):
        if (text := str(problem)) not in said:
            yield text
        said.add(text)
        if problem.check != CHANGED:
            wrong_in.add(problem.file.partition(",")[0])
    for problem in files:
        if problem.check == CHANGED and problem.file not in wrong_in and problem.file.endswith(".parquet"):
            yield f"{problem.file}: no rule says which row was changed, all are possible: compare it with another copy"


def _readable(check: Callable[[Snapshot], Iterator[Problem]], snapshot: Snapshot) -> Iterator[Problem]:
    """Yield what a check finds, and last of what file it cannot read, if there is one."""
    try:
        yield from check(snapshot)
    except InvalidSnapshot as error:
        file, _, reason = str(error).partition(": ")
        yield Problem(Path(file.removesuffix(" cannot be read")).name, reason, check="reading")


def _receipt_problems(snapshot: Snapshot) -> Iterator[Problem]:
    of_player = {(row["study"], row["player"]): index for index, row in enumerate(rows(snapshot.participations))}
    for receipt in receipts_of(snapshot):
        index = of_player.get((receipt.study, receipt.player))
        for problem in receipt.problems:
            reason = f"{receipt.study} {receipt.player}: {problem}"
            if index is None:
                yield Problem("events.parquet", reason, check="receipts")
            else:
                yield of_row("participations", index, reason, "receipts")


def _photo_problems(snapshot: Snapshot) -> Iterator[Problem]:
    yield from _each("photos", snapshot.photos, _check_photo)
    for index, sha256 in enumerate(snapshot.photos.column("preview_sha256").to_pylist()):
        if not snapshot.preview_path(sha256).is_file():
            yield of_row("photos", index, f"the preview {sha256}.npy is not in previews", "previews")
    yield from twice("photos", snapshot.photos, "sha256")


def _episode_problems(snapshot: Snapshot) -> Iterator[Problem]:
    yield from _each("episodes", snapshot.episodes, _check_episode)
    yield from twice("episodes", snapshot.episodes, "id")
    yield from dangling("episodes", "photo", snapshot.episodes, snapshot.photos.column("sha256"))


def _step_problems(snapshot: Snapshot) -> Iterator[Problem]:
    yield from _wrong_steps(snapshot.steps, snapshot.episodes)
    yield from dangling("steps", "episode", snapshot.steps, snapshot.episodes.column("id"))
    yield from _wrong_step_counts(snapshot.episodes, snapshot.steps)


def _judgement_problems(snapshot: Snapshot) -> Iterator[Problem]:
    yield from _each("judgements", snapshot.judgements, _check_judgement)
    yield from dangling("judgements", "photo", snapshot.judgements, snapshot.photos.column("sha256"))
    if snapshot.judgements.num_rows:
        episode_ids = set(snapshot.episodes.column("id").to_pylist())
        for index, shown in enumerate(snapshot.judgements.column("episodes").to_pylist()):
            if unknown := set(shown) - episode_ids - {None}:
                yield of_row("judgements", index, f"there is no episode {min(unknown)}", "references")


def _player_problems(snapshot: Snapshot, name: str) -> Iterator[Problem]:
    yield from _each(name, getattr(snapshot, name), _check_player)


# Each reads tables of its own: where one cannot be read, the others are checked all the same.
_OF_ROWS: Sequence[Callable[[Snapshot], Iterator[Problem]]] = (
    _photo_problems,
    _episode_problems,
    _step_problems,
    _judgement_problems,
    *(partial(_player_problems, name=name) for name in ("answers", "participations", "agents")),
)


def _preview_problems(snapshot: Snapshot) -> Iterator[Problem]:
    for index, photo in enumerate(rows(snapshot.photos)):
        path = snapshot.preview_path(photo["preview_sha256"])
        if not path.is_file():
            yield of_row("photos", index, f"the preview {path.name} is not in previews", "previews")
        elif reason := _wrong_preview(path, photo):
            yield of_row("photos", index, reason, "previews")


def _wrong_preview(path: Path, photo: Row) -> str:
    """Say what is wrong with a preview; empty for nothing."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != photo["preview_sha256"]:
        return f"the content of {path.name} is not what its name says"
    try:
        preview = np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError:
        return f"{path.name} is not a NumPy array"
    if (preview.dtype, preview.shape) != (np.float16, (photo["preview_height"], photo["preview_width"], 3)):
        return f"{path.name} holds {preview.dtype} {preview.shape}, not what the row says"
    return ""


def _each(name: str, table: Any, check: Callable[[Row], None]) -> Iterator[Problem]:
    for index, row in enumerate(rows(table)):
        try:
            check(row)
        except ValueError as error:
            yield of_row(name, index, error)


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
    if row["contract_version"] < 1:
        raise ValueError(f"contract_version is {row['contract_version']}, below 1")
    if not row["player"] or row["player"].startswith("agent:") != (row["player_kind"] == "agent"):
        raise ValueError(f"the player {row['player']!r} does not fit the kind {row['player_kind']}")
    if not 0 <= row["step_count"] <= MAXIMUM_STEPS:
        raise ValueError(f"step_count is {row['step_count']}, outside 0 .. {MAXIMUM_STEPS}")
    if (row["status"] == "excluded") != bool(row["exclusion_reason"]):
        raise ValueError("an excluded episode, and no other, has an exclusion_reason")
    if row["duration_ms"] < 0:
        raise ValueError(f"duration_ms is {row['duration_ms']}")


def _wrong_steps(table: Any, episodes: Any) -> Iterator[Problem]:
    """Check all rows at once, and look closer at those that are wrong; of a version that is not known, none is."""
    of_unknown = pc.is_in(table.column("episode"), episodes.column("id").filter(pa.array(~is_known(episodes))))
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
    wrong = pc.and_not(pc.fill_null(pc.invert(right), True), of_unknown)
    for index in np.flatnonzero(wrong.to_numpy()).tolist():
        try:
            _check_step(next(rows(table.slice(index, 1))))
            yield of_row("steps", index, "it has parameters of another filter than its own")
        except ValueError as error:
            yield of_row("steps", index, error)


def _check_step(row: Row) -> None:
    try:
        find_filter(row["filter"]).check(row["parameters"] or {})
    except ParameterError as error:
        raise ValueError(str(error)) from None
    if row["ms_spent"] < 0:
        raise ValueError(f"ms_spent is {row['ms_spent']}")
    if row["probabilities"] is not None:
        check_probabilities(row["probabilities"])


def _wrong_step_counts(episodes: Any, steps: Any) -> Iterator[Problem]:
    """Check that each episode has as many steps as it says, numbered 0, 1, 2 ..., of different filters."""
    ids = episodes.column("id").combine_chunks()
    number = pc.fill_null(pc.index_in(steps.column("episode"), ids), -1).to_numpy()
    index = steps.column("index").to_numpy()
    filters = pc.fill_null(pc.index_in(steps.column("filter"), pa.array(list(FILTERS))), -1).to_numpy()
    order = np.lexsort((index, number))
    order = order[number[order] >= 0]
    number, index, filters = number[order], index[order], filters[order]
    starts = np.searchsorted(number, np.arange(len(ids)))
    counts = np.diff([*starts, len(number)])
    wrong = counts != episodes.column("step_count").to_numpy()
    wrong[number[index != np.arange(len(number)) - starts[number]]] = True
    for row in np.flatnonzero(wrong).tolist():
        expected = episodes.column("step_count")[row]
        yield of_row("episodes", row, f"step_count is {expected}, but its steps are not 0, 1, 2 ...", "steps")
    is_known = filters >= 0
    used, uses = np.unique(number[is_known] * len(FILTERS) + filters[is_known], return_counts=True)
    for row in np.unique(used[uses > 1] // len(FILTERS)).tolist():
        yield of_row("episodes", row, "its steps use a filter twice", "steps")


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
