"""The benchmark's frame: parts are measured apart, figures are merged, ratios are ratios, a wrong part is named."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench.figures import Figure, measure_alone, ratio
from bench.ingest_load import BATCH, LONG_BATCH, batches, check, colour_play, varied_play

PART = """
import os
from bench.figures import Figure

def measure():
    {body}
    return {{"process": Figure(os.getpid(), "", "nothing")}}
"""


def test_a_part_is_measured_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    bodies = {"part": "pass", "part_that_raises": "raise OSError('no photo')", "part_that_dies": "os._exit(3)"}
    for module, body in bodies.items():
        (tmp_path / f"{module}.py").write_text(PART.format(body=body))
    assert measure_alone("part")["process"].value != os.getpid()
    with pytest.raises(OSError, match="no photo"):
        measure_alone("part_that_raises")
    with pytest.raises(BrokenProcessPool):
        measure_alone("part_that_dies")


def test_a_part_that_fails_is_told_and_takes_no_other_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(module: str) -> dict[str, Figure]:
        if module == "bench.photos":
            raise OSError("no such photo")
        return {f"{module}.figure": Figure(1.0, "x", "nothing")}

    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench.json")
    monkeypatch.setattr(bench, "measure_alone", measure)
    assert bench.main(["start", "photos", "play"]) == 1
    assert set(json.loads((tmp_path / "bench.json").read_text())) == {"bench.start.figure", "bench.play.figure"}
    said = capsys.readouterr().err
    assert "OSError: no such photo" in said
    assert said.endswith("not measured, for the errors above: photos\n")
    assert bench.main(["start"]) == 0


def test_measuring_a_part_keeps_the_figures_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    bench.merge(path, {"a": Figure(1.0, "x", "nothing"), "b": Figure(2.0, "x", "nothing")})
    bench.merge(path, {"b": Figure(3.0, "x", "itself", "again")})
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
    assert bench.main(["speed"]) == 2
    message = capsys.readouterr().err
    assert "there is no part speed" in message
    assert all(part in message for part in bench.PARTS)


@pytest.mark.parametrize(("write", "size"), [(varied_play, BATCH), (colour_play, LONG_BATCH)])
def test_the_play_that_ingest_is_measured_with_is_legal(
    write: Callable[[int], Iterator[tuple[str, dict[str, Any]]]], size: int
) -> None:
    episode = batches("default", "0" * 64, islice(write(3 * size), 3 * size - 1), size)
    check(episode)
    assert [len(batch.events) for batch in episode] == [size] * 3
