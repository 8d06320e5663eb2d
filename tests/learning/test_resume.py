"""A run that is killed, at any moment, and resumed ends with the weights of one that never was."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors.torch import load_file

from learning.checkpoint import BEST, LAST
from learning.command_line import main

SMALL = ["--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 6, "--save-every", 2, "--device", "cpu"]
SMALL += ["--picture-every", 0]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    draw = np.random.default_rng(5)
    for index in range(14):
        Image.fromarray(draw.integers(0, 60 + 12 * index, (8, 8, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


def arguments(photos: Path, out: Path, *more: object) -> list[str]:
    return [str(one) for one in ("train", "--inputs", photos, "--targets", photos, "--out", out, *SMALL, *more)]


def train(*given: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in given])


def same(a: Path, b: Path) -> bool:
    first, second = load_file(a), load_file(b)
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.parametrize("recipe", ["fast", "paper"])
def test_a_run_killed_again_and_again_ends_as_one_never_killed(
    photos: Path, tmp_path: Path, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.held_out.FEWEST_HELD_OUT", 2)
    monkeypatch.setattr("learning.paper_recipe.FIRST_PASSES", 8)
    monkeypatch.setattr("learning.paper_recipe.CRITIC_UPDATES_AHEAD", 2)
    assert train(*arguments(photos, tmp_path / "whole", "--recipe", recipe)).exit_code == 0
    killed = tmp_path / "killed"
    program = (
        "import torch\nfrom learning import held_out, paper_recipe as paper\nfrom learning.command_line import main\n"
        "torch.set_num_threads(1)\nheld_out.FEWEST_HELD_OUT = 2\n"
        "paper.FIRST_PASSES, paper.CRITIC_UPDATES_AHEAD = 8, 2\nmain()"
    )
    moments = random.Random(recipe)
    for attempt in range(2):
        more = ["--resume"] if (killed / "config.json").exists() else []
        command = [sys.executable, "-c", program, *arguments(photos, killed, "--recipe", recipe, *more)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
        log = killed / "log.jsonl"
        deadline = time.monotonic() + 60
        lines = log.read_text().count("\n") if log.exists() else 0
        while process.poll() is None and time.monotonic() < deadline:
            if log.exists() and log.read_text().count("\n") >= min(lines + 1, 2 * attempt + 2):
                break
            time.sleep(0.01)
        time.sleep(moments.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert train("train", "--out", killed, "--resume").exit_code == 0
    for name in (LAST, BEST):
        assert same(tmp_path / "whole" / name, killed / name)
    assert (tmp_path / "whole" / "log.jsonl").read_text() == (killed / "log.jsonl").read_text()


def test_a_run_is_resumed_by_its_own_settings_on_its_own_photos(photos: Path, tmp_path: Path) -> None:
    assert train(*arguments(photos, tmp_path / "run", "--iterations", 1)).exit_code == 0
    other = train("train", "--out", tmp_path / "run", "--resume", "--width", 2)
    assert other.exit_code == 2
    assert "was begun with width 1, not 2" in other.output
    Image.new("RGB", (8, 8)).save(photos / "another.png")
    changed = train("train", "--out", tmp_path / "run", "--resume")
    (photos / "another.png").unlink()
    assert changed.exit_code == 1
    assert "the photos are not those" in changed.output


def test_what_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    result = train("train", "--out", tmp_path / "none", "--resume")
    assert result.exit_code == 1
    assert "is not a run of safelight train" in result.output


def test_a_damaged_checkpoint_is_named(photos: Path, tmp_path: Path) -> None:
    assert train(*arguments(photos, tmp_path / "run", "--iterations", 1)).exit_code == 0
    (tmp_path / "run" / LAST).write_bytes(b"nothing")
    result = train("train", "--out", tmp_path / "run", "--resume")
    assert result.exit_code == 1
    assert "last.safetensors is damaged" in result.output
