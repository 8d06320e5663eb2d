"""The comparison of the recipes, on a few generated frames and with as few iterations as there can be."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import recipes
from learning.configuration import Widths


@pytest.fixture
def frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    random = np.random.default_rng(0)
    for name, high in (("inputs", 60), ("targets", 255), ("pairs/inputs", 60), ("pairs/targets", 255)):
        (tmp_path / name).mkdir(parents=True)
        for index in range(2):
            Image.fromarray(random.integers(0, high, (80, 90, 3), dtype=np.uint8)).save(
                tmp_path / name / f"{index}.png"
            )
    monkeypatch.setattr(recipes, "ITERATIONS", 1)
    monkeypatch.setattr(recipes, "WIDTHS", Widths(1, 4))
    monkeypatch.setattr(recipes, "RESULTS", tmp_path / "results")
    return tmp_path


@pytest.mark.long
def test_a_variant_is_trained_once_measured_and_has_its_line(
    frames: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "no penalty for noise and casts"
    arguments = [name, "--frames", str(frames), "--seeds", "2"]
    assert recipes.main(arguments) == 0
    output = capsys.readouterr().out
    lines = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in output.splitlines()}
    assert lines[name][1] == "2"
    assert float(lines["untouched"][7]) > 0.3  # the RMSE to frames that are four times as bright
    assert set(lines) >= {"untouched", "one curve for all, 2.5 x^0.8", name}
    monkeypatch.setattr(recipes, "train", None)
    assert recipes.main(arguments) == 0
    assert capsys.readouterr().out == output


def test_frames_without_pairs_and_unknown_names_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, reason in ((["slow"], "there is no slow; there are: fast"), ([], "has no folders inputs, targets")):
        with pytest.raises(SystemExit):
            recipes.main([*arguments, "--frames", str(tmp_path)])
        assert reason in capsys.readouterr().err
