"""An agent plays the game: five steps on each photo, by the rules that people play by."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS, Step
from learning.agent import state
from learning.agent.acting import Action, act, most_probable, without_used
from learning.agent.networks import KEEP, Agent
from learning.configuration import Widths

# Parameters and probabilities are kept to this many decimals: fewer than the batch, or the machine, could change.
DECIMALS = 9


@dataclass(frozen=True)
class GameRequest:
    """One game to play: a photo as the agent sees it, and what its dropout is drawn from.

    Attributes:
        photo: the SHA-256 of the photo's source file.
        sample: 0, 1, 2 ... for different edits of one photo.
        view: (64, 64, 3) linear light, see ``editing.photos.decoding.agent_view``.
    """

    photo: str
    sample: int
    view: NDArray[np.float32]


@dataclass(frozen=True)
class PlayedStep:
    """A step, and the probability of every filter by which it was chosen; used filters have 0."""

    step: Step
    probabilities: dict[str, float]


def dropout_masks(widths: Widths, seed: int, photo: str, sample: int) -> Tensor:
    """(5, 2, features) the masks of one game's steps, 0 or 2: drawn from seed, photo and sample alone."""
    digest = hashlib.sha256(f"{seed}/{photo}/{sample}".encode()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest)))
    kept = generator.random((MAXIMUM_STEPS, 2, widths.features)) < KEEP
    return torch.from_numpy(kept / KEEP)


def play(agent: Agent, widths: Widths, requests: Sequence[GameRequest], seed: int) -> list[list[PlayedStep]]:
    """Play a batch of games at once: at each step the most probable unused filter.

    The agent must be in float64, on any device: so a game's outcome does not depend on the batch that it is part of.

    Returns:
        Five steps for each request, their parameters canonical and in range.
    """
    device = next(agent.parameters()).device
    images = torch.from_numpy(np.stack([request.view for request in requests])).permute(0, 3, 1, 2)
    images = images.to(device, torch.float64)
    states = state.fresh_states(len(requests), images)
    masks = torch.stack([dropout_masks(widths, seed, request.photo, request.sample) for request in requests]).to(device)
    games: list[list[PlayedStep]] = [[] for _ in requests]
    for index in range(MAXIMUM_STEPS):
        before = states

        def choose(probabilities: Tensor, states: Tensor = before) -> Tensor:
            return most_probable(without_used(probabilities, states))

        with torch.no_grad():
            action = act(agent, images, states, masks[:, index], choose)
        for game, step in zip(games, _steps(action, before), strict=True):
            game.append(step)
        images, states = action.images, action.states
    return games


def play_all(
    agent: Agent, widths: Widths, requests: Iterable[GameRequest], seed: int, batch: int
) -> Iterator[tuple[GameRequest, list[PlayedStep]]]:
    """Play any number of games, so many at once; no more requests than those are held.

    Args:
        agent: in float64, see ``play``.
    """
    remaining = iter(requests)
    while chosen := list(islice(remaining, batch)):
        yield from zip(chosen, play(agent, widths, chosen, seed), strict=True)


def _steps(action: Action, before: Tensor) -> list[PlayedStep]:
    """Return the step of each game, in the order of the batch."""
    probabilities = without_used(action.probabilities, before).tolist()
    steps: dict[int, PlayedStep] = {}
    for group in action.groups:
        values = {name: value.tolist() for name, value in group.parameters.items()}
        for position, row in enumerate(group.rows.tolist()):
            parameters = _stored(group.slug, {name: column[position] for name, column in values.items()})
            by_slug = {name: round(p, DECIMALS) for name, p in zip(FILTERS, probabilities[row], strict=True)}
            steps[row] = PlayedStep(Step(group.slug, parameters), by_slug)
    return [steps[row] for row in range(len(steps))]


def _stored(slug: str, parameters: dict[str, float]) -> dict[str, float]:
    """Parameters as a trajectory stores them: canonical, rounded, within the range to the last digit."""
    definition = FILTERS[slug]
    rounded = {name: round(value, DECIMALS) for name, value in definition.canonical(parameters).items()}
    return {
        name: min(max(rounded[name], parameter.low), parameter.high) for name, parameter in definition.by_name.items()
    }
