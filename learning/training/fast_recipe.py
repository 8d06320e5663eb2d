"""The recipe ``fast``, the default: whole episodes from fresh photos, each photo played several times.

The critic judges finished pictures alone, and learns faster than the agent. The agent's parameters learn through the
filters; its choices by how much better a game went than the other games on the same photo. There is no value network,
and no pool that the agent plays from.
"""

import math
from statistics import fmean

import torch
from torch import Tensor
from torch.nn.functional import softplus

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from editing.photos.preview import AGENT_VIEW_SIZE
from learning.agent.acting import entropy_when_sure
from learning.agent.networks import Agent, Critic, draw_masks, initialise
from learning.agent.state import one_hot
from learning.configuration import FastConfig
from learning.device import to_device
from learning.photos.batches import Augmentation, Crops, CropSampler
from learning.training.distributed import SINGLE_PROCESS, Processes
from learning.training.rollout import Games, clip_to_display, draw_probes, roll_out
from learning.training.trainer import NetworkOptimizer, Trainer
from learning.training.updates import Capture, Update

# The gradient penalty on reals (R1) is part of every fourth update of the critic alone, at four times its weight
# (Karras et al., 2020, "lazy regularisation").
PENALTY_EVERY = 4
BETAS = (0.5, 0.99)

GameInputs = tuple[Tensor, Tensor, Tensor, Tensor]


def leave_one_out_advantage(returns: Tensor, copies: int) -> Tensor:
    """(N,) each game's return less the mean of the other games on its photo, over the batch's standard deviation.

    Args:
        returns: (N,) the games on one photo in a row.
    """
    groups = returns.view(-1, copies)
    others = (groups.sum(dim=1, keepdim=True) - groups) / max(copies - 1, 1)
    return (groups - others).flatten() / (returns.std(correction=0) + 1e-6)


def r1_penalty(critic: Critic, real: Tensor) -> tuple[Tensor, Tensor]:
    """R1 (Mescheder et al., 2018): the critic's answers to reals (N, 1), and mean |grad D|^2 there."""
    answers, gradient = critic.with_gradient(real)
    return answers, gradient.square().flatten(1).sum(dim=1).mean()


