"""The paper's two updates as one would first write them in PyTorch: what training is measured against.

Float32, run operation by operation, the layout N, C, H, W. As the 2018 program did, every number is tiled as a plane
behind the image and convolved, and all eight filters edit every image, of which one is then taken. Real, fake and
mixed images go through the critic each on their own; all gradients, that of the gradient penalty too, and those of
the statistics, are autograd's; Adam is torch's default one. Only parameters that an update is for get a gradient. The
losses and gradients are those of ``learning.training.losses``, which a test holds.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, one_hot

from editing.game.filters import FILTERS, luminance
from learning.agent import state
from learning.agent.acting import Chooser
from learning.agent.extractor import LEAK, Extractor
from learning.agent.networks import ADJUSTING, CHOOSING, EXPLORATION, Agent, Critic, Networks, Value
from learning.training import losses


def features(extractor: Extractor, images: Tensor, numbers: Tensor) -> Tensor:
    """(N, 128 * width), flattened in the order height, width, channel."""
    height, width = images.shape[-2:]
    x = torch.cat([images, numbers[:, :, None, None].expand(-1, -1, height, width)], dim=1) - 0.5
    for convolution in extractor.convolutions:
        x = leaky_relu(convolution(x), LEAK)
    return x.permute(0, 2, 3, 1).flatten(1)


def statistics(images: Tensor) -> Tensor:
    """(N, 3) mean luminance, its variance and the mean saturation."""
    y = luminance((images[:, 0], images[:, 1], images[:, 2])).flatten(1)
    clipped = images.clamp(0, 1)
    high, low = clipped.amax(dim=1), clipped.amin(dim=1)
    saturation = (high - low) / (torch.minimum(high + low, 2 - high - low) + 0.01)
    return torch.stack([y.mean(dim=1) + 1e-5, y.var(dim=1, correction=0), saturation.flatten(1).mean(dim=1)], dim=1)


def judge(critic: Critic, images: Tensor) -> Tensor:
    """The critic's answers, (N, 1)."""
    found: Tensor = critic.head(features(critic.extractor, images, statistics(images)))
    return found


def worth(value: Value, images: Tensor, states: Tensor) -> Tensor:
    """The value's answers, (N, 1)."""
    found: Tensor = value.head(features(value.extractor, images, torch.cat([states, statistics(images)], dim=1)))
    return found


def act(agent: Agent, images: Tensor, states: Tensor, masks: Tensor, choose: Chooser) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities (N, 8), the filters chosen (N,), and the images after them."""
    choosing = features(agent.choosing, images, states) * masks[:, CHOOSING]
    probabilities = (1 - EXPLORATION) * torch.softmax(agent.choice(choosing), dim=1) + EXPLORATION / len(FILTERS)
    choice = choose(probabilities)
    adjusting = features(agent.adjusting, images, states) * masks[:, ADJUSTING]
    edited = []
    for slug, one in FILTERS.items():
        found = one.from_raw(torch, agent.raw_outputs(slug, adjusting))
        parameters = {name: value[:, None, None] for name, value in found.items()}
        edited.append(torch.stack(one.apply(torch, (images[:, 0], images[:, 1], images[:, 2]), parameters), dim=1))
    return probabilities, choice, torch.stack(edited, dim=1)[torch.arange(len(images), device=images.device), choice]


def agent_and_value_losses(
    networks: Networks, images: Tensor, states: Tensor, masks: Tensor, choose: Chooser, progress: float
) -> tuple[Tensor, Tensor]:
    """The losses of ``learning.training.losses.step_losses``; the same arguments."""
    p, choice, after = act(networks.agent, images, states, masks, choose)
    states_after = state.next_states(states, choice)
    used = (states[:, state.USED] * one_hot(choice, len(FILTERS))).sum(dim=1, keepdim=True)
    cost = losses.penalty(after, p, used, progress)
    with torch.no_grad():
        before = judge(networks.critic, images)
    reward = losses.reward(judge(networks.critic, after), before, cost)
    q = losses.q_value(reward, states_after[:, state.STOPPED, None], worth(networks.value, after, states_after))
    advantage = q.detach() - worth(networks.value, images, states)
    log_probability = p.gather(1, choice[:, None]).log()
    return losses.agent_loss(q, log_probability, advantage), losses.value_loss(advantage)


def critic_loss(critic: Critic, real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """The loss of ``learning.training.losses.critic_losses``; the same arguments."""
    between = (real + mix[:, None, None, None] * (fake - real)).requires_grad_()
    (gradient,) = torch.autograd.grad(judge(critic, between).sum(), between, create_graph=True)
    penalty = losses.gradient_penalty(losses.gradient_norm(gradient))
    return judge(critic, fake).mean() - judge(critic, real).mean() + losses.GRADIENT_PENALTY_SCALE * penalty


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
