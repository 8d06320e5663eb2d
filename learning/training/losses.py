"""Rewards and losses of the 2018 recipe. Everything for an image is (N, 1); losses are scalars."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from learning.agent import state
from learning.agent.acting import Action, Chooser, act
from learning.agent.networks import Critic, Networks

REWARD_SCALE = 0.05
ENTROPY_SCALE = 0.05
REPEAT_PENALTY = 1.0
GRADIENT_PENALTY_SCALE = 10.0


def overexposure_penalty(images: Tensor) -> Tensor:
    """(N,) ``mean(max(x - 1, 0)^2)``: what values above 1, which no screen can show, cost."""
    return (images - 1).clamp(min=0).square().flatten(1).mean(dim=1)


def penalty(images: Tensor, probabilities: Tensor, repeated: Tensor, progress: float | Tensor) -> Tensor:
    """What an action costs: values above 1, certainty in the choice (less so late in training), a filter used before.

    ``mean(max(x - 1, 0)^2) + 0.05 (1 - progress) (ln 8 - H(p)) + repeated``.

    Args:
        images: (N, 3, H, W) after the action.
        probabilities: (N, 8), all above 0.
        repeated: (N, 1), 1 where the filter was used before.
        progress: how much of the training is over, 0 .. 1.
    """
    entropy = -(probabilities * probabilities.log()).sum(dim=1, keepdim=True)
    certainty = math.log(probabilities.shape[1]) - entropy
    return (
        overexposure_penalty(images)[:, None] + ENTROPY_SCALE * (1 - progress) * certainty + REPEAT_PENALTY * repeated
    )


def reward(critic_after: Tensor, critic_before: Tensor, cost: Tensor) -> Tensor:
    """``0.05 (D(out) - D(in)) - penalty``."""
    return REWARD_SCALE * (critic_after - critic_before) - cost


def q_value(rewards: Tensor, stopped: Tensor, value_after: Tensor) -> Tensor:
    """The reward, and the value of what it leads to unless the episode has ended."""
    return rewards + (1 - stopped) * value_after


def agent_loss(q: Tensor, log_probability: Tensor, advantage: Tensor) -> Tensor:
    """``mean(-q - log p(chosen) * advantage)``: through q the parameters learn, by the second term the choice."""
    return (-q - log_probability * advantage.detach()).mean()


def value_loss(advantage: Tensor) -> Tensor:
    """``mean(advantage^2)``."""
    return advantage.square().mean()


@dataclass(frozen=True)
class StepLosses:
    """All that one step of the agent is judged by; (N, 1) each, but for the two losses."""

    action: Action
    log_probability: Tensor
    penalty: Tensor
    critic_before: Tensor
    critic_after: Tensor
    value_before: Tensor
    value_after: Tensor
    reward: Tensor
    q_value: Tensor
    advantage: Tensor
    agent_loss: Tensor
    value_loss: Tensor


def step_losses(
    networks: Networks,
    images: Tensor,
    states: Tensor,
    masks: Tensor | None,
    choose: Chooser,
    progress: float | Tensor,
    *,
    grouped: bool = True,
) -> StepLosses:
    """Let the agent act on a batch, and judge it. The agent's loss is for the agent alone, the value's for the value.

    Args:
        images, states: (N, 3, 64, 64) and (N, 11) before the action.
        masks: the agent's dropout, (N, 2, features) or None.
        choose: how a filter is chosen from (N, 8) probabilities.
        progress: how much of the training is over, 0 .. 1.
        grouped: see ``learning.agent.acting.act``.
    """
    action = act(networks.agent, images, states, masks, choose, grouped=grouped)
    chosen = action.probabilities.gather(1, action.choice[:, None])
    cost = penalty(action.images, action.probabilities, state.used_before(states, action.choice), progress)
    with torch.no_grad():
        before = networks.critic(images)
    after = networks.critic(action.images)
    value_before = networks.value(images, states)
    value_after = networks.value(action.images, action.states)
    rewards = reward(after, before, cost)
    q = q_value(rewards, action.states[:, state.STOPPED, None], value_after)
    advantage = q.detach() - value_before
    return StepLosses(
        action=action,
        log_probability=chosen.log(),
        penalty=cost,
        critic_before=before,
        critic_after=after,
        value_before=value_before,
        value_after=value_after,
        reward=rewards,
        q_value=q,
        advantage=advantage,
        agent_loss=agent_loss(q, chosen.log(), advantage),
        value_loss=value_loss(advantage),
    )


@dataclass(frozen=True)
class CriticLosses:
    """What the critic is judged by.

    Attributes:
        real, fake: (N, 1) its answers.
        distance: mean D(real) - mean D(fake), which estimates the earth mover's distance; a scalar.
        gradient_norm: (N,) the norms of its gradient between the two.
        loss: a scalar.
    """

    real: Tensor
    fake: Tensor
    distance: Tensor
    gradient_norm: Tensor
    loss: Tensor


def gradient_norm(gradient: Tensor) -> Tensor:
    """(N,) ``sqrt(1e-6 + sum of squares)`` of the critic's gradient in each image."""
    return (1e-6 + gradient.square().flatten(1).sum(dim=1)).sqrt()


def gradient_penalty(norm: Tensor) -> Tensor:
    """``mean(max(|grad D| - 1, 0)^2)``, a scalar."""
    return (norm - 1).clamp(min=0).square().mean()


def critic_losses(critic: Critic, real: Tensor, fake: Tensor, mix: Tensor) -> CriticLosses:
    """The critic's loss, ``mean D(fake) - mean D(real) + 10 gradient penalty``.

    Args:
        real, fake: (N, 3, 64, 64).
        mix: (N,) in 0 .. 1, where between real (0) and fake (1) the gradient is penalised.
    """
    real_answer, fake_answer = critic(real), critic(fake)
    # Not in one batch with the others: only here is the gradient differentiated.
    norm = gradient_norm(critic.with_gradient(real + mix[:, None, None, None] * (fake - real))[1])
    distance = real_answer.mean() - fake_answer.mean()
    loss = GRADIENT_PENALTY_SCALE * gradient_penalty(norm) - distance
    return CriticLosses(real_answer, fake_answer, distance, norm, loss)
