"""Human-likeness and its tests, on players whose truth is known: points on a plane, with their straight distances."""

import numpy as np
import pytest
from numpy.typing import NDArray

from learning.comparison import human_likeness, significance
from learning.comparison.human_likeness import MeanDistances, Scale, mean_distances
from learning.comparison.intervals import Resamples
from learning.comparison.pair_distances import Others, PhotoDistances
from learning.comparison.reference_players import OTHER_PHOTO, RANDOM

Points = NDArray[np.float64]
PEOPLE, PHOTOS, SAMPLES = 20, 30, 4


def distances(a: Points, b: Points) -> Points:
    lengths: Points = np.linalg.norm(a[:, None] - b[None], axis=-1)
    return lengths


def photo(people: Points, random: Points, players: dict[str, Points], several: bool = False) -> PhotoDistances:
    """Everybody's points on one photo: person i is in row i; the plays of a group are by one player, or by several."""
    others = {
        group: Others(
            np.arange(len(points)) if several else np.zeros(len(points), np.intp),
            distances(people, points),
            distances(points, points),
        )
        for group, points in players.items()
    }
    zero = Others(np.zeros(len(random), np.intp), distances(people, random), np.empty((0, 0)))
    return PhotoDistances(np.arange(len(people)), distances(people, people), {RANDOM: zero, **others})


def crowd(random: np.random.Generator, tastes: Points) -> Points:
    """What people make of one photo: everybody's own taste, and what they did this time."""
    return tastes + random.normal(0, 0.7, tastes.shape)


@pytest.fixture(scope="module")
def photos() -> list[PhotoDistances]:
    random = np.random.default_rng(1)
    tastes = random.normal(0, 0.7, (PEOPLE, 3))
    # People who are not among those compared, whom the copying player copies.
    outside = random.normal(0, 0.7, (200, 3))
    result = []
    for _ in range(PHOTOS):
        people, at_random = crowd(random, tastes), random.normal(0, 3, (64, 3))
        copies = crowd(random, outside)[random.permutation(len(outside))[:SAMPLES]]
        players = {
            "copies a person": copies,
            "random": random.normal(0, 3, (SAMPLES, 3)),
            "half and half": np.concatenate([copies[:2], random.normal(0, 3, (2, 3))]),
            "centre": np.repeat(people.mean(axis=0, keepdims=True), SAMPLES, axis=0),
        }
        result.append(photo(people, at_random, players))
    return result


def placed(photos: list[PhotoDistances]) -> tuple[MeanDistances, Scale]:
    resamples = Resamples.draw(PEOPLE, len(photos), (0,))
    means = mean_distances(photos, {group: (group,) for group in photos[0].others}, resamples)
    return means, human_likeness.human_likeness(means, resamples)


@pytest.mark.parametrize(("group", "truth"), [("copies a person", 1.0), ("random", 0.0), ("half and half", 0.5)])
def test_who_copies_people_scores_1_who_plays_at_random_0_and_a_half_of_each_a_half(
    photos: list[PhotoDistances], group: str, truth: float
) -> None:
    score = placed(photos)[1].groups[group]
    assert score.low is not None
    assert score.high is not None
    assert score.low <= truth <= score.high
    assert score.high - score.low < 0.6


def test_the_centre_of_the_crowd_scores_above_1_and_has_no_spread(photos: list[PhotoDistances]) -> None:
    means, scale = placed(photos)
    assert scale.groups["centre"].low is not None
    assert scale.groups["centre"].low > 1
    assert means.own["centre"][0] == pytest.approx(0)
    energies = human_likeness.energy_distance(means, "centre"), human_likeness.energy_distance(means, "copies a person")
    assert energies[0][0] > 0.5
    assert energies[1][0] == pytest.approx(0, abs=0.3)


def test_the_score_is_linear_in_mixtures_of_players(photos: list[PhotoDistances]) -> None:
    means, scale = placed(photos)
    both = {
        "both": (means.to_people["copies a person"] + means.to_people["random"]) / 2,
        RANDOM: means.to_people[RANDOM],
    }
    resamples = Resamples.draw(PEOPLE, PHOTOS, (0,))
    mixed = human_likeness.human_likeness(MeanDistances(means.people, both, {}), resamples).groups["both"].value
    values = [scale.groups[group].value for group in ("copies a person", "random")]
    assert mixed == pytest.approx(sum(value for value in values if value is not None) / 2)


def test_one_half_of_the_people_lies_at_the_ceiling_and_a_random_player_outside(photos: list[PhotoDistances]) -> None:
    halves = human_likeness.split_halves(photos, PEOPLE, (0,))
    low, high = np.quantile(halves, [0.025, 0.975])
    assert low < 1 < high
    assert float(placed(photos)[1].groups["random"].value or 0) < low
    singles = human_likeness.single_people(photos, PEOPLE)
    assert singles.mean() == pytest.approx(1, abs=0.02)


