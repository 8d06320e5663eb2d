"""The game as a Gymnasium vector environment: many games side by side, and nothing of Python's for each of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from editing.photos.read_options import ReadOptions
from learning.environments.editing_game import (
    METADATA,
    Arrays,
    PhotoSource,
    action_space,
    check_actions,
    observation_space,
    squares_of,
)
from learning.environments.game_batch import GameBatch
from learning.environments.pictures import Rows
from learning.environments.rewards import RewardFunction, create_reward


class EditingGames(VectorEnv[Arrays, dict[str, Any], NDArray[Any]]):
    """``num_envs`` games side by side, stepped together: each is an ``EditingGame``.

    ``reset`` and ``step`` do what ``gymnasium.vector.SyncVectorEnv`` does with as many single games. Every game draws
    random numbers of its own: ``reset(seed=s)`` seeds them with s, s + 1 ..., or with a list.
    """

    metadata = METADATA | {"autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        num_envs: int = 1,
        *,
        photos: PhotoSource,
        reward: str | Path | RewardFunction,
        augment: bool = True,
        stop: bool = False,
        transfer: str = "auto",
        primaries: str = "auto",
        device: str = "cpu",
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
    ) -> None:
        """Read the photos and the critic, see ``EditingGame``.

        Args:
            autoreset_mode: when a new game begins after the last step: at the next call, whose action is then
                ignored (NextStep); at once, the last picture being in ``infos["final_obs"]`` (SameStep); or by
                ``reset(options={"reset_mask": finished})`` (Disabled).
            copy: whether observations are the caller's own arrays, or those of the games, which the next call of
                ``step`` or ``reset`` overwrites, as in ``gymnasium.vector.SyncVectorEnv``.
        """
        squares = squares_of(photos, ReadOptions(transfer, primaries))
        rewards = create_reward(reward, num_envs, device)
        self._games = GameBatch(num_envs, squares, rewards, augment=augment, stop=stop, device=device)
        self.num_envs, self.render_mode, self._stop = num_envs, render_mode, stop
        self._mode = AutoresetMode(autoreset_mode)
        self.metadata = METADATA | {"autoreset_mode": self._mode}
        self.single_observation_space, self.single_action_space = observation_space(), action_space(stop=stop)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._copy = copy

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Arrays, dict[str, Any]]:
        """Begin games, all or those of ``options["reset_mask"]``, (num_envs,) booleans.

        ``options["photo"]`` chooses the photo: an index, or one for each game that is begun.
        """
        options = options or {}
        mask = np.asarray(options.get("reset_mask", np.ones(self.num_envs, dtype=np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ValueError(f"the reset_mask must be {self.num_envs} booleans, not {mask}")
        rows = np.flatnonzero(mask)
        self._seed(rows, seed)
        self._start(rows, options.get("photo"))
        return self._games.observation(self._copy), self._infos(np.ones(self.num_envs, dtype=np.bool_))

    def step(self, actions: dict[str, Any]) -> tuple[Arrays, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Apply a filter in each game; see ``EditingGame.step``."""
        filters, controls = check_actions(actions["filter"], actions["parameters"], self.num_envs, stop=self._stop)
        over = self._games.finished & (self._mode is AutoresetMode.NEXT_STEP)
        playing = np.flatnonzero(~over)
        rewards = np.zeros(self.num_envs)
        if len(playing):
            rewards[playing] = self._games.step(playing, filters[playing], controls[playing])
        self._start(np.flatnonzero(over))
        terminations = self._games.finished
        infos: dict[str, Any] = {}
        if self._mode is AutoresetMode.SAME_STEP and terminations.any():
            infos = self._final(terminations)
            self._start(np.flatnonzero(terminations))
        infos |= self._infos(np.ones(self.num_envs, dtype=np.bool_))
        return (
            self._games.observation(self._copy),
            rewards,
            terminations,
            np.zeros(self.num_envs, dtype=np.bool_),
            infos,
        )

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """(64, 64, 3) of each game, the picture as a screen shows it."""
        return tuple(self._games.shown()) if self.render_mode == "rgb_array" else None

    def _seed(self, rows: Rows, seed: int | Sequence[int | None] | None) -> None:
        """Seed games by the first game's seed, or by a list of one for each game, None where it goes on."""
        if seed is None:
            return
        if isinstance(seed, int):
            self._games.random.seed(rows, seed + rows.astype(np.uint64))
            return
        if len(seed) != self.num_envs:
            raise ValueError(f"{len(seed)} seeds were given for {self.num_envs} games")
        seeded = np.array([row for row in rows if seed[row] is not None], dtype=np.int64)
        self._games.random.seed(seeded, np.array([seed[row] for row in seeded], dtype=np.uint64))

    def _start(self, rows: Rows, photo: Any = None) -> None:
        if len(rows):
            self._games.start(rows, photo)

    def _infos(self, which: NDArray[np.bool_]) -> dict[str, Any]:
        """Return the infos of some games, 0 for the others, with Gymnasium's masks of which have them."""
        masks = self._games.action_mask * which[:, None]
        photo = self._games.photo * which
        return {"action_mask": masks, "_action_mask": which.copy(), "photo": photo, "_photo": which.copy()}

    def _final(self, finished: NDArray[np.bool_]) -> dict[str, Any]:
        # New games begin in the place of these, unless all do.
        last = self._games.observation(self._copy or not finished.all())
        observations = np.full(self.num_envs, None, dtype=object)
        for row in np.flatnonzero(finished):
            observations[row] = {name: values[row] for name, values in last.items()}
        infos = {"final_obs": observations, "final_info": self._infos(finished)}
        return infos | {"_final_obs": finished.copy(), "_final_info": finished.copy()}
