"""An agent whose networks see photos normalised: the exposure of the camera is nothing to it."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps
from learning.agent.games import GameRequest, PlayedStep
from learning.agent.networks import Agent, initialise
from learning.agent.normalising import (
    COMMUTING,
    LIGHTS,
    OWN_PART,
    exposure_offset,
    find_offsets,
    give_back,
    see_through,
    white_balance_offset,
)
from learning.agent.playing import CHOICES, Choice, play
from learning.configuration import Normalisation, Widths

SMALL = Widths(2, 4)
EXPOSURES = (0.0, -1.5, -2.5)

Pixels = NDArray[np.float32]


def photo(seed: int, stops: float = 0.0) -> Pixels:
    return (np.random.default_rng(seed).random((64, 64, 3)) ** 2 * 0.6 * 2.0**stops).astype(np.float32)


def planes(pixels: Pixels) -> tuple[NDArray[np.float64], ...]:
    red, green, blue = np.moveaxis(pixels.astype(np.float64), -1, 0)
    return red, green, blue


def games(requests: list[GameRequest], choice: Choice = "most probable") -> list[list[PlayedStep]]:
    """Played by an agent that has learned nothing, but has preferences."""
    generator = torch.Generator().manual_seed(2)
    agent = initialise(Agent(SMALL, Normalisation(exposure=True)), generator)
    return play(agent.double(), SMALL, requests, seed=0, choice=choice)


@pytest.mark.parametrize("seed", range(4))
def test_photos_of_any_exposure_come_out_as_the_same_picture(seed: int) -> None:
    photos = [photo(seed, stops) for stops in EXPOSURES]
    played = games([GameRequest("photo", 0, pixels) for pixels in photos])
    assert len({tuple(step.step.filter for step in game) for game in played}) == 1
    pictures = [apply_steps(pixels, [step.step for step in game]) for pixels, game in zip(photos, played, strict=True)]
    for picture in pictures[1:]:
        assert np.abs(np.clip(picture, 0, 1) - np.clip(pictures[0], 0, 1)).max() < 1e-4


@pytest.mark.parametrize("choice", CHOICES)
def test_before_exposure_come_only_filters_that_commute_with_it(choice: Choice) -> None:
    early = {slug for slug, commutes in zip(FILTERS, COMMUTING, strict=True) if commutes}
    assert early == {"exposure", "white_balance", "black_white"}
    firsts = set()
    for game in games([GameRequest(str(seed), 0, photo(seed)) for seed in range(12)], choice):
        order = [step.step.filter for step in game]
        assert len(set(order)) == 5
        assert set(order[: order.index("exposure")]) <= early
        firsts.add(order[0])
        assert game[0].probabilities["tone"] == 0 < game[0].probabilities["exposure"]
    assert len(firsts) > (choice in ("sampled", "uniform"))


def test_the_lights_of_a_photo_are_seen_at_one_value_and_of_one_taken_darker_by_as_many_stops_more() -> None:
    offset = exposure_offset(np, planes(photo(1)))
    seen = see_through(np, planes(photo(1)), {"exposure": {"ev": offset}})
    assert np.quantile(np.max(seen, axis=0), 0.99) == pytest.approx(LIGHTS)
    assert exposure_offset(np, planes(photo(1, -1.5))) == pytest.approx(offset + 1.5, abs=1e-5)


def test_a_sun_in_the_picture_does_not_make_the_rest_dark() -> None:
    sun = photo(1)
    sun[:3, :3] = 1000.0
    assert float(exposure_offset(np, planes(sun))) == pytest.approx(exposure_offset(np, planes(photo(1))), abs=0.1)


def test_black_is_seen_within_the_range_of_the_filter() -> None:
    assert float(exposure_offset(np, planes(np.zeros((64, 64, 3), np.float32)))) == 3.5


def test_a_cast_is_seen_through_the_white_balance_that_removes_it() -> None:
    cast = planes(photo(3) * np.array([1.2, 1.0, 0.8], np.float32))
    offsets = {"white_balance": white_balance_offset(np, cast)}
    means = [plane.mean() for plane in see_through(np, cast, offsets)]
    assert means == pytest.approx([means[0]] * 3, rel=1e-6)


def test_what_was_seen_through_is_given_back_within_the_range_and_only_once() -> None:
    both = Normalisation(exposure=True, white_balance=True)
    unused = dict.fromkeys(FILTERS, 1.0)
    offsets = find_offsets(np, planes(photo(0, -2)), unused, both)
    assert set(offsets) == {"exposure", "white_balance"}
    ev = float(offsets["exposure"]["ev"])
    given = give_back(np, "exposure", {"ev": np.float64(0.5)}, offsets["exposure"])
    assert float(given["ev"]) == pytest.approx(ev + 0.5 * OWN_PART)
    assert float(give_back(np, "exposure", {"ev": np.float64(3.4)}, {"ev": np.float64(3.0)})["ev"]) == 3.5
    assert find_offsets(np, planes(photo(0, -2)), unused | {"exposure": 0.0}, both)["exposure"]["ev"] == 0
    assert find_offsets(np, planes(photo(0, -2)), unused, Normalisation()) == {}
