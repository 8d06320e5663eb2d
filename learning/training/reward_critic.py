"""A critic that judges anybody's play, so that it can be a reward without a training of one's own.

A recipe's own critic has learned what tells its agent's latest results from targets, not what is good: it may rate
random play higher. This one sees what many players make of photos, nothing, anything, automatic levels and an agent in
all its ways, after all of their steps or fewer. Where photos are finished ones that were unprocessed, it is known how
far each result is from what it should be, and that is what it learns: it gives a picture about the probability
exp(-RMSE / 0.15), and a finished one 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import MAXIMUM_STEPS, Step
from editing.photos.preview import agent_view
from learning.agent.critic import Critic
from learning.agent.games import GameRequest
from learning.agent.networks import Agent, initialise
from learning.agent.playing import CHOICES, play_all
from learning.baselines import BASELINES
from learning.configuration import Widths
from learning.photos.batches import CropSampler
from learning.photos.squares import Pixels, Squares
from learning.photos.unprocessing import TrainingSquares
from learning.training.fast_recipe import R1_EVERY, r1_penalty
from learning.training.trainer import NetworkOptimizer, clip_to_display

# An RMSE to the finished picture, 0 .. 1, at which a result is as good as 1 / e.
FAR = 0.15
BETAS = (0.5, 0.99)
# Adam's rate at the start, and the part of it that is left at the end.
RATE, FINAL_RATE = 2e-3, 0.01
R1_GAMMA = 0.02
# Results in a batch, and as many finished pictures, which count as a few players do together: were they half of all,
# whatever looks like a photograph would be taken for finished.
BATCH, FINISHED_WEIGHT = 64, 0.3
# Of a player's games, this part is seen after a step before the last.
STOPPED_EARLY = 0.4
# No more photos are played: more of them would take more memory.
MOST_PHOTOS = 512
GAMES_AT_ONCE = 64
RANDOM, FINISHED = "random play", "finished pictures"


@dataclass(frozen=True)
class Photos:
    """Photos to play on, and pictures as they should be, (N, 80, 80, 3).

    Attributes:
        inputs: (N, 80, 80, 3) linear light.
        finished: as many: what they were before they were unprocessed, or nan.
        targets: (M, 80, 80, 3) finished pictures.
    """

    inputs: Pixels
    finished: Pixels
    targets: Pixels

    @classmethod
    def of(cls, squares: TrainingSquares, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> "Photos":
        """Return some of the photos of a training, by their numbers; the originals of those inputs are targets too."""
        taken = squares.inputs.take(inputs)
        # A photo whose squares are fewer than others' has them several times.
        rows = np.unique(taken.rows)
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_PHOTOS])
        light = _rows(taken, rows)
        finished = np.full_like(light, np.nan) if squares.finished is None else _rows(squares.finished, rows)
        shown = squares.targets.take(targets)
        known = np.unique(finished[np.isfinite(finished).all(axis=(1, 2, 3))], axis=0)
        return cls(light, finished, np.concatenate([shown[np.arange(len(shown))], known]))


def _rows(squares: Squares, rows: NDArray[np.int64]) -> Pixels:
    return Squares(squares.array, rows[:, None], squares.matrix, squares.mapping)[np.arange(len(rows))]


@dataclass(frozen=True)
class Results:
    """What a player made of photos.

    Attributes:
        pictures: (N, 80, 80, 3) as a screen shows them.
        quality: (N,) how good each is, 0 .. 1.
    """

    pictures: NDArray[np.float16]
    quality: NDArray[np.float32]


def random_steps(random: np.random.Generator) -> tuple[Step, ...]:
    """Return five different filters, each slider anywhere."""
    chosen = random.permutation(len(FILTERS))[:MAXIMUM_STEPS]
    steps = []
    for definition in (list(FILTERS.values())[index] for index in chosen):
        values = {p.name: float(p.from_position(random.uniform())) for p in definition.parameters}
        steps.append(Step(definition.slug, definition.canonical(values)))
    return tuple(steps)


def play_all_ways(agent: Agent, widths: Widths, inputs: Pixels, seed: int) -> Mapping[str, Sequence[Sequence[Step]]]:
    """Return what each player does with each of the photos (N, 80, 80, 3), by the player's name.

    Args:
        agent: in float64.
    """
    random = np.random.default_rng([seed, 2])
    games: dict[str, Sequence[Sequence[Step]]] = {
        name: [baseline(square) for square in inputs] for name, baseline in BASELINES.items()
    }
    games[RANDOM] = [random_steps(random) for _ in inputs]
    requests = [GameRequest(str(number), 0, agent_view(square)) for number, square in enumerate(inputs)]
    for choice in CHOICES:
        played = play_all(agent, widths, requests, seed, GAMES_AT_ONCE, choice)
        games[f"the agent, {choice}"] = [[one.step for one in game] for _, game in played]
    return games


def results_of(photos: Photos, games: Sequence[Sequence[Step]], stopped_early: float, seed: int) -> Results:
    """Return what games make of photos, each after all its steps, or fewer in this part of them.

    Where it is not known how a photo should be, the quality is the mean of the others.
    """
    random = np.random.default_rng([seed, 3])
    pictures, quality = [], []
    for light, finished, steps in zip(photos.inputs, photos.finished, games, strict=True):
        early = len(steps) > 1 and random.random() < stopped_early
        picture = apply_steps(light, steps[: int(random.integers(1, len(steps)))] if early else steps)
        pictures.append(np.clip(picture, 0, 1).astype(np.float16))
        error = float(np.sqrt(np.square(pictures[-1].astype(np.float64) - finished).mean()))
        quality.append(np.exp(-error / FAR))
    known = np.array(quality, dtype=np.float32)
    return Results(np.stack(pictures), np.where(np.isfinite(known), known, np.nanmean(known)))


def train_critic(widths: Widths, targets: Pixels, results: Sequence[Results], iterations: int, seed: int) -> Critic:
    """Train a critic: finished pictures are of quality 1, results of their own."""
    cpu, generator = torch.device("cpu"), torch.Generator().manual_seed(seed)
    optimizer = NetworkOptimizer(initialise(critic := Critic(widths), generator), BETAS, cpu)
    real = CropSampler(list(targets), cpu)
    played = CropSampler(Squares.of([picture for player in results for picture in player.pictures]), cpu)
    quality = torch.from_numpy(np.concatenate([one.quality for one in results]))
    for iteration in range(iterations):
        crops = played.draw(BATCH, generator)
        real_images, fake = (
            clip_to_display(images) for images in (real.read(real.draw(BATCH, generator)), played.read(crops))
        )
        # R1 in every fourth update, at four times its weight, as in the recipe.
        with_r1 = iteration % R1_EVERY == 0
        real_scores, penalty = r1_penalty(critic, real_images) if with_r1 else (critic(real_images), torch.zeros(()))
        scores = critic(fake)[:, 0]
        # Cross entropy, for qualities as for labels.
        of_results = (softplus(scores) - quality[crops.windows[0]] * scores).mean()
        loss = FINISHED_WEIGHT * softplus(-real_scores).mean() + of_results + R1_EVERY * R1_GAMMA / 2 * penalty
        optimizer.step(optimizer.gradients(loss), RATE * FINAL_RATE ** (iteration / iterations))
    return critic.eval().requires_grad_(False)


def mean_rating(critic: Critic, pictures: NDArray[np.floating]) -> float:
    """Return the mean of the log of the probability that the critic gives pictures (N, 80, 80, 3)."""
    views = np.stack([agent_view(picture.astype(np.float32)) for picture in pictures])
    images: Tensor = torch.from_numpy(views).permute(0, 3, 1, 2)
    with torch.no_grad():
        return float(logsigmoid(critic(clip_to_display(images))).mean())


def ratings(critic: Critic, photos: Photos, games: Mapping[str, Sequence[Sequence[Step]]]) -> dict[str, float]:
    """Return how a critic rates what each player makes of photos, and finished pictures, the worst first."""
    rated = {
        name: mean_rating(critic, results_of(photos, steps, 0.0, seed=0).pictures) for name, steps in games.items()
    }
    rated[FINISHED] = mean_rating(critic, photos.targets)
    return dict(sorted(rated.items(), key=lambda item: item[1]))
