"""A run that is killed, at any moment, and resumed ends with the weights of one that never was."""

import json
import random
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from learning.agent.checkpoint import BEST, KEPT, LAST, RENAMED, read_checkpoint, save_checkpoint
from learning.training.fast_recipe import FastTrainer
from tests.command_line import safelight, safelight_output
from tests.forked import start_forked
from tests.learning.training.killed_training import (
    CRITIC_UPDATES_AHEAD,
    FEWEST_VALIDATION,
    FIRST_PASSES,
    MAXIMUM_STEPS,
    train_until_killed,
)

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


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped after the first of two iterations."""
    iterate = FastTrainer.iterate

    def interrupted(trainer: FastTrainer) -> dict[str, float]:
        if trainer.iteration == 1:
            raise KeyboardInterrupt
        return iterate(trainer)

    run = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FastTrainer, "iterate", interrupted)
        assert safelight(*arguments(photos, run, "--iterations", 2, "--save-every", 1)).exit_code == 130
    return run


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of that run."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def same(a: Path, b: Path) -> bool:
    first, second = load_file(a), load_file(b)
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.fixture
def few_first_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the runs that are killed have it."""
    monkeypatch.setattr("learning.training.validation.FEWEST_VALIDATION", FEWEST_VALIDATION)
    monkeypatch.setattr("learning.training.paper_recipe.FIRST_PASSES", FIRST_PASSES)
    monkeypatch.setattr("learning.training.paper_recipe.CRITIC_UPDATES_AHEAD", CRITIC_UPDATES_AHEAD)
    monkeypatch.setattr("learning.training.fast_recipe.MAXIMUM_STEPS", MAXIMUM_STEPS)


def kill_again_and_again(photos: Path, out: Path, times: int, recipe: str, *more: object) -> None:
    """Begin and resume a run, killed each time after one to some iterations and a part of the next."""
    draw = random.Random(recipe)
    every = arguments(photos, out, "--recipe", recipe, *more)
    for number in range(times):
        moment = draw.randint(10, 20)
        process = start_forked(train_until_killed, moment, out, every, errors=out.with_name(f"errors {number}"))
        process.join()
        assert process.exitcode == -signal.SIGKILL


@pytest.mark.usefixtures("few_first_updates")
@pytest.mark.parametrize(("recipe", "times"), [("fast", 1), pytest.param("paper", 2, marks=pytest.mark.long)])
def test_a_run_that_was_killed_ends_as_one_never_killed(photos: Path, tmp_path: Path, recipe: str, times: int) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert safelight(*arguments(photos, whole, "--recipe", recipe)).exit_code == 0
    kill_again_and_again(photos, killed, times, recipe)
    assert safelight("train", "--out", killed, "--resume").exit_code == 0
    for name in (LAST, BEST):
        assert same(whole / name, killed / name)
    assert (whole / "log.jsonl").read_text() == (killed / "log.jsonl").read_text()


@pytest.mark.long
@pytest.mark.usefixtures("few_first_updates")
@pytest.mark.parametrize("recipe", ["fast", "paper"])
def test_a_run_killed_ten_times_leaves_what_one_never_killed_does(photos: Path, tmp_path: Path, recipe: str) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    more = ["--iterations", 120, "--save-every", 2, "--picture-every", 10]
    assert safelight(*arguments(photos, whole, "--recipe", recipe, *more)).exit_code == 0
    kill_again_and_again(photos, killed, 10, recipe, *more)
    assert safelight("train", "--out", killed, "--resume").exit_code == 0
    names = sorted(str(path.relative_to(whole)) for path in whole.rglob("*.*") if "tfevents" not in path.name)
    assert {"log.jsonl", LAST, BEST, "pictures/00000120.png"} <= set(names)
    for name in set(names) - {"config.json"}:
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name
    views = [EventAccumulator(str(run), {"scalars": 0}).Reload().Scalars("critic/distance") for run in (whole, killed)]
    scalars = [[(event.step, event.value) for event in view] for view in views]
    assert scalars[0] == scalars[1]


def test_a_run_is_resumed_by_its_own_settings_on_its_own_photos(photos: Path, run: Path) -> None:
    other = safelight("train", "--out", run, "--resume", "--width", 2)
    assert other.exit_code == 2
    assert "was begun with width 1, not 2" in other.output
    Image.new("RGB", (8, 8)).save(photos / "another.png")
    changed = safelight("train", "--out", run, "--resume")
    (photos / "another.png").unlink()
    assert changed.exit_code == 1
    assert "the photos are not those" in changed.output


def test_a_run_that_was_begun_with_other_defaults_of_its_recipe_is_refused(run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    config["training"]["critic_rate"] *= 2
    (run / "config.json").write_text(json.dumps(config))
    result = safelight("train", "--out", run, "--resume")
    assert result.exit_code == 1
    assert "was begun with other defaults of its recipe; begin another run" in result.output


def test_a_run_whose_files_have_the_names_of_before_is_resumed(run: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(run, tmp_path / "old"))
    names = {new: before for before, new in RENAMED.items()}
    config = json.loads((old / "config.json").read_text())
    config["training"] = {names.get(name, name): value for name, value in config["training"].items()}
    assert {"ring_batches", "gradient_penalty", "copies"} <= config["training"].keys()
    (old / "config.json").write_text(json.dumps(config))
    tensors, about = read_checkpoint(old / LAST)
    save_checkpoint(old / LAST, {names.get(name, name): value for name, value in tensors.items()}, about)
    assert "memory/ring" in load_file(old / LAST)
    for one in (run, old):
        safelight_output("train", "--out", one, "--resume")
    assert same(run / LAST, old / LAST)


def test_a_setting_that_the_run_was_begun_without_can_be_given(run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    del config["settings"]["keep_every"]
    (run / "config.json").write_text(json.dumps(config))
    safelight_output("train", "--out", run, "--resume", "--keep-every", 2)
    assert [path.name for path in (run / KEPT).iterdir()] == ["0000002.safetensors"]


@pytest.mark.long
def test_a_run_keeps_the_precision_that_it_was_begun_with(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    monkeypatch.setattr("learning.device.LEAST_WIDTH", 1)
    monkeypatch.setattr("learning.device.has_bfloat16", lambda _device: True)
    assert safelight(*arguments(photos, run, "--iterations", 1)).exit_code == 0
    assert json.loads((run / "config.json").read_text())["training"]["bfloat16"] is True
    monkeypatch.setattr("learning.device.has_bfloat16", lambda _device: False)
    safelight_output("train", "--out", run, "--resume")


def test_what_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    result = safelight("train", "--out", tmp_path / "none", "--resume")
    assert result.exit_code == 1
    assert "is not a run of safelight train" in result.output


def test_a_damaged_checkpoint_is_named(run: Path) -> None:
    (run / LAST).write_bytes(b"nothing")
    result = safelight("train", "--out", run, "--resume")
    assert result.exit_code == 1
    assert "last.safetensors is damaged" in result.output
