"""The browser's shader gives what NumPy gives, for colours and parameters at which filters go wrong."""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice, permutations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import MAXIMUM_STEPS, Step

Parameters = Mapping[str, float]
InBrowser = Callable[[Sequence[Sequence[Step]]], NDArray[np.float32]]

ACCURACY = 2e-4


@pytest.fixture(scope="module")
def colours(awkward_colours: NDArray[np.float32]) -> NDArray[np.float16]:
    """The awkward colours as a photo holds them: float16, one row."""
    return awkward_colours.astype(np.float16)[np.newaxis]


@pytest.fixture(scope="module")
def in_browser(
    browser: Browser, root: Path, tmp_path_factory: pytest.TempPathFactory, colours: NDArray[np.float16]
) -> Iterator[InBrowser]:
    """Develops the colours by lists of steps: an array (trials, 1, N, 3), read back from a float32 target."""
    built = tmp_path_factory.mktemp("harness")
    subprocess.run(
        ["node", root / "frontend" / "build.js", "harness", built / "out"], check=True, cwd=root / "frontend"
    )
    page = browser.new_page()
    page.add_script_tag(content=(built / "out" / "harness.js").read_text(encoding="utf-8"), type="module")
    page.wait_for_function("window.harness")
    bits = colours.view(np.uint16).ravel().tolist()

    def run(trials: Sequence[Sequence[Step]]) -> NDArray[np.float32]:
        steps = [[{"filter": step.filter, "parameters": dict(step.parameters)} for step in trial] for trial in trials]
        rgba = page.evaluate("([bits, trials]) => harness.develop(bits, trials)", [bits, steps])
        return np.array(rgba, dtype=np.float32).reshape(len(trials), 1, -1, 4)[..., :3]

    yield run
    page.close()


def trial_parameters(slug: str) -> list[Parameters]:
    """All low, neutral and high; low and high in turns; and some drawn at random."""
    parameters = FILTERS[slug].parameters
    random = np.random.default_rng(len(slug))

    def turns(*ends: str) -> Parameters:
        return {one.name: getattr(one, end) for one, end in zip(parameters, cycle(ends), strict=False)}

    drawn = [{one.name: one.from_position(float(random.random())) for one in parameters} for _ in range(6)]
    return [turns("low"), turns("neutral"), turns("high"), turns("low", "high"), turns("high", "high", "low"), *drawn]


def largest_error(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    return float(np.max(np.abs(found - wanted) / np.maximum(1, np.abs(wanted))))


@pytest.mark.parametrize("slug", FILTERS)
def test_filter_equals_numpy(slug: str, in_browser: InBrowser, colours: NDArray[np.float16]) -> None:
    trials = [[Step(slug, parameters)] for parameters in trial_parameters(slug)]
    for steps, found in zip(trials, in_browser(trials), strict=True):
        assert largest_error(found, apply_steps(colours, steps)) <= ACCURACY, steps


def test_five_steps_equal_numpy(in_browser: InBrowser, colours: NDArray[np.float16]) -> None:
    orders = islice(permutations(FILTERS, MAXIMUM_STEPS), 0, None, 331)
    trials = [
        [Step(slug, trial_parameters(slug)[5 + (place + number) % 6]) for place, slug in enumerate(order)]
        for number, order in enumerate(orders)
    ]
    assert len(trials) >= 20
    for steps, found in zip(trials, in_browser(trials), strict=True):
        assert largest_error(found, apply_steps(colours, steps)) <= ACCURACY, steps


def test_no_steps_leave_the_photo_exactly(in_browser: InBrowser, colours: NDArray[np.float16]) -> None:
    np.testing.assert_array_equal(in_browser([[]])[0], colours.astype(np.float32))
