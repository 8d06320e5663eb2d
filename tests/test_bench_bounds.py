"""The table of floor and ceiling, on pairs that a known curve makes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import bounds
from learning.fitting.search import Search, search_fits


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    random = np.random.default_rng(0)
    for index in range(2):
        flat = random.integers(0, 200, (70, 90, 3), dtype=np.uint8)
        for name, pixels in (("inputs", flat), ("targets", 255 - (255 - flat) // 2)):
            (tmp_path / "pairs" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / "pairs" / name / f"{index}.png")
    monkeypatch.setattr(bounds, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(bounds, "RESAMPLES", 20)
    monkeypatch.setattr(bounds, "EXPOSURES", (0.0, -2.0))
    monkeypatch.setattr(bounds, "search_fits", lambda pair, _: search_fits(pair, Search(1, 1, 1)))
    return tmp_path


@pytest.mark.long
def test_floor_and_ceiling_have_their_lines_and_what_was_found_is_kept(
    photographs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--photographs", str(photographs), "--iterations", "0", "--agent", "pretrained"]
    assert bounds.main(arguments) == 0
    output = capsys.readouterr().out
    lines = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in output.splitlines()}
    assert {"untouched", "automatic levels", "pretrained", "the best of five steps, `fit`"} <= set(lines)
    floor, ceiling = (lines[name][-2] for name in ("untouched", "the best of five steps, `fit`"))
    assert float(ceiling.split()[0]) < float(floor.split()[0])
    low, high = (float(number) for number in floor[floor.index("(") + 1 : -1].split(" to "))
    assert low <= float(floor.split()[0]) <= high
    monkeypatch.setattr(bounds, "search_fits", None)
    assert bounds.main(arguments) == 0
    assert capsys.readouterr().out == output


def test_a_folder_without_pairs_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bounds.main(["--photographs", str(tmp_path)])
    assert "has no pairs/inputs" in capsys.readouterr().err
