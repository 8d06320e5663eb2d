"""What people prefer, as a reward of pictures and as a better policy.

- The reward model is a critic of pictures. It learns pairs by the model of Bradley and Terry, as in Christiano et al.,
  "Deep Reinforcement Learning from Human Preferences", 2017: the probability that a picture is kept over another is the
  logistic function of the difference of their rewards. It begins as a logistic regression on what the pictures are as a
  whole; the critic's networks learn what is left.
- The policy is a model of people that learns the same pairs by direct preference optimisation (DPO; Rafailov et al.,
  2023), without a reward: with w what was kept, l what was rejected and r the reference, which is the model as it was,

      loss = -log sigmoid(beta ((log p(w) - log r(w)) - (log p(l) - log r(l)))) - anchor log p(w).

  The last term keeps the density of what people did from falling along with that of what they rejected, as it may where
  densities have no upper bound (Pang et al., "Iterative Reasoning Preference Optimization", 2024). The model's
  regressions move first, to where this loss is least on all pairs; its networks learn what is left.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from editing.game.filters import FILTERS, apply_steps
from learning.agent.checkpoint import WEIGHTS
from learning.agent.critic import Critic
from learning.agent.networks import initialise
from learning.agent.people_model import PeopleModel, picture_statistics
from learning.agent.preference_critic import PreferenceCritic
from learning.agent.training_data import TrainingData
from learning.configuration import HIDDEN_PER_CHANNEL, Widths
from learning.imitation.imitating import BETAS, clipped, kept_buffers, log_likelihoods, sum_of
from learning.imitation.moves import AT_ONCE, Moves, TooLittle, moves_of
from learning.imitation.preferences import Preference, Preferences
from learning.imitation.regressions import minimise
from learning.training.trainer import NetworkOptimizer, Trainer, clip_to_display

# Of people, and of photos, this part is held out; of the other photos, this part is for choosing a checkpoint.
HELD_OUT, VALIDATION = 0.2, 0.1
FEWEST_PAIRS = 8
# The precision of the prior of the reward's slopes, and of how far a policy's move, by columns of deviation 1.
SLOPE_PRIOR, MOVE_PRIOR = 0.3, 10.0
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class PreferenceConfig:
    """The settings of what is learned from preferences.

    Attributes:
        beta: how far the policy may go from the reference: the smaller, the further.
        anchor: the weight of the likelihood of what was kept.
        reward_iterations, iterations: of the reward model, and of the policy.
        decay: the weight of the squared weights of the reward model's networks in its loss.
    """

    width: int = 6
    batch: int = 32
    reward_iterations: int = 200
    reward_rate: float = 3e-4
    decay: float = 1e-3
    iterations: int = 300
    rate: float = 3e-4
    beta: float = 0.2
    anchor: float = 0.05
    check_every: int = 50
    seed: int = 0
    players: str = "people"

    @property
    def reward_widths(self) -> Widths:
        """How wide the reward model is."""
        return Widths(self.width, HIDDEN_PER_CHANNEL * self.width)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a run's config has them."""
        return asdict(self)


@dataclass(frozen=True)
class PairSplit:
    """Pairs to learn from, pairs on other photos to choose a checkpoint by, and pairs by other people on others again.

    The first two are by the same people. Either of the last two may be empty.
    """

    trained: tuple[Preference, ...]
    validation: tuple[Preference, ...]
    held_out: tuple[Preference, ...]


def split_pairs(preferences: Preferences, seed: int, seen: TrainingData | None = None) -> PairSplit:
    """Split pairs by person and by photo.

    Args:
        seen: what the model of people has learned from: where the pairs are of that play, the people and photos that
            were held out from it are held out from what is learned of the pairs too.

    Raises:
        TooLittle: if there are too few, of one person, or on one photo.
    """
    pairs = preferences.pairs
    people, photos = (sorted({getattr(pair, name) for pair in pairs}) for name in ("player", "photo"))
    if len(pairs) < FEWEST_PAIRS:
        raise TooLittle(
            f"there are {len(pairs)} pairs of which one was preferred; {FEWEST_PAIRS} are the least, some hundreds a "
            "beginning. safelight dataset preferences says what there is"
        )
    for name, found in (("by one person", people), ("on one photo", photos)):
        if len(found) < 2:
            raise TooLittle(f"all pairs are {name}: what is learned could not be judged on others")
    random = np.random.default_rng([seed, 31])
    others = set(random.permutation(people)[: max(1, round(HELD_OUT * len(people)))])
    unseen = set(random.permutation(photos)[: max(1, round(HELD_OUT * len(photos)))])
    if seen is not None:
        known_people, known_photos = seen.seen_players(people), seen.seen_photos(photos)
        if 0 < len(known_people) < len(people) and 0 < len(known_photos) < len(photos):
            others, unseen = set(people) - known_people, set(photos) - known_photos
    learned = [pair for pair in pairs if pair.player not in others and pair.photo not in unseen]
    if not learned:
        raise TooLittle("nothing is left to learn from, as people and photos are held out: there are too few of them")
    own = random.permutation(sorted({pair.photo for pair in learned}))
    chosen_by = set(own[: round(VALIDATION * len(own))])
    # Where the same people and photos met in no pair, pairs on other photos must do.
    strict = tuple(pair for pair in pairs if pair.player in others and pair.photo in unseen)
    return PairSplit(
        tuple(pair for pair in learned if pair.photo not in chosen_by),
        tuple(pair for pair in learned if pair.photo in chosen_by),
        strict or tuple(pair for pair in pairs if pair.photo in unseen),
    )


