"""The Gymnasium environment: many games side by side, against copying what they show, one game, and the critic."""

import tempfile
from itertools import cycle
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from bench.figures import Figure, ratio
from editing.game.filters import CONTROLS, FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.agent.checkpoint import LAST, begin_run, save_checkpoint
from learning.agent.critic import Critic
from learning.configuration import Widths
from learning.environments import ENVIRONMENT_ID
from learning.training.potentials import POTENTIALS

FEW, MANY = 64, 1024
CRITIC = Widths(width=12, hidden=64)


def measure() -> dict[str, Figure]:
    """Measure a step of games that begin anew after five of them; one thread, CPU time."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    photos = np.random.default_rng(0).random((8, 80, 80, 3), dtype=np.float32)
    return _over_copy(photos) | _over_single(photos) | _over_critic(photos)


def _over_copy(photos: NDArray[np.float32]) -> dict[str, Figure]:
    games = _games(MANY, photos, _none, copy=False)
    observations, _ = games.reset(seed=0)
    source = observations["image"].copy()
    warm = source.copy()
    play = _play(games, MANY)

    def copies() -> None:
        for _ in range(MAXIMUM_STEPS):
            np.copyto(warm, source)

    note = f"a step of {MANY} games, a reward that costs nothing, observations not copied"
    return {"environment.step_over_copy": Figure(ratio(play, copies), "x", "np.copyto of their observations", note)}


def _over_single(photos: NDArray[np.float32]) -> dict[str, Figure]:
    games = _games(FEW, photos, _none, copy=True)
    games.reset(seed=0)
    play = _play(games, FEW)
    game = gymnasium.make(ENVIRONMENT_ID, photos=photos, reward=_none)
    filters, controls = _actions(FEW)
    rows = cycle(range(FEW))

    def one() -> None:
        row = next(rows)
        game.reset()
        for step in range(MAXIMUM_STEPS):
            game.step({"filter": filters[row, step], "parameters": controls[row, step]})

    over = Figure(FEW / ratio(play, one), "x", "steps a second of one game, in this run", f"{FEW} games")
    return {"environment.vector_over_single": over}


def _over_critic(photos: NDArray[np.float32]) -> dict[str, Figure]:
    critic = Critic(CRITIC)
    with tempfile.TemporaryDirectory() as folder:
        begin_run(Path(folder), CRITIC, {"recipe": "fast"})
        tensors = {f"critic/weights/{name}": value for name, value in critic.state_dict().items()}
        save_checkpoint(Path(folder) / LAST, tensors, {})
        games = _games(FEW, photos, folder, copy=False)
    observations, _ = games.reset(seed=0)
    images = torch.from_numpy(observations["image"].copy()).permute(0, 3, 1, 2)
    play = _play(games, FEW)

    def forward() -> None:
        for _ in range(MAXIMUM_STEPS):
            POTENTIALS["fast"](critic, images)

    note = f"a step of {FEW} games by the reward of a critic of width {CRITIC.width}"
    over = Figure(ratio(play, forward), "x", "the critic's forward pass of as many images, in this run", note)
    return {"environment.critic_step_over_forward": over}


def _games(count: int, photos: NDArray[np.float32], reward: Any, *, copy: bool) -> Any:
    return gymnasium.make_vec(ENVIRONMENT_ID, count, photos=photos, reward=reward, autoreset_mode="SameStep", copy=copy)


def _actions(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    random = np.random.default_rng(0)
    filters = random.permuted(np.tile(np.arange(len(FILTERS)), (count, 1)), axis=1)
    return filters, random.uniform(-1, 1, (count, MAXIMUM_STEPS, CONTROLS)).astype(np.float32)


def _play(games: Any, count: int) -> Any:
    filters, controls = _actions(count)

    def play() -> None:
        for step in range(MAXIMUM_STEPS):
            games.step({"filter": filters[:, step], "parameters": controls[:, step]})

    return play


def _none(before: NDArray[Any], after: NDArray[Any]) -> NDArray[Any]:  # noqa: ARG001 (as all rewards)
    return np.zeros(len(after))
