"""An agent plays the game: five steps on each photo, by the rules that people play by."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from editing.game.rules import MAXIMUM_STEPS
from learning.agent import state
from learning.agent.acting import Action, act, most_probable, without_used
from learning.agent.games import GameRequest, PlayedStep, dropout_masks, played_step
from learning.agent.networks import Agent
from learning.configuration import Widths


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
    drawn = [dropout_masks(widths, seed, request.photo, request.sample) for request in requests]
    masks = torch.from_numpy(np.stack(drawn)).to(device)
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
            parameters = {name: column[position] for name, column in values.items()}
            steps[row] = played_step(group.slug, parameters, probabilities[row])
    return [steps[row] for row in range(len(steps))]