def pictures_of(pairs: Sequence[Preference], preferences: Preferences) -> tuple[Tensor, Tensor]:
    """Return the pictures of pairs as a screen shows them, (N, 3, 64, 64) each: what was kept, what was rejected."""
    sides = []
    for name in ("kept", "rejected"):
        pictures = [
            apply_steps(preferences.views[pair.photo], (*pair.before, *getattr(pair, name))).transpose(2, 0, 1)
            for pair in pairs
        ]
        sides.append(clip_to_display(torch.from_numpy(np.array(pictures, np.float32).reshape(-1, 3, 64, 64))))
    return sides[0], sides[1]


def agreement(critic: Critic, pairs: Sequence[Preference], preferences: Preferences) -> float:
    """Return in which part of the pairs the picture that was kept has the higher reward."""
    kept, rejected = pictures_of(pairs, preferences)
    with torch.no_grad():
        higher = critic(kept)[:, 0] > critic(rejected)[:, 0]
    return float(higher.float().mean())


def fit_slopes(critic: PreferenceCritic, kept: Tensor, rejected: Tensor) -> None:
    """Fit a critic's regression to pairs of pictures (N, 3, 64, 64), with a normal prior."""
    statistics = [torch.cat([picture_statistics(p) for p in torch.split(side, AT_ONCE)]) for side in (kept, rejected)]
    both = torch.cat(statistics)
    critic.limits.copy_(torch.stack([both.amin(dim=0), both.amax(dim=0)]))
    columns = [torch.cat([side, side.square()], dim=1).double() for side in statistics]
    difference = columns[0] - columns[1]
    scale = difference.square().mean(dim=0).sqrt() + 1e-6
    scaled = difference / scale
    weights = torch.zeros(scaled.shape[1], 1, dtype=torch.double, requires_grad=True)

    def loss() -> Tensor:
        return (-logsigmoid(scaled @ weights).sum() + 0.5 * SLOPE_PRIOR * weights.square().sum()) / len(scaled)

    minimise(loss, weights)
    critic.slopes.copy_(weights.detach() / scale[:, None])


class RewardTrainer(Trainer):
    """A run of the reward model: each iteration is a batch of pairs."""

    least_entropy = -float("inf")

    def __init__(self, config: PreferenceConfig, split: PairSplit, preferences: Preferences) -> None:
        """Begin a run."""
        super().__init__(config.seed, _CPU)
        self.config, self.widths, self.iterations = config, config.reward_widths, config.reward_iterations
        self._kept, self._rejected = pictures_of(split.trained, preferences)
        self._validation = pictures_of(split.validation, preferences) if split.validation else None
        self.critic = initialise(PreferenceCritic(self.widths), self.generator)
        with torch.no_grad():
            self.critic.head.output.weight.mul_(0.02)
        fit_slopes(self.critic, self._kept, self._rejected)
        self.optimizers = {"critic": NetworkOptimizer(self.critic, BETAS, self.device)}

    def _iterate(self) -> dict[str, Tensor]:
        config = self.config
        rows = torch.randint(len(self._kept), (config.batch,), generator=self.generator)
        mirrored = (torch.rand(config.batch, generator=self.generator) < 0.5)[:, None, None, None]
        kept, rejected = (
            torch.where(mirrored, images[rows].flip(3), images[rows]) for images in (self._kept, self._rejected)
        )
        better, worse = self.critic(torch.cat([kept, rejected]))[:, 0].chunk(2)
        weights = sum(p.square().sum() for p in self.critic.parameters() if p.ndim > 1)
        loss = -logsigmoid(better - worse).mean() + config.decay * weights
        rate = config.reward_rate * 0.05 ** (self.iteration / self.iterations)
        gradients = clipped(list(self.optimizers["critic"].gradients(loss)))
        return {"loss": loss, "critic_gradient": self.optimizers["critic"].step(gradients, rate)}

    def assess(self) -> tuple[float, str] | None:
        """Return the log-likelihood of pairs on photos that are not learned from, and on how many of them it agrees."""
        if self._validation is None:
            return None
        with torch.no_grad():
            difference = self.critic(self._validation[0])[:, 0] - self.critic(self._validation[1])[:, 0]
        agreed = float((difference > 0).float().mean())
        return float(logsigmoid(difference).mean()), f"agrees with {100 * agreed:.0f} % of the pairs on other photos"

    def _memory(self) -> dict[str, Tensor]:
        return {}

    def _tensors(self) -> dict[str, Tensor]:
        own = {f"critic{WEIGHTS}{name}": getattr(self.critic, name) for name in ("slopes", "limits")}
        return super()._tensors() | own

    def critic_draws_from(self) -> dict[str, Tensor]:
        """Return nothing: it is no adversary."""
        return {}


