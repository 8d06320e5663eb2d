"""What the statistics of a comparison promise, by simulation: false alarms, and how often intervals hold the truth."""

import numpy as np
import pytest

from learning.comparison import human_likeness, intervals, significance
from learning.comparison.human_likeness import mean_distances
from learning.comparison.intervals import Estimate, Resamples
from learning.comparison.pair_distances import PhotoDistances
from learning.comparison.reference_players import RANDOM
from tests.learning.comparison.test_human_likeness import Points, crowd, photo

pytestmark = pytest.mark.long

PEOPLE, PHOTOS = 20, 40


def two_groups(seed: int) -> list[PhotoDistances]:
    """Return 20 people and 20 others of the same tastes on 40 photos, of which each played three quarters."""
    random = np.random.default_rng([seed, 1])
    tastes = random.normal(0, 0.7, (2, PEOPLE, 2))
    photos = []
    for _ in range(PHOTOS):
        spread = random.uniform(0.5, 1.5)
        whole = photo(
            spread * crowd(random, tastes[0]), np.zeros((1, 2)), {"b": spread * crowd(random, tastes[1])}, several=True
        )
        photos.append(_some_players(whole, random))
    return photos


def _some_players(whole: PhotoDistances, random: np.random.Generator) -> PhotoDistances:
    """Return a photo that a quarter of the players on each side did not play."""
    a, b = (np.sort(random.permutation(PEOPLE)[: PEOPLE * 3 // 4]) for _ in range(2))
    others = whole.others["b"]
    fewer = type(others)(others.players[b], others.to_people[np.ix_(a, b)], others.own[np.ix_(b, b)])
    return PhotoDistances(whole.people[a], whole.own[np.ix_(a, a)], {"b": fewer})


def test_two_groups_of_one_taste_are_told_apart_in_3_to_6_percent_of_2000_trials_at_5_percent() -> None:
    ps = [significance.groups_differ(two_groups(seed), "b", (PEOPLE, PEOPLE), (seed,), 199).p for seed in range(2000)]
    assert 0.03 <= np.mean(np.array(ps) <= 0.05) <= 0.06


def an_agent_among_people(seed: int, people: int, photos: int) -> list[PhotoDistances]:
    random = np.random.default_rng([seed, 2])
    tastes = random.normal(0, 0.7, (people, 3))
    result = []
    for _ in range(photos):
        spread, centre = random.uniform(0.5, 1.5), random.normal(0, 0.5, 3)
        made: Points = centre + spread * crowd(random, tastes)
        at_random = centre + spread * random.normal(0, 2, (64, 3))
        agent = centre + spread * (0.6 + random.normal(0, 0.5, (5, 3)))
        result.append(photo(made, at_random, {"agent": agent}))
    return result


def score(photos: list[PhotoDistances], people: int, seed: int) -> Estimate:
    resamples = Resamples.draw(people, len(photos), (seed,))
    means = mean_distances(photos, {group: (group,) for group in photos[0].others}, resamples)
    return human_likeness.human_likeness(means, resamples).groups["agent"]


def test_intervals_of_human_likeness_hold_the_truth_in_92_to_97_percent_of_trials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truths = [score(an_agent_among_people(10_000 + seed, 200, 200), 200, 0).value for seed in range(6)]
    truth = float(np.mean([value for value in truths if value is not None]))
    monkeypatch.setattr(intervals, "RESAMPLES", 500)
    held = []
    for seed in range(600):
        interval = score(an_agent_among_people(seed, PEOPLE, PHOTOS), PEOPLE, seed)
        assert interval.low is not None
        assert interval.high is not None
        held.append(interval.low <= truth <= interval.high)
    # The share itself is known to 0.9 points.
    assert 0.92 - 0.009 <= np.mean(held) <= 0.97 + 0.009


def test_single_agents_of_peoples_taste_are_found_strange_in_at_most_their_share() -> None:
    ps = []
    for seed in range(400):
        random = np.random.default_rng([seed, 3])
        tastes = random.normal(0, 0.7, (PEOPLE + 1, 2))
        photos = []
        for _ in range(PHOTOS):
            everybody = crowd(random, tastes)
            photos.append(photo(everybody[:PEOPLE], np.zeros((1, 2)), {"one": everybody[PEOPLE:]}))
        ps.append(significance.is_one_of_people(photos, "one", PEOPLE).p)
    # p comes in steps of 1/21: 1/21 is below 5 %.
    assert 0.02 <= np.mean(np.array(ps) <= 0.05) <= 0.075
    assert RANDOM in photos[0].others
