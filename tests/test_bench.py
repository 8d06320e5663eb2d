"""The benchmark's frame: figures are merged, ratios are ratios, a wrong part is named."""

import json
from pathlib import Path

import pytest

from bench.__main__ import PARTS, main, merge
from bench.figures import Figure, ratio


def test_measuring_a_part_keeps_the_figures_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    merge(path, {"a": Figure(1.0, "x", "nothing"), "b": Figure(2.0, "x", "nothing")})
    merge(path, {"b": Figure(3.0, "x", "itself", "again")})
    assert json.loads(path.read_text()) == {
        "a": {"value": 1.0, "unit": "x", "against": "nothing", "note": ""},
        "b": {"value": 3.0, "unit": "x", "against": "itself", "note": "again"},
    }


def test_a_ratio_is_ours_over_theirs_by_the_given_clock() -> None:
    now = 0.0

    def takes(seconds: float) -> None:
        nonlocal now
        now += seconds

    assert ratio(lambda: takes(0.3), lambda: takes(0.1), clock=lambda: now) == pytest.approx(3)


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed"]) == 2
    message = capsys.readouterr().err
    assert "there is no part speed" in message
    assert all(part in message for part in PARTS)
