"""What training is measured against is the same mathematics: losses and gradients as of the straightforward program."""

from functools import partial

import pytest
import torch
from torch import Tensor

from bench import eager
from learning.agent.acting import sample_filters
from learning.agent.networks import Networks, create_networks, draw_masks
from learning.agent.state import fresh_states
from learning.configuration import Widths
from learning.training.paper_recipe import critic_losses, step_losses

COUNT = 8
WIDTHS = Widths(4, 8)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def networks(generator: torch.Generator) -> Networks:
    return create_networks(WIDTHS, generator)


def images(generator: torch.Generator) -> Tensor:
    return torch.rand(COUNT, 3, 64, 64, generator=generator) * 1.2


def assert_alike(ours: Tensor, theirs: Tensor, parameters: list[torch.nn.Parameter]) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    found = (torch.autograd.grad(loss, parameters, retain_graph=True) for loss in (ours, theirs))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4 * float(other.abs().max()) + 1e-9)


def test_the_agents_and_the_values_update_is_the_straightforward_one(
    networks: Networks, generator: torch.Generator
) -> None:
    states = fresh_states(COUNT, torch.zeros(()))
    states[: COUNT // 2, [2, 3, 5]] = torch.tensor([4.0, 1, 1])
    choose = partial(sample_filters, z=torch.linspace(0.05, 0.95, COUNT))
    step = (networks, images(generator), states, draw_masks(COUNT, WIDTHS, generator), choose, 0.5)
    ours, (agent_loss, value_loss) = step_losses(*step), eager.agent_and_value_losses(*step)
    assert ours.action.choice.unique().numel() > 4
    assert_alike(ours.agent_loss, agent_loss, list(networks.agent.parameters()))
    assert_alike(ours.value_loss, value_loss, list(networks.value.parameters()))


def test_the_critics_update_is_the_straightforward_one(networks: Networks, generator: torch.Generator) -> None:
    # A critic steep enough for the penalty to count.
    networks.critic.head.output.weight.data.mul_(30)
    batch = (networks.critic, images(generator), images(generator), torch.rand(COUNT, generator=generator))
    ours = critic_losses(*batch)
    assert float(ours.gradient_norm.detach().min()) > 1
    assert_alike(ours.loss, eager.critic_loss(*batch), list(networks.critic.parameters()))
