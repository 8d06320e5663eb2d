"""Rewards and losses of the recipe ``paper`` against calculations by hand."""

import math

import pytest
import torch
from torch import Tensor, nn

from learning.agent import state
from learning.agent.acting import most_probable
from learning.agent.critic import with_gradient_by_autograd
from learning.agent.networks import create_networks, draw_masks
from learning.configuration import Widths
from learning.training import paper_recipe


class ByAutograd(nn.Module):
    """A critic whose gradient autograd finds."""

    with_gradient = with_gradient_by_autograd


class LinearCritic(ByAutograd):
    """D(x) = slope * sum(x): its gradient is known."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, images: Tensor) -> Tensor:
        return self.slope * images.flatten(1).sum(dim=1, keepdim=True)


def column(*values: float) -> Tensor:
    return torch.tensor(values)[:, None]


def test_penalty_of_uniform_choice_is_that_of_values_above_1() -> None:
    images = torch.full((1, 3, 2, 2), 0.5)
    images[0, 0, 0, 0] = 3
    cost = paper_recipe.penalty(images, torch.full((1, 8), 1 / 8), column(0), progress=0.25)
    assert float(cost) == pytest.approx(2**2 / 12, abs=1e-6)


def test_penalty_of_certainty_fades_with_progress() -> None:
    p = torch.tensor([[0.65, *[0.05] * 7]])
    entropy = -(0.65 * math.log(0.65) + 7 * 0.05 * math.log(0.05))
    for progress in (0.0, 0.25, 1.0):
        cost = paper_recipe.penalty(torch.zeros(1, 3, 2, 2), p, column(0), progress)
        assert float(cost) == pytest.approx(0.05 * (1 - progress) * (math.log(8) - entropy), abs=1e-6)


def test_penalty_of_a_repeated_filter_is_1() -> None:
    p = torch.full((2, 8), 1 / 8)
    cost = paper_recipe.penalty(torch.zeros(2, 3, 2, 2), p, column(0, 1), 0.5)
    assert cost.flatten().tolist() == pytest.approx([0, 1], abs=1e-6)


def test_rewards_and_losses_by_hand() -> None:
    rewards = paper_recipe.reward(column(2, 4), column(1, 6), column(0.1, 0.2))
    assert rewards.flatten().tolist() == pytest.approx([-0.05, -0.3])
    q = paper_recipe.q_value(rewards, column(0, 1), column(0.5, 0.5))
    assert q.flatten().tolist() == pytest.approx([0.45, -0.3])
    advantage = column(0.2, -0.4)
    log_p = column(-1, -2)
    assert float(paper_recipe.agent_loss(q, log_p, advantage)) == pytest.approx((-0.45 + 0.2 + 0.3 - 0.8) / 2)
    assert float(paper_recipe.value_loss(advantage)) == pytest.approx((0.04 + 0.16) / 2)


@pytest.mark.parametrize("slope", [0.001, 0.1])
def test_gradient_penalty_of_a_linear_critic(slope: float) -> None:
    critic = LinearCritic(slope)
    real, fake = torch.rand(4, 3, 8, 8), torch.rand(4, 3, 8, 8)
    found = paper_recipe.critic_losses(critic, real, fake, torch.rand(4))
    norm = math.sqrt(1e-6 + 192 * slope**2)
    assert found.gradient_norm.tolist() == pytest.approx([norm] * 4, rel=1e-5)
    distance = slope * float(real.sum() - fake.sum()) / 4
    expected = 10 * max(norm - 1, 0) ** 2 - distance
    assert found.loss.item() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    (gradient,) = torch.autograd.grad(found.loss, critic.slope)
    by_hand = 20 * max(norm - 1, 0) * 192 * slope / norm - distance / slope
    assert float(gradient) == pytest.approx(by_hand, rel=1e-4, abs=1e-4)


def test_gradient_is_taken_between_real_and_fake() -> None:
    class Square(ByAutograd):
        def forward(self, images: Tensor) -> Tensor:
            return images.square().flatten(1).sum(dim=1, keepdim=True)

    real, fake = torch.zeros(2, 3, 1, 1), torch.ones(2, 3, 1, 1)
    found = paper_recipe.critic_losses(Square(), real, fake, torch.tensor([0.25, 1.0]))
    assert found.gradient_norm.tolist() == pytest.approx([2 * 0.25 * math.sqrt(3), 2 * math.sqrt(3)], rel=1e-5)


def test_each_loss_is_for_its_own_network() -> None:
    generator = torch.Generator().manual_seed(2)
    widths = Widths(2, 4)
    networks = create_networks(widths, generator)
    images = torch.rand(4, 3, 64, 64, generator=generator)
    masks = draw_masks(4, widths, generator)
    step = paper_recipe.step_losses(networks, images, state.fresh_states(4, images), masks, most_probable, 0.3)
    agents = torch.autograd.grad(
        step.value_loss, list(networks.agent.parameters()), allow_unused=True, retain_graph=True
    )
    assert all(gradient is None for gradient in agents)
    # Through q, D, V and the filter, back into the parameters of the chosen filter.
    chosen = next(group.slug for group in step.action.groups if len(group.rows))
    (gradient,) = torch.autograd.grad(step.agent_loss, [networks.agent.heads[chosen].hidden.weight])
    assert bool(gradient.any())
