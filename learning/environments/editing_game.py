"""The game as Gymnasium environments, for other libraries to train on: one game, and many side by side.

Importing this module registers ``safelight/EditingGame-v0``; so does its name before the id:

    gymnasium.make("learning.environments:safelight/EditingGame-v0", photos="photos", reward="runs/first")
    gymnasium.make_vec("learning.environments:safelight/EditingGame-v0", num_envs=64, photos=..., reward=...)
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from editing.game.filters import CONTROLS, FILTERS
from editing.game.rules import MAXIMUM_STEPS
from editing.photos.preview import AGENT_VIEW_SIZE
from editing.photos.read_options import AUTO, ReadOptions
from learning.agent import state
from learning.environments.game_batch import GameBatch
from learning.environments.pictures import Pixels, Rows
from learning.environments.rewards import RewardFunction, create_reward
from learning.photos.sets import Decoding, PhotoSetError, list_photos, map_picture, training_square

METADATA = {"render_modes": ["rgb_array"], "render_fps": 2}

Arrays = dict[str, NDArray[Any]]
_ONLY: Rows = np.zeros(1, dtype=np.int64)  # the row of the only game
PhotoSource = str | Path | NDArray[Any] | Sequence[NDArray[Any]]


def read_squares(location: str | Path, options: ReadOptions = AUTO) -> Pixels:
    """(M, 80, 80, 3) the centre squares of the photos in a folder or an export, linear light.

    To give several environments the same photos, read them once. Files that cannot be read are left out, with a
    warning; this process reads them all, since a script that makes an environment may be imported by its children.

    Args:
        options: how the values in the files are to be taken.

    Raises:
        PhotoSetError, PhotoError, InvalidSnapshot: if there are no photos that can be read.
    """
    outcomes = [map_picture(picture, Decoding(options), training_square) for picture in list_photos(Path(location))]
    unreadable = [reason for _, reason in outcomes if reason]
    if len(unreadable) == len(outcomes):
        raise PhotoSetError(f"none of {len(outcomes)} photos could be read; the first: {unreadable[0]}")
    for reason in unreadable:
        gymnasium.logger.warn("Left out: %s", reason)
    return np.stack([square for square, reason in outcomes if not reason]).astype(np.float32)


def squares_of(photos: PhotoSource, options: ReadOptions) -> Pixels:
    """(M, S, S, 3) the photos that an environment is given.

    Raises:
        ValueError: if they cannot be read, or arrays are of another shape, or not finite.
    """
    if isinstance(photos, str | Path):
        return read_squares(photos, options)
    squares = np.asarray(photos, dtype=np.float32)
    square = squares.ndim == 4 and squares.shape[1] == squares.shape[2] >= AGENT_VIEW_SIZE and squares.shape[3] == 3
    if not (square and len(squares) and np.isfinite(squares).all()):
        raise ValueError(
            f"photos of the shape {squares.shape} cannot be played: give a folder, or finite numbers of the shape "
            f"(M, S, S, 3), S at least {AGENT_VIEW_SIZE}, best 80"
        )
    return squares


def observation_space() -> spaces.Dict[NDArray[Any]]:
    """Return what a game shows, see ``EditingGame``."""
    # Nothing is clipped between steps, but check_env warns of infinite bounds.
    largest = float(np.finfo(np.float32).max)
    image = spaces.Box(-largest, largest, (AGENT_VIEW_SIZE, AGENT_VIEW_SIZE, 3), np.float32)
    return spaces.Dict({"image": image, "state": spaces.Box(0, MAXIMUM_STEPS, (state.SIZE,), np.float32)})


def action_space(*, stop: bool) -> spaces.Dict[Any]:
    """Return what can be done in a game, see ``EditingGame``."""
    controls = spaces.Box(-1, 1, (CONTROLS,), np.float32)
    return spaces.Dict({"filter": spaces.Discrete(len(FILTERS) + stop), "parameters": controls})


def check_actions(filters: Any, controls: Any, count: int, *, stop: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the two parts of ``count`` actions as arrays, (count,) and (count, ``CONTROLS``).

    Raises:
        ValueError: if they are not that.
    """
    filters, controls = np.asarray(filters), np.asarray(controls)
    choices = range(len(FILTERS) + stop)
    if filters.shape != (count,) or filters.dtype.kind not in "iu" or not np.isin(filters, choices).all():
        raise ValueError(f"an action's filter must be a whole number in 0 .. {choices[-1]}, not {filters}")
    if controls.shape != (count, CONTROLS) or not np.isfinite(controls).all():
        raise ValueError(f"an action's parameters must be {CONTROLS} finite numbers; the shape is {controls.shape}")
    return filters, controls


