"""How far two treatments of one photo are apart, on three distances: the pictures, what was done, and in what order.

All three are symmetric, and 0 for treatments that are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from editing.game.filters import FILTERS
from editing.game.rules import Step
from editing.photos.colour import lab
from learning.comparison.colour_difference import mean_color_differences, pairwise_color_differences

# Of each distance: what it is of, and its unit.
DISTANCES: Mapping[str, str] = MappingProxyType(
    {
        "picture": "the pictures that come out, in delta E 2000",
        "steps": "what was done, in widths of a slider",
        "order": "the order of the steps, as a share of them",
    }
)
# Measured beside them, in dB: the peak signal-to-noise ratio of the results as a screen shows them.
PSNR = "psnr"
# Of pictures that are alike, for which it is infinite.
LARGEST_PSNR = 100.0
DISTANCE_NAMES = ("The pictures", "What was done", "In what order")
# A step that moves the picture less than this, in the mean of delta E 2000 over its pixels, is not seen: about 1 is
# just visible side by side (Mokrzycki and Tatol, "Color difference Delta E", Machine Graphics and Vision 20, 2011).
VISIBLE_DELTA_E = 1.0

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Treatments:
    """What distances between n treatments of one photo are computed from.

    Attributes:
        pictures: the results in L*a*b*, (n, pixels, 3) float32.
        shown: the same as a screen shows them, 0 .. 1, (n, 3 pixels) float64.
        sliders: (n, parameters of all filters), how far each slider stands from neutral as a part of its width,
            divided by the number of its filter's parameters; 0 for filters that are not used.
        orders: the filters of the visible steps, first step first.
        moved: by how much each step moved the picture, in delta E 2000.
    """

    pictures: NDArray[np.float32]
    shown: Floats
    sliders: Floats
    orders: tuple[tuple[str, ...], ...]
    moved: tuple[tuple[float, ...], ...]

    def take(self, rows: slice) -> Treatments:
        """Return some of the treatments."""
        return Treatments(
            self.pictures[rows], self.shown[rows], self.sliders[rows], self.orders[rows], self.moved[rows]
        )


def treat(original: Pixels, plays: Sequence[Sequence[Step]]) -> Treatments:
    """Develop a photo by each of some plays.

    Args:
        original: (h, w, 3) linear light; a thumbnail will do, since every filter is pointwise.
        plays: the steps of each.
    """
    developed, moves = develop_plays(original, plays, measure_moves=True)
    sliders = np.zeros((len(plays), len(_SLIDERS)))
    for row, steps in enumerate(plays):
        for step in steps:
            columns = _SLIDERS_OF[step.filter]
            sliders[row, columns] += _offsets(step)
    orders = tuple(
        tuple(step.filter for step, move in zip(steps, moved, strict=True) if move >= VISIBLE_DELTA_E)
        for steps, moved in zip(plays, moves, strict=True)
    )
    shown = np.clip(developed, 0, 1).astype(np.float64).reshape(len(plays), 3 * developed.shape[1])
    return Treatments(_in_lab(developed), shown, sliders, orders, moves)


def develop_plays(
    original: Pixels, plays: Sequence[Sequence[Step]], *, measure_moves: bool = False
) -> tuple[NDArray[np.float32], tuple[tuple[float, ...], ...]]:
    """Return what plays make of a photo, (n, pixels, 3) unclipped, and by how much each step moved the picture.

    The n-th steps of all plays that use one filter are one call.

    Args:
        original: (h, w, 3) linear light.
        measure_moves: in delta E 2000; else there are none.
    """
    planes = np.repeat(original.reshape(-1, 3).T[:, None].astype(np.float32), len(plays), axis=1)
    moves: list[list[float]] = [[] for _ in plays]
    shown = _in_lab(np.moveaxis(planes, 0, -1)) if measure_moves else np.empty(0, np.float32)
    for place in range(max((len(steps) for steps in plays), default=0)):
        rows_by_filter: dict[str, list[int]] = {}
        for row, steps in enumerate(plays):
            if place < len(steps):
                rows_by_filter.setdefault(steps[place].filter, []).append(row)
        for slug, rows in rows_by_filter.items():
            filter_ = FILTERS[slug]
            parameters = {
                name: np.array([[plays[row][place].parameters[name]] for row in rows], np.float32)
                for name in filter_.by_name
            }
            edited = filter_.apply(np, tuple(planes[:, rows]), parameters)
            for plane, values in zip(planes, edited, strict=True):
                plane[rows] = values
        if measure_moves:
            moved = sorted(row for rows in rows_by_filter.values() for row in rows)
            after = _in_lab(np.moveaxis(planes[:, moved], 0, -1))
            for row, move in zip(moved, pairwise_color_differences(shown[moved], after), strict=True):
                moves[row].append(float(move))
            shown[moved] = after
    return np.moveaxis(planes, 0, -1), tuple(map(tuple, moves))


def distances(a: Treatments, b: Treatments) -> dict[str, Floats]:
    """Return the (n, m) distances of n treatments to m others of one photo, for each of ``DISTANCES``; and PSNR."""
    return {
        "picture": mean_color_differences(a.pictures, b.pictures),
        "steps": np.abs(a.sliders[:, None] - b.sliders[None]).sum(axis=-1),
        "order": np.array([[edit_distance(x, y) for y in b.orders] for x in a.orders]).reshape(
            len(a.orders), len(b.orders)
        ),
        PSNR: _psnr(a.shown, b.shown),
    }


def _psnr(a: Floats, b: Floats) -> Floats:
    squares = cdist(a, b, "sqeuclidean") / max(a.shape[1], 1)
    ratios: Floats = np.minimum(-10 * np.log10(np.maximum(squares, 10 ** (-LARGEST_PSNR / 10))), LARGEST_PSNR)
    return ratios


@lru_cache(maxsize=200_000)
def edit_distance(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Return how many steps must be put in, taken out or replaced to make one order of the other, 0 to 1.

    That is Levenshtein's distance over the length of the longer one; 0 for two that are empty.
    """
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1] / max(len(a), len(b), 1)


def _in_lab(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a screen shows of pictures, (..., 3), in L*a*b*."""
    return lab(np.clip(pictures, 0, 1))


# Which column of the sliders belongs to which parameter.
_SLIDERS = {
    (slug, parameter.name): index
    for index, (slug, parameter) in enumerate(
        (slug, parameter) for slug, filter_ in FILTERS.items() for parameter in filter_.parameters
    )
}


_SLIDERS_OF = {slug: [_SLIDERS[slug, name] for name in filter_.by_name] for slug, filter_ in FILTERS.items()}


def _offsets(step: Step) -> list[float]:
    """How far the sliders of a step stand from neutral.

    Each filter is used once at most and neutral is the identity, so the best matching of two plays' steps matches
    equal filters, and a step without a partner with the neutral one: their distance is a sum over sliders.
    """
    filter_ = FILTERS[step.filter]
    values = dict(step.parameters)
    for names in filter_.curves:
        # Only the ratios of slopes matter: of each curve they are compared as slope * 8 / sum(slope).
        total = sum(values[name] for name in names)
        values.update((name, values[name] * len(names) / total) for name in names)
    count = len(filter_.parameters)
    return [(p.to_position(values[p.name]) - p.to_position(p.neutral)) / count for p in filter_.parameters]