@dataclass(frozen=True)
class _PairMoves:
    """The moves of one side of pairs: what each pair has of them, and what the reference says of each pair."""

    moves: Moves
    rows: tuple[Tensor, ...]
    reference: Tensor

    @classmethod
    def of(cls, pairs: Sequence[Preference], side: str, preferences: Preferences, model: PeopleModel) -> "_PairMoves":
        moves = moves_of(
            [(preferences.views[pair.photo], pair.before, getattr(pair, side), pair.ends) for pair in pairs]
        )
        rows = tuple(torch.nonzero(moves.games == number)[:, 0] for number in range(len(pairs)))
        with torch.no_grad():
            found = sum_of(log_likelihoods(model, moves))
        return cls(moves, rows, _sums(found, moves.games, len(pairs)))

    def log_probabilities(self, model: PeopleModel, pairs: Tensor) -> Tensor:
        """(n,) the log-likelihood of what each of some pairs has on this side."""
        rows = torch.cat([self.rows[number] for number in pairs.tolist()])
        owners = torch.cat([torch.full((len(self.rows[n]),), i) for i, n in enumerate(pairs.tolist())])
        return _sums(sum_of(log_likelihoods(model, self.moves.take(rows))), owners, len(pairs))


def _sums(values: Tensor, owners: Tensor, count: int) -> Tensor:
    return values.new_zeros(count).index_add(0, owners, values)


def dpo_loss(policy: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor], beta: float) -> Tensor:
    """(N,) the loss of direct preference optimisation.

    Args:
        policy, reference: log-likelihoods (N,) of what was kept, and of what was rejected.
    """
    kept, rejected = (own - theirs for own, theirs in zip(policy, reference, strict=True))
    return -logsigmoid(beta * (kept - rejected))


class _RegressionsOnly:
    """What a policy's regressions alone say of one side of pairs, the networks as they are; in float64."""

    def __init__(self, side: _PairMoves, model: PeopleModel, pairs: int) -> None:
        self._games, self._pairs = side.moves.games, pairs
        images, *self._moves = side.moves.batch(torch.arange(len(side.moves)), torch.float64)
        self.seen = model.seen(images, self._moves[0], None, side.moves.statistics.double())
        parts = [
            model.extracted(*part)
            for part in zip(torch.split(images, AT_ONCE), torch.split(self._moves[0], AT_ONCE), strict=True)
        ]
        self._extracted = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])

    def log_probabilities(self, model: PeopleModel) -> Tensor:
        """(pairs,) the log-likelihood of what each pair has on this side."""
        states, actions, coordinates = self._moves
        found = sum_of(model.likelihoods_of(self._extracted, self.seen, states, actions, coordinates))
        return _sums(found, self._games, self._pairs)