class EditingGame(gymnasium.Env[Arrays, dict[str, Any]]):
    """One game: a photo and five steps, after which it is terminated. It is never truncated.

    Action: ``filter``, which one is applied, and ``parameters``, controls in -1 .. 1 of all filters in one row: one
    box of a fixed size, which every library can handle, and not a space for each filter. Of the row the filter's own
    part is used, ``editing.game.filters.PLACES[slug]``. A control is a place on the slider that people
    have: -1 its low end, 1 its high end, logarithmic where the slider is; 0 is neutral but for ``saturation`` and
    ``black_white``, whose neutral is -1. Values beyond are clipped.

    Observation: ``image``, (64, 64, 3) linear light, unclipped, so above 1 at times; ``state``, the eleven numbers
    ``[has_reward, stopped, step, used_0 .. used_7]`` that our own agent sees.

    Info: ``action_mask``, (8,) int8, 0 for the filters that were used: the rules allow each once. An action that uses
    one again changes nothing, takes up its step, and costs 1.0. ``photo``: the photo's index.

    With ``stop``, a ``filter`` of 8 ends the game there, as a person may finish after any step: it changes nothing, and
    its reward is 0. The mask has a ninth number for it, 0 before the first step, where to stop costs 1.0.

    Reward: see ``learning.environments.rewards.CriticReward`` for a run's critic. A function is given two arrays
    (N, 64, 64, 3), before and after the step, and returns (N,) numbers; here N is 1.
    """

    metadata = METADATA

    def __init__(
        self,
        photos: PhotoSource,
        reward: str | Path | RewardFunction,
        *,
        augment: bool = True,
        stop: bool = False,
        transfer: str = "auto",
        primaries: str = "auto",
        device: str = "cpu",
        render_mode: str | None = None,
    ) -> None:
        """Read the photos and the critic.

        Args:
            photos: a folder or an export, or squares (M, S, S, 3) of linear light, 80 or 64 pixels wide.
            reward: the folder of a run of ``safelight train``, whose critic judges, or a function.
            augment: begin on random crops of 64 x 64, half of them flipped, as in training; else on the whole square
                scaled to 64 x 64, as the agent sees a photo when it plays.
            stop: whether a game may be ended before its five steps are over.
            transfer, primaries: of photo files, see ``editing.photos.read_options``.
            device: where torch computes.
            render_mode: None or ``rgb_array``, the picture as a screen shows it.

        Raises:
            ValueError: if the photos or the critic cannot be used; the message says why.
        """
        squares = squares_of(photos, ReadOptions(transfer, primaries))
        rewards = create_reward(reward, 1, device)
        self._games = GameBatch(1, squares, rewards, augment=augment, stop=stop, device=device)
        self.render_mode, self._stop = render_mode, stop
        # Gymnasium's Dict is typed as a space of spaces.
        self.observation_space = observation_space()  # type: ignore[assignment]
        self.action_space = action_space(stop=stop)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Arrays, dict[str, Any]]:
        """Begin a game; ``options={"photo": index}`` chooses the photo."""
        super().reset(seed=seed)
        if seed is not None:
            self._games.random.seed(_ONLY, np.array([seed], dtype=np.uint64))
        self._games.start(_ONLY, (options or {}).get("photo"))
        return self._seen()

    def step(self, action: dict[str, Any]) -> tuple[Arrays, float, bool, bool, dict[str, Any]]:
        """Apply a filter.

        Raises:
            ValueError: if the action is not one of the action space, but for controls beyond -1 .. 1.
            gymnasium.error.ResetNeeded: if the game is over.
        """
        checked = check_actions([action["filter"]], [action["parameters"]], 1, stop=self._stop)
        (reward,) = self._games.step(_ONLY, *checked)
        observation, info = self._seen()
        return observation, float(reward), bool(self._games.finished[0]), False, info

    def render(self) -> NDArray[np.uint8] | None:
        """(64, 64, 3) the picture as a screen shows it."""
        return self._games.shown()[0] if self.render_mode == "rgb_array" else None

    def _seen(self) -> tuple[Arrays, dict[str, Any]]:
        observation = {name: values[0] for name, values in self._games.observation().items()}
        return observation, {"action_mask": self._games.action_mask[0], "photo": int(self._games.photo[0])}
