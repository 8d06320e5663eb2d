"""Coordinates of a filter's parameters without bounds: what distributions of them are stated in.

A slider's coordinate is the logit of its position. Of a curve only the ratios of the slopes matter: its coordinates are
the cosine transform of their logarithms, without the constant, scaled to be about as large as a slider's. So each
treatment that looks different has other coordinates, and every coordinate is a legal treatment.

The functions are for NumPy and torch alike: ``xp`` is the namespace, as in ``editing.game.filters``.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filter import Filter
from editing.game.filters import FILTERS

# How near to its end a slider is told from the end.
EDGE = 2e-3
# A logit is about this many times the slider's position, in the middle.
PER_POSITION = 4.0


def coordinate_count(slug: str) -> int:
    """Return how many coordinates a filter's parameters have."""
    filter_ = FILTERS[slug]
    return len(filter_.parameters) - len(filter_.curves)


MOST_COORDINATES = max(coordinate_count(slug) for slug in FILTERS)


@cache
def _cosines(length: int) -> NDArray[np.float64]:
    """(length - 1, length) orthonormal cosines, without the constant."""
    places = (np.arange(length) + 0.5) / length
    cosines: NDArray[np.float64] = np.cos(math.pi * np.arange(1, length)[:, None] * places) * math.sqrt(2 / length)
    return cosines


def _scale(filter_: Filter) -> float:
    own = filter_.parameters[0]
    return PER_POSITION / math.log(own.high / own.low)


def _like(xp: Any, array: NDArray[np.float64], like: Any) -> Any:
    return array if xp is np else xp.as_tensor(array, dtype=like.dtype, device=like.device)


def to_coordinates(xp: Any, slug: str, values: Any) -> Any:
    """Return the coordinates of physical values.

    Args:
        values: (..., parameters) in the order of the filter's parameters, within their ranges.

    Returns:
        (..., coordinates).
    """
    filter_ = FILTERS[slug]
    if filter_.curves:
        length = len(filter_.curves[0])
        logarithms = xp.log(values).reshape(*values.shape[:-1], len(filter_.curves), length)
        transformed = logarithms @ _like(xp, _cosines(length).T * _scale(filter_), values)
        return transformed.reshape(*values.shape[:-1], coordinate_count(slug))
    columns = []
    for index, own in enumerate(filter_.parameters):
        value = xp.clip(values[..., index], own.low, own.high)
        if own.scale == "log":
            position = xp.log(value / own.low) / math.log(own.high / own.low)
        else:
            position = (value - own.low) / (own.high - own.low)
        inner = EDGE + (1 - 2 * EDGE) * position
        columns.append(xp.log(inner / (1 - inner)))
    return xp.stack(columns, -1)


def from_coordinates(xp: Any, slug: str, coordinates: Any) -> Any:
    """Return the physical values (..., parameters), canonical and in range, of coordinates (..., coordinates)."""
    filter_ = FILTERS[slug]
    own = filter_.parameters[0]
    if filter_.curves:
        length = len(filter_.curves[0])
        curves = coordinates.reshape(*coordinates.shape[:-1], len(filter_.curves), length - 1)
        logarithms = curves @ _like(xp, _cosines(length) / _scale(filter_), coordinates)
        middle = (xp.amax(logarithms, -1) + xp.amin(logarithms, -1)) / 2 - math.log(own.low * own.high) / 2
        slopes = xp.exp(xp.clip(logarithms - middle[..., None], math.log(own.low), math.log(own.high)))
        return slopes.reshape(*coordinates.shape[:-1], len(filter_.parameters))
    inner = 1 / (1 + xp.exp(-coordinates))
    positions = xp.clip((inner - EDGE) / (1 - 2 * EDGE), 0.0, 1.0)
    columns = [parameter.from_position(positions[..., index]) for index, parameter in enumerate(filter_.parameters)]
    return xp.stack(columns, -1)


def coordinates_of(slug: str, parameters: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the coordinates of one step's parameters, (coordinates,)."""
    values = np.array([parameters[own.name] for own in FILTERS[slug].parameters], dtype=np.float64)
    coordinates: NDArray[np.float64] = to_coordinates(np, slug, values)
    return coordinates


def parameters_at(slug: str, coordinates: NDArray[np.float64]) -> dict[str, float]:
    """Return the parameters by name, as they are stored, of one step's coordinates."""
    filter_ = FILTERS[slug]
    values = from_coordinates(np, slug, coordinates)
    pairs = zip(filter_.parameters, values, strict=True)
    return filter_.canonical({own.name: min(max(float(value), own.low), own.high) for own, value in pairs})
