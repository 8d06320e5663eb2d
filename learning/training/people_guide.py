"""A model of people as a guide of training: where an agent begins, and what keeps it near to how people edit.

What it costs an agent to edit as people do not is, for each step, the cross entropy of people's choice of filter and
the agent's, and how improbable the model of people holds the agent's parameters to be: in nats.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from editing.game.coordinates import to_coordinates
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS, STOP
from learning.agent import state
from learning.agent.acting import Action, act, sample_filters, without_used
from learning.agent.networks import Agent, draw_masks
from learning.agent.people_model import NOISE, PeopleModel
from learning.configuration import Widths

# Updates of the warm start, and their rate.
WARM_UPDATES, WARM_RATE = 100, 2e-3
_LEAST = 1e-6


def strangeness(people: PeopleModel, images: Tensor, states: Tensor, probabilities: Tensor, action: Action) -> Tensor:
    """(N,) how improbable a step is to people, in nats; 0 where a game is over.

    Args:
        images, states: before the step; nothing is learned through the images.
        probabilities: (N, actions) of the agent, used filters at 0.
    """
    images = images.detach()
    with torch.no_grad():
        theirs = _choices(people, images, states, probabilities.shape[1])
        features = people.features(images, states, None)
    nats = -(theirs * probabilities.clamp(min=_LEAST).log()).sum(dim=1)
    for index, group in enumerate(action.groups):
        if group.slug == STOP:
            continue
        values = torch.stack([group.parameters[own.name] for own in FILTERS[group.slug].parameters], dim=1)
        density = people.log_density(group.slug, features[group.rows], to_coordinates(torch, group.slug, values))
        chosen = (action.choice[group.rows] == index).to(density.dtype)
        nats = nats.index_add(0, group.rows, -density * chosen)
    return nats * (1 - states[:, state.STOPPED])


def _choices(people: PeopleModel, images: Tensor, states: Tensor, actions: int) -> Tensor:
    """(N, actions) people's probabilities, without the stop where the agent has none."""
    probabilities = without_used(people.probabilities(images, states, None), states)[:, :actions]
    return probabilities / probabilities.sum(dim=1, keepdim=True).clamp(min=_LEAST)


def warm_start(
    agent: Agent,
    people: PeopleModel,
    widths: Widths,
    draw_photos: Callable[[], Tensor],
    step: Callable[[Tensor, float], None],
    generator: torch.Generator,
) -> None:
    """Let an agent learn to edit as people do, on photos that people's model plays.

    Args:
        draw_photos: draws a batch, (N, 3, 64, 64).
        step: steps the agent by a loss, at a rate.
    """
    for update in range(WARM_UPDATES):
        images = draw_photos()
        states, losses = state.fresh_states(len(images), images), []
        for _ in range(MAXIMUM_STEPS):
            z = torch.rand(len(images), generator=generator).to(images.device)
            noise = torch.randn(len(images), NOISE, generator=generator).to(images.device)
            noise[:, 0] = torch.rand(len(images), generator=generator).to(images.device)
            with torch.no_grad():
                theirs = _choices(people, images, states, len(agent.actions))
                choice = sample_filters(theirs, z)
                shown = act(people, images, states, None, _taking(choice), noise=noise)
            masks = draw_masks(len(images), widths, generator).to(images.device)
            own = act(agent, images, states, masks, _taking(choice))
            probabilities = without_used(own.probabilities, states)
            losses.append(strangeness(people, images, states, probabilities, own))
            images, states = shown.images, shown.states
        step(torch.stack(losses).sum(dim=0).mean() / MAXIMUM_STEPS, WARM_RATE * (1 - update / WARM_UPDATES))


def _taking(choice: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda _: choice
