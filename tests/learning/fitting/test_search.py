"""The search: steps that are known are found, or others that do the same; the rules are kept."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from learning.fitting.pair import Pair
from learning.fitting.search import Fit, Search, search_fits
from learning.metrics.picture_difference import picture_difference

SMALL = Search(width=2, starts=1)
KNOWN = (
    Step("exposure", {"ev": 1.6}),
    Step("white_balance", {"temperature": 0.15, "tint": -0.05}),
    Step("contrast", {"amount": 0.4}),
    Step("gamma", {"gamma": 0.7}),
    Step("black_white", {"amount": 0.3}),
)


def dark(seed: int = 3) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).random((6, 9, 3), dtype=np.float32) ** 2 * 0.4).astype(np.float32)


@pytest.fixture(scope="module")
def fits() -> list[Fit]:
    """Of two steps at most, where five would be best."""
    search = replace(SMALL, most_steps=2)
    return list(search_fits(Pair(dark(), apply_steps(dark(), KNOWN).clip(0, 1)), search))


@pytest.mark.long
def test_what_five_known_steps_did_is_reached() -> None:
    *_, fit = search_fits(Pair(dark(), apply_steps(dark(), KNOWN).clip(0, 1)), SMALL)
    reached = picture_difference(apply_steps(dark(), fit.steps), apply_steps(dark(), KNOWN))
    assert reached.delta_e < 0.5
    assert reached.rmse == pytest.approx(fit.rmse, abs=1e-5)


def test_the_rules_of_the_game_are_kept(fits: list[Fit]) -> None:
    for fit in fits:
        slugs = [step.filter for step in fit.steps]
        assert len(slugs) <= 2
        assert len(set(slugs)) == len(slugs)
        for step in fit.steps:
            FILTERS[step.filter].check(step.parameters)
            assert step.parameters == pytest.approx(FILTERS[step.filter].canonical(step.parameters), abs=1e-12)


def test_more_steps_leave_less(fits: list[Fit]) -> None:
    assert fits[0].steps == ()
    left = [fit.rmse for fit in fits]
    assert left == sorted(left, reverse=True)
    assert [len(fit.steps) for fit in fits] == sorted({len(fit.steps) for fit in fits})


def test_the_same_seed_gives_the_same_steps() -> None:
    pair = Pair(dark(), dark(4) ** 0.5)
    again = [[fit.steps for fit in search_fits(pair, Search(1, 2, 1, seed))] for seed in (5, 5, 6)]
    assert again[0] == again[1]
    assert again[0][-1] != again[2][-1]


def test_a_single_step_is_found_again_and_no_more_are_added() -> None:
    step = Step("gamma", {"gamma": 0.5})
    *_, fit = search_fits(Pair(dark(), apply_steps(dark(), [step])), Search(width=8, starts=1))
    assert [step.filter for step in fit.steps] == ["gamma"]
    assert fit.steps[0].parameters["gamma"] == pytest.approx(0.5, abs=1e-3)


def test_a_target_that_is_the_photo_needs_no_step() -> None:
    assert [fit.steps for fit in search_fits(Pair(dark(), dark()), SMALL)] == [()]
