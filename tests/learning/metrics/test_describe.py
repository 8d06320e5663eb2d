"""What edits break, by hand; and the command that describes play."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editing.game.rules import Step
from learning.metrics.artefacts import Artefacts, artefacts, hue_shift, mean_artefacts
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, write

GREY = np.full((20, 20, 3), 0.3, np.float32)


def pictures() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(5).uniform(0.02, 0.3, (30, 30, 3)).astype(np.float32)


def test_an_untouched_picture_turns_no_hue() -> None:
    assert artefacts(pictures(), []).hue_shift == pytest.approx(0, abs=0.1)


@given(ev=st.floats(-1, 1))
def test_exposure_turns_no_hue_and_tints_no_grey(ev: float) -> None:
    steps = [Step("exposure", {"ev": ev})]
    assert artefacts(pictures(), steps).hue_shift < 2  # the sRGB curve bends hues a little
    assert artefacts(GREY, steps).grey_cast < 0.5


def test_white_balance_tints_greys_and_more_of_it_more() -> None:
    casts = [
        artefacts(GREY, [Step("white_balance", {"temperature": value, "tint": 0.0})]).grey_cast
        for value in (0.0, 0.1, 0.4)
    ]
    assert casts == sorted(casts)
    assert casts[0] < 0.5
    assert casts[2] > 10


def test_a_picture_without_greys_has_no_grey_cast_and_does_not_count_in_the_mean() -> None:
    red = np.tile(np.array([0.4, 0.1, 0.1], np.float32), (9, 9, 1))
    found = artefacts(red, [])
    assert math.isnan(found.grey_cast)
    assert mean_artefacts([found, Artefacts(0, 0, 4.0)]).grey_cast == 4.0
    assert math.isnan(mean_artefacts([found]).grey_cast)


def test_hues_that_are_exchanged_are_turned_by_their_angle() -> None:
    red, green = (np.tile(np.array(one, np.float32), (4, 4, 1)) for one in ((0.5, 0.1, 0.1), (0.1, 0.5, 0.1)))
    assert 80 < hue_shift(red, green) < 130


def test_lifting_blacks_makes_more_chroma_noise_and_saturation_more_still() -> None:
    dark = pictures() * 0.02 + 0.02  # nearly grey
    untouched, lifted, coloured = (
        artefacts(dark, steps).chroma_noise
        for steps in (
            [],
            [Step("exposure", {"ev": 2.0})],
            [Step("exposure", {"ev": 2.0}), Step("saturation", {"amount": 1.0})],
        )
    )
    assert untouched < lifted < coloured


def test_orders_and_artefacts_of_a_play(tmp_path: Path) -> None:
    both = (("exposure", {"ev": 1.0}), ("gamma", {"gamma": 0.8}))
    play = write(tmp_path / "play", [Play("agent:a", "x", both), Play("agent:a", "y", both), Play("agent:a", "z")])
    output = safelight_output("describe", play, "--json", tmp_path / "described.json")
    assert "3 episodes, 2 orders of filters" in output
    assert "2 x exposure, gamma" in output
    found = json.loads((tmp_path / "described.json").read_text())
    assert found["orders"] == [
        {"order": ["exposure", "gamma"], "count": 2},
        {"order": ["exposure"], "count": 1},
    ]
    assert found["chroma_noise"] > 0


def test_a_folder_that_is_no_play_is_refused(tmp_path: Path) -> None:
    result = safelight("describe", tmp_path)
    assert result.exit_code == 1
    assert f"Error: {tmp_path} is neither an export nor an agent's play" in result.output
