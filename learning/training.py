"""What every recipe's training shares: networks with their optimisers, one stream of random numbers, and its state.

A trainer holds all that a run is in tensors, so that a run which is stopped continues as if it never had been.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from learning.networks import Agent, Widths


class TrainingDiverged(ArithmeticError):
    """The training has gone wrong; the message says what was seen, and what to change."""


class Learner:
    """A network and the Adam that trains it, by the gradients of its own loss alone."""

    def __init__(self, network: nn.Module, betas: tuple[float, float], device: torch.device) -> None:
        self.network = network.to(device)
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

    def learn(self, loss: Tensor, rate: float) -> Tensor:
        """One update; the other networks only pass gradients on.

        Returns:
            The norm of the gradient, a scalar.
        """
        gradients = torch.autograd.grad(loss, self._parameters)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            # The fused Adam walks through memory: a gradient laid out otherwise would reach the wrong weights.
            alike = gradient.stride() == parameter.stride()
            parameter.grad = gradient if alike else torch.empty_like(parameter).copy_(gradient)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        norm: Tensor = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(one) for one in gradients]))
        return norm

    def tensors(self) -> dict[str, Tensor]:
        """The weights, and Adam's state of each, by name; the very tensors, not copies."""
        found = {}
        for name, parameter in zip(self._names, self._parameters, strict=True):
            found[f"weights/{name}"] = parameter.detach()
            found |= {f"adam/{name}/{key}": value for key, value in self._optimizer.state[parameter].items()}
        return found


class Trainer(ABC):
    """A training run in memory. Everything that it draws comes from one generator of the CPU.

    Attributes:
        iteration: the next one; those before it are done.
        iterations: how many there are.
        learners: by the name of the network; one is ``agent``.
    """

    iterations: int
    widths: Widths
    learners: dict[str, Learner]

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator().manual_seed(seed)
        self.iteration = 0

    @property
    def agent(self) -> Agent:
        """The agent that is trained."""
        agent = self.learners["agent"].network
        assert isinstance(agent, Agent)  # noqa: S101 (tells the type)
        return agent

    @abstractmethod
    def _iterate(self) -> dict[str, Tensor]:
        """One iteration; returns its figures, scalars."""

    @abstractmethod
    def _memory(self) -> dict[str, Tensor]:
        """What else the run remembers, by name; the very tensors, of shapes that never change."""

    def check(self, figures: Mapping[str, float]) -> None:
        """Refuse figures of an iteration from which no training recovers.

        Raises:
            TrainingDiverged: saying what to change.
        """
        for name, value in figures.items():
            if not math.isfinite(value):
                raise TrainingDiverged(
                    f"iteration {self.iteration}: {name} is {value}; the training has diverged. Try another --seed, "
                    "a larger --batch, or --precision float32; photos with extreme values are another cause"
                )

    def iterate(self) -> dict[str, float]:
        """Run the next iteration, and return its figures by name.

        Raises:
            TrainingDiverged: if the figures show it.
        """
        found = self._iterate()
        names = list(found)
        values = torch.stack([value.detach().float() for value in found.values()]).tolist()
        figures = dict(zip(names, values, strict=True))
        self.check(figures)
        self.iteration += 1
        return figures

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
            for network, learner in self.learners.items()
            for name, value in learner.tensors().items()
        }
        return networks | {f"memory/{name}": value for name, value in self._memory().items()}
