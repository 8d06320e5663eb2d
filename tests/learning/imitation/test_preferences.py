"""Preferences in the events: what was left for something else, by documented rules."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from editing.game.events import Event
from editing.game.filters import FILTERS
from learning.imitation.preferences import (
    PULLED_BACK,
    REMOVED,
    REPLACED,
    RULES,
    STARTED_OVER,
    UNDONE,
    Preference,
    preferences_of_episode,
    read_preferences,
)
from learning.robots.synthetic_people import Taste, appeal
from tests.command_line import safelight, safelight_output
from tests.learning.imitation.synthetic import synthetic_export
from tests.learning.snapshots import Play, write

VIEW = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32) * 0.3
EPISODE = "00000000-0000-4000-8000-000000000000"


def episode(*actions: tuple[Any, ...]) -> list[Event]:
    """Events of actions: (kind, step, filter, value), as far as they have them; an adjust sets one parameter."""
    events = []
    for seq, (kind, *rest) in enumerate([("start",), *actions, ("submit",)]):
        fields: dict[str, Any] = dict(zip(("step", "filter"), rest, strict=False))
        if kind == "adjust":
            own = FILTERS[rest[1]]
            fields["parameters"] = own.neutral | {own.parameters[0].name: rest[2]}
        identity = f"00000000-0000-4000-8000-{seq:012d}"
        events.append(Event(id=identity, episode=EPISODE, seq=seq, kind=kind, ms=seq, **fields))
    return events


def pairs_of(*actions: tuple[Any, ...]) -> tuple[list[Preference], Counter[str]]:
    counts: Counter[str] = Counter()
    return preferences_of_episode(episode(*actions), "p", "photo", VIEW, counts), counts


CHOOSE, BRIGHT, BRIGHTER = ("choose", 0, "exposure"), ("adjust", 0, "exposure", 1.0), ("adjust", 0, "exposure", 2.0)
SECOND = (("goto", 1), ("choose", 1, "contrast"), ("adjust", 1, "contrast", 0.5))


@pytest.mark.parametrize(
    ("rule", "actions"),
    [
        (UNDONE, [CHOOSE, BRIGHTER, ("undo",), BRIGHT]),
        (PULLED_BACK, [CHOOSE, BRIGHTER, BRIGHT]),
        (REPLACED, [("choose", 0, "gamma"), ("adjust", 0, "gamma", 0.5), CHOOSE, BRIGHT]),
        (REMOVED, [("choose", 0, "gamma"), ("adjust", 0, "gamma", 0.5), ("remove", 0), CHOOSE, BRIGHT]),
        (STARTED_OVER, [("choose", 0, "gamma"), ("adjust", 0, "gamma", 0.5), ("reset",), CHOOSE, BRIGHT]),
    ],
)
def test_what_was_left_is_rejected_for_what_stands_in_its_place(rule: str, actions: list[tuple[Any, ...]]) -> None:
    (pair,), _ = pairs_of(*actions, *SECOND)
    assert pair.rule == rule
    assert pair.before == ()
    assert pair.kept[0].filter == "exposure"
    assert pair.kept[0].parameters == {"ev": 1.0}
    assert len(pair.kept) == (2 if rule == STARTED_OVER else 1)
    assert pair.rejected[0].filter == ("exposure" if rule in (UNDONE, PULLED_BACK) else "gamma")
    assert pair.difference > 0.01


def test_a_pair_at_a_later_step_goes_on_from_those_before_it() -> None:
    (pair,), _ = pairs_of(CHOOSE, BRIGHT, *SECOND, ("adjust", 1, "contrast", 0.1))
    assert [step.filter for step in pair.before] == ["exposure"]
    assert pair.rejected[0].parameters == {"amount": 0.5}


@pytest.mark.parametrize(
    ("reason", "actions"),
    [
        ("came back", [CHOOSE, BRIGHT, ("undo",), ("redo",)]),
        ("left at neutral, not seen", [("choose", 0, "gamma"), ("undo",), CHOOSE, BRIGHT]),
        ("not to be told apart", [CHOOSE, ("adjust", 0, "exposure", 1.001), BRIGHT]),
        (
            "the steps before it, or its place, did not stand at the end",
            [CHOOSE, BRIGHT, *SECOND, ("adjust", 1, "contrast", 0.1), ("goto", 0), BRIGHTER],
        ),
    ],
)
def test_what_is_no_pair_is_counted_with_its_reason(reason: str, actions: list[tuple[Any, ...]]) -> None:
    _, counts = pairs_of(*actions)
    assert counts[reason] >= 1


@pytest.mark.long
def test_synthetic_people_like_what_they_kept_better(tmp_path: Path) -> None:
    export = synthetic_export(tmp_path / "export", 12, 6, 8)
    found = read_preferences(export, "robot")
    tastes = json.loads((export / "manifest.json").read_text())["synthetic_people"]
    assert len(found.pairs) > 30
    assert all(found.counts[rule] for rule in RULES[:5])
    from editing.game.filters import apply_steps

    for pair in found.pairs:
        if pair.rule != STARTED_OVER:
            start = apply_steps(found.views[pair.photo], pair.before)
            kept, rejected = (apply_steps(start, steps) for steps in (pair.kept, pair.rejected))
            taste = Taste.from_json(tastes[pair.player])
            assert appeal(taste, kept) > appeal(taste, rejected)


def test_the_command_counts_and_writes_a_line_for_each(tmp_path: Path) -> None:
    export = synthetic_export(tmp_path / "export", 6, 4, 6)
    output = safelight_output("dataset", "preferences", export, "--players", "robots", "-o", tmp_path / "pairs.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert f"{len(lines)} pairs by" in output
    assert "undone" in output
    assert {"rule", "player", "photo", "before", "kept", "rejected", "difference", "episode", "ends"} == set(lines[0])


def test_it_says_that_nobody_took_anything_back(tmp_path: Path) -> None:
    result = safelight("dataset", "preferences", write(tmp_path / "export", [Play("p", "a")]))
    assert result.exit_code == 1
    assert "there is no preference to learn from" in result.output
