"""The paper's two updates as one would first write them in PyTorch: what training is measured against.

Float32, run operation by operation, the layout N, C, H, W. As the 2018 program did, every number is tiled as a plane
behind the image and convolved, and all eight filters edit every image, of which one is then taken. Real, fake and
mixed images go through the critic each on their own; all gradients, that of the gradient penalty too, and those of
the statistics, are autograd's; Adam is torch's default one. Only parameters that an update is for get a gradient. The
losses and gradients are those of ``learning.training.paper_recipe``, which a test holds.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, one_hot

from editing.game.filters import FILTERS
from learning.agent import state
from learning.agent.acting import Chooser
from learning.agent.architecture import ADJUSTING, CHOOSING, EXPLORATION, LEAK
from learning.agent.critic import Critic, statistics_by_autograd
from learning.agent.extractor import Extractor
from learning.agent.networks import Agent, Networks, Value
from learning.training import paper_recipe


def features(extractor: Extractor, images: Tensor, numbers: Tensor) -> Tensor:
    """(N, 128 * width), flattened in the order height, width, channel."""
    height, width = images.shape[-2:]
    x = torch.cat([images, numbers[:, :, None, None].expand(-1, -1, height, width)], dim=1) - 0.5
    for convolution in extractor.convolutions:
        x = leaky_relu(convolution(x), LEAK)
    return x.permute(0, 2, 3, 1).flatten(1)


def score(critic: Critic, images: Tensor) -> Tensor:
    """Compute the critic's scores, (N, 1)."""
    outputs: Tensor = critic.head(features(critic.extractor, images, statistics_by_autograd(images)))
    return outputs


def value(network: Value, images: Tensor, states: Tensor) -> Tensor:
    """Compute the value network's outputs, (N, 1)."""
    outputs: Tensor = network.head(
        features(network.extractor, images, torch.cat([states, statistics_by_autograd(images)], dim=1))
    )
    return outputs


def act(agent: Agent, images: Tensor, states: Tensor, masks: Tensor, choose: Chooser) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities (N, 8), the filters chosen (N,), and the images after them."""
    choosing = features(agent.choosing, images, states) * masks[:, CHOOSING]
    probabilities = (1 - EXPLORATION) * torch.softmax(agent.choice(choosing), dim=1) + EXPLORATION / len(FILTERS)
    choice = choose(probabilities)
    adjusting = features(agent.adjusting, images, states) * masks[:, ADJUSTING]
    edited = []
    for slug, filter_ in FILTERS.items():
        found = filter_.from_raw(torch, agent.raw_outputs(slug, adjusting))
        parameters = {name: value[:, None, None] for name, value in found.items()}
        edited.append(torch.stack(filter_.apply(torch, (images[:, 0], images[:, 1], images[:, 2]), parameters), dim=1))
    return probabilities, choice, torch.stack(edited, dim=1)[torch.arange(len(images), device=images.device), choice]


def agent_and_value_losses(
    networks: Networks, images: Tensor, states: Tensor, masks: Tensor, choose: Chooser, progress: float
) -> tuple[Tensor, Tensor]:
    """Return the losses of ``learning.training.paper_recipe.step_losses``; the same arguments."""
    p, choice, after = act(networks.agent, images, states, masks, choose)
    states_after = state.next_states(states, choice)
    used = (states[:, state.USED] * one_hot(choice, len(FILTERS))).sum(dim=1, keepdim=True)
    cost = paper_recipe.penalty(after, p, used, progress)
    with torch.no_grad():
        before = score(networks.critic, images)
    reward = paper_recipe.reward(score(networks.critic, after), before, cost)
    q = paper_recipe.q_value(reward, states_after[:, state.STOPPED, None], value(networks.value, after, states_after))
    advantage = q.detach() - value(networks.value, images, states)
    log_probability = p.gather(1, choice[:, None]).log()
    return paper_recipe.agent_loss(q, log_probability, advantage), paper_recipe.value_loss(advantage)


def critic_loss(critic: Critic, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Return the loss of ``learning.training.paper_recipe.critic_losses``; the same arguments."""
    between = (real + mix[:, None, None, None] * (fake - real)).requires_grad_()
    (gradient,) = torch.autograd.grad(score(critic, between).sum(), between, create_graph=True)
    penalty = paper_recipe.gradient_penalty(paper_recipe.gradient_norm(gradient))
    return score(critic, fake).mean() - score(critic, real).mean() + paper_recipe.GRADIENT_PENALTY_SCALE * penalty


class EagerOptimizer:
    """A network and torch's default Adam."""

    def __init__(self, network: nn.Module, betas: tuple[float, float]) -> None:
        self.parameters = list(network.parameters())
        self._optimizer = torch.optim.Adam(self.parameters, betas=betas)

    def step(self, loss: Tensor, rate: float) -> None:
        """One update by the gradient of the network's own loss."""
        for parameter, gradient in zip(self.parameters, torch.autograd.grad(loss, self.parameters), strict=True):
            parameter.grad = gradient
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
