"""Many games at once, as one tensor program: what the environments of ``learning.environments.editing_game`` play on.

An action is the index of a filter and a control for each parameter of each filter, all in one row. A control lies in
-1 .. 1, from one end of the parameter's slider to the other, divided as the slider is (``editing.game.parameters``).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from editing.game.filters import FILTERS
from editing.game.rules import Step
from editing.photos.preview import AGENT_VIEW_SIZE, agent_view
from learning.agent import state
from learning.agent.acting import Group, edit
from learning.agent.checkpoint import load_critic
from learning.agent.critic import Critic
from learning.photos.batches import Crops, CropSampler
from learning.training.paper_recipe import REPEAT_PENALTY, REWARD_SCALE
from learning.training.trainer import clip_to_display, overexposure_penalty

Pixels = NDArray[np.float32]
# From images (N, 64, 64, 3) before and after a step to a number for each.
RewardFunction = Callable[[Pixels, Pixels], Any]
# The same on tensors (N, 3, 64, 64), to (N,).
Judge = Callable[[Tensor, Tensor], Tensor]

_ENDS = tuple(accumulate(len(filter_.parameters) for filter_ in FILTERS.values()))
CONTROLS = _ENDS[-1]
# Where each filter's controls lie in the row.
PLACES: Mapping[str, slice] = {
    slug: slice(end - len(filter_.parameters), end) for (slug, filter_), end in zip(FILTERS.items(), _ENDS, strict=True)
}


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


class GameBatch:
    """``count`` games side by side. A row is a game; what is asked for some rows leaves the others as they are.

    Attributes:
        images: (count, 3, 64, 64) as they are now, unclipped.
        states: (count, 11), see ``learning.agent.state``.
        photo: (count,) the index of each game's photo, -1 before its first game.
    """

    def __init__(self, count: int, squares: Pixels, judge: Judge, *, augment: bool, device: str) -> None:
        """Take photos, (M, S, S, 3) with S at least 64.

        Args:
            augment: whether games begin on random crops, half of them flipped, or on the whole square.
        """
        views = [square if augment else agent_view(square) for square in squares]
        self._photos = CropSampler(views, torch.device(device))
        margin = len(views[0]) - AGENT_VIEW_SIZE
        # How many photos, flips, tops and lefts there are to draw from.
        self._choices = (len(self._photos), 1 + augment, margin + 1, margin + 1)
        self._judge = judge
        self.images = torch.zeros(count, 3, AGENT_VIEW_SIZE, AGENT_VIEW_SIZE, device=device)
        self.states = state.fresh_states(count, self.images)
        self.photo = np.full(count, -1)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """(count,) whether each game has had its five steps."""
        return state.finished(self.states).cpu().numpy()

    @property
    def action_mask(self) -> NDArray[np.int8]:
        """(count, 8) 1 where a filter may be chosen: it was not used yet."""
        return (self.states[:, state.USED] == 0).cpu().numpy().astype(np.int8)

    def start(self, rows: NDArray[Any], generators: Sequence[np.random.Generator], photo: Any = None) -> None:
        """Begin new games in ``rows``, (n,) indices, each drawn from a generator of its own.

        Args:
            photo: the photo to begin on, or (n,) of them; drawn as well where it is None.

        Raises:
            ValueError: if there is no such photo.
        """
        drawn = np.array([generator.integers(self._choices) for generator in generators]).reshape(-1, 4)
        if photo is not None:
            drawn[:, 0] = photo
            if drawn[:, 0].min() < 0 or drawn[:, 0].max() >= len(self._photos):
                raise ValueError(f"there is no photo {photo}; they are numbered 0 .. {len(self._photos) - 1}")
        at = self._at(rows)
        self.images[at] = self._photos.read(Crops(torch.from_numpy(drawn).T.contiguous()))
        self.states[at] = state.fresh_states(len(rows), self.images)
        self.photo[rows] = drawn[:, 0]

    def step(self, rows: NDArray[Any], filters: NDArray[Any], controls: NDArray[Any]) -> NDArray[np.float64]:
        """Make a step in the games in ``rows``; (n,) rewards. A filter used before changes nothing, and costs 1.0.

        Args:
            filters: (n,) their indices.
            controls: (n, ``CONTROLS``), clipped to -1 .. 1.

        Raises:
            ResetNeeded: if a game has not begun, or is over.
        """
        if (self.photo[rows] < 0).any() or self.finished[rows].any():
            raise ResetNeeded("a game has not begun, or has had its five steps: call reset() first")
        at = self._at(rows)
        before, states = self.images[at], self.states[at]
        choice = torch.from_numpy(filters.astype(np.int64)).to(at.device)
        clipped = torch.from_numpy(controls.astype(np.float32).clip(-1, 1)).to(at.device)
        with torch.no_grad():
            groups = tuple(_group(list(FILTERS)[index], choice == index, clipped) for index in np.unique(filters))
            repeated = state.used_before(states, choice)
            after = torch.where(repeated[:, :, None, None] > 0, before, edit(before, groups))
            rewards = self._judge(before, after).double() - REPEAT_PENALTY * repeated[:, 0]
        self.images[at], self.states[at] = after, state.next_states(states, choice)
        return rewards.cpu().numpy()

    def observation(self) -> dict[str, NDArray[Any]]:
        """Copy the observation: ``image`` (count, 64, 64, 3) and ``state`` (count, 11)."""
        return {"image": channels_last(self.images), "state": self.states.cpu().numpy().copy()}

    def shown(self) -> NDArray[np.uint8]:
        """(count, 64, 64, 3) the images as a screen shows them."""
        return np.rint(255 * channels_last(clip_to_display(self.images))).astype(np.uint8)

    def _at(self, rows: NDArray[Any]) -> Tensor:
        return torch.from_numpy(rows).to(self.images.device)


def _group(slug: str, chosen: Tensor, controls: Tensor) -> Group:
    rows = chosen.nonzero().squeeze(1)
    return Group(slug, rows, _physical(slug, controls[rows, PLACES[slug]]))


def channels_last(images: Tensor) -> Pixels:
    """Return a copy of (N, 3, H, W) as an array (N, H, W, 3)."""
    copy: Pixels = images.permute(0, 2, 3, 1).cpu().clone(memory_format=torch.contiguous_format).numpy()
    return copy


def judge_by(reward: str | Path | RewardFunction, device: str) -> Judge:
    """Return what gives the rewards: the critic of a run, or a function.

    Raises:
        CheckpointError: if the run's critic cannot be used.
    """
    return function_judge(reward) if callable(reward) else critic_judge(Path(reward), device)


def function_judge(function: RewardFunction) -> Judge:
    """Return the rewards of a function of arrays.

    The judge raises ValueError where the function does not give a number for each game.
    """

    def judge(before: Tensor, after: Tensor) -> Tensor:
        rewards = torch.as_tensor(function(channels_last(before), channels_last(after))).detach()
        if rewards.shape != (len(after),):
            raise ValueError(f"the reward function gave the shape {tuple(rewards.shape)}, not ({len(after)},)")
        return rewards.to(after.device)

    return judge


def _log_probability_real(critic: Critic, images: Tensor) -> Tensor:
    return logsigmoid(critic(clip_to_display(images)))


def _scaled_answer(critic: Critic, images: Tensor) -> Tensor:
    answers: Tensor = critic(images)
    return REWARD_SCALE * answers


# What each recipe's agent is to raise, for (N, 3, 64, 64) images: (N, 1).
POTENTIALS = {"fast": _log_probability_real, "paper": _scaled_answer}


def critic_judge(run: Path, device: str) -> Judge:
    """By how much a step raises what the run's recipe has its agent raise, less ``overexposure_penalty`` of the result.

    Of the recipe ``fast`` that is the log of the critic's probability that the picture, as shown, is a target: the
    rewards of a game sum up to the return that the recipe maximises (but for its penalties on noise and casts), less
    the log probability of the untouched photo.
    Of ``paper`` it is 0.05 of the critic's answer, which is the paper's reward without the agent's entropy.

    Raises:
        CheckpointError: if the critic cannot be read.
    """
    critic, config = load_critic(run)
    critic.to(device)
    potential = POTENTIALS[config.get("recipe", "fast")]

    def judge(before: Tensor, after: Tensor) -> Tensor:
        return (potential(critic, after) - potential(critic, before)).squeeze(1) - overexposure_penalty(after)

    return judge
