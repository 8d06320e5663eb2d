"""How far cubes are from the steps, in delta E 2000: on drawn colours, and through OpenColorIO on real photos."""

from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.colour import lab
from editing.photos.decoding import read_photo
from editing.photos.read_options import ReadOptions
from editing.rendering.cube import write_cube
from learning.metrics.cube_error import Colours, cube_error, photo_colours, sample_colours
from tests.editing.rendering.test_cube import SHAPED, WARM, by_ocio

# The chains: without the saturation filter, and with it.
CHAIN_A = [*WARM[:1], Step("gamma", {"gamma": 0.8}), *WARM[1:], SHAPED[3]]
CHAIN_B = [*WARM[:2], Step("saturation", {"amount": 0.5}), *SHAPED[3:]]


@pytest.fixture(scope="module")
def photos(shared: Path) -> Colours:
    """Pixels of twenty real photos and frames, as bright as they may be in a table."""
    data = shared / "data"
    pixels = [
        read_photo(path, ReadOptions(transfer="linear", primaries="prophoto")).pixels
        for path in sorted((data / "fivek_study" / "npy").glob("*.npy"))
    ]
    pixels += [
        read_photo(path, ReadOptions(transfer="linear")).pixels
        for path in sorted((data / "sintel" / "pairs" / "inputs").iterdir())[:10]
    ]
    random = np.random.default_rng(1)
    chosen = [one.reshape(-1, 3)[random.integers(one.shape[0] * one.shape[1], size=4_000)] for one in pixels]
    assert len(chosen) == 20
    light = np.concatenate(chosen)
    return light[light.max(axis=1) <= 1]


@pytest.mark.long
def test_on_real_photos_through_an_independent_program(tmp_path: Path, photos: Colours) -> None:
    found = []
    for number, chain in enumerate((CHAIN_A, SHAPED, CHAIN_B)):
        path = tmp_path / f"{number}.cube"
        write_cube(path, chain, 65)
        exact = apply_steps(photos[None], chain)[0].clip(0, 1)
        differences = deltaE_ciede2000(lab(by_ocio(path, photos)), lab(exact))
        ours = cube_error(chain, 65, photos)
        assert ours.largest == pytest.approx(differences.max(), abs=0.02)
        assert ours.mean == pytest.approx(differences.mean(), abs=1e-3)
        found.append(ours)
    assert found[0].largest <= 1.0
    # A curve of tones as bent as it may be.
    assert found[1].largest <= 1.1
    assert max(error.mean for error in found) <= 0.06
    # Next to grey the saturation filter leaps: see docs/other-tools.md.
    assert found[2].largest > 5


@pytest.mark.parametrize(
    ("chain", "largest"),
    [
        (SHAPED, 1.1),
        *(pytest.param(*given, marks=pytest.mark.long) for given in ((CHAIN_A, 1.0), (WARM, 1.0), (WARM[:2], 0.1))),
    ],
)
def test_on_drawn_colours(chain: list[Step], largest: float) -> None:
    error = cube_error(chain, 65, sample_colours())
    assert error.largest <= largest
    assert error.mean <= 0.06
    assert error.beyond == 0


def test_a_finer_grid_is_closer() -> None:
    colours = sample_colours()[::10]
    means = [cube_error(SHAPED, size, colours).mean for size in (17, 33, 65)]
    assert means[0] > 2 * means[1] > 4 * means[2]


def test_light_above_one_is_counted() -> None:
    light = np.array([[0.5, 0.5, 0.5], [1.0, 1.2, 0.1]], np.float32)
    assert cube_error([], 17, light).beyond == 0.5


def test_the_sample_is_always_the_same_and_dark() -> None:
    colours = sample_colours()
    np.testing.assert_array_equal(colours, sample_colours())
    assert 0.02 < np.median(colours) < 0.08
    assert (colours.min(), colours.max()) > (0, 0.99)


def test_of_a_large_photo_as_many_pixels_are_drawn() -> None:
    pixels = np.random.default_rng(0).random((600, 500, 3), dtype=np.float32)
    assert photo_colours(pixels[:10]).shape == (5_000, 3)
    assert photo_colours(pixels).shape == (200_000, 3)
