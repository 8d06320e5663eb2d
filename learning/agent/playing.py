"""An agent plays the game: five steps on each photo, or fewer if it may stop, by the rules that people play by."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from editing.game.rules import MAXIMUM_STEPS, STOP
from learning.agent import state
from learning.agent.acting import Action, act, most_probable, sample_filters, without_used
from learning.agent.games import GameRequest, PlayedStep, dropout_masks, played_step
from learning.agent.networks import Agent
from learning.agent.people_model import NOISE
from learning.configuration import Widths

# How a filter is chosen of those that are unused, by the agent's probabilities.
Choice = Literal["most probable", "sampled", "uniform", "least probable"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


def choice_numbers(seed: int, photo: str, sample: int) -> Tensor:
    """(5,) uniform numbers in 0 .. 1 by which one game's filters are drawn: of seed, photo and sample alone."""
    digest = hashlib.sha256(f"{seed}/{photo}/{sample}/choice".encode()).digest()
    return torch.from_numpy(np.random.Generator(np.random.PCG64(int.from_bytes(digest))).random(MAXIMUM_STEPS))


def parameter_noise(seed: int, photo: str, sample: int) -> Tensor:
    """(5, NOISE) numbers by which one game's parameters are drawn, where they are: the first uniform, others normal."""
    digest = hashlib.sha256(f"{seed}/{photo}/{sample}/parameters".encode()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest)))
    noise = generator.standard_normal((MAXIMUM_STEPS, NOISE))
    noise[:, 0] = generator.random(MAXIMUM_STEPS)
    return torch.from_numpy(noise)


def choose_filters(choice: Choice, probabilities: Tensor, states: Tensor, z: Tensor) -> Tensor:
    """Choose an unused filter for each game, or to stop if the agent may.

    Args:
        probabilities: (N, actions) as the agent gives them.
        states: (N, 11).
        z: (N,) uniform numbers in 0 .. 1, for what is drawn.

    Returns:
        (N,) indices.
    """
    if choice == "most probable":
        return most_probable(without_used(probabilities, states))
    possible = (probabilities > 0).to(probabilities.dtype)
    if choice == "least probable":
        return most_probable(without_used((1 - probabilities) * possible, states))
    drawn_by = probabilities if choice == "sampled" else possible
    return sample_filters(without_used(drawn_by, states), z)


def play(
    agent: Agent,
    widths: Widths,
    requests: Sequence[GameRequest],
    seed: int,
    choice: Choice | None = None,
) -> list[list[PlayedStep]]:
    """Play a batch of games at once.

    The agent must be in float64, on any device: so a game's outcome does not depend on the batch that it is part of.

    Args:
        choice: how filters are chosen; None for the agent's own way, which is the most probable one that is unused, and
            of a model of people a drawn one.

    Returns:
        Five steps for each request, or one to five if the agent may stop, their parameters canonical and in range.
    """
    device = next(agent.parameters()).device
    own_choice: Choice = choice or ("sampled" if agent.samples else "most probable")
    images = torch.from_numpy(np.stack([request.view for request in requests])).permute(0, 3, 1, 2)
    images = images.to(device, torch.float64)
    states = state.fresh_states(len(requests), images)
    drawn = [dropout_masks(widths, seed, request.photo, request.sample) for request in requests]
    masks = torch.from_numpy(np.stack(drawn)).to(device)
    numbers = torch.stack([choice_numbers(seed, request.photo, request.sample) for request in requests]).to(device)
    noise = None
    if agent.samples:
        own_noise = [parameter_noise(seed, request.photo, request.sample) for request in requests]
        noise = torch.stack(own_noise).to(device)
    games: list[list[PlayedStep]] = [[] for _ in requests]
    for index in range(MAXIMUM_STEPS):
        before = states

        def choose(probabilities: Tensor, states: Tensor = before, z: Tensor = numbers[:, index]) -> Tensor:
            return choose_filters(own_choice, probabilities, states, z)

        with torch.no_grad():
            drawn_by = None if noise is None else noise[:, index]
            action = act(agent, images, states, masks[:, index], choose, noise=drawn_by)
        for row, step in _steps(action, before).items():
            games[row].append(step)
        images, states = action.images, action.states
    return games


def play_all(
    agent: Agent,
    widths: Widths,
    requests: Iterable[GameRequest],
    seed: int,
    batch: int,
    choice: Choice | None = None,
) -> Iterator[tuple[GameRequest, list[PlayedStep]]]:
    """Play any number of games, so many at once; no more requests than those are held.

    Args:
        agent, choice: see ``play``.
    """
    remaining = iter(requests)
    while chosen := list(islice(remaining, batch)):
        yield from zip(chosen, play(agent, widths, chosen, seed, choice), strict=True)


def _steps(action: Action, before: Tensor) -> dict[int, PlayedStep]:
    """Return the step of each game that goes on, by its row in the batch."""
    probabilities = without_used(action.probabilities, before).tolist()
    steps: dict[int, PlayedStep] = {}
    for group in action.groups:
        if group.slug == STOP:
            continue
        values = {name: value.tolist() for name, value in group.parameters.items()}
        for position, row in enumerate(group.rows.tolist()):
            parameters = {name: column[position] for name, column in values.items()}
            steps[row] = played_step(group.slug, parameters, probabilities[row])
    return steps
