"""The ablations for photographs, on a few generated ones and with as few iterations as there can be."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import photographs
from learning.configuration import Widths


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    random = np.random.default_rng(0)
    counts = {"linear": 2, "finished": 7, "pairs/inputs": 2, "pairs/targets": 2}
    for name, count in counts.items():
        (tmp_path / name).mkdir(parents=True)
        for index in range(count):
            pixels = random.integers(0, 255, (80, 90, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{index}.png")
    monkeypatch.setattr(photographs, "ITERATIONS", 1)
    monkeypatch.setattr(photographs, "HELD_OUT", 2)
    monkeypatch.setattr(photographs, "WIDTHS", Widths(1, 4))
    monkeypatch.setattr(photographs, "RESULTS", tmp_path / "results")
    return tmp_path


@pytest.mark.long
def test_a_lever_is_trained_measured_on_both_kinds_of_pairs_and_has_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "4. and the weights averaged"
    arguments = [name, "--photographs", str(folder), "--seeds", "1"]
    assert photographs.main(arguments) == 0
    printed = capsys.readouterr().out
    monkeypatch.setattr(photographs, "train", None)  # what was trained is not trained again
    photographs.main(arguments)
    assert capsys.readouterr().out == printed
    (line,) = [line for line in printed.splitlines() if line.startswith(f"| {name} |")]
    assert len(line.split("|")) == len(photographs.COLUMNS) + 4
    assert 0 < float(line.split("|")[3]) < 1


def test_a_lever_that_there_is_not_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        photographs.main(["more megapixels", "--photographs", str(folder)])
    assert "there is no more megapixels" in capsys.readouterr().err
