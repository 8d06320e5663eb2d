"""Imitation: a model of people is fitted to their moves by maximum likelihood.

It begins as regressions, see ``learning.imitation.regressions``; networks that see the picture itself learn what is
left. Each person has a few numbers of his or her own. In half of the moves the model is not told them: so it learns the
population too, and is a model of both.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from learning.agent.architecture import ACTIONS
from learning.agent.checkpoint import WEIGHTS
from learning.agent.networks import draw_masks, initialise
from learning.agent.people_model import PeopleModel, mirrored_statistics
from learning.configuration import Widths
from learning.imitation.moves import AT_ONCE, Moves, Play, Split, TooLittle, moves_of_play
from learning.imitation.regressions import begin
from learning.training.trainer import NetworkOptimizer, Trainer

BETAS = (0.9, 0.99)
# In this part of the moves the model is told who moves.
TOLD = 0.5
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class ImitationConfig:
    """The settings of an imitation.

    Attributes:
        average: of the moving average of the weights, each iteration leaves this part.
        decay: the weight of the squared weights in the loss.
        rate: Adam's at the start; ``final_rate`` is the part of it that is left at the end.
        check_every: iterations between two looks at the validation.
        players: whose play it is, see ``learning.imitation.moves.read_play``.
    """

    width: int = 2
    hidden: int = 48
    batch: int = 64
    iterations: int = 200
    rate: float = 1e-3
    final_rate: float = 0.02
    average: float = 0.99
    decay: float = 1e-2
    check_every: int = 50
    seed: int = 0
    players: str = "people"

    @property
    def widths(self) -> Widths:
        """How wide the networks are."""
        return Widths(self.width, self.hidden)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a run's config has them; it may stop."""
        return asdict(self) | {"stop": True}


class ImitationTrainer(Trainer):
    """A run of this: each iteration is a batch of moves."""

    least_entropy = -math.inf

    def __init__(self, config: ImitationConfig, split: Split) -> None:
        """Begin a run.

        Raises:
            TooLittle: if there are fewer moves than a model could be told by.
        """
        super().__init__(config.seed, _CPU)
        self.config, self.widths, self.iterations = config, config.widths, config.iterations
        self.moves, self.validation = moves_of_play(split.trained), moves_of_play(split.validation)
        if len(self.moves) < len(ACTIONS):
            raise TooLittle(f"there are {len(self.moves)} moves to learn from: play more photos")
        self._people = players_of_moves(split.trained, self.moves, split.trained.people)
        self._validation_people = players_of_moves(split.validation, self.validation, split.trained.people)
        self.model = initialise(PeopleModel(config.widths), self.generator)
        # (people, PERSON) who each of them is.
        self.numbers = begin(self.model, self.moves, self._people, len(split.trained.people))
        self.optimizers = {"agent": NetworkOptimizer(self.model, BETAS, self.device, average=config.average)}

    def _iterate(self) -> dict[str, Tensor]:
        config = self.config
        rows = torch.randint(len(self.moves), (config.batch,), generator=self.generator)
        told = (torch.rand(config.batch, generator=self.generator) < TOLD).float()
        mirrored = torch.rand(config.batch, generator=self.generator) < 0.5
        images, states, actions, coordinates = self.moves.batch(rows)
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        statistics = mirrored_statistics(self.moves.statistics[rows], mirrored)
        told_who = who_plays(self.numbers[self._people[rows]], told)
        masks = draw_masks(config.batch, config.widths, self.generator)
        chosen, density = self.model.log_likelihoods(images, states, actions, coordinates, told_who, masks, statistics)
        weights = sum(p.square().sum() for p in self.model.parameters() if p.ndim > 1)
        loss = config.decay * weights - chosen.mean() - density.mean()
        parameters = list(self.model.parameters())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        known = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
        rate = config.rate * config.final_rate ** (self.iteration / config.iterations)
        return {
            "log_likelihood": (chosen + density).mean(),
            "choice": chosen.mean(),
            "agent_gradient": self.optimizers["agent"].step(clipped(known), rate),
        }

    def assess(self) -> tuple[float, str] | None:
        """Return the mean log-likelihood of the validation's moves, by the population's model and by each person's."""
        if not len(self.validation):
            return None
        with torch.no_grad():
            numbers = self.numbers[self._validation_people]
            told = who_plays(numbers, torch.ones(len(numbers)))
            population = sum_of(log_likelihoods(self.averaged, self.validation))
            personal = sum_of(log_likelihoods(self.averaged, self.validation, told))
        likelihoods = float(population.mean()), float(personal.mean())
        # Both count: the model is the population's, and with an adapter a person's.
        text = f"on other photos {likelihoods[0]:7.3f} nats a move, told who plays {likelihoods[1]:7.3f}"
        return sum(likelihoods), text

    @property
    def averaged(self) -> PeopleModel:
        """The model by the moving average of its weights: the one that is kept."""
        model = self.agent
        assert isinstance(model, PeopleModel)  # noqa: S101 (tells the type)
        return model

    def _memory(self) -> dict[str, Tensor]:
        return {}

    def _tensors(self) -> dict[str, Tensor]:
        return super()._tensors() | kept_buffers(self.model)

    def critic_draws_from(self) -> dict[str, Tensor]:
        """Return nothing: there is no critic."""
        return {}


