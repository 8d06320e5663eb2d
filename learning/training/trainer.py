"""What every recipe's training shares: networks with their optimisers, one stream of random numbers, and its state.

A trainer holds all that a run is in tensors, so that a run which is stopped continues as if it never had been.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy

import torch
from torch import Tensor, nn

from learning.agent.networks import Agent
from learning.configuration import Widths
from learning.device import autocast
from learning.training.distributed import SINGLE_PROCESS, Processes
from learning.training.updates import Capture, CapturedUpdate, Compute, Update

# In nats above the least: below this, the agent gives all photos one order of filters.
COLLAPSED_ENTROPY = 0.02


class TrainingDiverged(ArithmeticError):
    """The training has gone wrong; the message says what was seen, and what to change.

    Attributes:
        metrics: of the iteration that showed it.
    """

    def __init__(self, message: str, metrics: Mapping[str, float]) -> None:
        super().__init__(message)
        self.metrics = metrics


class NetworkOptimizer:
    """A network and the Adam that trains it, by the gradients of its own loss alone.

    Attributes:
        averaged: a copy of the network that has the moving average of its weights; None if there is no average.
    """

    def __init__(
        self,
        network: nn.Module,
        betas: tuple[float, float],
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
        average: float = 0.0,
    ) -> None:
        """Take a network.

        Args:
            average: the part of the moving average of the weights that each step leaves; 0 for no average.
        """
        self.network = network.to(device)
        self._processes, self._average = processes, average
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self._names = [name for name, _ in network.named_parameters()]
        self._parameters = list(network.parameters())
        self._optimizer = torch.optim.Adam(self._parameters, betas=betas, fused=True)
        # Adam makes its moments at the first step; a state that is loaded must find them there.
        for parameter in self._parameters:
            self._optimizer.state[parameter] = {
                "step": torch.zeros((), device=device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }
        self.averaged = deepcopy(network).requires_grad_(False) if average else None
        self._averages: list[Tensor] = list(self.averaged.parameters()) if self.averaged else []

    def gradients(self, loss: Tensor) -> Sequence[Tensor]:
        """Compute those of its parameters; the other networks only pass gradients on."""
        return torch.autograd.grad(loss, self._parameters)

    def step(self, gradients: Sequence[Tensor], rate: float) -> Tensor:
        """One step of Adam.

        Args:
            gradients: of the mean over this process's share of the batch.

        Returns:
            The norm of the gradient, a scalar.
        """
        gradients = self._processes.average(gradients)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            # The fused Adam walks through memory: a gradient laid out otherwise would reach the wrong weights.
            alike = gradient.stride() == parameter.stride()
            parameter.grad = gradient if alike else torch.empty_like(parameter).copy_(gradient)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        if self._averages:
            with torch.no_grad():
                torch._foreach_lerp_(self._averages, list[Tensor](self._parameters), 1 - self._average)
        norm: Tensor = torch.linalg.vector_norm(
            torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients])
        )
        return norm

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights, and Adam's state of each, by name; the very tensors, not copies.

        Where there is an average, the weights are the average, and those that are trained stand beside it.
        """
        tensors = {}
        for name, parameter in zip(self._names, self._parameters, strict=True):
            tensors[f"{'trained' if self._average else 'weights'}/{name}"] = parameter.detach()
            tensors |= {f"adam/{name}/{key}": value for key, value in self._optimizer.state[parameter].items()}
        tensors |= {f"weights/{name}": value for name, value in zip(self._names, self._averages, strict=False)}
        return tensors


def clip_to_display(images: Tensor) -> Tensor:
    """Clip images to what a screen shows, 0 .. 1: what a critic sees, so that no value makes its scores explode."""
    return images.clamp(0, 1)


def overexposure_penalty(images: Tensor) -> Tensor:
    """(N,) ``mean(max(x - 1, 0)^2)``: what values above 1, which no screen can show, cost."""
    return images.clamp(min=1).sub_(1).square().flatten(1).mean(dim=1)


