"""Finished pictures as photos: what is undone, and that none is both an input and a target."""

import numpy as np
import pytest
from numpy.typing import NDArray

from editing.photos.colour import srgb_to_linear
from learning.photos.squares import Squares
from learning.photos.unprocessing import DARKEST_STOPS, VARIANTS, Unprocessing, unprocess, with_unprocessed

Pixels = NDArray[np.float32]


def squares(count: int, seed: int) -> Squares:
    return Squares.of(np.random.default_rng(seed).random((count, 80, 80, 3), dtype=np.float32))


def as_it_is(**changed: object) -> Unprocessing:
    plain: dict[str, object] = {"tone": 0.0, "saturation": 1.0, "gains": np.ones(3), "shot_noise": 0.0, "read_noise": 0}
    return Unprocessing(**(plain | changed))  # type: ignore[arg-type]


@pytest.fixture
def shown() -> Pixels:
    return np.random.default_rng(0).random((40, 50, 3), dtype=np.float32)


def undone(shown: Pixels, **changed: object) -> Pixels:
    return unprocess(shown, as_it_is(**changed), np.random.default_rng(1))


def test_the_srgb_curve_is_undone(shown: Pixels) -> None:
    np.testing.assert_allclose(undone(shown), srgb_to_linear(shown.astype(np.float64)), atol=1e-6)


def test_a_tone_curve_of_smoothstep_is_undone(shown: Pixels) -> None:
    curved = shown**2 * (3 - 2 * shown)
    np.testing.assert_allclose(undone(curved, tone=1.0), undone(shown), atol=1e-3)


def test_colours_are_duller_and_the_light_less(shown: Pixels) -> None:
    dull = undone(shown, saturation=0.5, gains=np.full(3, 0.25))
    assert dull.mean() == pytest.approx(undone(shown).mean() / 4, rel=0.02)
    assert np.ptp(dull, axis=-1).mean() == pytest.approx(np.ptp(undone(shown), axis=-1).mean() / 8, rel=0.01)


def test_noise_grows_with_the_light_and_less_of_it_is_left_of_many_pixels() -> None:
    dark, light = (np.full((200, 200, 3), value, np.float32) for value in (0.2, 0.9))
    spread = {
        averaged: [
            float(unprocess(one, as_it_is(shot_noise=1e-3), np.random.default_rng(2), averaged).std())
            for one in (dark, light)
        ]
        for averaged in (1.0, 16.0)
    }
    assert spread[1.0][1] > 3 * spread[1.0][0]
    assert spread[16.0] == pytest.approx([value / 4 for value in spread[1.0]], rel=0.02)


def test_no_picture_is_both_an_input_and_a_target_and_what_inputs_were_is_known() -> None:
    inputs, targets = squares(3, 0), squares(10, 1)
    made = with_unprocessed(inputs, targets, share=0.4, seed=7)
    assert made.finished is not None
    assert (made.inputs.photos, made.targets.photos, made.finished.photos) == (3 + 4, 6, 3 + 4)
    assert len(made.inputs) == len(made.finished) == 7 * VARIANTS
    finished = made.finished[np.arange(len(made.finished))]
    assert np.isnan(finished[: 3 * VARIANTS]).all()
    left = {one.tobytes() for one in made.targets[np.arange(6)].astype(np.float16)}
    used = {one.tobytes() for one in finished[3 * VARIANTS :].astype(np.float16)}
    everything = {one.tobytes() for one in targets[np.arange(10)].astype(np.float16)}
    assert (len(used), len(left)) == (4, 6)
    assert not used & left
    assert used | left == everything


def test_each_picture_is_unprocessed_from_bright_to_dark_the_same_by_the_same_seed() -> None:
    first, again = (with_unprocessed(squares(2, 0), squares(6, 1), share=0.5, seed=3).inputs for _ in range(2))
    pixels = first[np.arange(len(first))]
    assert np.array_equal(pixels, again[np.arange(len(again))])
    assert np.isfinite(pixels).all()
    assert float(pixels.min()) >= 0
    light = pixels[2 * VARIANTS :].mean(axis=(1, 2, 3)).reshape(-1, VARIANTS)
    assert (light[:, 0] > 2 * light[:, -1]).all()
    assert (light[:, 0] < 2 ** (DARKEST_STOPS + 1) * light[:, -1]).all()


def test_of_no_share_nothing_changes() -> None:
    inputs, targets = squares(2, 0), squares(3, 1)
    made = with_unprocessed(inputs, targets, share=0.0, seed=0)
    assert made.inputs is inputs
    assert made.targets is targets
    assert made.finished is None
