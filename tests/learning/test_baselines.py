"""The baselines: legal steps, and levels as they are said to be."""

import numpy as np
import pytest

from editing.game.filters import FILTERS, apply_steps
from learning.baselines import BASELINES, MEAN, automatic_levels


@pytest.mark.parametrize("brightness", [1e-9, 1e-4, 0.02, 0.3, 1.0, 50.0])
@pytest.mark.parametrize("name", BASELINES)
def test_steps_are_legal_whatever_the_photo(name: str, brightness: float) -> None:
    photo = np.random.default_rng(0).random((40, 60, 3), dtype=np.float32) * np.float32(brightness)
    steps = BASELINES[name](photo)
    assert len({step.filter for step in steps}) == len(steps)
    for step in steps:
        FILTERS[step.filter].check(step.parameters)


@pytest.mark.parametrize("stops", [0.0, -1.5, -2.5])
def test_levels_bring_the_99th_percentile_to_1_and_the_mean_to_where_it_belongs(stops: float) -> None:
    photo = (np.random.default_rng(1).random((60, 80, 3), dtype=np.float32) ** 3) * np.float32(0.8 * 2**stops)
    finished = apply_steps(photo, automatic_levels(photo))
    assert np.percentile(finished, 99) == pytest.approx(1, abs=1e-3)
    assert finished.clip(0, 1).mean() == pytest.approx(MEAN, abs=1e-3)
