"""A run in its folder: which checkpoint is the best."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from learning.agent.checkpoint import BEST, KEPT, begin_run, load_agent, read_checkpoint
from learning.agent.networks import Agent
from learning.configuration import FastConfig, Widths
from learning.photos.batches import CropSampler
from learning.photos.squares import Squares
from learning.training.fast_recipe import FastTrainer
from learning.training.pictures import TrainingPictures
from learning.training.run import run
from learning.training.validation import Score, Validation

SMALL, CPU = Widths(1, 2), torch.device("cpu")


class ScoredAs:
    """How near an agent's results are to the targets, as given, whoever it is."""

    criterion = "distance"

    def __init__(self, *distances: float) -> None:
        self._distances = iter(distances)

    def score(self, _agent: Agent, _widths: Widths) -> Score:
        distance = next(self._distances)
        return Score(50 + distance, 0.0, distance, 1 - distance)


class ComparedAs(ScoredAs):
    """The same, where it is known what the inputs were; the nearest by that are the farthest by the statistics."""

    criterion = "rmse"


@pytest.mark.parametrize(("scored", "best"), [(ScoredAs, (0.1, 50.1, 3)), (ComparedAs, (0.5, 50.5, 6))])
def test_the_best_checkpoint_is_the_nearest_to_the_targets_whatever_the_intersection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scored: type[ScoredAs], best: tuple[float, float, int]
) -> None:
    # Whatever is learned, the scores are as given.
    monkeypatch.setattr(FastTrainer, "_iterate", lambda _: {"loss": torch.zeros(())})
    squares = [np.random.default_rng(seed).random((80, 80, 3), dtype=np.float32) for seed in range(2)]
    config = FastConfig(SMALL, batch=8, iterations=6)
    trainer = FastTrainer(config, CropSampler(squares, CPU), CropSampler(squares, CPU), CPU)
    begin_run(tmp_path / "run", SMALL, {"training": config.to_json()})
    no_pictures = TrainingPictures(Squares.of(squares), Squares.of(squares), every=0)
    run(
        tmp_path / "run",
        trainer,
        cast(Validation, scored(0.3, 0.4, 0.1, 0.2, 0.1, 0.5)),
        no_pictures,
        save_every=1,
        keep_every=2,
    )
    about = read_checkpoint(tmp_path / "run" / BEST)[1]
    assert (about["best_distance"], about["best_score"], about["iterations_done"]) == best
    kept = sorted((tmp_path / "run" / KEPT).iterdir())
    assert [read_checkpoint(path)[1]["iterations_done"] for path in kept] == [2, 4, 6]
    assert load_agent(tmp_path / "run", kept[0]).about["iterations_done"] == 2
