"""How an adjust was made is part of its event, and whatever is no gesture is refused."""

from typing import Any
from uuid import UUID

import pytest

from editing.game.events import Event, IllegalEvent

DRAG = {"device": "touch", "moves": 9, "ms": 300, "reversals": 0, "trusted": True}


def adjust(gesture: Any, kind: str = "adjust") -> dict[str, Any]:
    fields = {"step": 0, "filter": "exposure", "parameters": {"ev": 1.0}} if kind == "adjust" else {}
    identity = {"id": str(UUID(int=1)), "episode": str(UUID(int=2)), "seq": 3, "ms": 40, "contract_version": 1}
    return {**identity, "kind": kind, **fields, "gesture": gesture}


@pytest.mark.parametrize("gesture", [DRAG, None])
def test_a_gesture_travels_as_it_is(gesture: Any) -> None:
    assert Event.from_json(adjust(gesture)).to_json()["gesture"] == gesture


def test_an_event_of_a_client_that_knows_no_gestures_has_none() -> None:
    event = adjust(None)
    del event["gesture"]
    assert Event.from_json(event).gesture is None


@pytest.mark.parametrize(
    "gesture",
    [
        "drag",
        {},
        {**DRAG, "speed": 1},
        {**DRAG, "device": "mind"},
        {**DRAG, "device": ["mouse"]},
        {**DRAG, "moves": 0},
        {**DRAG, "moves": 2.5},
        {**DRAG, "moves": None},
        {**DRAG, "ms": -1},
        {**DRAG, "ms": None},
        {**DRAG, "ms": 2**31},
        {**DRAG, "reversals": 9},
        {**DRAG, "trusted": 1},
    ],
)
def test_what_is_no_gesture_is_refused(gesture: Any) -> None:
    with pytest.raises(IllegalEvent) as refused:
        Event.from_json(adjust(gesture))
    assert (refused.value.code, refused.value.seq) == ("malformed", 3)


def test_other_events_have_none() -> None:
    with pytest.raises(IllegalEvent, match="compare takes no gesture"):
        Event.from_json(adjust(DRAG, "compare"))