def test_the_same_person_again_is_set_against_others_on_the_same_photos() -> None:
    points = np.array([[0.0], [0.1], [1.0]])
    twice = PhotoDistances(np.array([0, 0, 1]), distances(points, points), {})
    once = PhotoDistances(np.array([0, 1]), distances(points[:2], points[:2]), {})
    assert human_likeness.repeats([twice, once]) == pytest.approx((0.1, 0.95, 1))
    assert human_likeness.repeats([once]) is None


def test_copies_of_one_person_in_a_resample_are_no_pair() -> None:
    points = np.array([[0.0], [2.0]])
    two = PhotoDistances(np.array([0, 1]), distances(points, points), {})
    weights = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 0.0]])
    means = mean_distances([two], {}, Resamples(weights, np.ones((3, 1)), (0,), ("people",)))
    assert means.people[:2] == pytest.approx([2, 2])
    assert np.isnan(means.people[2])


def test_where_random_play_is_no_further_than_people_there_is_no_number(photos: list[PhotoDistances]) -> None:
    random = np.random.default_rng(2)
    tastes = random.normal(0, 0.7, (PEOPLE, 3))
    same = [photo(crowd(random, tastes), crowd(random, tastes[:8]), {"a": tastes[:2]}) for _ in range(PHOTOS)]
    resamples = Resamples.draw(PEOPLE, PHOTOS, (0,))
    scale = human_likeness.human_likeness(mean_distances(same, {RANDOM: ("r",), "a": ("a",)}, resamples), resamples)
    assert not scale.defined
    assert scale.groups == {}


def test_fewer_than_five_people_and_photos_give_no_interval(photos: list[PhotoDistances]) -> None:
    assert Resamples.draw(4, 5, (0,)).over == ("photos",)
    resamples = Resamples.draw(PEOPLE, 4, (0,), ("photos",))
    assert resamples.over == ()
    means = mean_distances(photos[:4], {group: (group,) for group in photos[0].others}, resamples)
    score = human_likeness.human_likeness(means, resamples).groups["centre"]
    assert score.value is not None
    assert score.low is None


def groups(seed: int, shift: float) -> list[PhotoDistances]:
    """Two groups of people, the second with tastes that are shifted."""
    random = np.random.default_rng(seed)
    tastes = [random.normal(0, 0.7, (12, 3)), random.normal(shift, 0.7, (12, 3))]
    return [
        photo(crowd(random, tastes[0]), np.zeros((1, 3)), {"others": crowd(random, tastes[1])}, several=True)
        for _ in range(12)
    ]


def test_two_groups_of_other_tastes_are_told_apart_and_two_of_one_taste_are_not() -> None:
    ps = [significance.groups_differ(groups(1, shift), "others", (12, 12), (0,), 199).p for shift in (0.8, 0.0)]
    assert ps[0] < 0.02
    assert ps[1] > 0.05


def test_an_agent_far_from_people_is_told_from_them_at_the_least_p_and_a_copy_is_not(
    photos: list[PhotoDistances],
) -> None:
    tests = {group: significance.is_one_of_people(photos, group, PEOPLE) for group in ("random", "copies a person")}
    assert tests["random"].p == pytest.approx(1 / (PEOPLE + 1))
    assert tests["copies a person"].p > 0.05


def test_the_nearer_of_two_agents_is_found_and_one_agent_is_no_nearer_than_itself(photos: list[PhotoDistances]) -> None:
    assert significance.nearer_to_people(photos, ("random", "centre"), (0,)).p < 0.01
    assert significance.nearer_to_people(photos, ("random", "centre"), (0,)).statistic > 0
    assert significance.nearer_to_people(photos, ("centre", "centre"), (0,)).p == 1
    # Of 5 photos all 32 signs are tried, and two of them are as extreme.
    assert significance.nearer_to_people(photos[:5], ("random", "centre"), (0,)).p == pytest.approx(2 / 32)


def test_holm_corrects_the_smallest_by_all_and_never_changes_their_order() -> None:
    tests = [significance.SignificanceTest("?", "", 0, p, {}) for p in (0.01, 0.04, 0.03, 0.5)]
    assert [test.corrected_p for test in significance.holm(tests)] == pytest.approx([0.04, 0.09, 0.09, 0.5])


def test_plays_put_on_another_photo_are_weighted_with_the_person_who_made_them() -> None:
    points = np.array([[0.0], [1.0], [3.0]])
    moved = Others(np.array([0]), distances(points, np.array([[0.0]])), np.empty((0, 0)))
    one = PhotoDistances(np.arange(3), distances(points, points), {OTHER_PHOTO: moved})
    weights = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 1.0]])
    means = mean_distances(
        [one], {OTHER_PHOTO: ("a", "b", "c")}, Resamples(weights, np.ones((2, 1)), (0,), ("people",))
    )
    # Not to the person's own play: (1 + 3) / 2.
    assert means.to_people[OTHER_PHOTO][0] == pytest.approx(2)
    assert np.isnan(means.to_people[OTHER_PHOTO][1])
