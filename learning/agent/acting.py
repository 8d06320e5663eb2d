"""One step of the agent: choose a filter for each image, apply it, and move the states on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from editing.game.filters import FILTERS
from editing.game.rules import STOP
from learning.agent import state
from learning.agent.architecture import EXPLORATION
from learning.agent.networks import Agent
from learning.agent.normalising import give_back

Chooser = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Group:
    """The images of a batch that one filter is for, or that are left as they are, by ``STOP``.

    Attributes:
        rows: (n,) their indices in the batch.
        parameters: physical values by name, (n,) each.
    """

    slug: str
    rows: Tensor
    parameters: dict[str, Tensor]


@dataclass(frozen=True)
class Action:
    """What the agent did with a batch.

    Attributes:
        probabilities: (N, actions) of the filters, and of stopping if it may, as the agent gave them.
        choice: (N,) index of the action chosen.
        images: (N, 3, 64, 64) after it, unclipped.
        states: (N, 11) after it.
        groups: one for each action, in order, of the images that it is computed for; empty where there are none.
        edit: does to other images, (N, 3, height, width), what was done to these.
    """

    probabilities: Tensor
    choice: Tensor
    images: Tensor
    states: Tensor
    groups: tuple[Group, ...]
    edit: Callable[[Tensor], Tensor]


def sample_filters(probabilities: Tensor, z: Tensor) -> Tensor:
    """(N,) filter indices, drawn by the uniform numbers ``z`` (N,) in 0 .. 1.

    The index is the number of entries of the exclusive cumulative sum of p that lie below z, less one.
    """
    starts = probabilities.cumsum(dim=1) - probabilities
    return ((starts < z[:, None]).sum(dim=1) - 1).clamp(min=0)


def most_probable(probabilities: Tensor) -> Tensor:
    """(N,) index of the most probable filter."""
    return probabilities.argmax(dim=1)


def without_used(probabilities: Tensor, states: Tensor) -> Tensor:
    """(N, actions) the probabilities with the used filters at 0, renormalised: what the agent plays by.

    Some filter must be unused, as it always is within an episode's five steps. A game that was stopped stays so.
    """
    possible = 1 - states[:, state.USED]
    if probabilities.shape[1] > len(FILTERS):
        stopped = states[:, state.STOPPED, None]
        possible = torch.cat([possible * (1 - stopped), torch.ones_like(stopped)], dim=1)
    left = probabilities * possible
    return left / left.sum(dim=1, keepdim=True)


def entropy_when_sure(possible: int, actions: int = len(FILTERS)) -> float:
    """Return the entropy in nats of a choice among so many possible ones of all actions, by an agent that is sure."""
    other = EXPLORATION / actions
    left = torch.tensor([1 - EXPLORATION + other] + [other] * (possible - 1), dtype=torch.float64)
    p = left / left.sum()
    return -float((p * p.log()).sum())


def act(
    agent: Agent,
    images: Tensor,
    states: Tensor,
    masks: Tensor | None,
    choose: Chooser,
    *,
    grouped: bool = True,
    noise: Tensor | None = None,
) -> Action:
    """Let the agent edit each image once.

    Args:
        masks: (N, 2, features) of dropout, or None for none.
        choose: from (N, actions) probabilities to (N,) indices.
        grouped: whether each filter is computed for the images that it was chosen for alone, or for all: then all
            shapes are known before the choice is, as ``learning.training.updates.cuda_graph`` needs. The result is the
            same.
        noise: (N, numbers) what parameters are drawn by, see ``Agent.samples``.
    """
    view, offsets = agent.view(images, states)
    # A choice is learned by how the game went: what it would have been on another image is no part of that.
    probabilities = agent.probabilities(view.detach(), states, masks)
    choice = choose(probabilities)
    features = agent.features(view, states, masks)
    if grouped:
        # Sorted once by filter, so that each one's images are a slice.
        order = choice.argsort(stable=True)
        counts = choice.bincount(minlength=len(agent.actions)).tolist()
        rows, seen = torch.split(order, counts), torch.split(features.index_select(0, order), counts)
        drawn: Sequence[Tensor | None] = (
            [None] * len(counts) if noise is None else torch.split(noise.index_select(0, order), counts)
        )
    else:
        every = torch.arange(len(images), device=images.device)
        rows, seen = (every,) * len(agent.actions), (features,) * len(agent.actions)
        drawn = (noise,) * len(agent.actions)
    of_each = zip(agent.actions, rows, seen, drawn, strict=True)
    groups = tuple(_give_back(_adjust(agent, *group), offsets) for group in of_each)
    edits = partial(edit, groups=groups) if grouped else partial(_edit_by_each, groups=groups, choice=choice)
    return Action(probabilities, choice, edits(images), state.next_states(states, choice), groups, edits)


def _adjust(agent: Agent, slug: str, rows: Tensor, features: Tensor, noise: Tensor | None) -> Group:
    return Group(slug, rows, {} if slug == STOP else agent.parameters_of(slug, features, noise))


def _give_back(group: Group, offsets: Mapping[str, Mapping[str, Tensor]]) -> Group:
    """Add to the parameters those through which the networks saw the images."""
    if group.slug not in offsets:
        return group
    own = {name: value[group.rows] for name, value in offsets[group.slug].items()}
    return replace(group, parameters=give_back(torch, group.slug, group.parameters, own))


def edit(images: Tensor, groups: tuple[Group, ...]) -> Tensor:
    """Return the images (N, 3, height, width) after their filters.

    Empty groups stay in the graph, so that every head has a gradient, if of 0.
    """
    order = torch.cat([group.rows for group in groups])
    parts = torch.split(images.index_select(0, order), [len(group.rows) for group in groups])
    edited = torch.cat([_apply(group, part) for group, part in zip(groups, parts, strict=True)])
    return edited.index_select(0, order.argsort())


def _edit_by_each(images: Tensor, groups: tuple[Group, ...], choice: Tensor) -> Tensor:
    """Return the images after the filters chosen, of every filter on all of them."""
    chosen, edited = choice[:, None, None, None], images
    for index, group in enumerate(groups):
        edited = torch.where(chosen == index, _apply(group, images), edited)
    return edited


def _apply(group: Group, images: Tensor) -> Tensor:
    if group.slug == STOP:
        return images
    parameters = {name: value[:, None, None] for name, value in group.parameters.items()}
    planes = (images[:, 0], images[:, 1], images[:, 2])
    return torch.stack(FILTERS[group.slug].apply(torch, planes, parameters), dim=1)