class Trainer(ABC):
    """A training run in memory. Everything that it draws comes from one generator of the CPU.

    It may be one of several processes that share each batch; all hold the same.

    Attributes:
        iteration: the next one; those before it are done.
        iterations: how many there are.
        optimizers: by the name of the network; one is ``agent``.
        least_entropy: of the choices in its metrics, in nats, if the agent is sure of every one.
    """

    iterations: int
    widths: Widths
    optimizers: dict[str, NetworkOptimizer]
    least_entropy: float

    def __init__(
        self,
        seed: int,
        device: torch.device,
        processes: Processes = SINGLE_PROCESS,
        capture: Capture | None = None,
        *,
        bfloat16: bool = False,
    ) -> None:
        """Begin a run.

        Args:
            capture: by which a process that is alone records its updates, see ``learning.training.updates``.
        """
        self.device, self.processes, self._bfloat16 = device, processes, bfloat16
        # In the middle of an update, several processes exchange what they found.
        self._capture = capture if processes.size == 1 else None
        self.generator = torch.Generator().manual_seed(seed)
        self.iteration = 0

    @property
    def agent(self) -> Agent:
        """The agent that plays: by the average of the trained weights, if there is one."""
        agent = self.optimizers["agent"].averaged or self.optimizers["agent"].network
        assert isinstance(agent, Agent)  # noqa: S101 (tells the type)
        return agent

    def _captured(self, compute: Compute) -> CapturedUpdate:
        """Return an update of this recipe, as it is called in each iteration."""
        return CapturedUpdate(compute, self._capture)

    @property
    def _grouped(self) -> bool:
        """Whether filters are computed for the images alone that they were chosen for, see
        ``learning.agent.acting.act``.
        """
        return self._capture is None

    def _step(self, update: Update, rates: Mapping[str, float]) -> dict[str, Tensor]:
        """Step each network by its gradient, at its rate; returns the metrics, the gradients' norms among them."""
        norms = {
            f"{name}_gradient": self.optimizers[name].step(gradients, rates[name])
            for name, gradients in update.gradients.items()
        }
        return dict(update.metrics) | norms

    def _autocast(self) -> AbstractContextManager[None]:
        """Return what networks are called in."""
        return autocast(self.device, bfloat16=self._bfloat16)

    @abstractmethod
    def _iterate(self) -> dict[str, Tensor]:
        """One iteration; returns its metrics, scalars."""

    @abstractmethod
    def _memory(self) -> dict[str, Tensor]:
        """Return what else the run remembers, by name; the very tensors, of shapes that never change."""

    @abstractmethod
    def critic_draws_from(self) -> dict[str, Tensor]:
        """Return the agent's images that the critic learns from, or may soon, by what they are: (n, 3, 64, 64) each."""

    def check(self, metrics: Mapping[str, float]) -> None:
        """Refuse metrics of an iteration from which no training recovers: not finite, or an agent sure too early.

        Raises:
            TrainingDiverged: saying what to change.
        """
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise TrainingDiverged(
                    f"iteration {self.iteration}: {name} is {value}; the training has diverged. Try another --seed, "
                    "a larger --batch, or --precision float32; photos with extreme values are another cause",
                    metrics,
                )
        exploring = metrics.get("entropy", math.inf) - self.least_entropy
        if self.iteration < self.iterations / 2 and exploring < COLLAPSED_ENTROPY:
            raise TrainingDiverged(
                f"iteration {self.iteration}: the entropy of the choices is {metrics['entropy']:.3f} nats, of at least "
                f"{self.least_entropy:.3f}; the agent has stopped exploring. Try another --seed, a larger --batch, "
                "or more photos",
                metrics,
            )

    def iterate(self) -> dict[str, float]:
        """Run the next iteration, and return its metrics by name.

        Raises:
            TrainingDiverged: if the metrics show it.
        """
        computed = self._iterate()
        (means,) = self.processes.average([torch.stack([value.detach().float() for value in computed.values()])])
        metrics: dict[str, float] = dict(zip(computed, means.tolist(), strict=True))
        self.check(metrics)
        self.iteration += 1
        return metrics

    def state(self) -> dict[str, Tensor]:
        """All that the run is, as copies on the CPU."""
        state = {name: value.cpu().clone() for name, value in self._tensors().items()}
        return state | {"generator": self.generator.get_state(), "iteration": torch.tensor(self.iteration)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Continue where a state was taken.

        Raises:
            KeyError, RuntimeError: if it is of another recipe or of other widths.
        """
        with torch.no_grad():
            for name, value in self._tensors().items():
                if state[name].shape != value.shape:
                    raise RuntimeError(f"{name} is {tuple(state[name].shape)}, not {tuple(value.shape)}")
                value.copy_(state[name])
        self.generator.set_state(state["generator"])
        self.iteration = int(state["iteration"])

    def _tensors(self) -> dict[str, Tensor]:
        networks = {
            f"{network}/{name}": value
            for network, optimizer in self.optimizers.items()
            for name, value in optimizer.tensors().items()
        }
        return networks | {f"memory/{name}": value for name, value in self._memory().items()}
