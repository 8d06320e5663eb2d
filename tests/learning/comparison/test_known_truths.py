"""What the statistics of a comparison promise, by simulation: false alarms, and how often intervals hold the truth."""

import numpy as np
import pytest

from learning.comparison import human_likeness, intervals, significance
from learning.comparison.human_likeness import mean_distances
from learning.comparison.intervals import Estimate, Resamples
from learning.comparison.pair_distances import PhotoDistances
from learning.comparison.power import Design, Pilot, detectable, with_power
from learning.comparison.reference_players import RANDOM
from tests.learning.comparison.test_human_likeness import Points, crowd, photo

pytestmark = pytest.mark.long

PEOPLE, PHOTOS = 20, 40


def two_groups(seed: int, people: int = PEOPLE, photo_count: int = PHOTOS) -> list[PhotoDistances]:
    """Return people and as many others of the same tastes on some photos, of which each played three quarters."""
    random = np.random.default_rng([seed, 1])
    tastes = random.normal(0, 0.7, (2, people, 2))
    photos = []
    for _ in range(photo_count):
        spread = random.uniform(0.5, 1.5)
        whole = photo(
            spread * crowd(random, tastes[0]), np.zeros((1, 2)), {"b": spread * crowd(random, tastes[1])}, several=True
        )
        photos.append(_some_players(whole, people, random))
    return photos


def _some_players(whole: PhotoDistances, people: int, random: np.random.Generator) -> PhotoDistances:
    """Return a photo that a quarter of the players on each side did not play."""
    a, b = (np.sort(random.permutation(people)[: people * 3 // 4]) for _ in range(2))
    others = whole.others["b"]
    fewer = type(others)(others.players[b], others.to_people[np.ix_(a, b)], others.own[np.ix_(b, b)])
    return PhotoDistances(whole.people[a], whole.own[np.ix_(a, a)], {"b": fewer})


def false_alarms(trials: int, people: int = PEOPLE, photos: int = PHOTOS) -> float:
    """Return in what share of trials two groups of one taste are told apart at 5 %."""
    ps = [
        significance.groups_differ(two_groups(seed, people, photos), "b", (people, people), (seed,), 199).p
        for seed in range(trials)
    ]
    return float(np.mean(np.array(ps) <= 0.05))


def test_two_groups_of_one_taste_are_told_apart_in_3_to_6_percent_of_2000_trials_at_5_percent() -> None:
    assert 0.03 <= false_alarms(2000) <= 0.06


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
    """Return the agent's human-likeness; none where the scale has no length."""
    resamples = Resamples.draw(people, len(photos), (seed,))
    means = mean_distances(photos, {group: (group,) for group in photos[0].others}, resamples)
    return human_likeness.human_likeness(means, resamples).groups.get("agent", Estimate(None))


def true_score() -> float:
    """Return the agent's human-likeness in studies so large that chance does little."""
    truths = [score(an_agent_among_people(10_000 + seed, 200, 200), 200, 0).value for seed in range(6)]
    return float(np.mean([value for value in truths if value is not None]))


def coverage(trials: int, truth: float, people: int = PEOPLE, photos: int = PHOTOS) -> float:
    """Return in what share of the trials that have an interval it holds the truth; nearly all must have one."""
    scores = [score(an_agent_among_people(seed, people, photos), people, seed) for seed in range(trials)]
    limits = [(each.low, each.high) for each in scores if each.low is not None and each.high is not None]
    assert len(limits) > 0.8 * trials
    return float(np.mean([low <= truth <= high for low, high in limits]))


def test_intervals_of_human_likeness_hold_the_truth_in_92_to_97_percent_of_trials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 500)
    # The share itself is known to 0.9 points.
    assert 0.92 - 0.009 <= coverage(600, true_score()) <= 0.97 + 0.009


def test_what_a_pilot_says_is_found_with_80_percent_is_found_in_about_80_percent_of_new_studies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intervals, "RESAMPLES", 300)
    design = Design(PHOTOS, PEOPLE, PEOPLE)
    errors = []
    for seed in range(8):
        pilot = Pilot("people", PEOPLE, "agent", None, an_agent_among_people(20_000 + seed, PEOPLE, PHOTOS))
        errors.append(with_power(design, pilot, 0.1, (seed,)).standard_error)
    # So far from the truth lies what new studies ask of: whether their intervals leave it out.
    other = true_score() - detectable(float(np.median(errors)))
    found = 1 - coverage(300, other)
    assert 0.68 <= found <= 0.92


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
