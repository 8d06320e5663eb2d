"""Replaying the events of a snapshot by the rules: what they come to is what its steps say."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.game.events import Event, IllegalEvent
from editing.game.rules import State, replay, trajectory
from editing.trajectories.columns import rows
from editing.trajectories.problems import Problem, of_row
from editing.trajectories.reading import Snapshot
from editing.trajectories.versions import is_known

Row = dict[str, Any]
# Who plays through an interface; a baseline or an expert's edit may be steps alone.
PLAYERS_WITH_EVENTS = ("human", "robot")
_EPISODES_AT_ONCE = 2000


def twice(name: str, table: Any, column: str) -> Iterator[Problem]:
    """Yield the rows of a table whose value in a column stands there already."""
    values = table.column(column)
    if pc.count_distinct(values).as_py() == len(values):
        return
    seen: set[str] = set()
    for index, value in enumerate(values.to_pylist()):
        if value in seen:
            yield of_row(name, index, f"the {column} {value} stands there twice", "doubles")
        seen.add(value)


def dangling(name: str, column: str, table: Any, targets: Any) -> Iterator[Problem]:
    """Yield the rows of a table that name something that is not there."""
    values = table.column(column)
    is_there = pc.is_in(values, targets.combine_chunks())
    for index in np.flatnonzero(~is_there.to_numpy()).tolist():
        yield of_row(name, index, f"there is no {column} {values[index].as_py()}", "references")


def event_problems(snapshot: Snapshot, sample: int | None = None, seed: int = 0) -> Iterator[Problem]:
    """Replay the events by the rules, and compare what they come to with the steps; yield what is wrong.

    Events by a version of the filters that is not known are not replayed: their ids and references are checked.

    Args:
        sample: of how many episodes, drawn by the seed; of all without it. Ids and references are checked of all.
    """
    keys = snapshot.table("events", ["id", "episode"])
    ids = snapshot.episodes.column("id").combine_chunks()
    yield from twice("events", keys, "id")
    yield from dangling("events", "episode", keys, snapshot.episodes.column("id"))
    numbers = pc.fill_null(pc.index_in(keys.column("episode"), ids), -1).to_numpy()
    del keys
    counts = np.bincount(numbers[numbers >= 0], minlength=len(ids))
    kinds = pc.is_in(snapshot.episodes.column("player_kind"), pa.array(PLAYERS_WITH_EVENTS)).to_numpy()
    for row in np.flatnonzero(kinds & (counts == 0)).tolist():
        kind = snapshot.episodes.column("player_kind")[row]
        yield of_row("episodes", row, f"it has no events; a {kind}'s steps follow from them", "events")
    chosen = np.flatnonzero((counts > 0) & is_known(snapshot.episodes))
    if sample is not None and sample < len(chosen):
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, sample, replace=False))
    played = _played(snapshot, numbers, chosen)
    while group := list(islice(played, _EPISODES_AT_ONCE)):
        yield from _group_problems(snapshot, group)


def _played(snapshot: Snapshot, numbers: Any, chosen: Any) -> Iterator[tuple[int, list[tuple[int, Row]]]]:
    """Yield the number of each chosen episode, and its events with their rows in the file; it is read part by part.

    Args:
        numbers: of the episode of each event.
    """
    is_chosen = np.zeros(snapshot.episodes.num_rows + 1, dtype=bool)  # the last for events of no episode
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


def _group_problems(snapshot: Snapshot, group: Sequence[tuple[int, list[tuple[int, Row]]]]) -> Iterator[Problem]:
    """Check that some episodes' steps follow from their events."""
    episodes = rows(snapshot.episodes.select(["id", "status"]).take([number for number, _ in group]))
    of_group = [events[0][1]["episode"] for _, events in group]
    steps_of: dict[str, list[Row]] = defaultdict(list)
    for step in rows(snapshot.steps.filter(pc.is_in(snapshot.steps.column("episode"), pa.array(of_group)))):
        steps_of[step["episode"]].append(step)
    for (number, played), episode in zip(group, episodes, strict=True):
        state = _replayed(played)
        if isinstance(state, Problem):
            yield state
            continue
        submitted = state.status == "submitted"
        # An episode may be excluded at any time.
        if episode["status"] != "excluded" and submitted != (episode["status"] == "submitted"):
            reason = f"it is {episode['status']}, but its events say {state.status}"
            yield of_row("episodes", number, reason, "events")
            continue
        own = sorted(steps_of[episode["id"]], key=lambda step: step["index"])
        if not _same_steps(own, trajectory(state) if submitted else ()):
            yield of_row("episodes", number, "its steps are not those that follow from its events", "events")


def _replayed(played: list[tuple[int, Row]]) -> State | Problem:
    row_index = played[0][0]
    events = []
    try:
        for row_index, row in sorted(played, key=lambda pair: pair[1]["seq"]):  # noqa: B007 (named in the error)
            events.append(Event.from_json(row))
        return replay(events, allow_untouched=True)
    except IllegalEvent as error:
        row_index = next((p for p, row in played if row["seq"] == error.seq), row_index)
        return of_row("events", row_index, error, "rules")


def _same_steps(stored: Sequence[Row], derived: Sequence[Any]) -> bool:
    return len(stored) == len(derived) and all(
        row["filter"] == step.filter and _same_numbers(row["parameters"] or {}, step.parameters)
        for row, step in zip(stored, derived, strict=True)
    )


def _same_numbers(a: Mapping[str, float], b: Mapping[str, float]) -> bool:
    return all(name in a and math.isclose(a[name], b[name], rel_tol=1e-9, abs_tol=1e-12) for name in b)
