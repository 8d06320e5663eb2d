"""The Gymnasium environment: many games side by side, against copying what they show, one game, and the critic."""

import tempfile
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from bench.figures import Figure, alone, ratio, seconds
from editing.game.filters import CONTROLS, FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.agent.checkpoint import LAST, begin_run, save_checkpoint
from learning.agent.critic import Critic
from learning.configuration import Widths
from learning.environments import ENVIRONMENT_ID
from learning.training.potentials import POTENTIALS

FEW, MANY = 64, 1024
RUNS = 7
CRITIC = Widths(width=12, hidden=64)


def measure() -> dict[str, Figure]:
    """Measure a step of games that begin anew after five of them; one thread, CPU time; each in its own process."""
    return alone(_over_copy) | alone(_over_single) | alone(_over_critic)


def _photos() -> NDArray[np.float32]:
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    return np.random.default_rng(0).random((8, 80, 80, 3), dtype=np.float32)


def _over_copy() -> dict[str, Figure]:
    photos = _photos()
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


def _over_single() -> dict[str, Figure]:
    photos = _photos()
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


def _over_critic() -> dict[str, Figure]:
    photos = _photos()
    critic = Critic(CRITIC)
    games = _games(FEW, photos, _none, copy=False)
    observations, _ = games.reset(seed=0)
    images = torch.from_numpy(observations["image"].copy()).permute(0, 3, 1, 2)

    def forward() -> None:
        for _ in range(MAXIMUM_STEPS):
            POTENTIALS["fast"](critic, images)

    # Before the environment has the process keep what is freed.
    fresh = median(seconds(forward) for _ in range(RUNS))
    with tempfile.TemporaryDirectory() as folder:
        begin_run(Path(folder), CRITIC, {"recipe": "fast"})
        tensors = {f"critic/weights/{name}": value for name, value in critic.state_dict().items()}
        save_checkpoint(Path(folder) / LAST, tensors, {})
        games = _games(FEW, photos, folder, copy=False)
    games.reset(seed=0)
    play = _play(games, FEW)
    play()
    runs = [(seconds(play), seconds(forward)) for _ in range(RUNS)]
    ours, kept = (median(times) for times in zip(*runs, strict=True))
    note = f"a step of {FEW} games by the reward of a critic of width {CRITIC.width}"
    passes = f"the critic's forward pass of as many images, {1000 * kept / MAXIMUM_STEPS:.0f} ms"
    in_fresh = f"the same in a process that has freed no large block yet, {1000 * fresh / MAXIMUM_STEPS:.0f} ms"
    return {
        "environment.critic_step_over_forward": Figure(median(a / b for a, b in runs), "x", passes, note),
        "environment.critic_step_over_fresh_forward": Figure(ours / fresh, "x", in_fresh, note),
    }


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
