"""``safelight train --seeds``: several seeds in one folder, of which the best is what plays."""

import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editing.files import write_atomically
from learning.agent.checkpoint import BEST, CONFIG, LAST, CheckpointError, load_agent, read_checkpoint, save_checkpoint
from learning.training.seeds import SeedResult, link, seed_folder, seed_result, train_seeds, write_about
from learning.training.trainer import TrainingDiverged
from tests.command_line import safelight, safelight_output


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many as it takes for some to be held out."""
    folder = tmp_path_factory.mktemp("photos")
    draw = np.random.default_rng(5)
    for index in range(14):
        Image.fromarray(draw.integers(0, 60 + 12 * index, (8, 8, 3), dtype=np.uint8)).save(folder / f"{index:02}.png")
    return folder


def arguments(photos: Path, out: Path, *more: object) -> list[object]:
    small = ["--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 1, "--save-every", 1, "--picture-every", 0]
    return ["train", "--inputs", photos, "--targets", photos, "--out", out, *small, "--device", "cpu", *more]


def save_seed(out: Path, seed: int, rmse: float) -> None:
    folder = seed_folder(out, seed)
    folder.mkdir(parents=True)
    write_atomically(folder / CONFIG, b"{}")
    about = {"iterations_done": 50, "best_score": 60.0 + seed, "best_distance": 0.1, "best_rmse": rmse}
    save_checkpoint(folder / BEST, {}, about)


def train_made(folder: Path, seed: int) -> None:
    """Train what save_seed has made: nothing, but seed 2 diverges, and nothing is held out of seed 9."""
    if seed == 9:
        folder.mkdir(parents=True)
    elif seed == 2:
        save_seed(folder.parent, seed, 0.05)
        raise TrainingDiverged("the agent has stopped exploring", {})
    else:
        save_seed(folder.parent, seed, {0: 0.3, 1: 0.1}[seed])


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Seeds are trained here, by what would be sent to processes of their own: each of those has torch to import."""
    alone = threading.Lock()

    def run_here(function: Callable[..., str], *arguments: object, should_stop: object, limit: float) -> str:
        with alone:
            sent = ForkingPickler.loads(ForkingPickler.dumps((function, arguments)))
            return str(sent[0](*sent[1]))

    monkeypatch.setattr("learning.training.seeds.run_isolated", run_here)
    yield
    torch.set_num_threads(1)


def test_the_seed_whose_results_are_nearest_to_what_photos_were_is_linked(tmp_path: Path) -> None:
    out = tmp_path / "run"
    write_about(out, {"seeds": [0, 1]})
    reported: list[SeedResult] = []
    results = train_seeds(out, [0, 1], train_made, 2, reported.append)
    assert [result.rmse for result in results] == [0.3, 0.1]
    assert sorted(map(str, reported)) == [
        "seed 0: the best after 50 iterations: score 60.0, distance 0.100, RMSE 0.300",
        "seed 1: the best after 50 iterations: score 61.0, distance 0.100, RMSE 0.100",
    ]
    assert (out / BEST).resolve() == seed_folder(out, 1) / BEST
    about = json.loads((out / "seeds.json").read_text())
    assert (about["best"], about["results"][0]["rmse"]) == (1, 0.3)
    link(out, seed_folder(out, 0))
    assert (out / CONFIG).resolve() == seed_folder(out, 0) / CONFIG


def test_a_seed_that_diverges_leaves_its_best_checkpoint_and_says_why(tmp_path: Path, in_this_process: None) -> None:
    write_about(tmp_path / "run", {"seeds": [1, 2]})
    results = train_seeds(tmp_path / "run", [1, 2], train_made, 1, lambda _result: None)
    assert [result.error for result in results] == ["", "the agent has stopped exploring"]
    assert (tmp_path / "run" / BEST).resolve() == seed_folder(tmp_path / "run", 2) / BEST


def train_for_ever(_folder: Path, seed: int) -> None:
    """Train seed 0 at once, and the others until they are ended."""
    if seed:
        threading.Event().wait()


def test_ctrl_c_ends_those_that_are_training(tmp_path: Path) -> None:
    def interrupted(_result: SeedResult) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_seeds(tmp_path / "run", [0, 1], train_for_ever, 2, interrupted)
    assert not [child for child in multiprocessing.active_children() if child.is_alive()]


def test_seeds_that_nothing_was_held_out_for_cannot_be_chosen_from(tmp_path: Path, in_this_process: None) -> None:
    write_about(tmp_path / "run", {"seeds": [9]})
    with pytest.raises(CheckpointError, match="seed 9: nothing was held out to score it by"):
        train_seeds(tmp_path / "run", [9], train_made, 1, lambda _result: None)
    assert seed_result(tmp_path / "run", 9, "").criterion is None


@pytest.mark.long
def test_several_seeds_are_one_run_to_play_and_go_on_where_one_was_lost(
    photos: Path, tmp_path: Path, in_this_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.training.validation.FEWEST_VALIDATION", 2)
    out = tmp_path / "run"
    levers = ["--seed", 3, "--seeds", 2, "--normalise-exposure", "--unprocess", 0.5, "--reconstruction-penalty", 4]
    output = safelight_output(*arguments(photos, out, *levers, "--average", 0.5))
    assert "Training seeds 3 to 4" in output
    results = json.loads((out / "seeds.json").read_text())["results"]
    best = min(results, key=lambda result: float(result["rmse"]))
    assert f"The agent in {out} is that of seed {best['seed']}." in output
    agent = load_agent(out)
    assert agent.agent.normalisation.exposure
    assert agent.about["best_rmse"] == best["rmse"]
    # Both hold out the same photos, and are runs of their own seeds.
    settings = [json.loads((seed_folder(out, seed) / CONFIG).read_text())["settings"] for seed in (3, 4)]
    assert [(one["seed"], one["split_seed"]) for one in settings] == [(3, 3), (4, 3)]
    for path in seed_folder(out, 4).iterdir():
        if path.is_file():
            path.unlink()
    again = safelight_output("train", "--out", out, "--resume", "--device", "cpu")
    assert again.splitlines()[-1] == output.splitlines()[-1]
    assert read_checkpoint(seed_folder(out, 4) / LAST)[1]["iterations_done"] == 1


def test_levers_of_the_default_recipe_are_refused_of_the_papers(photos: Path, tmp_path: Path) -> None:
    result = safelight(*arguments(photos, tmp_path / "run", "--recipe", "paper", "--unprocess", 0.5))
    assert result.exit_code == 2
    assert "--unprocess is for --recipe fast alone" in result.output
