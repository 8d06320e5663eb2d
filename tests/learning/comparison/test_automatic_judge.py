"""Programs that judge play: a classifier that tells it apart, and a model of people that foretells it."""

import numpy as np
import pytest

from editing.game.rules import Step
from learning.comparison.automatic_judge import judge
from learning.comparison.human_likeness import reliability
from learning.comparison.pair_distances import Others, PhotoDistances
from learning.comparison.people_model import foretell
from learning.comparison.sides import Episode
from learning.comparison.statistics import jensen_shannon

NONE = Step("gamma", {"gamma": 1.0})


def plays(
    kind: str, players: int, photos: int, shift: float = 0.0, spread: float = 1.0, seed: int = 0
) -> tuple[list[Episode], dict[str, np.ndarray]]:
    """Return one play by each player on each photo, with three features about ``shift``."""
    random = np.random.default_rng([seed, len(kind)])
    episodes = [
        Episode(f"{kind}-{player}-{photo}", f"{kind}-{player}", kind, f"photo-{photo}", "x", (NONE,))
        for player in range(players)
        for photo in range(photos)
    ]
    return episodes, {episode.id: shift + spread * random.normal(size=3) for episode in episodes}


def accuracy(shift: float, spread: float, players: int = 1) -> dict[str, float]:
    people, a = plays("human", 12, 20)
    others, b = plays("agent", players, 20, shift, spread)
    judged = judge(people, others, a | b, 0)
    assert judged is not None
    result: dict[str, float] = judged["accuracy"]
    return result


def test_a_player_like_people_is_told_apart_by_chance_alone() -> None:
    same = accuracy(0.0, 1.0, players=12)
    assert same["low"] < 0.5 < same["high"]


def test_a_player_who_does_something_else_is_told_apart() -> None:
    assert accuracy(3.0, 1.0)["low"] > 0.85


def test_a_player_at_the_centre_without_variety_is_told_apart() -> None:
    assert accuracy(0.0, 0.05)["low"] > 0.7


def test_habits_of_single_people_and_photos_are_no_help_as_both_are_new_where_they_are_judged() -> None:
    # Everybody leaves a mark of his or her own, and so does each photo; the kinds are alike.
    people, a = plays("human", 10, 15)
    others, b = plays("robot", 10, 15)
    marks = np.random.default_rng(1).normal(0, 5, (20, 3))
    names = sorted({episode.player for episode in (*people, *others)})
    features = {e.id: (a | b)[e.id] + marks[names.index(e.player)] for e in (*people, *others)}
    judged = judge(people, others, features, 0)
    assert judged is not None
    assert judged["accuracy"]["value"] < 0.7


def test_fewer_than_five_people_are_too_few_for_a_judge() -> None:
    people, a = plays("human", 4, 20)
    others, b = plays("agent", 1, 20)
    assert judge(people, others, a | b, 0) is None


def orders(kind: str, rows: list[tuple[str, ...]]) -> list[Episode]:
    return [
        Episode(f"{kind}-{n}", f"{kind}-{n}", kind, f"photo-{n}", "x", tuple(Step(slug, {}) for slug in row))
        for n, row in enumerate(rows)
    ]


def test_people_of_one_habit_foretell_who_shares_it_and_not_who_does_the_opposite() -> None:
    people = orders("human", [("exposure", "contrast", "tone")] * 10)
    alike, other = (
        foretell(people, orders("agent", [row] * 5), 0)
        for row in (("exposure", "contrast", "tone"), ("tone", "contrast", "exposure"))
    )
    among = foretell(people, people, 0)
    assert alike is not None
    assert other is not None
    assert among is not None
    assert alike["top_1"]["value"] == among["top_1"]["value"] == 1
    # The middle one is foretold, and half of the last, when all that people take is used.
    assert other["top_1"]["value"] <= 0.5
    assert alike["log_likelihood"]["value"] > among["log_likelihood"]["value"] > other["log_likelihood"]["value"]


def test_a_person_is_not_foretold_by_his_or_her_own_play() -> None:
    people = orders("human", [("exposure",)] * 9 + [("saturation",)])
    only = foretell(people, people[9:], 0)
    assert only is not None
    assert only["top_1"]["value"] == 0


def test_nobodys_moves_are_foretold_where_there_are_none() -> None:
    assert foretell(orders("human", [("exposure",)]), orders("agent", [()]), 0) is None


def test_jensen_shannon_is_0_for_equals_1_bit_for_nothing_in_common_and_known_between() -> None:
    a = np.array([[1.0, 1, 0], [1, 0, 0], [1, 1, 0]])
    b = np.array([[2.0, 2, 0], [0, 0, 3], [1, 0, 0]])
    # H(3/4, 1/4) - (1 + 0) / 2
    between = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)) - 0.5
    np.testing.assert_allclose(jensen_shannon(a, b), [0, 1, between])


@pytest.mark.parametrize(("noise", "low", "high"), [(0.01, 0.99, 1.0), (50.0, -0.5, 0.6)])
def test_reliability_is_1_where_halves_agree_and_small_where_they_do_not(noise: float, low: float, high: float) -> None:
    random = np.random.default_rng(0)
    people = np.arange(10)
    photos = [
        PhotoDistances(
            people,
            np.zeros((10, 10)),
            {"a": Others(np.zeros(1, np.intp), photo + noise * random.normal(size=(10, 1)), np.empty((0, 0)))},
        )
        for photo in range(20)
    ]
    value = reliability(photos, "a", 10, (0,))
    assert value is not None
    assert low <= value <= high
