"""The rules of the game, on the fixtures that the browser's reducer passes too, and on play made up by hypothesis."""

import json
import math
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editing.game.events import EVENT_KINDS, MAXIMUM_MS, Event, IllegalEvent
from editing.game.filters import FILTERS
from editing.game.progress import LONGEST_LOOK_MS, time_spent
from editing.game.rules import MAXIMUM_STEPS, State, apply_event, check_offer, replay, trajectory

FIXTURES = json.loads((Path(__file__).parents[2] / "fixtures" / "events.json").read_text())
LEGAL = [one for one in FIXTURES if "error" not in one]
ILLEGAL = [one for one in FIXTURES if "error" in one]
EPISODE = str(UUID(int=1))


def event(seq: int, kind: str, **fields: Any) -> Event:
    return Event(id=str(UUID(int=seq + 2)), episode=EPISODE, seq=seq, kind=kind, **{"ms": 100 * seq, **fields})


def assert_same_steps(steps: Any, expected: list[dict[str, Any]]) -> None:
    assert [step.filter for step in steps] == [step["filter"] for step in expected]
    for step, wanted in zip(steps, expected, strict=True):
        assert dict(step.parameters) == pytest.approx(wanted["parameters"], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("fixture", LEGAL, ids=lambda one: one["name"])
def test_legal_play_leaves_the_steps_cursor_and_history_of_the_fixture(fixture: dict[str, Any]) -> None:
    state = replay(map(Event.from_json, fixture["events"]))
    assert_same_steps(state.steps, fixture["steps"])
    assert (state.cursor, state.can_undo, state.can_redo) == (
        fixture["cursor"],
        fixture["can_undo"],
        fixture["can_redo"],
    )
    assert state.status == fixture["status"]
    if "trajectory" in fixture:
        assert_same_steps(trajectory(state), fixture["trajectory"])


@pytest.mark.parametrize("fixture", ILLEGAL, ids=lambda one: one["name"])
def test_illegal_play_is_refused_by_code_and_number(fixture: dict[str, Any]) -> None:
    with pytest.raises(IllegalEvent) as caught:
        replay(map(Event.from_json, fixture["events"]))
    assert (caught.value.code, caught.value.seq) == (fixture["error"], fixture["seq"])


def test_the_fixtures_use_every_kind_of_event() -> None:
    assert {one["kind"] for fixture in LEGAL for one in fixture["events"]} == set(EVENT_KINDS)


def test_an_event_survives_the_way_through_json() -> None:
    one = event(3, "adjust", step=0, filter="exposure", parameters={"ev": 1.25})
    assert Event.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_a_study_may_allow_to_leave_a_photo_as_it_is() -> None:
    events = [event(0, "start"), event(1, "submit")]
    state = replay(events, allow_untouched=True)
    assert state.status == "submitted"
    assert trajectory(state) == ()


def test_time_counts_for_the_step_under_the_cursor_while_the_page_has_the_focus() -> None:
    events = [
        event(0, "start", ms=0),
        event(1, "choose", step=0, filter="exposure", ms=1_000),
        event(2, "adjust", step=0, filter="exposure", parameters={"ev": 1.0}, ms=3_000),
        event(3, "blur", ms=4_000),
        event(4, "focus", ms=60_000),
        event(5, "goto", step=1, ms=61_000),
        event(6, "choose", step=1, filter="gamma", ms=70_000),
        event(7, "resume", ms=500_000),
        event(8, "submit", ms=500_500),
    ]
    assert time_spent(events) == {"exposure": 3_000 + 1_000, "gamma": 500}


def test_a_filter_chosen_again_begins_its_time_anew_and_an_undone_removal_keeps_it() -> None:
    script = [
        event(0, "start", ms=0),
        event(1, "choose", step=0, filter="exposure", ms=0),
        event(2, "remove", step=0, ms=60_000),
        event(3, "choose", step=0, filter="exposure", ms=61_000),
        event(4, "submit", ms=62_500),
    ]
    assert time_spent(script) == {"exposure": 1_500}
    script[3:] = [event(3, "undo", ms=61_000), event(4, "compare", ms=62_500)]
    assert time_spent(script) == {"exposure": 61_500}


def test_a_clock_that_runs_backwards_stands_still() -> None:
    times = [5_000, 6_000, 1, 7_000]
    kinds = [("start", {}), ("choose", {"step": 0, "filter": "exposure"}), ("compare", {}), ("compare", {})]
    events = [
        event(seq, kind, ms=ms, **fields) for seq, ((kind, fields), ms) in enumerate(zip(kinds, times, strict=True))
    ]
    assert time_spent(events) == {"exposure": 1_000}


def test_a_clock_that_jumps_or_a_machine_that_sleeps_adds_ten_minutes_at_most() -> None:
    events = [
        event(0, "start", ms=0),
        event(1, "choose", step=0, filter="exposure", ms=1_000),
        event(2, "adjust", step=0, filter="exposure", parameters={"ev": 1.0}, ms=MAXIMUM_MS),
        event(3, "submit", ms=MAXIMUM_MS),
    ]
    assert time_spent(events) == {"exposure": LONGEST_LOOK_MS}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
event_like = st.fixed_dictionaries(
    {},
    optional={
        "id": st.uuids().map(str) | json_values,
        "episode": st.just(EPISODE) | json_values,
        "seq": st.integers(0, 9) | json_values,
        "kind": st.sampled_from(EVENT_KINDS) | json_values,
        "step": st.integers(0, 6) | json_values,
        "filter": st.sampled_from(list(FILTERS)) | json_values,
        "parameters": st.dictionaries(st.sampled_from(["ev", "amount", "gamma"]), st.floats()) | json_values,
        "ms": st.integers(0, 99) | json_values,
        "contract_version": st.just(1) | json_values,
    },
)


@given(event_like | json_values)
def test_any_json_is_an_event_or_is_refused_by_name(data: Any) -> None:
    try:
        parsed = Event.from_json(data)
    except IllegalEvent:
        return
    assert Event.from_json(parsed.to_json()) == parsed


def parameters_of(slug: str, positions: list[float]) -> dict[str, float]:
    pairs = zip(FILTERS[slug].parameters, positions, strict=False)
    return {parameter.name: parameter.from_position(position) for parameter, position in pairs}


moves = st.lists(
    st.tuples(
        st.sampled_from(["choose", "adjust", "remove", "reset", "goto", "undo", "redo", "compare", "submit"]),
        st.integers(0, MAXIMUM_STEPS),
        st.sampled_from(list(FILTERS)),
        st.lists(st.floats(0, 1), min_size=24, max_size=24),
    ),
    max_size=40,
)


def play(script: Any) -> list[State]:
    """The states after each legal event of a made-up script; illegal ones are left out, as an interface does."""
    states = [apply_event(State(), event(0, "start"))]
    for kind, step, slug, positions in script:
        state = states[-1]
        here = state.steps[state.cursor].filter if state.cursor < len(state.steps) else slug
        fields: dict[str, Any] = {
            "choose": {"step": state.cursor, "filter": slug},
            "adjust": {"step": state.cursor, "filter": here, "parameters": parameters_of(here, positions)},
            "remove": {"step": state.cursor},
            "goto": {"step": step},
        }.get(kind, {})
        try:
            states.append(apply_event(state, event(state.next_seq, kind, **fields)))
        except IllegalEvent:
            continue
    return states


@given(moves)
def test_whatever_is_played_stays_within_the_rules(script: Any) -> None:
    for state in play(script):
        slugs = [step.filter for step in state.steps]
        assert len(slugs) == len(set(slugs)) <= MAXIMUM_STEPS
        assert 0 <= state.cursor <= len(state.steps)
        for step in state.steps:
            FILTERS[step.filter].check(step.parameters)
            for names in FILTERS[step.filter].curves:
                slopes = [step.parameters[name] for name in names]
                one = FILTERS[step.filter].by_name[names[0]]
                neutral = all(slope == 1 for slope in slopes)
                assert neutral or math.isclose(min(slopes) * max(slopes), one.low * one.high, rel_tol=1e-9)


@given(moves)
def test_undo_takes_everything_back_and_redo_restores_it(script: Any) -> None:
    last = play(script)[-1]
    if last.status == "submitted":
        return
    state = last
    while state.can_undo:
        state = apply_event(state, event(state.next_seq, "undo"))
    assert state.steps == ()
    while state.can_redo:
        state = apply_event(state, event(state.next_seq, "redo"))
    undone_before = len(last.future)
    for _ in range(undone_before):
        state = apply_event(state, event(state.next_seq, "undo"))
    assert state.steps == last.steps


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"step": 1, "filter": "exposure"}, ""),
        ({"step": 0, "filter": "tone"}, "filter_not_offered"),
        ({"step": 2, "filter": "exposure"}, "too_many_steps"),
    ],
)
def test_a_game_may_offer_fewer_filters_and_steps(chosen: dict[str, Any], code: str) -> None:
    choice = event(3, "choose", **chosen)
    if not code:
        check_offer(choice, ["exposure"], 2)
        return
    with pytest.raises(IllegalEvent) as refused:
        check_offer(choice, ["exposure"], 2)
    assert (refused.value.code, refused.value.seq) == (code, 3)
