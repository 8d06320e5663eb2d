"""The training loop of the 2018 recipe: an agent, a critic and a value network, on unpaired photos."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial

import torch
from torch import Tensor

from learning.agent import act, sample_filters
from learning.data import Photos
from learning.losses import critic_losses, step_losses
from learning.networks import Widths, create_networks, draw_masks
from learning.replay_pool import ReplayPool

# The critic needs a head start, and a refresh now and then.
CRITIC_UPDATES = 5
CRITIC_UPDATES_AHEAD = 100
AHEAD_ITERATIONS = 10
AHEAD_EVERY = 500
# Passes of the agent before anything is learned, so that finished images exist.
FIRST_PASSES = 100
DECADES_OF_DECAY = 3
BETAS = (0.5, 0.9)


@dataclass(frozen=True)
class TrainingConfig:
    """What a training run is made of; the defaults are the paper's.

    Attributes:
        widths: of the networks.
        batch: images in a batch.
        iterations: T; the iterations 0 .. T are run, and the rates decay to a thousandth over them.
        seed: of the weights and of everything drawn.
        pool: records in the replay pool, at least as many as a batch.
        rate: Adam's base rate at the start; each network's is this times its factor.
    """

    widths: Widths = field(default_factory=Widths)
    batch: int = 64
    iterations: int = 20_000
    seed: int = 0
    pool: int = 128
    rate: float = 5e-5
    critic_factor: float = 1.0
    agent_factor: float = 0.3
    value_factor: float = 3.0

    def __post_init__(self) -> None:
        for name in ("batch", "iterations", "pool"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.batch > self.pool:
            raise ValueError(f"a batch of {self.batch} is more than the pool's {self.pool} records")

    def to_json(self) -> dict[str, object]:
        """Plain values, as ``config.json`` has them."""
        return asdict(self)


@dataclass(frozen=True)
class Record:
    """What is logged of an iteration; means over the batch. The agent's part is None in iteration 0.

    Attributes:
        reward, penalty: of the agent's actions.
        entropy: of its choice of filter, in nats.
        distance: mean D(real) - mean D(fake) in the last critic update.
    """

    iteration: int
    rate: float
    agent_loss: float | None
    value_loss: float | None
    reward: float | None
    penalty: float | None
    entropy: float | None
    critic_loss: float
    distance: float
    gradient_norm: float


class TrainingDiverged(ArithmeticError):
    """A loss is not a finite number."""


def critic_updates(iteration: int) -> int:
    """How many updates the critic makes in an iteration."""
    ahead = iteration < AHEAD_ITERATIONS or iteration % AHEAD_EVERY == 0
    return CRITIC_UPDATES_AHEAD if ahead else CRITIC_UPDATES


def updates(iteration: int) -> int:
    """How many updates, or passes, an iteration makes in all."""
    return (1 if iteration else FIRST_PASSES) + critic_updates(iteration)


def base_rate(config: TrainingConfig, iteration: int) -> float:
    """``rate * 0.1^(3 t / T)``."""
    return config.rate * math.pow(0.1, DECADES_OF_DECAY * iteration / config.iterations)


class Trainer:
    """A training run in memory. Everything that it draws comes from one generator of the CPU."""

    def __init__(self, config: TrainingConfig, inputs: Photos, targets: Photos, device: torch.device) -> None:
        self.config = config
        self.targets = targets
        self.device = device
        self.generator = torch.Generator().manual_seed(config.seed)
        self.networks = create_networks(config.widths, self.generator)
        for network in self.networks.modules.values():
            network.to(device)
        self.pool = ReplayPool(config.pool, partial(inputs.draw, generator=self.generator), self.generator)
        self._parameters = {name: list(network.parameters()) for name, network in self.networks.modules.items()}
        self._optimizers = {
            name: torch.optim.Adam(parameters, lr=config.rate, betas=BETAS)
            for name, parameters in self._parameters.items()
        }
        self._factors = {
            "agent": config.agent_factor,
            "critic": config.critic_factor,
            "value": config.value_factor,
        }

    def run(self, on_update: Callable[[], None] = lambda: None) -> Iterator[Record]:
        """Train, yielding a record after each of the iterations 0 .. T; ``on_update`` is called after each update.

        Raises:
            TrainingDiverged: if a loss is no longer finite.
        """
        for iteration in range(self.config.iterations + 1):
            rate = base_rate(self.config, iteration)
            for name, optimizer in self._optimizers.items():
                optimizer.param_groups[0]["lr"] = rate * self._factors[name]
            acted: dict[str, Tensor] = {}
            if iteration == 0:
                for _ in range(FIRST_PASSES):
                    self._pass()
                    on_update()
            else:
                acted = self._update_agent_and_value(iteration / self.config.iterations)
                on_update()
            for _ in range(critic_updates(iteration)):
                judged = self._update_critic()
                on_update()
            yield _record(iteration, rate, acted, judged)

    def _draw(self) -> tuple[Tensor, Tensor, Tensor, Callable[[Tensor], Tensor]]:
        """What the agent acts on: images, states, dropout masks and how filters are chosen."""
        count = self.config.batch
        images, states = self.pool.draw(count)
        masks = draw_masks(count, self.config.widths, self.generator).to(self.device)
        z = torch.rand(count, generator=self.generator).to(self.device)
        return images, states, masks, partial(sample_filters, z=z)

    def _pass(self) -> None:
        """Let the agent act, learning nothing."""
        with torch.no_grad():
            action = act(self.networks.agent, *self._draw())
        self.pool.put_back(action.images, action.states)

    def _update_agent_and_value(self, progress: float) -> dict[str, Tensor]:
        images, states, masks, choose = self._draw()
        step = step_losses(self.networks, images, states, masks, choose, progress)
        self._learn("agent", step.agent_loss)
        self._learn("value", step.value_loss)
        self.pool.put_back(step.action.images, step.action.states)
        p = step.action.probabilities
        return {
            "agent_loss": step.agent_loss,
            "value_loss": step.value_loss,
            "reward": step.reward.mean(),
            "penalty": step.penalty.mean(),
            "entropy": -(p * p.log()).sum(dim=1).mean(),
        }

    def _update_critic(self) -> dict[str, Tensor]:
        # Only a very small batch, or one as large as the pool, ever leaves it without a finished image.
        while not self.pool.has_finished:
            self._pass()
        count = self.config.batch
        real = self.targets.draw(count, self.generator)
        fake = self.pool.draw_finished(count)
        mix = torch.rand(count, generator=self.generator).to(self.device)
        judged = critic_losses(self.networks.critic, real, fake, mix)
        self._learn("critic", judged.loss)
        return {
            "critic_loss": judged.loss,
            "distance": judged.distance,
            "gradient_norm": judged.gradient_norm.mean(),
        }

    def _learn(self, name: str, loss: Tensor) -> None:
        """One update of one network by the gradient of its own loss; the others only pass gradients on."""
        parameters = self._parameters[name]
        gradients = torch.autograd.grad(loss, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self._optimizers[name].step()


def _record(iteration: int, rate: float, acted: dict[str, Tensor], judged: dict[str, Tensor]) -> Record:
    figures = {name: float(value.detach()) for name, value in (acted | judged).items()}
    for name, value in figures.items():
        if not math.isfinite(value):
            raise TrainingDiverged(f"iteration {iteration}: {name} is {value}; the training has diverged")
    agents = ("agent_loss", "value_loss", "reward", "penalty", "entropy")
    return Record(
        iteration=iteration,
        rate=rate,
        **{name: figures.get(name) for name in agents},
        critic_loss=figures["critic_loss"],
        distance=figures["distance"],
        gradient_norm=figures["gradient_norm"],
    )
