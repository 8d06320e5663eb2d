"""The stored progress: what is played in pieces, each begun from what was stored, ends as it does in one go."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from editing.game.events import EVENT_FIELDS, Event, IllegalEvent
from editing.game.filters import FILTERS
from editing.game.progress import Progress, progress_after
from editing.game.rules import MAXIMUM_STEPS, State, apply_event

EPISODE = str(UUID(int=1))


def event(seq: int, kind: str, **fields: Any) -> Event:
    return Event(id=str(UUID(int=seq + 2)), episode=EPISODE, seq=seq, kind=kind, **{"ms": 100 * seq, **fields})


def adjusted(seq: int, step: int, slug: str, position: float) -> Event:
    parameters = {parameter.name: parameter.from_position(position) for parameter in FILTERS[slug].parameters}
    first = FILTERS[slug].parameters[0]
    return event(seq, "adjust", step=step, filter=slug, parameters=parameters | {first.name: first.low})


# Undo and redo come often enough to go far back, and a submit as the last event at most.
KINDS = [*(kind for kind in EVENT_FIELDS if kind not in ("start", "submit")), *["undo", "redo", "adjust", "choose"] * 3]
SCRIPTS = st.tuples(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, MAXIMUM_STEPS),
            st.sampled_from(list(FILTERS)),
            st.floats(0, 1),
            st.integers(-50, 700_000),
        ),
        max_size=60,
    ),
    st.booleans(),
)


def legal_events(script: Any) -> list[Event]:
    """The legal events of a made-up script, numbered without a gap."""
    actions, is_submitted = script
    events, state, ms = [event(0, "start")], apply_event(State(), event(0, "start")), 0
    for kind, step, slug, position, pause in actions:
        ms = max(0, ms + pause)
        cursor = state.cursor
        here = state.steps[cursor].filter if cursor < len(state.steps) else slug
        made = {
            "choose": lambda seq, cursor=cursor, slug=slug: event(seq, "choose", step=cursor, filter=slug),
            "adjust": lambda seq, cursor=cursor, here=here, at=position: adjusted(seq, cursor, here, at),
            "remove": lambda seq, cursor=cursor: event(seq, "remove", step=cursor),
            "goto": lambda seq, step=step: event(seq, "goto", step=step),
            "view": lambda seq: event(seq, "view", parameters={"pixel_ratio": 2.0}),
        }.get(kind, lambda seq, kind=kind: event(seq, kind))
        try:
            after = replace(made(len(events)), ms=ms)
            state = apply_event(state, after)
        except IllegalEvent:
            continue
        events.append(after)
    return [*events, event(len(events), "submit", ms=ms)] if is_submitted else events


# What leads back to all of a history, forwards and backwards.
ALL = [event(1000 + seq, kind) for seq, kind in enumerate(["redo"] * 100 + ["undo"] * 200)]


def in_pieces(events: list[Event], sizes: list[int]) -> Progress:
    """The progress after batches of these sizes, in turn, each begun from the form in which the last was stored."""
    stored, start = "", 0
    while start < len(events):
        batch = events[start : start + sizes[start % len(sizes)]]

        def earlier(numbers: set[int], start: int = start) -> list[Event]:
            assert numbers <= set(range(start))
            return [each for each in events[:start] if each.seq in numbers]

        progress = Progress.from_json(stored, batch, earlier) if stored else Progress()
        stored = progress_after(batch, True, progress).to_json()
        start += len(batch)
    # All of the history, to be compared.
    return Progress.from_json(stored, ALL, lambda numbers: [each for each in events if each.seq in numbers])


@given(SCRIPTS, st.lists(st.integers(1, 12), min_size=1, max_size=5))
def test_replay_in_pieces_through_what_is_stored_is_replay_in_one_go(script: Any, sizes: list[int]) -> None:
    events = legal_events(script)
    whole, parts = progress_after(events, allow_untouched=True), in_pieces(events, sizes)
    assert parts.to_json() == whole.to_json()
    assert parts.time_spent == whole.time_spent
    if whole.state.status == "submitted":
        # Nobody undoes it any more.
        assert parts == replace(whole, state=whole.state._replace(past=(), future=()))
    else:
        assert parts == whole
        numbers = [[step.made_by for step in place.steps] for progress in (parts, whole)
                   for change in (*progress.state.past, *progress.state.future) for place in change]  # fmt: skip
        assert numbers[: len(numbers) // 2] == numbers[len(numbers) // 2 :]


def long_play(count: int) -> list[Event]:
    """Five steps, of which the last is adjusted again and again."""
    slugs = list(FILTERS)[:4]
    events = [event(0, "start")]
    for step, slug in enumerate([*slugs, "color"]):
        events += [event(len(events), "goto", step=step), event(len(events) + 1, "choose", step=step, filter=slug)]
    events += [adjusted(seq, 4, "color", seq % 97 / 97) for seq in range(len(events), count)]
    return events


def test_what_a_batch_stores_is_bounded_however_long_the_episode() -> None:
    events = long_play(2000)
    progress = progress_after(events)
    assert len(progress_after(events[:100]).to_json()) < 5_000
    assert len(progress.to_json()) < 60_000
    submitted = progress_after([event(len(events), "submit")], progress=progress)
    assert len(submitted.to_json()) < 3_000


def test_of_a_long_history_no_more_is_read_than_is_undone() -> None:
    events = long_play(500)
    stored = progress_after(events).to_json()
    asked: list[set[int]] = []

    def fetch(numbers: set[int]) -> list[Event]:
        asked.append(numbers)
        return [each for each in events if each.seq in numbers]

    looks = [event(500, "compare"), adjusted(501, 4, "color", 0.5), event(502, "undo"), event(503, "redo")]
    assert Progress.from_json(stored, looks, fetch).state.past == ()
    assert asked == []
    undos = [event(500, "undo"), event(501, "undo")]
    progress = Progress.from_json(stored, undos, fetch)
    assert asked == [{497, 498}]
    progress = progress_after(undos, progress=progress)
    assert progress.state.steps == progress_after(events[:498]).state.steps


def test_what_is_stored_is_json_that_says_what_it_is() -> None:
    stored = json.loads(progress_after(long_play(12)).to_json())
    assert set(stored) == {
        *("status", "next_seq", "steps", "cursor", "past", "future"),
        *("spent", "ms", "away", "resumed"),
    }
    assert stored["past"].split()[-1] == "4:4:2,4,6,8,10"
