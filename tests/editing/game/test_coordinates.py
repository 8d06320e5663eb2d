"""Coordinates of parameters: without bounds, one for each treatment that looks different, and always legal."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from editing.game.coordinates import (
    MOST_COORDINATES,
    coordinate_count,
    coordinates_of,
    from_coordinates,
    parameters_at,
    to_coordinates,
)
from editing.game.filters import FILTERS

SLUGS = st.sampled_from(list(FILTERS))


@given(SLUGS, st.integers(0, 2**32))
def test_any_coordinates_are_a_legal_treatment_in_its_stored_form(slug: str, seed: int) -> None:
    coordinates = np.random.default_rng(seed).normal(0, 4, coordinate_count(slug))
    parameters = parameters_at(slug, coordinates)
    FILTERS[slug].check(parameters)
    assert parameters == pytest.approx(FILTERS[slug].canonical(parameters))


@given(SLUGS, st.integers(0, 2**32))
def test_a_treatment_comes_back_from_its_coordinates(slug: str, seed: int) -> None:
    random, filter_ = np.random.default_rng(seed), FILTERS[slug]
    values = {own.name: float(own.from_position(random.uniform())) for own in filter_.parameters}
    parameters = filter_.canonical(values)
    assert parameters_at(slug, coordinates_of(slug, parameters)) == pytest.approx(parameters, abs=1e-9)


@pytest.mark.parametrize("slug", FILTERS)
def test_the_ends_of_a_slider_and_neutral_come_back_too(slug: str) -> None:
    filter_ = FILTERS[slug]
    assert parameters_at(slug, coordinates_of(slug, filter_.neutral)) == pytest.approx(filter_.neutral)
    if not filter_.curves:
        for end in ("low", "high"):
            parameters = {own.name: getattr(own, end) for own in filter_.parameters}
            assert parameters_at(slug, coordinates_of(slug, parameters)) == pytest.approx(parameters)


@pytest.mark.parametrize("slug", FILTERS)
def test_torch_has_the_same_coordinates_as_numpy_and_a_gradient(slug: str) -> None:
    coordinates = np.random.default_rng(0).normal(0, 1, (3, coordinate_count(slug)))
    values = from_coordinates(np, slug, coordinates)
    tensor = torch.from_numpy(coordinates).requires_grad_()
    in_torch = from_coordinates(torch, slug, tensor)
    np.testing.assert_allclose(in_torch.detach().numpy(), values)
    np.testing.assert_allclose(to_coordinates(torch, slug, in_torch).detach().numpy(), to_coordinates(np, slug, values))
    (gradient,) = torch.autograd.grad(in_torch.sum(), tensor)
    assert bool(torch.isfinite(gradient).all())
    assert coordinate_count(slug) <= MOST_COORDINATES
