"""Lines of events by columns are what ``digest`` writes row by row."""

import json
from uuid import UUID

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from editing.game.events import GESTURE_DEVICES
from editing.game.filters import FILTERS
from editing.trajectories.columns import flat, rows
from editing.trajectories.event_lines import event_lines
from editing.trajectories.schemas import EVENTS

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float)
WHOLE = st.integers(0, 2**31 - 1)


@st.composite
def events(draw: st.DrawFn) -> dict[str, object]:
    slug = draw(st.sampled_from([*FILTERS, None]))
    kind = "view" if slug is None else "adjust"
    names = ["viewport_width", "viewport_height", "pixel_ratio"] if slug is None else list(FILTERS[slug].by_name)
    names = draw(st.lists(st.sampled_from(names), unique=True))
    gesture = {name: draw(WHOLE) for name in ("moves", "ms", "reversals")}
    gesture |= {"device": draw(st.sampled_from(GESTURE_DEVICES)), "trusted": draw(st.booleans())}
    return {
        "id": str(UUID(int=draw(st.integers(0, 2**128 - 1)))),
        "episode": str(UUID(int=draw(st.integers(0, 2)))),
        "seq": draw(WHOLE),
        "kind": kind,
        "step": draw(st.none() | st.integers(0, 4)),
        "filter": slug,
        "ms": draw(WHOLE),
        "contract_version": 1,
        "parameters": {name: draw(NUMBERS) for name in names} or None,
        "gesture": draw(st.sampled_from([None, gesture])),
    }


@settings(max_examples=25)
@given(st.lists(events(), max_size=4))
def test_they_are_what_python_writes(played: list[dict[str, object]]) -> None:
    table = pa.Table.from_pylist([flat(event) for event in played], schema=EVENTS)
    told = ({key: value for key, value in row.items() if (key, value) != ("gesture", None)} for row in rows(table))
    assert event_lines(table).to_pylist() == [json.dumps(row, sort_keys=True) for row in told]
