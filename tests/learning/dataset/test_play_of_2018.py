"""Human play of the 2018 program: what both games have gives the same picture, and the rest is refused by reason."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv
from numpy.typing import NDArray

import safelight
from editing.game.filters import apply_steps
from editing.trajectories.play_of_2018 import UnlikePlay, share_cut, steps_of
from tests.command_line import safelight as run
from tests.command_line import safelight_output

Picture = NDArray[np.float64]


def applied(image: Picture, filter_id: int, sliders: list[int]) -> Picture:
    """What that program made of a picture, by the formulas of its interface for people."""
    shares = [slider / 100 for slider in sliders]
    if filter_id == 0:
        return image * 2 ** (10 * shares[0] - 5)
    if filter_id == 1:
        return np.asarray(image ** math.exp(shares[0] * math.log(1 / 64) + math.log(8)))
    if filter_id == 2:
        hsv = rgb_to_hsv(image)
        full = hsv.copy()
        full[..., 1] += (1 - hsv[..., 1]) * (0.5 - np.abs(0.5 - hsv[..., 2]))
        return np.asarray((1 - shares[0]) * image + shares[0] * hsv_to_rgb(full))
    scaling = np.array([1, math.exp(-(shares[1] - 0.5)), math.exp(-(shares[0] - 0.5))])
    return np.asarray(image * scaling / (1e-5 + scaling @ [0.27, 0.67, 0.06]))


@pytest.mark.parametrize(
    ("filter_id", "sliders"),
    [(0, [62]), (0, [20]), (1, [65]), (1, [40]), (2, [30]), (2, [80]), (3, [70, 20]), (3, [0, 99])],
)
def test_filters_that_both_have_give_the_same_picture(filter_id: int, sliders: list[int]) -> None:
    image = np.random.default_rng(1).uniform(0.02, 0.9, (40, 50, 3))
    ours = apply_steps(image, steps_of([{"filter_id": filter_id, "parameters": sliders}]))
    np.testing.assert_allclose(ours, applied(image, filter_id, sliders), rtol=2e-5, atol=2e-5)


NEUTRAL = ((0, [50]), (1, [50]), (2, [0]), (3, [50, 50]), (4, [50]), (5, [0]), (6, [50] * 3), (7, [50] * 9))


@pytest.mark.parametrize(("filter_id", "sliders"), NEUTRAL)
def test_what_was_left_at_neutral_is_no_step(filter_id: int, sliders: list[int]) -> None:
    assert steps_of([{"filter_id": filter_id, "parameters": sliders}]) == ()


REFUSED: tuple[tuple[Any, str], ...] = (
    ([{"filter_id": 4, "parameters": [60]}], "step 1: our game has no such contrast: it bent each channel"),
    ([{"filter_id": 5, "parameters": [10]}], "black and white: it went towards the largest channel"),
    ([{"filter_id": 6, "parameters": [50, 60, 50]}], "no such tone: it was a cubic spline"),
    ([{"filter_id": 7, "parameters": [50] * 8 + [40]}], "no such color"),
    ([{"filter_id": 0, "parameters": [90]}], "step 1: exposure: ev is 4, outside -3.5 .. 3.5"),
    ([{"filter_id": 1, "parameters": [10]}], "gamma: gamma is"),
    ([{"filter_id": 2, "parameters": [81]}], "saturation: amount is"),
    ([{"filter_id": 0, "parameters": [60]}, {"filter_id": 0, "parameters": [55]}], "step 2: exposure was used before"),
    ([{"filter_id": 8, "parameters": []}], "there is no filter 8"),
    ([{"filter_id": True, "parameters": [1]}], "there is no filter True"),
    ([{"filter_id": 0, "parameters": [1, 2]}], "exposure has 1 sliders"),
    ([{"filter_id": 0, "parameters": [1.5]}], "not a whole number from 0 to 100"),
    ([{"filter_id": 0}], "it is not a filter_id and its parameters"),
    ({"filter_id": 0}, "not a list of at most 4 steps"),
    ([{"filter_id": 0, "parameters": [50]}] * 5, "not a list of at most 4 steps"),
)


@pytest.mark.parametrize(("document", "reason"), REFUSED)
def test_the_rest_is_refused_with_the_reason(document: object, reason: str) -> None:
    with pytest.raises(UnlikePlay) as refused:
        steps_of(document)
    assert reason in str(refused.value)


def test_where_light_was_cut_between_steps_the_pictures_differ() -> None:
    image = np.full((2, 2, 3), 0.3)
    image[0, 0] = 0.01
    up_and_down = steps_of([{"filter_id": 0, "parameters": [75]}, {"filter_id": 1, "parameters": [40]}])
    assert share_cut(image, up_and_down[:1]) == 0
    darkened = (*up_and_down[:1], *steps_of([{"filter_id": 3, "parameters": [99, 50]}]))
    assert share_cut(image, darkened) == 0.75


def test_a_folder_becomes_an_export(tmp_path: Path) -> None:
    actions, photos = tmp_path / "actions", tmp_path / "photos"
    actions.mkdir()
    photos.mkdir()
    for number, name in enumerate(("a", "b", "c")):
        np.save(photos / f"{name}.npy", np.random.default_rng(number).uniform(0, 0.3, (70, 90, 3)).astype(np.float32))
    exposed = {"filter_id": 0, "parameters": [60]}
    (actions / "a.json").write_text(json.dumps([exposed, {"filter_id": 3, "parameters": [60, 50]}]))
    (actions / "b.json").write_text(json.dumps([exposed, {"filter_id": 6, "parameters": [60, 50, 50]}]))
    (actions / "c.json").write_text("no")
    (actions / "d.json").write_text(json.dumps([exposed]))
    arguments = ("dataset", "import-2018", actions, "--photos", photos, "--player", "turker-1", "-o", tmp_path / "play")
    output = safelight_output(*arguments)
    assert "b.json: step 2: our game has no such tone" in output
    assert "c.json: it is not JSON" in output
    assert f"d.json: there is no photo d in {photos}" in output
    assert "1 episodes; 3 files were refused" in output
    data = safelight.load(tmp_path / "play")
    assert data.episodes["player_kind"].to_pylist() == ["expert"]
    expected = apply_steps(np.load(photos / "a.npy"), steps_of([exposed, {"filter_id": 3, "parameters": [60, 50]}]))
    np.testing.assert_allclose(data.edited(data.episodes["id"][0].as_py()), expected, rtol=2e-3, atol=1e-4)
    assert "nothing is wrong" in safelight_output("dataset", "validate", tmp_path / "play")
    again = run(*arguments)
    assert again.exit_code == 1
    assert "is not empty" in again.output
