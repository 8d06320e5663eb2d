"""Rules of attention items: one parameter between two values, any of several, or all of them."""

from typing import Any

import pytest

from editing.game.attention import AttentionRule
from editing.game.rules import Step

GREY = {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1.0}
VIVID = {"filter": "saturation", "parameter": "amount", "low": 0.5, "high": 1.0}
BLACK_AND_WHITE = Step("black_white", {"amount": 0.9})
COLOURFUL = Step("saturation", {"amount": 1.0})
BRIGHTER = Step("exposure", {"ev": 1.0})


@pytest.mark.parametrize(
    ("item", "steps", "is_kept"),
    [
        (GREY, [BRIGHTER, BLACK_AND_WHITE], True),
        (GREY, [Step("black_white", {"amount": 0.89})], False),
        (GREY, [Step("black_white", {"amount": 0.5}), BLACK_AND_WHITE], True),
        (GREY, [], False),
        ({"rules": [GREY, VIVID]}, [COLOURFUL], True),
        ({"rules": [GREY, VIVID], "match": "any"}, [BLACK_AND_WHITE], True),
        ({"rules": [GREY, VIVID], "match": "any"}, [BRIGHTER], False),
        ({"rules": [GREY, VIVID], "match": "all"}, [BLACK_AND_WHITE], False),
        ({"rules": [GREY, VIVID], "match": "all"}, [BLACK_AND_WHITE, COLOURFUL], True),
    ],
)
def test_it_is_kept_by_steps_that_do_what_it_asks(item: dict[str, Any], steps: list[Step], is_kept: bool) -> None:
    assert AttentionRule.of({"photo": "a", "instruction": {}, **item}).is_kept(steps) is is_kept
