"""The recipe ``fast``, the default: whole episodes from fresh photos, each photo played several times.

The critic judges finished pictures alone, and learns faster than the agent. The agent's parameters learn through the
filters; its choices by how much better a game went than the other games on the same photo. There is no value network,
and no pool that the agent plays from. One iteration is ``FastTrainer._iterate``; the agent's loss is
``FastTrainer._agent_loss``, the critic's ``FastTrainer._critic_loss``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean

import torch
from torch import Tensor
from torch.nn.functional import softplus

from editing.game.filters import FILTERS, luminance
from editing.game.rules import MAXIMUM_STEPS
from editing.photos.preview import AGENT_VIEW_SIZE
from learning.agent import state
from learning.agent.acting import act, entropy_when_sure, sample_filters, without_used
from learning.agent.critic import Critic
from learning.agent.networks import Agent, draw_masks, initialise
from learning.agent.normalising import COMMUTING
from learning.agent.people_model import PeopleModel
from learning.configuration import FastConfig
from learning.device import to_device
from learning.photos.batches import Augmentation, CropSampler
from learning.training.distributed import SINGLE_PROCESS, Processes
from learning.training.people_guide import strangeness, warm_start
from learning.training.trainer import NetworkOptimizer, Trainer, clip_to_display, overexposure_penalty
from learning.training.updates import Capture, Update

# R1 is part of every fourth update of the critic alone, at four times its weight (Karras et al., "Analyzing and
# Improving the Image Quality of StyleGAN", 2020, "lazy regularization").
R1_EVERY = 4
BETAS = (0.5, 0.99)
# Pixels of each photo on which noise and casts are measured.
PROBES = 64
EIGHT_BIT_STEP = 1 / 255
# A step that changes less than this, of what a screen shows, on average, does hardly anything.
VISIBLE = 4 * EIGHT_BIT_STEP


class FastTrainer(Trainer):
    """A run of this recipe: each iteration is a batch of games, an update of the agent and three of the critic."""

    def __init__(
        self,
        config: FastConfig,
        inputs: CropSampler,
        targets: CropSampler,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
        capture: Capture | None = None,
        finished: CropSampler | None = None,
        people: PeopleModel | None = None,
        reward: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        """Begin a run.

        Args:
            finished: for each square of the inputs what it was before it was unprocessed, or nan where it was not.
            people: a model of people that the agent begins by, and is kept near to.
            reward: of images (N, 3, 64, 64), a number for each: what is to be raised beside the critic's.
        """
        super().__init__(config.seed, device, processes, capture, bfloat16=config.bfloat16)
        self.config, self.widths, self.iterations = config, config.widths, config.iterations
        self._inputs, self._targets = inputs, targets
        self._finished = finished if config.reconstruction_penalty else None
        self._reward = reward
        self._people = None if people is None else people.to(device).requires_grad_(False)
        self._augmentation = Augmentation(
            config.augment_exposure, config.augment_white_balance, config.augment_temperature
        )
        self.least_entropy = least_entropy(config)
        self._agent = initialise(Agent(config.widths, config.normalisation, stops=config.stop), self.generator)
        self._critic = initialise(Critic(config.widths), self.generator)
        self.optimizers = {
            "agent": NetworkOptimizer(self._agent, BETAS, device, processes, config.average),
            "critic": NetworkOptimizer(self._critic, BETAS, device, processes),
        }
        # The finished images of the last batches, the oldest overwritten first.
        capacity = config.fake_buffer_batches * config.batch
        self._fake_buffer = torch.zeros(capacity, 3, AGENT_VIEW_SIZE, AGENT_VIEW_SIZE, device=device)
        self._agent_update = self._captured(self._agent_loss)
        self._critic_update = self._captured(self._critic_loss)
        self._critic_update_with_r1 = self._captured(partial(self._critic_loss, with_r1=True))

    def _iterate(self) -> dict[str, Tensor]:
        config, share = self.config, self.processes.share
        if self.iteration == 0:
            if self._people is not None:
                warm_start(self._agent, self._people, self.widths, self._draw_photos, self._warm_step, self.generator)
            self._fill_fake_buffer()
        progress = self.iteration / config.iterations
        decay = math.pow(config.final_rate, progress)
        entropy_weight = torch.tensor(config.entropy_bonus * (1 - progress) + config.entropy_bonus_at_end * progress)

        # Everything random, for all updates: so the targets are read while the agent plays.
        games = self._draw_games()
        draws = [
            (self._targets.draw(config.batch, self.generator), self._draw_fakes()) for _ in range(config.critic_updates)
        ]
        targets = self._targets.read_ahead([crops for crops, _ in draws])

        # One update of the agent, by whole games on fresh photos.
        update = self._agent_update(*games, to_device(entropy_weight, self.device))
        self._store_fakes(self.iteration, update.results[0])
        metrics = self._step(update, {"agent": config.agent_rate * decay})

        # Several of the critic, by targets and by the finished images of the last batches.
        first = config.critic_updates * self.iteration
        for number, (real, (_, rows)) in enumerate(zip(targets, draws, strict=True), first):
            fake = self._fake_buffer[to_device(share(rows), self.device)]
            critic_update = self._critic_update_with_r1 if number % R1_EVERY == 0 else self._critic_update
            metrics |= self._step(critic_update(share(real), fake), {"critic": config.critic_rate * decay})
        return metrics

    def _agent_loss(
        self,
        photos: Tensor,
        masks: Tensor,
        z: Tensor,
        probes: Tensor,
        finished: Tensor,
        entropy_weight: Tensor,
    ) -> Update:
        """Compute the agent's gradient by whole games, see ``roll_out``; the result is their finished images."""
        config = self.config
        games = self._play(photos, masks, z, probes)
        # What a game is worth: the log of the probability that its result is a target, less what is broken in it.
        noise_penalty = config.noise_penalty * games.chroma_noise
        cast_penalty = config.cast_penalty * games.grey_cast
        returns = self._log_probability_real(games.images) - (games.overexposure + noise_penalty + cast_penalty)
        error = reconstruction_error(games.images, finished)
        # Only where they count: terms of 0 would make sums of gradients round otherwise.
        rewards = self._rewards(games.images)
        if rewards is not None:
            returns = returns + config.reward_weight * rewards
        if config.idle_penalty:
            returns = returns - config.idle_penalty * games.idle_steps
        if config.hue_penalty:
            returns = returns - config.hue_penalty * games.hue_shift
        if config.reconstruction_penalty:
            returns = returns - config.reconstruction_penalty * error
        # Parameters learn through the filters, from the returns themselves; choices by REINFORCE. The mean and the
        # standard deviation are those of the whole batch, not of this process's share.
        if config.step_baseline:
            worth = torch.stack([returns.detach(), *(self._worth(images, finished) for images in games.seen)], dim=1)
            advantages = step_advantages(self.processes.gather(worth), config.games_per_photo)
            policy_loss = -(games.log_probabilities * self.processes.share(advantages)).sum(dim=1).mean()
        else:
            advantage = leave_one_out_advantage(self.processes.gather(returns.detach()), config.games_per_photo)
            policy_loss = -(games.log_probability * self.processes.share(advantage)).mean()
        entropy_bonus = entropy_weight * games.entropy.mean()
        loss = -returns.mean() + (policy_loss - entropy_bonus)
        if config.imitation_weight:
            loss = loss + config.imitation_weight * games.strangeness.mean()

        used = state.one_hot(games.choices).sum(dim=1).float().mean(dim=0)
        metrics = {
            "return": returns.mean(),
            "too_bright": games.overexposure.mean(),  # the name in the logs of all runs
            "entropy": games.entropy.mean(),
            "chroma_noise": games.chroma_noise.mean(),
            "grey_cast": games.grey_cast.mean(),
            "hue_shift": games.hue_shift.mean(),
            "idle_steps": games.idle_steps.mean(),
            "reconstruction_error": error.mean(),
            "steps": used.sum(),
            **({} if self._people is None else {"strangeness": games.strangeness.mean()}),
            **({} if rewards is None else {"reward": rewards.mean()}),
            "agent_loss": loss,
        } | {f"used_{slug}": used[index] for index, slug in enumerate(FILTERS)}
        return Update({"agent": self.optimizers["agent"].gradients(loss)}, metrics, (games.images.detach(),))

    def _log_probability_real(self, images: Tensor) -> Tensor:
        """(N,) the log of the critic's probability that images, as shown, are targets."""
        with self._autocast():
            scores = self._critic(clip_to_display(images)).squeeze(1)
        return -softplus(-scores)

    @torch.no_grad()
    def _worth(self, images: Tensor, finished: Tensor) -> Tensor:
        """(N,) about what games would be worth if they ended in these images."""
        error = reconstruction_error(images, finished)
        worth = self._log_probability_real(images) - self.config.reconstruction_penalty * error
        rewards = self._rewards(images)
        return worth if rewards is None else worth + self.config.reward_weight * rewards

    def _rewards(self, images: Tensor) -> Tensor | None:
        """(N,) what the given reward says of images; None where none was given."""
        if self._reward is None:
            return None
        with self._autocast():
            return self._reward(images)

    def _critic_loss(self, real: Tensor, fake: Tensor, *, with_r1: bool = False) -> Update:
        """Compute the critic's gradient by targets and finished images: non-saturating (Goodfellow et al., 2014)."""
        real, fake = clip_to_display(real), clip_to_display(fake)
        with self._autocast():
            if with_r1:
                # The second derivative runs through the reals alone: one batch with the fakes would double its work.
                fake_scores = self._critic(fake)
                real_scores, squared_gradient = r1_penalty(self._critic, real)
            else:
                real_scores, fake_scores = self._critic(torch.cat([real, fake])).chunk(2)
        loss = softplus(-real_scores).mean() + softplus(fake_scores).mean()
        metrics = {"critic_loss": loss, "distance": real_scores.mean() - fake_scores.mean()}
        if with_r1:
            metrics |= {"critic_penalty": squared_gradient}
            loss = loss + R1_EVERY * self.config.r1_gamma / 2 * squared_gradient
        return Update({"critic": self.optimizers["critic"].gradients(loss)}, metrics)

    def _draw_games(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Draw what this process's share of a batch of games is made of, see ``roll_out``.

        The last is what the photos were before they were unprocessed; nan where it is not known.
        """
        config, share = self.config, self.processes.share
        crops = self._inputs.draw(config.parts, self.generator, self._augmentation)
        photos = self._inputs.read(crops)
        finished = self._finished.read(replace(crops, gains=None)) if self._finished else photos * torch.nan
        photos, finished = (images.repeat_interleave(config.games_per_photo, dim=0) for images in (photos, finished))
        masks = draw_masks(config.batch * MAXIMUM_STEPS, self.widths, self.generator)
        masks = share(masks.view(config.batch, MAXIMUM_STEPS, 2, self.widths.features))
        z = share(torch.rand(config.batch, MAXIMUM_STEPS, generator=self.generator))
        probes = share(draw_probes(photos, self.generator))
        return share(photos), to_device(masks, self.device), to_device(z, self.device), probes, share(finished)

    def _play(self, photos: Tensor, masks: Tensor, z: Tensor, probes: Tensor) -> "Games":
        with self._autocast():
            return roll_out(self._agent, photos, masks, z, probes, self._people, grouped=self._grouped)

    def _draw_photos(self) -> Tensor:
        """Draw this process's share of a batch of photos, each once."""
        crops = self._inputs.draw(self.config.batch, self.generator, self._augmentation)
        return self.processes.share(self._inputs.read(crops))

    def _warm_step(self, loss: Tensor, rate: float) -> None:
        self.optimizers["agent"].step(self.optimizers["agent"].gradients(loss), rate)

    def _draw_fakes(self) -> Tensor:
        """(batch,) rows of the fake buffer, each at most once."""
        return torch.randperm(len(self._fake_buffer), generator=self.generator)[: self.config.batch]

    def _store_fakes(self, number: int, images: Tensor) -> None:
        """Put a batch of finished images, this process's share, into the buffer, in place of the oldest."""
        start = number % self.config.fake_buffer_batches * self.config.batch
        self._fake_buffer[start : start + self.config.batch] = self.processes.gather(images)

    def _fill_fake_buffer(self) -> None:
        """Play as many batches as the first iteration leaves empty, learning nothing."""
        for number in range(1, self.config.fake_buffer_batches):
            with torch.no_grad():
                self._store_fakes(number, self._play(*self._draw_games()[:4]).images)

    def _memory(self) -> dict[str, Tensor]:
        return {"fake_buffer": self._fake_buffer}

    def critic_draws_from(self) -> dict[str, Tensor]:
        """Return the finished images of the last few batches."""
        return {"The critic draws from: games of the last iterations": self._fake_buffer}


def least_entropy(config: FastConfig) -> float:
    """Return the entropy of the choices, mean over those of a game, if the agent is sure of every one."""
    actions = len(FILTERS) + config.stop
    # Each step has one filter fewer to choose from; before exposure there is only what commutes, and nobody stops
    # before the first.
    possible = [actions - step for step in range(MAXIMUM_STEPS)]
    possible[0] = sum(COMMUTING) if config.normalise_exposure else len(FILTERS)
    sure = [entropy_when_sure(count, actions) for count in possible]
    return min(fmean(sure[:steps]) for steps in range(2, MAXIMUM_STEPS + 1)) if config.stop else fmean(sure)


def leave_one_out_advantage(returns: Tensor, games_per_photo: int) -> Tensor:
    """Compare each game with the other games on its photo: its return less their mean, over the batch's deviation.

    The mean of the others as baseline is REINFORCE leave-one-out, RLOO (Kool et al., "Buy 4 REINFORCE Samples, Get a
    Baseline for Free!", 2019; Ahmadian et al., "Back to Basics: Revisiting REINFORCE-Style Optimization for Learning
    from Human Feedback in LLMs", 2024). Those do not divide: here the standard deviation of all returns of the batch
    makes the step independent of their scale.

    Args:
        returns: (N,) the games on one photo in a row.

    Returns:
        (N,); a game alone on its photo is compared with 0.
    """
    return _over_others(returns, games_per_photo) / (returns.std(correction=0) + 1e-6)


def step_advantages(worth: Tensor, games_per_photo: int) -> Tensor:
    """Compare games as ``leave_one_out_advantage`` does, at each step less what could be foreseen before it.

    What a game's picture was worth before a step tells, of how well the game went, what earlier choices have done: so
    much is taken from the return, by the slope of a least-squares line through the games of the batch, one for each
    step. It depends on nothing that is chosen from then on, and so takes noise from the gradient and leaves its mean (a
    control variate, as in Greensmith et al., "Variance Reduction Techniques for Gradient Estimates in Reinforcement
    Learning", 2004; but for the slope, which the same games are fitted by).

    Args:
        worth: (N, 1 + S) the returns, and what the pictures before each of the S steps were worth.

    Returns:
        (N, S).
    """
    returns = worth[:, 0]
    gained, *foreseen = (_over_others(column, games_per_photo) for column in worth.unbind(dim=1))
    left = [gained - (gained * known).sum() / (known.square().sum() + 1e-6) * known for known in foreseen]
    return torch.stack(left, dim=1) / (returns.std(correction=0) + 1e-6)


def _over_others(values: Tensor, games_per_photo: int) -> Tensor:
    """(N,) each game's value less the mean of the other games on its photo."""
    groups = values.view(-1, games_per_photo)
    others = (groups.sum(dim=1, keepdim=True) - groups) / max(games_per_photo - 1, 1)
    return (groups - others).flatten()


def r1_penalty(critic: Critic, real: Tensor) -> tuple[Tensor, Tensor]:
    """Compute R1 (Mescheder et al., "Which Training Methods for GANs do actually Converge?", 2018).

    Returns:
        The critic's scores of reals, (N, 1), and the mean of |grad D|^2 there, a scalar.
    """
    scores, gradient = critic.with_gradient(real)
    return scores, gradient.square().flatten(1).sum(dim=1).mean()


@dataclass(frozen=True)
class Games:
    """A batch of whole games, (N,) each but where another shape is given.

    Attributes:
        images: (N, 3, 64, 64) the finished ones, unclipped.
        seen: as many before each step, which nothing is learned through.
        log_probability: of all choices together.
        log_probabilities: (N, 5) of each; 0 where the game was over.
        entropy: of the choices, mean over those that were made, in nats.
        overexposure: sum over the steps of ``overexposure_penalty``.
        chroma_noise: how far colours move, in 8-bit steps, if the photo's values move within the rounding of 8 bits.
        grey_cast: how far from grey, in 8-bit steps, what was grey has become.
        hue_shift: by how many degrees hues have turned, mean by chroma.
        idle_steps: how many of the steps change nothing, see ``idleness``.
        choices: (N, 5) the filters' indices, and that behind the last from where the agent stopped.
        strangeness: how improbable the steps are to people, mean over those that were made, in nats; 0 without a model
            of people.
    """

    images: Tensor
    seen: Sequence[Tensor]
    log_probability: Tensor
    log_probabilities: Tensor
    entropy: Tensor
    overexposure: Tensor
    chroma_noise: Tensor
    grey_cast: Tensor
    hue_shift: Tensor
    idle_steps: Tensor
    choices: Tensor
    strangeness: Tensor


def roll_out(
    agent: Agent,
    images: Tensor,
    masks: Tensor,
    z: Tensor,
    probes: Tensor,
    people: PeopleModel | None = None,
    *,
    grouped: bool = True,
) -> Games:
    """Play whole games; used filters are not chosen again, and a game that was stopped changes no more.

    Args:
        images: (N, 3, 64, 64) fresh photos.
        masks: (N, 5, 2, features) dropout of each step.
        z: (N, 5) uniform numbers that sample the filters.
        probes: (N, 3, 3, K) colours to edit along with each image, see ``draw_probes``.
        people: by whom it is judged how people-like the steps are.
        grouped: see ``learning.agent.acting.act``.
    """
    states = state.fresh_states(len(images), images)
    log_probabilities, entropies, overexposures, idle_steps, choices = [], [], [], [], []
    seen, decisions = [], torch.zeros(len(images), device=images.device)
    strange = torch.zeros(len(images), device=images.device)
    taken = probes
    for step in range(MAXIMUM_STEPS):
        seen.append(images.detach())
        decisions = decisions + (1 - states[:, state.STOPPED])
        choose = partial(_sample_unused, states=states, z=z[:, step])
        action = act(agent, images, states, masks[:, step], choose, grouped=grouped)
        p = without_used(action.probabilities, states)
        log_probabilities.append(p.gather(1, action.choice[:, None]).squeeze(1).log())
        entropies.append(-(p * p.clamp(min=1e-9).log()).sum(dim=1))
        if people is not None:
            strange = strange + strangeness(people, images, states, p, action)
        made = action.choice < len(FILTERS)
        overexposures.append(overexposure_penalty(action.images) * made)
        idle_steps.append(idleness(images, action.images) * made)
        choices.append(action.choice)
        images, states, probes = action.images, action.states, action.edit(probes)
    return Games(
        images=images,
        seen=seen,
        log_probability=_sum(log_probabilities),
        log_probabilities=torch.stack(log_probabilities, dim=1),
        overexposure=_sum(overexposures),
        entropy=_sum(entropies) / decisions,
        chroma_noise=chroma_noise(probes),
        grey_cast=grey_cast(probes),
        hue_shift=hue_shift(taken, probes),
        idle_steps=_sum(idle_steps),
        choices=torch.stack(choices, dim=1),
        strangeness=strange / decisions,
    )


def _sum(steps: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(steps)).sum(dim=0)


def idleness(before: Tensor, after: Tensor) -> Tensor:
    """(N,) from 1 where a step changes nothing to 0 where it changes what a screen shows by ``VISIBLE`` on average."""
    change = (clip_to_display(after) - clip_to_display(before.detach())).abs().flatten(1).mean(dim=1)
    return (1 - change / VISIBLE).clamp(min=0)


def reconstruction_error(images: Tensor, finished: Tensor) -> Tensor:
    """(N,) the RMSE of results to what the photos were before they were unprocessed; 0 where that is nan."""
    known = finished.isfinite()
    difference = torch.where(known, clip_to_display(images) - finished.nan_to_num(), torch.zeros_like(images))
    return (difference.square().flatten(1).mean(dim=1) + 1e-6).sqrt() * known.flatten(1)[:, 0]


def _sample_unused(probabilities: Tensor, states: Tensor, z: Tensor) -> Tensor:
    return sample_filters(without_used(probabilities, states), z)


def draw_probes(images: Tensor, generator: torch.Generator) -> Tensor:
    """Draw colours of each image: pixels, the same as 8-bit rounding may have moved them, and as greys.

    What a game makes of them shows what the critic's small averaged images do not: the noise of an 8-bit photo made
    colourful, and greys that are tinted.

    Args:
        images: (N, 3, height, width).
        generator: of the CPU.

    Returns:
        (N, 3, 3, 64): channels, then pixels, moved pixels and greys.
    """
    pixels = images.flatten(2)
    count, channels, size = pixels.shape
    places = torch.randint(size, (count, 1, PROBES), generator=generator).to(images.device)
    noise = (torch.rand((count, channels, PROBES), generator=generator) - 0.5).to(images.device) * EIGHT_BIT_STEP
    drawn = pixels.gather(2, places.expand(-1, channels, -1))
    greys = luminance((drawn[:, 0], drawn[:, 1], drawn[:, 2]))[:, None].expand_as(drawn)
    return torch.stack([drawn, (drawn + noise).clamp(min=0), greys], dim=2)


def chroma_noise(probes: Tensor) -> Tensor:
    """(N,) the root mean square, in 8-bit steps, of what is not luminance in the difference that noise makes."""
    pixels, noisy, _ = clip_to_display(probes).unbind(dim=2)
    return _chroma(noisy - pixels)


def grey_cast(probes: Tensor) -> Tensor:
    """(N,) the root mean square, in 8-bit steps, of what is not luminance in what was grey."""
    return _chroma(clip_to_display(probes)[:, :, 2])


def hue_shift(before: Tensor, after: Tensor) -> Tensor:
    """(N,) by how many degrees hues have turned, mean over the pixels by their chroma, as ``learning.metrics`` has it.

    Hue and chroma are those of two differences of colours, B - Y and R - Y, as a screen shows them.

    Args:
        before, after: (N, 3, 3, K) probes, see ``draw_probes``.
    """
    pixels, shown = before[:, :, 0], clip_to_display(after[:, :, 0])
    light, light_after = (luminance((colours[:, 0], colours[:, 1], colours[:, 2])) for colours in (pixels, shown))
    as_light = clip_to_display(pixels * (light_after / light.clamp(min=1e-6)).detach()[:, None])
    (x, y), (x_after, y_after) = (_colour_differences(colours) for colours in (as_light, shown))
    # Grey has no hue: the small number makes the angle's derivative 0 there, and not infinite.
    angle = torch.atan2((x * y_after - y * x_after).abs() + 1e-6, x * x_after + y * y_after)
    # Only by turning less, not by duller colours, does a game gain.
    weight = torch.minimum(torch.hypot(x, y), torch.hypot(x_after, y_after)).detach()
    return torch.rad2deg((weight * angle).sum(dim=1) / weight.sum(dim=1).clamp(min=1e-3))


def _colour_differences(colours: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K) B - Y and R - Y, in the parts in which analogue video has them, of (N, 3, K) colours."""
    light = luminance((colours[:, 0], colours[:, 1], colours[:, 2]))
    return 0.493 * (colours[:, 2] - light), 0.877 * (colours[:, 0] - light)


def _chroma(colours: Tensor) -> Tensor:
    grey = luminance((colours[:, 0], colours[:, 1], colours[:, 2]))[:, None]
    chroma: Tensor = (((colours - grey) / EIGHT_BIT_STEP).square().mean(dim=(1, 2)) + 1e-4).sqrt()
    return chroma
