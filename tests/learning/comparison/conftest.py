"""What the tests of comparisons share."""

from collections.abc import Callable

import pytest

from learning.comparison import plots


class _NoPlots:
    """In place of ``plots``: every drawing is empty."""

    COLORS = plots.COLORS

    def __getattr__(self, name: str) -> Callable[..., str]:
        return lambda *_arguments: ""


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have no drawings, which take two thirds of the time: for tests that look at something else."""
    monkeypatch.setattr("learning.comparison.report.plots", _NoPlots())
