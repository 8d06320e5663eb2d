"""Many games at once: what the environments of ``learning.environments.editing_game`` play on.

An action is the index of a filter and a control for each parameter of each filter, all in one row. A control lies in
-1 .. 1, from one end of the parameter's slider to the other, divided as the slider is (``editing.game.parameters``).
Where games may be stopped, the index behind the last filter's does so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from editing.game.filters import CONTROLS, FILTERS, PLACES
from editing.game.rules import Step
from editing.photos.preview import AGENT_VIEW_SIZE, agent_view
from learning.agent import state
from learning.environments.pictures import Edits, Pixels, Rows, channels_last, create_pictures
from learning.environments.rewards import Reward
from learning.training.paper_recipe import REPEAT_PENALTY
from learning.training.trainer import clip_to_display


def to_step(action: Mapping[str, Any]) -> Step:
    """Return the step that an action is, with its parameters as trajectories store them."""
    slug = list(FILTERS)[int(action["filter"])]
    controls = np.clip(np.asarray(action["parameters"], dtype=np.float64), -1, 1)
    physical = {name: float(value) for name, value in _physical(slug, controls[PLACES[slug]]).items()}
    return Step(slug, FILTERS[slug].canonical(physical))


def to_action(step: Step) -> dict[str, Any]:
    """Return the action that makes a step, such as one of a person's; the other filters' controls are 0."""
    controls = np.zeros(CONTROLS, dtype=np.float32)
    positions = [p.to_position(step.parameters[p.name]) for p in FILTERS[step.filter].parameters]
    controls[PLACES[step.filter]] = 2 * np.array(positions) - 1
    return {"filter": np.int64(list(FILTERS).index(step.filter)), "parameters": controls}


def _physical(slug: str, controls: Any) -> dict[str, Any]:
    """Physical values by name, each of the shape of ``controls`` without its last axis."""
    return {p.name: p.from_position((controls[..., i] + 1) / 2) for i, p in enumerate(FILTERS[slug].parameters)}


class GameRandom:
    """A stream of random numbers for each of ``count`` games, all drawn from at once.

    SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): a number is a hash of
    how many were drawn, so that no game needs a generator of Python's.
    """

    _GAMMA = np.uint64(0x9E3779B97F4A7C15)
    _MIXERS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))

    def __init__(self, count: int) -> None:
        self._states = np.random.SeedSequence().generate_state(count, np.uint64)

    def seed(self, rows: Rows, seeds: NDArray[np.uint64]) -> None:
        """Begin the streams of some games; the same seed gives the same numbers."""
        self._states[rows] = self._mixed(seeds)

    def integers(self, rows: Rows, highs: Sequence[int]) -> NDArray[np.int64]:
        """Draw a number of 0 .. high - 1 for each of ``highs``, of at most 2^31, and each game: (n, len(highs))."""
        steps = np.arange(1, len(highs) + 1, dtype=np.uint64) * self._GAMMA
        numbers = self._mixed(self._states[rows][:, None] + steps)
        self._states[rows] += steps[-1]
        # The upper half times the range: no bias worth the name, and no division.
        scaled = (numbers >> np.uint64(32)) * np.array(highs, dtype=np.uint64)
        return (scaled >> np.uint64(32)).astype(np.int64)

    def _mixed(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        for shift, factor in self._MIXERS:
            numbers = (numbers ^ (numbers >> shift)) * factor
        return numbers ^ (numbers >> np.uint64(31))


class GameBatch:
    """``count`` games side by side. A row is a game; what is asked for some rows leaves the others as they are.

    Attributes:
        states: (count, 11), see ``learning.agent.state``; on the CPU.
        photo: (count,) the index of each game's photo, -1 before its first game.
        random: what each game draws its photo and crop from.
    """

    def __init__(self, count: int, squares: Pixels, reward: Reward, *, augment: bool, stop: bool, device: str) -> None:
        """Take photos, (M, S, S, 3) with S at least 64.

        Args:
            augment: whether games begin on random crops, half of them flipped, or on the whole square.
            stop: whether a game may be stopped before its five steps are over.
        """
        views = squares if augment else np.stack([agent_view(square) for square in squares])
        margin = views.shape[1] - AGENT_VIEW_SIZE
        # How many photos, flips, tops and lefts there are to draw from.
        self._choices = (len(views), 1 + augment, margin + 1, margin + 1)
        self._pictures = create_pictures(count, views, device)
        self._reward, self._stop = reward, stop
        self.random = GameRandom(count)
        self.states = torch.zeros(count, state.SIZE)
        self.photo = np.full(count, -1)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """(count,) whether each game has had its five steps, or was stopped."""
        return state.finished(self.states).numpy()

    @property
    def action_mask(self) -> NDArray[np.int8]:
        """(count, 8) 1 where a filter may be chosen: it was not used yet; and behind them whether a game may stop."""
        unused = (self.states[:, state.USED] == 0).numpy().astype(np.int8)
        return np.append(unused, 1 - unused.min(axis=1, keepdims=True), axis=1) if self._stop else unused

    def start(self, rows: Rows, photo: Any = None) -> None:
        """Begin new games in ``rows``, (n,) indices.

        Args:
            photo: the photo to begin on, or (n,) of them; drawn as well where it is None.

        Raises:
            ValueError: if there is no such photo.
        """
        drawn = self.random.integers(rows, self._choices)
        if photo is not None:
            drawn[:, 0] = photo
            if drawn[:, 0].min() < 0 or drawn[:, 0].max() >= self._choices[0]:
                raise ValueError(f"there is no photo {photo}; they are numbered 0 .. {self._choices[0] - 1}")
        self._pictures.begin(rows, drawn)
        self._reward.forget(rows)
        if len(rows) == len(self.states):  # as of the pictures: what was shown last stays as it is
            self.states = torch.zeros_like(self.states)
        self.states[rows] = 0
        self.photo[rows] = drawn[:, 0]

    def step(self, rows: Rows, filters: NDArray[Any], controls: NDArray[Any]) -> NDArray[np.float64]:
        """Make a step in the games in ``rows``; (n,) rewards.

        A filter used before changes nothing, and costs 1.0; so does to stop before the first step. To stop later
        costs nothing.

        All other games must be begun next: their pictures are not kept.

        Args:
            filters: (n,) their indices, or their number where a game is stopped.
            controls: (n, ``CONTROLS``), clipped to -1 .. 1.

        Raises:
            ResetNeeded: if a game has not begun, or is over.
        """
        if (self.photo[rows] < 0).any() or self.finished[rows].any():
            raise ResetNeeded("a game has not begun, or is over after its five steps: call reset() first")
        choice = torch.from_numpy(filters.astype(np.int64))
        states = self.states[rows]
        stopping = filters == len(FILTERS)
        refused = self.action_mask[rows, filters] == 0
        unchanged = refused | stopping
        self._pictures.edit(_edits(rows, np.where(unchanged, -1, filters), controls), rows[unchanged])
        before, after = self._pictures.before(), self._pictures.now()
        if len(rows) < len(self.states):
            at = torch.from_numpy(rows).to(after.device)
            before, after = before[at], after[at]
        self.states[rows] = state.next_states(states, choice)
        with torch.no_grad():
            rewards = self._reward.step(rows, before, after).double().cpu().numpy()
        result: NDArray[np.float64] = np.where(stopping, 0.0, rewards) - REPEAT_PENALTY * refused
        return result

    def observation(self, copy: bool = True) -> dict[str, NDArray[Any]]:
        """Show the games: ``image`` (count, 64, 64, 3) and ``state`` (count, 11).

        Args:
            copy: whether the arrays are the caller's own, or those of the games, which the next step overwrites.
        """
        image, states = channels_last(self._pictures.now()), self.states.numpy()
        return {"image": image.copy(), "state": states.copy()} if copy else {"image": image, "state": states}

    def shown(self) -> NDArray[np.uint8]:
        """(count, 64, 64, 3) the images as a screen shows them."""
        return np.rint(255 * channels_last(clip_to_display(self._pictures.now()))).astype(np.uint8)


def _edits(rows: Rows, filters: NDArray[Any], controls: NDArray[Any]) -> Edits:
    """Group games by their filters, -1 for none; with the filters' physical parameters."""
    clipped = controls.astype(np.float32).clip(-1, 1)
    chosen = {slug: np.flatnonzero(filters == index) for index, slug in enumerate(FILTERS)}
    return {
        slug: (rows[games], _physical(slug, clipped[games][:, PLACES[slug]]))
        for slug, games in chosen.items()
        if len(games)
    }
