"""The three distances between treatments of one photo, and the baselines between which agents are placed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS, Step
from editing.photos.colour import lab
from learning.comparison import reference_players
from learning.comparison.colour_difference import mean_color_differences, pairwise_color_differences
from learning.comparison.distances import DISTANCES, LARGEST_PSNR, PSNR, distances, edit_distance, treat
from learning.comparison.sides import Episode
from tests.learning.snapshots import photo_sha256, picture

COUNTS = np.array([2, 1, 2])
ORIGINAL = picture("sea").astype(np.float32)
EXPOSURE, DARKER = Step("exposure", {"ev": 1.75}), Step("exposure", {"ev": -1.75})
CONTRAST = Step("contrast", {"amount": 0.5})


def between(a: tuple[Step, ...], b: tuple[Step, ...]) -> dict[str, float]:
    both = treat(ORIGINAL, [a, b])
    matrices = distances(both.take(slice(0, 1)), both.take(slice(1, 2)))
    return {name: float(matrices[name][0, 0]) for name in DISTANCES}


def test_alike_treatments_are_at_distance_0_and_order_alone_shows_in_the_order() -> None:
    assert between((EXPOSURE, CONTRAST), (EXPOSURE, CONTRAST)) == {"picture": 0, "steps": 0, "order": 0}
    swapped = between((EXPOSURE, CONTRAST), (CONTRAST, EXPOSURE))
    assert swapped["steps"] == 0
    assert swapped["order"] == 1
    assert swapped["picture"] > 0


def test_steps_are_apart_by_widths_of_their_sliders_and_a_missing_one_is_neutral() -> None:
    # 1.75 of a range from -3.5 to 3.5 is a quarter of the slider.
    assert between((EXPOSURE,), ())["steps"] == pytest.approx(0.25)
    assert between((EXPOSURE,), (DARKER,))["steps"] == pytest.approx(0.5)
    assert between((EXPOSURE,), (CONTRAST,))["steps"] == pytest.approx(0.25 + 0.25)


def test_curves_are_compared_by_the_ratios_of_their_slopes() -> None:
    slopes = {f"slope_{index}": 2.0 if index < 4 else 1.0 for index in range(8)}
    halved = {name: slope / 2 for name, slope in slopes.items()}
    assert between((Step("tone", slopes),), (Step("tone", halved),))["steps"] == pytest.approx(0)
    assert between((Step("tone", slopes),), ())["steps"] > 0.1


def test_a_step_that_nobody_sees_is_in_no_order() -> None:
    unseen = Step("color", {parameter.name: 1.0 for parameter in FILTERS["color"].parameters} | {"red_0": 1.002})
    treated = treat(ORIGINAL, [(EXPOSURE, unseen)])
    assert treated.orders == (("exposure",),)
    assert 0 <= treated.moved[0][1] < 1


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("abc", "", 1),
        ("abc", "abd", 1 / 3),
        ("ab", "ba", 1),
        ("abc", "bc", 1 / 3),
        ("abcde", "eabcd", 2 / 5),
    ],
)
def test_edit_distance_of_orders(a: str, b: str, distance: float) -> None:
    assert edit_distance(tuple(a), tuple(b)) == pytest.approx(distance)


@given(*[st.lists(st.sampled_from(list(FILTERS)), unique=True, max_size=5).map(tuple) for _ in range(2)])
def test_edit_distance_is_symmetric_at_most_1_and_0_only_for_equals(a: tuple[str, ...], b: tuple[str, ...]) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) <= 1
    assert (edit_distance(a, b) == 0) == (a == b)


def test_delta_e_2000_is_that_of_scikit_image_for_colours_greys_and_what_is_nearly_alike() -> None:
    random = np.random.default_rng(0)
    a, b = (random.uniform([0, -60, -60], [100, 60, 60], (8, 200, 3)).astype(np.float32) for _ in range(2))
    a[:, :50], b[:, 25:75] = a[:, :50] * (1, 0, 0), b[:, 25:75] * (1, 0, 0)
    b[:, 100:150] = a[:, 100:150] + random.normal(0, 0.1, (8, 50, 3))
    expected = [[deltaE_ciede2000(x.astype(float), y.astype(float)).mean() for y in b] for x in a]  # type: ignore[no-untyped-call]
    np.testing.assert_allclose(mean_color_differences(a, b), expected, atol=1e-4)
    np.testing.assert_allclose(pairwise_color_differences(a, b), np.diag(expected), atol=1e-4)
    assert (pairwise_color_differences(a, a) == 0).all()


def test_psnr_of_pictures_a_tenth_apart_is_20_db_and_of_equals_the_largest() -> None:
    grey = np.full((4, 4, 3), 0.25, np.float32)
    lighter = treat(grey, [(), (Step("exposure", {"ev": float(np.log2(1.4))}),)])
    matrix = distances(lighter, lighter)[PSNR]
    assert matrix[0, 1] == pytest.approx(20, abs=1e-3)
    assert matrix[0, 0] == LARGEST_PSNR


def people() -> list[Episode]:
    plays = [(EXPOSURE, CONTRAST), (EXPOSURE,), (DARKER, CONTRAST)]
    return [
        Episode(f"{photo}-{index}", f"p{index}", "human", photo_sha256(photo), "x", steps)
        for photo in ("sea", "hill")
        for index, steps in enumerate(plays)
    ]


def test_random_play_is_legal_seeded_and_as_long_as_peoples() -> None:
    plays = reference_players.random_plays(COUNTS, photo_sha256("sea"), "x", (0,))
    assert plays == reference_players.random_plays(COUNTS, photo_sha256("sea"), "x", (0,))
    assert plays != reference_players.random_plays(COUNTS, photo_sha256("hill"), "x", (0,))
    assert len(plays) == reference_players.PLAYS
    assert {len(play.steps) for play in plays} == {1, 2}
    for play in plays:
        assert len(set(play.order)) == len(play.order) <= MAXIMUM_STEPS
        for step in play.steps:
            FILTERS[step.filter].check(step.parameters)


def test_play_put_on_a_photo_comes_from_others_and_keeps_who_made_it() -> None:
    moved = reference_players.transplanted_plays(people(), photo_sha256("sea"), "x", (0,))
    assert sorted(play.player for play in moved) == ["p0", "p1", "p2"]
    assert {play.photo for play in moved} == {photo_sha256("sea")}


def test_average_play_has_peoples_most_used_filters_and_mean_sliders() -> None:
    steps = reference_players.average_play(people()[:3])
    assert [step.filter for step in steps] == ["exposure", "contrast"]
    assert steps[0].parameters["ev"] == pytest.approx(1.75 / 3)
    assert steps[1].parameters["amount"] == pytest.approx(1 / 3)


def test_the_fitted_curve_finds_the_exposure_that_everybody_used() -> None:
    same = [Episode("1", "a", "human", photo_sha256("sea"), "x", (EXPOSURE,))]
    steps = {
        step.filter: step.parameters for step in reference_players.fitted_curve({photo_sha256("sea"): ORIGINAL}, same)
    }
    assert steps["exposure"]["ev"] == pytest.approx(1.75, abs=0.15)
    assert steps["gamma"]["gamma"] == pytest.approx(1, abs=0.06)


def test_differences_among_the_same_pictures_are_those_of_two_equal_sets() -> None:
    pictures = lab(np.random.default_rng(5).random((9, 5000, 3), np.float32))
    np.testing.assert_allclose(
        mean_color_differences(pictures, pictures), mean_color_differences(pictures, pictures.copy()), atol=1e-4
    )
