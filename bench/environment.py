"""The Gymnasium environment: many games side by side, against one."""

from itertools import cycle
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from bench.figures import Figure, ratio
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.environments import ENVIRONMENT_ID
from learning.environments.game_batch import CONTROLS

GAMES = 64


def measure() -> dict[str, Figure]:
    """Measure the steps a second of 64 games in one tensor program over those of one game.

    All begin anew after five steps.
    """
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    photos = random.random((8, 80, 80, 3), dtype=np.float32)
    filters = random.permuted(np.tile(np.arange(len(FILTERS)), (GAMES, 1)), axis=1)
    controls = random.uniform(-1, 1, (GAMES, MAXIMUM_STEPS, CONTROLS)).astype(np.float32)
    games = gymnasium.make_vec(ENVIRONMENT_ID, GAMES, photos=photos, reward=_none, autoreset_mode="SameStep")
    game = gymnasium.make(ENVIRONMENT_ID, photos=photos, reward=_none)
    games.reset(seed=0)
    rows = cycle(range(GAMES))

    def side_by_side() -> None:
        for step in range(MAXIMUM_STEPS):
            games.step({"filter": filters[:, step], "parameters": controls[:, step]})

    def one() -> None:
        row = next(rows)
        game.reset()
        for step in range(MAXIMUM_STEPS):
            game.step({"filter": filters[row, step], "parameters": controls[row, step]})

    note = f"{GAMES} games, a reward that costs nothing, one thread; CPU time"
    over = Figure(GAMES / ratio(side_by_side, one), "x", "steps a second of one game, in this run", note)
    return {"environment.vector_over_single": over}


def _none(before: NDArray[Any], after: NDArray[Any]) -> NDArray[Any]:  # noqa: ARG001 (as all rewards)
    return np.zeros(len(after))
