"""What people think: ratings, strengths and the Turing question, against what was planted."""

from collections.abc import Sequence

import numpy as np
import pytest

from learning.comparison.judgements import Judgement, judgements_that_count, what_people_think

FLAGS = {"preview": False, "attention": False, "repeat": False, "surplus": False}


def row(**values: object) -> dict[str, object]:
    plain = {"player": "j1", "player_kind": "human", "photo": "sea", "kind": "pair", "answer": 0}
    return {**plain, "makers": ["person", "agent:a"], "episodes": ["e1", "e2"], **FLAGS, **values}


def test_only_judgements_of_people_count_and_each_once() -> None:
    rows = [row(), row(player_kind="robot"), *(row(**{flag: True}) for flag in FLAGS)]
    (counted,) = judgements_that_count(rows, {})
    assert counted.makers == ("people", "a")
    assert counted.items == ("e1", "e2")


def test_who_made_the_pictures_of_the_reveal_is_read_from_their_episodes() -> None:
    (counted,) = judgements_that_count([row(kind="favourite", makers=[])], {"e1": "agent:b", "e2": "human"})
    assert counted.makers == ("b", "people")


def judged(kind: str, answers: Sequence[tuple[tuple[str, ...], int]], judges: int = 8) -> list[Judgement]:
    """Return the answers, spread over judges and photos."""
    return [
        Judgement(f"j{index % judges}", f"photo{index % 7}", kind, makers, (f"{index}",), answer)
        for index, (makers, answer) in enumerate(answers)
    ]


def test_mean_ratings_are_by_maker_with_intervals_beside_the_papers() -> None:
    marks = [(("people",), 4), (("a",), 2)] * 20 + [(("people",), 5), (("a",), 1)] * 20
    ratings = what_people_think(judged("rating", marks), 0)["ratings"]
    assert ratings["means"]["people"]["value"] == pytest.approx(4.5)
    assert ratings["means"]["a"]["value"] == pytest.approx(1.5)
    assert ratings["means"]["a"]["low"] < 1.5 < ratings["means"]["a"]["high"]
    assert ratings["paper"]["agent"] == 3.43


def test_alpha_is_1_where_judges_agree_and_about_0_where_they_answer_by_chance() -> None:
    random = np.random.default_rng(0)
    same = [
        Judgement(f"j{j}", "p", "rating", ("a",), (f"{item}",), 1 + item % 5) for j in range(4) for item in range(30)
    ]
    chance = [
        Judgement(f"j{j}", "p", "rating", ("a",), (f"{item}",), int(random.integers(1, 6)))
        for j in range(4)
        for item in range(60)
    ]
    assert what_people_think(same, 0)["ratings"]["alpha"] == pytest.approx(1)
    assert abs(what_people_think(chance, 0)["ratings"]["alpha"]) < 0.15
    assert what_people_think(judged("rating", [(("a",), 3)] * 4), 0)["ratings"]["alpha"] is None


def test_how_often_a_picture_is_liked_better_than_a_persons_is_found_from_pairs_and_favourites(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("learning.comparison.judgements.FITS", 30)
    random = np.random.default_rng(1)
    strength = {"people": 0.0, "a": 0.9, "untouched": -1.5}
    answers: dict[str, list[tuple[tuple[str, ...], int]]] = {"pair": [], "favourite": []}
    for _ in range(300):
        for kind, size in (("pair", 2), ("favourite", 3)):
            makers = tuple(str(maker) for maker in random.permutation(list(strength))[:size])
            weights = np.exp([strength[maker] for maker in makers])
            answers[kind].append((makers, int(random.choice(size, p=weights / weights.sum()))))
    told = [judgement for kind, entries in answers.items() for judgement in judged(kind, entries)]
    preferred = what_people_think(told, 0)["strengths"]["preferred_to_people"]
    for maker in ("a", "untouched"):
        truth = 1 / (1 + np.exp(-strength[maker]))
        assert preferred[maker]["low"] - 0.02 < truth < preferred[maker]["high"] + 0.02
    assert preferred["a"]["value"] > 0.6 > preferred["untouched"]["value"]


def test_who_guesses_is_at_chance_and_who_sees_it_is_not() -> None:
    random = np.random.default_rng(2)
    shown = [("people",), ("a",)] * 100
    guessed = what_people_think(judged("turing", [(maker, int(random.integers(2))) for maker in shown]), 0)["turing"]
    assert guessed["accuracy"]["low"] < 0.5 < guessed["accuracy"]["high"]
    assert abs(guessed["d_prime"]["value"]) < 0.5
    seen = [(maker, int((maker == ("a",)) != (random.random() < 0.1))) for maker in shown]
    told = what_people_think(judged("turing", seen), 0)["turing"]
    assert told["accuracy"]["value"] == pytest.approx(0.9, abs=0.06)
    # z(0.9) - z(0.1) = 2.56.
    assert told["d_prime"]["value"] == pytest.approx(2.56, abs=0.5)


def test_of_two_pictures_the_one_that_a_person_made_is_found_as_often_as_planted() -> None:
    random = np.random.default_rng(3)
    answers = []
    for _ in range(300):
        makers = ("people", "a") if random.random() < 0.5 else ("a", "people")
        right = makers.index("people")
        answers.append((makers, right if random.random() < 0.75 else 1 - right))
    found = what_people_think(judged("turing_pair", answers), 0)["turing_pair"]
    assert found["accuracy"]["value"] == pytest.approx(0.75, abs=0.06)
    # The square root of 2 times z(0.75).
    assert found["d_prime"]["value"] == pytest.approx(0.954, abs=0.25)


def test_nobody_asked_is_none_and_too_few_have_no_strength() -> None:
    nothing = what_people_think([], 0)
    assert nothing["ratings"] is nothing["strengths"] is nothing["turing"] is nothing["turing_pair"] is None
    assert what_people_think(judged("pair", [(("people", "a"), 0)] * 5), 0)["strengths"] is None