def kept_buffers(model: PeopleModel) -> dict[str, Tensor]:
    """Return what a checkpoint has of a model beside what is trained: who plays, and the regressions."""
    trained = {name for name, _ in model.named_parameters()}
    return {f"agent{WEIGHTS}{name}": value for name, value in model.state_dict().items() if name not in trained}


def clipped(gradients: list[Tensor], most: float = 5.0) -> list[Tensor]:
    """Scale gradients to a norm of at most ``most``: one move that nobody foresaw must not decide alone."""
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients]))
    factor = (most / (norm + 1e-6)).clamp(max=1.0)
    return [gradient * factor for gradient in gradients]


def players_of_moves(play: Play, moves: Moves, people: list[str]) -> Tensor:
    """(N,) which of the people each move is by; -1 for others."""
    numbers = {person: number for number, person in enumerate(people)}
    of_games = torch.tensor([numbers.get(game.player, -1) for game in play.games], dtype=torch.long)
    return of_games[moves.games]


def who_plays(numbers: Tensor, told: Tensor) -> Tensor:
    """(N, 1 + PERSON) what a model is told of who plays: the numbers where it is told, else 0.

    Args:
        numbers: (N, PERSON).
        told: (N,) 1 or 0.
    """
    return torch.cat([told[:, None], numbers * told[:, None]], dim=1)


def log_likelihoods(model: PeopleModel, moves: Moves, person: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the log-likelihoods of moves, (N,) each, as ``PeopleModel.log_likelihoods`` does, in parts."""
    dtype = model.person.dtype
    parts = []
    for rows in torch.split(torch.arange(len(moves)), AT_ONCE):
        who = None if person is None else person[rows].to(dtype)
        statistics = moves.statistics[rows].to(dtype)
        parts.append(model.log_likelihoods(*moves.batch(rows, dtype), who, None, statistics))
    if not parts:
        return torch.zeros(0, dtype=dtype), torch.zeros(0, dtype=dtype)
    chosen, density = zip(*parts, strict=True)
    return torch.cat(chosen), torch.cat(density)


def sum_of(of_choice_and_parameters: tuple[Tensor, Tensor]) -> Tensor:
    """(N,) the log-likelihoods of whole moves."""
    return of_choice_and_parameters[0] + of_choice_and_parameters[1]


def most_probable_actions(model: PeopleModel, moves: Moves) -> Tensor:
    """(N,) the action that a model holds to be the most probable at each move."""
    found = []
    for rows in torch.split(torch.arange(len(moves)), AT_ONCE):
        images, states, _, _ = moves.batch(rows, model.person.dtype)
        with torch.no_grad():
            found.append(model.probabilities(images, states, None).argmax(dim=1))
    return torch.cat(found) if found else torch.zeros(0, dtype=torch.long)
