"""The recipe ``paper``, of 2018: an agent, a Wasserstein critic and a value network, with a replay pool.

Y. Hu et al., "Exposure: A White-Box Photo Post-Processing Framework", ACM Transactions on Graphics 37 (2), 2018. One
iteration is ``PaperTrainer._iterate``; the losses of agent and value are ``step_losses``, the critic's is
``critic_losses``. Of losses, everything for an image is (N, 1).
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.agent import state
from learning.agent.acting import Action, Chooser, act, entropy_when_sure, sample_filters
from learning.agent.critic import Critic
from learning.agent.networks import Networks, create_networks, draw_masks
from learning.configuration import PaperConfig
from learning.device import to_device
from learning.photos.batches import Crops, CropSampler
from learning.training.distributed import SINGLE_PROCESS, Processes
from learning.training.replay_pool import ReplayPool
from learning.training.trainer import NetworkOptimizer, Trainer, overexposure_penalty
from learning.training.updates import Capture, Update

# The critic needs a head start, and a refresh now and then.
CRITIC_UPDATES = 5
CRITIC_UPDATES_AHEAD = 100
AHEAD_ITERATIONS = 10
AHEAD_EVERY = 500
# Passes of the agent before anything is learned, so that finished images exist.
FIRST_PASSES = 100
DECADES_OF_DECAY = 3
BETAS = (0.5, 0.9)
REWARD_SCALE = 0.05
ENTROPY_SCALE = 0.05
REPEAT_PENALTY = 1.0
GRADIENT_PENALTY_SCALE = 10.0


class PaperTrainer(Trainer):
    """A run of this recipe: each iteration is an update of agent and value, and five of the critic."""

    least_entropy = entropy_when_sure(len(FILTERS))

    def __init__(
        self,
        config: PaperConfig,
        inputs: CropSampler,
        targets: CropSampler,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
        capture: Capture | None = None,
    ) -> None:
        super().__init__(config.seed, device, processes, capture, bfloat16=config.bfloat16)
        self.config, self.widths, self.iterations = config, config.widths, config.iterations + 1
        self.targets = targets
        self.networks = create_networks(config.widths, self.generator)
        self.optimizers = {
            name: NetworkOptimizer(network, BETAS, device, processes) for name, network in self.networks.modules.items()
        }
        self._inputs = inputs
        self.pool = ReplayPool(config.pool, self._fresh, self.generator)
        self._agent_and_value_update = self._captured(self._agent_and_value_losses)
        self._critic_update = self._captured(self._critic_loss)

    def _iterate(self) -> dict[str, Tensor]:
        """Learn, and return the metrics; the agent's are missing in iteration 0, in which it learns nothing."""
        config, share = self.config, self.processes.share
        rate = base_rate(config, self.iteration)
        metrics: dict[str, Tensor] = {}

        # One update of agent and value, by one step of images from the pool.
        if self.iteration == 0:
            for _ in range(FIRST_PASSES):
                self._pass()
        else:
            metrics |= self._update_agent_and_value(rate)
        # Only a very small batch, or one as large as the pool, ever leaves it without a finished image.
        while not self.pool.has_finished:
            self._pass()

        # Several of the critic. The pool stays as it is meanwhile: targets can be read ahead.
        draws = [self._draw_pictures() for _ in range(critic_updates(self.iteration))]
        targets = self.targets.read_ahead([crops for crops, _, _ in draws])
        for real, (_, finished, mix) in zip(targets, draws, strict=True):
            fake = self.pool.images[to_device(share(finished), self.device)]
            update = self._critic_update(share(real), fake, to_device(share(mix), self.device))
            metrics |= self._step(update, {"critic": config.critic_factor * rate})
        return metrics

    def _update_agent_and_value(self, rate: float) -> dict[str, Tensor]:
        config = self.config
        progress = torch.tensor(self.iteration / config.iterations, dtype=torch.float64)
        update = self._agent_and_value_update(*self._draw(), to_device(progress, self.device))
        self._put_back(*update.results)
        return self._step(update, {"agent": config.agent_factor * rate, "value": config.value_factor * rate})

    def _agent_and_value_losses(
        self, images: Tensor, states: Tensor, masks: Tensor, z: Tensor, progress: Tensor
    ) -> Update:
        """Compute the gradients of agent and value; the results are the images and states after the step."""
        choose = partial(sample_filters, z=z)
        with self._autocast():
            step = step_losses(self.networks, images, states, masks, choose, progress, grouped=self._grouped)
        p = step.action.probabilities
        used = state.one_hot(step.action.choice).float().mean(dim=0) * MAXIMUM_STEPS
        metrics = {
            "agent_loss": step.agent_loss,
            "value_loss": step.value_loss,
            "reward": step.reward.mean(),
            "penalty": step.penalty.mean(),
            "entropy": -(p * p.log()).sum(dim=1).mean(),
        }
        metrics |= {f"used_{slug}": used[index] for index, slug in enumerate(FILTERS)}
        losses = {"agent": step.agent_loss, "value": step.value_loss}
        gradients = {name: self.optimizers[name].gradients(loss) for name, loss in losses.items()}
        return Update(gradients, metrics, (step.action.images.detach(), step.action.states))

    def _critic_loss(self, real: Tensor, fake: Tensor, mix: Tensor) -> Update:
        """Compute the critic's gradient."""
        with self._autocast():
            losses = critic_losses(self.networks.critic, real, fake, mix)
        metrics = {
            "critic_loss": losses.loss,
            "distance": losses.distance,
            "gradient_norm": losses.gradient_norm.mean(),
        }
        return Update({"critic": self.optimizers["critic"].gradients(losses.loss)}, metrics)

    def _fresh(self, count: int) -> Tensor:
        return self._inputs.read(self._inputs.draw(count, self.generator))

    def _draw(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Draw what the agent acts on, this process's share: images, states, dropout masks, what samples filters."""
        count, share = self.config.batch, self.processes.share
        images, states = self.pool.draw(count)
        masks = share(draw_masks(count, self.config.widths, self.generator))
        z = share(torch.rand(count, generator=self.generator))
        return share(images), share(states), to_device(masks, self.device), to_device(z, self.device)

    def _draw_pictures(self) -> tuple[Crops, Tensor, Tensor]:
        """Draw what the critic compares: targets, which records of the pool, and where between the two."""
        count = self.config.batch
        targets = self.targets.draw(count, self.generator)
        return targets, self.pool.draw_finished(count), torch.rand(count, generator=self.generator)

    def _pass(self) -> None:
        """Let the agent act, learning nothing."""
        images, states, masks, z = self._draw()
        with torch.no_grad():
            action = act(self.networks.agent, images, states, masks, partial(sample_filters, z=z))
        self._put_back(action.images, action.states)

    def _put_back(self, images: Tensor, states: Tensor) -> None:
        """Put the results of all processes into the pool."""
        self.pool.put_back(self.processes.gather(images), self.processes.gather(states))

    def _memory(self) -> dict[str, Tensor]:
        return self.pool.tensors()

    def critic_draws_from(self) -> dict[str, Tensor]:
        """Return the finished records of the pool, and those that are on their way."""
        images, finished = self.pool.records()
        return {"The critic draws from: finished in the pool": images[finished], "In the pool": images[~finished]}


def critic_updates(iteration: int) -> int:
    """How many updates the critic makes in an iteration."""
    ahead = iteration < AHEAD_ITERATIONS or iteration % AHEAD_EVERY == 0
    return CRITIC_UPDATES_AHEAD if ahead else CRITIC_UPDATES


def base_rate(config: PaperConfig, iteration: int) -> float:
    """``rate * 0.1^(3 t / T)``."""
    return config.rate * math.pow(0.1, DECADES_OF_DECAY * iteration / config.iterations)


def penalty(images: Tensor, probabilities: Tensor, repeated: Tensor, progress: float | Tensor) -> Tensor:
    """Compute what an action costs: values above 1, certainty in the choice (less so late), a filter used before.

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
    """Return the reward, and the value of what it leads to unless the episode has ended."""
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
        real, fake: (N, 1) its scores.
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
    """Compute the critic's loss, ``mean D(fake) - mean D(real) + 10 gradient penalty``.

    Args:
        real, fake: (N, 3, 64, 64).
        mix: (N,) in 0 .. 1, where between real (0) and fake (1) the gradient is penalised.
    """
    real_scores, fake_scores = critic(real), critic(fake)
    # Not in one batch with the others: only here is the gradient differentiated.
    norm = gradient_norm(critic.with_gradient(real + mix[:, None, None, None] * (fake - real))[1])
    distance = real_scores.mean() - fake_scores.mean()
    loss = GRADIENT_PENALTY_SCALE * gradient_penalty(norm) - distance
    return CriticLosses(real_scores, fake_scores, distance, norm, loss)
