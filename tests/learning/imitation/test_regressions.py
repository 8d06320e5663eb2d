"""What a model of people begins as: regressions that are found directly."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from learning.agent.networks import initialise
from learning.agent.people_model import PERSON, PeopleModel
from learning.agent.preference_critic import PreferenceCritic
from learning.configuration import Widths
from learning.imitation.imitating import log_likelihoods, players_of_moves, sum_of, who_plays
from learning.imitation.judging import Marginal
from learning.imitation.moves import moves_of_play, read_play
from learning.imitation.preferring import fit_slopes
from learning.imitation.regressions import begin, factor_analysis, stepwise
from tests.learning.imitation.synthetic import synthetic_export


def test_a_forward_regression_takes_what_explains_and_leaves_what_does_not() -> None:
    random = np.random.default_rng(0)
    columns = np.column_stack([random.standard_normal((300, 60)), np.ones(300)])
    values = 2 * columns[:, 7] - columns[:, 20] + 3 + 0.1 * random.standard_normal(300)
    weights = stepwise(columns, values)
    assert np.flatnonzero(weights).tolist() == [7, 20, 60]
    assert weights[[7, 20, 60]] == pytest.approx([2, -1, 3], abs=0.05)
    assert np.flatnonzero(stepwise(columns, random.standard_normal(300))).tolist() == [60]


def test_what_people_do_otherwise_is_told_by_a_number_of_each() -> None:
    random = np.random.default_rng(0)
    planted, does = random.standard_normal(80), np.array([1.0, -0.5, 0.0, 0.8])
    times = random.integers(0, 30, (80, 4)).astype(float)
    means = planted[:, None] * does + random.standard_normal((80, 4)) / np.sqrt(np.maximum(times, 1))
    effects, numbers = factor_analysis(np.where(times > 0, means, 0), times, 2)
    foretold = numbers @ effects.T
    expected = planted[:, None] * does
    assert float(((foretold - expected) ** 2).mean()) < 0.25 * float((expected**2).mean())
    assert numbers.std(axis=0).max() == pytest.approx(1, abs=0.3)


@pytest.mark.long
def test_a_model_begins_better_than_the_marginal_and_better_still_by_who_plays(tmp_path: Path) -> None:
    play = read_play(synthetic_export(tmp_path / "export", 24, 8, 16), "robots")
    learned, others = play.of(play.people, play.photos[4:]), play.of(play.people, play.photos[:4])
    moves, unseen = moves_of_play(learned), moves_of_play(others)
    model = initialise(PeopleModel(Widths(1, 4)), torch.Generator().manual_seed(0)).requires_grad_(False)
    numbers = begin(model, moves, players_of_moves(learned, moves, play.people), len(play.people))
    assert numbers.shape == (len(play.people), PERSON)
    told = who_plays(numbers[players_of_moves(others, unseen, play.people)], torch.ones(len(unseen)))
    population, personal = (float(sum_of(log_likelihoods(model, unseen, who)).mean()) for who in (None, told))
    assert population > float(Marginal(moves).forecast(unseen).total.mean()) + 0.3
    assert personal > population


def test_the_reward_begins_as_a_regression_that_may_have_a_best_value() -> None:
    generator = torch.Generator().manual_seed(0)
    gains = 4 * torch.rand(400, 1, 1, 1, generator=generator) - 3
    pictures = (torch.rand(400, 3, 64, 64, generator=generator) * 2**gains).clamp(0, 1)
    misses = (pictures.flatten(1).mean(dim=1).log2() + 1.8).abs().view(2, 200)
    first, second = pictures.view(2, 200, 3, 64, 64)
    better = (misses[0] < misses[1])[:, None, None, None]
    critic = PreferenceCritic(Widths(1, 4)).requires_grad_(False)
    for parameter in critic.parameters():
        parameter.zero_()
    kept, rejected = torch.where(better, first, second), torch.where(better, second, first)
    fit_slopes(critic, kept[:150], rejected[:150])
    difference = (critic(kept[150:]) - critic(rejected[150:]))[:, 0]
    assert float((difference > 0).float().mean()) > 0.9
    assert float(-logsigmoid(difference).mean()) < 0.4
