"""The picture that people practise on."""

import numpy as np
import pytest
from numpy.typing import NDArray

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.practice_picture import HEIGHT, WIDTH, practice_picture


@pytest.fixture(scope="module")
def picture() -> NDArray[np.float32]:
    return practice_picture()


def test_it_is_dark_and_cool_and_has_the_light_to_be_brought_out(picture: NDArray[np.float32]) -> None:
    assert (picture.shape, picture.dtype) == ((HEIGHT, WIDTH, 3), np.float32)
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.mean() < 0.15
    red, _, blue = np.median(picture[-HEIGHT // 20 :, WIDTH // 6 : WIDTH // 4], axis=(0, 1))  # the grey rock
    assert blue > 1.2 * red
    brighter = apply_steps(picture, [Step("exposure", {"ev": 1.5})]).clip(0, 1)
    assert 0.2 < brighter.mean() < 0.5
    assert (brighter == 1).mean() < 0.02


def test_it_is_the_same_at_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for side in ("HEIGHT", "WIDTH"):
        monkeypatch.setattr(f"editing.photos.practice_picture.{side}", 64)
    assert np.array_equal(practice_picture(), practice_picture())
