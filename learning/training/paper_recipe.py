"""The recipe ``paper``, of 2018: an agent, a Wasserstein critic and a value network, with a replay pool."""

import math
from functools import partial

import torch
from torch import Tensor

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from learning.agent.acting import act, entropy_when_sure, sample_filters
from learning.agent.networks import create_networks, draw_masks
from learning.agent.state import one_hot
from learning.configuration import PaperConfig
from learning.device import to_device
from learning.photos.batches import Crops, CropSampler
from learning.training.distributed import SINGLE_PROCESS, Processes
from learning.training.losses import critic_losses, step_losses
from learning.training.replay_pool import ReplayPool
from learning.training.trainer import NetworkOptimizer, Trainer
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


def critic_updates(iteration: int) -> int:
    """How many updates the critic makes in an iteration."""
    ahead = iteration < AHEAD_ITERATIONS or iteration % AHEAD_EVERY == 0
    return CRITIC_UPDATES_AHEAD if ahead else CRITIC_UPDATES


def base_rate(config: PaperConfig, iteration: int) -> float:
    """``rate * 0.1^(3 t / T)``."""
    return config.rate * math.pow(0.1, DECADES_OF_DECAY * iteration / config.iterations)


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
        self._agents_and_values_update = self._captured(self._judge_steps)
        self._critics_update = self._captured(self._tell_apart)

    def _fresh(self, count: int) -> Tensor:
        return self._inputs.read(self._inputs.draw(count, self.generator))

    def _memory(self) -> dict[str, Tensor]:
        return self.pool.tensors()

    def critic_draws_from(self) -> dict[str, Tensor]:
        """The finished records of the pool, and those that are on their way."""
        images, finished = self.pool.records()
        return {"The critic draws from: finished in the pool": images[finished], "In the pool": images[~finished]}

    def _iterate(self) -> dict[str, Tensor]:
        """The agent's metrics are missing in iteration 0, in which it learns nothing."""
        rate = base_rate(self.config, self.iteration)
        acted: dict[str, Tensor] = {}
        if self.iteration == 0:
            for _ in range(FIRST_PASSES):
                self._pass()
        else:
            acted = self._update_agent_and_value(rate)
        # Only a very small batch, or one as large as the pool, ever leaves it without a finished image.
        while not self.pool.has_finished:
            self._pass()
        # The pool stays as it is meanwhile: targets can be read ahead.
        drawn = [self._draw_pictures() for _ in range(critic_updates(self.iteration))]
        targets = self.targets.read_ahead([crops for crops, _, _ in drawn])
        for real, (_, finished, mix) in zip(targets, drawn, strict=True):
            judged = self._update_critic(real, finished, mix, self.config.critic_factor * rate)
        return acted | judged

    def _draw(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the agent acts on, this process's share: images, states, dropout masks and what samples the filters."""
        count, share = self.config.batch, self.processes.share
        images, states = self.pool.draw(count)
        masks = share(draw_masks(count, self.config.widths, self.generator))
        z = share(torch.rand(count, generator=self.generator))
        return share(images), share(states), to_device(masks, self.device), to_device(z, self.device)

    def _put_back(self, images: Tensor, states: Tensor) -> None:
        """Put the results of all processes into the pool."""
        self.pool.put_back(self.processes.gather(images), self.processes.gather(states))

    def _pass(self) -> None:
        """Let the agent act, learning nothing."""
        images, states, masks, z = self._draw()
        with torch.no_grad():
            action = act(self.networks.agent, images, states, masks, partial(sample_filters, z=z))
        self._put_back(action.images, action.states)

    def _update_agent_and_value(self, rate: float) -> dict[str, Tensor]:
        progress = torch.tensor(self.iteration / self.config.iterations, dtype=torch.float64)
        update = self._agents_and_values_update(*self._draw(), to_device(progress, self.device))
        self._put_back(*update.results)
        return self._learn(update, {"agent": self.config.agent_factor * rate, "value": self.config.value_factor * rate})

    def _judge_steps(self, images: Tensor, states: Tensor, masks: Tensor, z: Tensor, progress: Tensor) -> Update:
        """The update of agent and value; it results in the images and states after the step."""
        choose = partial(sample_filters, z=z)
        with self._autocast():
            step = step_losses(self.networks, images, states, masks, choose, progress, grouped=self._grouped)
        p = step.action.probabilities
        used = one_hot(step.action.choice).float().mean(dim=0) * MAXIMUM_STEPS
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

    def _draw_pictures(self) -> tuple[Crops, Tensor, Tensor]:
        """What the critic is to tell apart: targets, which records of the pool, and where between them."""
        count = self.config.batch
        targets = self.targets.draw(count, self.generator)
        return targets, self.pool.draw_finished(count), torch.rand(count, generator=self.generator)

    def _update_critic(self, real: Tensor, finished: Tensor, mix: Tensor, rate: float) -> dict[str, Tensor]:
        share = self.processes.share
        fake = self.pool.images[to_device(share(finished), self.device)]
        update = self._critics_update(share(real), fake, to_device(share(mix), self.device))
        return self._learn(update, {"critic": rate})

    def _tell_apart(self, real: Tensor, fake: Tensor, mix: Tensor) -> Update:
        """The critic's update."""
        with self._autocast():
            judged = critic_losses(self.networks.critic, real, fake, mix)
        metrics = {
            "critic_loss": judged.loss,
            "distance": judged.distance,
            "gradient_norm": judged.gradient_norm.mean(),
        }
        return Update({"critic": self.optimizers["critic"].gradients(judged.loss)}, metrics)