def move_regressions(model: PeopleModel, sides: Sequence[_PairMoves], config: PreferenceConfig) -> None:
    """Move a policy's regressions to where the loss is least on all pairs, with a normal prior around the reference.

    Columns that the model of people did not choose for a slider stay without weight.
    """
    policy = deepcopy(model).double().requires_grad_(False)
    pairs = len(sides[0].rows)
    kept, rejected = (_RegressionsOnly(side, policy, pairs) for side in sides)
    reference = kept.log_probabilities(policy), rejected.log_probabilities(policy)
    before, scales, moves = dict[str, Tensor](), dict[str, Tensor](), dict[str, Tensor]()
    for name, columns in _regressions(policy, kept.seen):
        before[name] = getattr(policy, name)
        scales[name] = _scale(before[name], columns)
        # Known or not, a person's deviation changes alike.
        shape = before[name][:1] if columns is None else before[name]
        moves[name] = torch.zeros_like(shape, requires_grad=True)

    def loss() -> Tensor:
        for name, move in moves.items():
            setattr(policy, name, before[name] + scales[name] * move)
        own = kept.log_probabilities(policy), rejected.log_probabilities(policy)
        far = sum(move.square().sum() for move in moves.values())
        losses = dpo_loss(own, reference, config.beta)
        return losses.mean() - config.anchor * own[0].mean() + 0.5 * MOVE_PRIOR * far / pairs

    minimise(loss, *moves.values())
    with torch.no_grad():
        for name, move in moves.items():
            getattr(model, name).copy_(before[name] + scales[name] * move)


def _regressions(model: PeopleModel, seen: Tensor) -> list[tuple[str, Tensor | None]]:
    """Return the names of a model's regressions, each with its columns; deviations have none."""
    slopes = [(f"slopes_{slug}", model.splines(slug, seen)) for slug in FILTERS]
    deviations = [(f"left_{slug}", None) for slug in FILTERS]
    return [*slopes, *deviations, ("choice_slopes", model.squares(seen))]


def _scale(slopes: Tensor, columns: Tensor | None) -> Tensor:
    """Return how far a move of 1 moves each weight: by columns of deviation 1, and not at all where one is not used."""
    if columns is None:
        return torch.ones_like(slopes)
    used = slopes != 0
    used[-1] = True
    deviations = columns.std(dim=0, correction=0)
    # The constant.
    deviations[-1] = 1
    return used / (deviations[:, None] + 1e-3)


class PolicyTrainer(Trainer):
    """A run of direct preference optimisation: each iteration is a batch of pairs."""

    least_entropy = -float("inf")

    def __init__(
        self, config: PreferenceConfig, model: PeopleModel, widths: Widths, split: PairSplit, preferences: Preferences
    ) -> None:
        """Begin a run.

        Args:
            model: what people do, in float32: the policy begins as it, and it stays the reference.
        """
        super().__init__(config.seed, _CPU)
        self.config, self.widths, self.iterations = config, widths, config.iterations
        self.model = deepcopy(model).requires_grad_(True)
        self._sides = [_PairMoves.of(split.trained, side, preferences, model) for side in ("kept", "rejected")]
        self._validation = (
            [_PairMoves.of(split.validation, side, preferences, model) for side in ("kept", "rejected")]
            if split.validation
            else None
        )
        move_regressions(self.model, self._sides, config)
        self.optimizers = {"agent": NetworkOptimizer(self.model, BETAS, self.device)}

    def _losses(self, sides: list[_PairMoves], pairs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the losses of pairs, the log-likelihoods of what was kept, and whether the policy tells them apart."""
        policy = (sides[0].log_probabilities(self.model, pairs), sides[1].log_probabilities(self.model, pairs))
        reference = (sides[0].reference[pairs], sides[1].reference[pairs])
        losses = dpo_loss(policy, reference, self.config.beta)
        return losses, policy[0], policy[0] - reference[0] > policy[1] - reference[1]

    def _iterate(self) -> dict[str, Tensor]:
        config = self.config
        pairs = torch.randint(len(self._sides[0].rows), (config.batch,), generator=self.generator)
        losses, kept, told = self._losses(self._sides, pairs)
        loss = losses.mean() - config.anchor * kept.mean()
        parameters = list(self.model.parameters())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        known = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
        rate = config.rate * 0.1 ** (self.iteration / self.iterations)
        norm = self.optimizers["agent"].step(clipped(known), rate)
        return {"loss": losses.mean(), "told_apart": told.float().mean(), "agent_gradient": norm}

    def assess(self) -> tuple[float, str] | None:
        """Return how little the loss is on pairs on other photos, and how many of them the policy tells apart."""
        if self._validation is None:
            return None
        with torch.no_grad():
            losses, _, told = self._losses(self._validation, torch.arange(len(self._validation[0].rows)))
        share = float(told.float().mean())
        return -float(losses.mean()), f"loss {float(losses.mean()):.3f}, has moved the right way in {100 * share:.0f} %"

    def _memory(self) -> dict[str, Tensor]:
        return {}

    def _tensors(self) -> dict[str, Tensor]:
        return super()._tensors() | kept_buffers(self.model)

    def critic_draws_from(self) -> dict[str, Tensor]:
        """Return nothing: there is no critic."""
        return {}