class FastTrainer(Trainer):
    """A run of this recipe: each iteration is a batch of games, an update of the agent and three of the critic."""

    # Mean over the steps, of which each has one filter fewer to choose from.
    least_entropy = fmean(entropy_when_sure(len(FILTERS) - step) for step in range(MAXIMUM_STEPS))

    def __init__(
        self,
        config: FastConfig,
        inputs: CropSampler,
        targets: CropSampler,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
        capture: Capture | None = None,
    ) -> None:
        super().__init__(config.seed, device, processes, capture, bfloat16=config.bfloat16)
        self.config, self.widths, self.iterations = config, config.widths, config.iterations
        self._inputs, self._targets = inputs, targets
        self._augmentation = Augmentation(config.augment_exposure, config.augment_white_balance)
        self._agent = initialise(Agent(config.widths), self.generator)
        self._critic = initialise(Critic(config.widths), self.generator)
        self.optimizers = {
            "agent": NetworkOptimizer(self._agent, BETAS, device, processes),
            "critic": NetworkOptimizer(self._critic, BETAS, device, processes),
        }
        capacity = config.fake_buffer_batches * config.batch
        self._fake_buffer = torch.zeros(capacity, 3, AGENT_VIEW_SIZE, AGENT_VIEW_SIZE, device=device)
        self._agents_update = self._captured(self._judge_games)
        self._critics_update = self._captured(self._tell_apart)
        self._critics_penalised_update = self._captured(self._tell_apart_penalised)

    def _memory(self) -> dict[str, Tensor]:
        return {"fake_buffer": self._fake_buffer}

    def critic_draws_from(self) -> dict[str, Tensor]:
        """The finished images of the last few batches."""
        return {"The critic draws from: games of the last iterations": self._fake_buffer}

    def _iterate(self) -> dict[str, Tensor]:
        config, count = self.config, self.config.batch
        if self.iteration == 0:
            for start in range(count, len(self._fake_buffer), count):
                with torch.no_grad():
                    self._fake_buffer[start : start + count] = self.processes.gather(self._play(*self._draw()).images)
        progress = self.iteration / config.iterations
        decay = math.pow(config.final_rate, progress)
        games = self._draw()
        # Targets are read while the agent plays.
        drawn = [self._draw_pictures() for _ in range(config.critic_updates)]
        targets = self._targets.read_ahead([crops for crops, _ in drawn])
        acted = self._update_agent(games, config.agent_rate * decay, config.entropy_bonus * (1 - progress))
        first = config.critic_updates * self.iteration
        judged: dict[str, Tensor] = {}
        for update, (real, (_, finished)) in enumerate(zip(targets, drawn, strict=True), first):
            penalised = update % PENALTY_EVERY == 0
            judged |= self._update_critic(real, finished, config.critic_rate * decay, penalised=penalised)
        return acted | judged

    def _draw(self) -> GameInputs:
        """What this process's share of a batch of games is made of, see ``roll_out``."""
        count, share = self.config.batch, self.processes.share
        photos = self._inputs.read(self._inputs.draw(self.config.parts, self.generator, self._augmentation))
        photos = photos.repeat_interleave(self.config.games_per_photo, dim=0)
        masks = draw_masks(count * MAXIMUM_STEPS, self.widths, self.generator)
        masks = share(masks.view(count, MAXIMUM_STEPS, 2, self.widths.features))
        z = share(torch.rand(count, MAXIMUM_STEPS, generator=self.generator))
        probes = share(draw_probes(photos, self.generator))
        return share(photos), to_device(masks, self.device), to_device(z, self.device), probes

    def _play(self, photos: Tensor, masks: Tensor, z: Tensor, probes: Tensor) -> Games:
        with self._autocast():
            return roll_out(self._agent, photos, masks, z, probes, grouped=self._grouped)

    def _update_agent(self, games: GameInputs, rate: float, entropy_bonus: float) -> dict[str, Tensor]:
        update = self._agents_update(*games, to_device(torch.tensor(entropy_bonus), self.device))
        (images,) = update.results
        place = self.iteration % self.config.fake_buffer_batches * self.config.batch
        self._fake_buffer[place : place + self.config.batch] = self.processes.gather(images)
        return self._learn(update, {"agent": rate})

    def _judge_games(self, photos: Tensor, masks: Tensor, z: Tensor, probes: Tensor, entropy_bonus: Tensor) -> Update:
        """The agent's update; it results in the finished images."""
        games = self._play(photos, masks, z, probes)
        with self._autocast():
            answers = self._critic(clip_to_display(games.images)).squeeze(1)
        broken = games.overexposure_penalty + self.config.noise_penalty * games.chroma_noise
        broken = broken + self.config.cast_penalty * games.grey_cast
        returns = -softplus(-answers) - broken
        # Over the standard deviation of the whole batch.
        advantage = leave_one_out_advantage(self.processes.gather(returns.detach()), self.config.games_per_photo)
        advantage = self.processes.share(advantage)
        choosing = (games.log_probability * advantage).mean() + entropy_bonus * games.entropy.mean()
        loss = -returns.mean() - choosing
        used = one_hot(games.choices).sum(dim=1).float().mean(dim=0)
        metrics = {
            "return": returns.mean(),
            "too_bright": games.overexposure_penalty.mean(),
            "entropy": games.entropy.mean(),
        }
        metrics |= {"chroma_noise": games.chroma_noise.mean(), "grey_cast": games.grey_cast.mean(), "agent_loss": loss}
        metrics |= {f"used_{slug}": used[index] for index, slug in enumerate(FILTERS)}
        return Update({"agent": self.optimizers["agent"].gradients(loss)}, metrics, (games.images.detach(),))

    def _draw_pictures(self) -> tuple[Crops, Tensor]:
        """What the critic tells apart: targets, and which of the finished images."""
        count = self.config.batch
        targets = self._targets.draw(count, self.generator)
        return targets, torch.randperm(len(self._fake_buffer), generator=self.generator)[:count]

    def _update_critic(self, real: Tensor, finished: Tensor, rate: float, *, penalised: bool) -> dict[str, Tensor]:
        share = self.processes.share
        fake = self._fake_buffer[to_device(share(finished), self.device)]
        update = self._critics_penalised_update if penalised else self._critics_update
        return self._learn(update(share(real), fake), {"critic": rate})

    def _tell_apart(self, real: Tensor, fake: Tensor) -> Update:
        """The critic's update."""
        with self._autocast():
            real_answers, fake_answers = self._critic(torch.cat([clip_to_display(real), clip_to_display(fake)])).chunk(
                2
            )
        return self._critics(real_answers, fake_answers)

    def _tell_apart_penalised(self, real: Tensor, fake: Tensor) -> Update:
        """The critic's update, by its gradient at the targets too."""
        with self._autocast():
            # The second derivative runs through the reals alone: one batch with the fakes would double its work.
            fake_answers = self._critic(clip_to_display(fake))
            real_answers, penalty = r1_penalty(self._critic, clip_to_display(real))
        return self._critics(real_answers, fake_answers, penalty)

    def _critics(self, real_answers: Tensor, fake_answers: Tensor, penalty: Tensor | None = None) -> Update:
        loss = softplus(-real_answers).mean() + softplus(fake_answers).mean()
        metrics = {"critic_loss": loss, "distance": real_answers.mean() - fake_answers.mean()}
        if penalty is not None:
            metrics |= {"critic_penalty": penalty}
            loss = loss + PENALTY_EVERY * self.config.r1_gamma / 2 * penalty
        return Update({"critic": self.optimizers["critic"].gradients(loss)}, metrics)
