"""The descent: its derivatives are those of the filters, and it never makes anything worse."""

import numpy as np
import pytest
import torch
from torch import Tensor

from editing.game.filters import CONTROLS, FILTERS, PLACES, apply_steps
from learning.fitting.least_squares import (
    NEUTRAL,
    Colours,
    Order,
    Sequences,
    descend,
    mean_squares,
    normal_equations,
)

ORDERS: tuple[Order, ...] = (
    ("exposure", "tone", "white_balance"),
    ("color", "gamma", "contrast"),
    ("saturation", "exposure", "black_white"),
)


@pytest.fixture
def colours() -> Colours:
    generator = torch.Generator().manual_seed(0)
    light, shown = (torch.rand(3, 60, generator=generator, dtype=torch.float64) for _ in range(2))
    return Colours((light[0] / 3, light[1] / 3, light[2] / 3), shown)


def positions() -> Tensor:
    drawn = NEUTRAL + 0.1 * torch.randn(len(ORDERS), CONTROLS, generator=torch.Generator().manual_seed(1)).double()
    return drawn.clamp(0.05, 0.95)


def test_the_error_is_that_of_the_games_own_filters(colours: Colours) -> None:
    rows = positions()
    errors = mean_squares(ORDERS, rows, colours)
    light = torch.stack(colours.light, dim=1).numpy()
    for row in range(len(ORDERS)):
        edited = apply_steps(light, Sequences(ORDERS, rows, errors).steps(row)).clip(0, 1)
        assert float(errors[row]) == pytest.approx(float(np.square(edited - colours.shown.T.numpy()).mean()), rel=1e-4)


def test_the_gradient_is_that_of_the_error(colours: Colours) -> None:
    rows = positions()
    columns, gradient, curvature = normal_equations(ORDERS, rows, colours)
    for index, column in enumerate(columns.tolist()):
        moved = [rows.clone(), rows.clone()]
        moved[0][:, column] -= 1e-5
        moved[1][:, column] += 1e-5
        below, above = (mean_squares(ORDERS, one, colours) for one in moved)
        assert (2 * gradient[:, index]).tolist() == pytest.approx(((above - below) / 2e-5).tolist(), abs=1e-5)
    # Its two halves are sums of the same products, in another order.
    torch.testing.assert_close(curvature, curvature.transpose(1, 2), rtol=0, atol=1e-6)


def test_no_error_grows_and_parameters_stay_inside_their_ranges(colours: Colours) -> None:
    before = Sequences(ORDERS, positions(), torch.zeros(len(ORDERS)))
    after = descend(before, colours, 10)
    assert (after.errors < mean_squares(ORDERS, before.positions, colours)).all()
    assert after.errors.tolist() == pytest.approx(mean_squares(ORDERS, after.positions, colours).tolist())
    assert (after.positions >= 0).all()
    assert (after.positions <= 1).all()
    for row, order in enumerate(ORDERS):
        for slug in set(FILTERS) - set(order):
            assert torch.equal(after.positions[row, PLACES[slug]], before.positions[row, PLACES[slug]])


def test_a_sequence_descends_alike_whatever_stands_beside_it(colours: Colours) -> None:
    together = Sequences(ORDERS, positions(), torch.zeros(len(ORDERS)))
    alone = descend(together[[1]], colours, 5)
    assert descend(together, colours, 5).positions[1].tolist() == pytest.approx(alone.positions[0].tolist(), abs=1e-6)
