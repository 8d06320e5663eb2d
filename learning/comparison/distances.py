"""How far two treatments of one photo are apart, on three distances: the pictures, what was done, and in what order.

All three are symmetric, and 0 for treatments that are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from editing.photos.colour import lab

# Of each distance: what it is of, and its unit.
DISTANCES: Mapping[str, str] = MappingProxyType(
    {
        "picture": "the pictures that come out, in delta E 2000",
        "steps": "what was done, in widths of a slider",
        "order": "the order of the steps, as a share of them",
    }
)
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
        sliders: (n, parameters of all filters), how far each slider stands from neutral as a part of its width,
            divided by the number of its filter's parameters; 0 for filters that are not used.
        orders: the filters of the visible steps, first step first.
        moved: by how much each step moved the picture, in delta E 2000.
    """

    pictures: NDArray[np.float32]
    sliders: Floats
    orders: tuple[tuple[str, ...], ...]
    moved: tuple[tuple[float, ...], ...]

    def take(self, rows: Sequence[int]) -> Treatments:
        """Return some of the treatments, by their numbers."""
        return Treatments(
            self.pictures[list(rows)],
            self.sliders[list(rows)],
            tuple(self.orders[row] for row in rows),
            tuple(self.moved[row] for row in rows),
        )


def treat(original: Pixels, plays: Sequence[Sequence[Step]]) -> Treatments:
    """Develop a photo by each of some plays.

    Args:
        original: (h, w, 3) linear light; a thumbnail will do, since every filter is pointwise.
        plays: the steps of each.
    """
    pictures = np.empty((len(plays), original.shape[0] * original.shape[1], 3), np.float32)
    sliders = np.zeros((len(plays), len(_SLIDERS)))
    orders, moved = [], []
    for row, steps in enumerate(plays):
        picture, shown, moves = original, _shown(original), []
        for step in steps:
            picture = apply_steps(picture, [step])
            before, shown = shown, _shown(picture)
            moves.append(float(_delta_e(before, shown).mean()))
            sliders[row] += _offsets(step)
        pictures[row] = shown
        orders.append(tuple(step.filter for step, move in zip(steps, moves, strict=True) if move >= VISIBLE_DELTA_E))
        moved.append(tuple(moves))
    return Treatments(pictures, sliders, tuple(orders), tuple(moved))


def distances(a: Treatments, b: Treatments) -> dict[str, Floats]:
    """Return, for each of ``DISTANCES``, the (n, m) distances of n treatments to m others of the same photo."""
    return {
        "picture": np.array([_delta_e(picture[None], b.pictures).mean(axis=-1) for picture in a.pictures]).reshape(
            len(a.pictures), len(b.pictures)
        ),
        "steps": np.abs(a.sliders[:, None] - b.sliders[None]).sum(axis=-1),
        "order": np.array([[edit_distance(x, y) for y in b.orders] for x in a.orders]).reshape(
            len(a.orders), len(b.orders)
        ),
    }


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


def _shown(picture: Pixels) -> Pixels:
    """Return what a screen shows of a picture in L*a*b*: (pixels, 3)."""
    shown: Pixels = lab(np.clip(picture, 0, 1)).astype(np.float32).reshape(-1, 3)
    return shown


def _delta_e(a: Pixels, b: Pixels) -> Any:
    return deltaE_ciede2000(a, b)  # type: ignore[no-untyped-call]


# Which column of the sliders belongs to which parameter.
_SLIDERS = {
    (slug, parameter.name): index
    for index, (slug, parameter) in enumerate(
        (slug, parameter) for slug, filter_ in FILTERS.items() for parameter in filter_.parameters
    )
}


def _offsets(step: Step) -> Floats:
    """How far the sliders of a step stand from neutral.

    Each filter is used once at most and neutral is the identity, so the best matching of two plays' steps matches
    equal filters, and a step without a partner with the neutral one: their distance is a sum over sliders.
    """
    offsets = np.zeros(len(_SLIDERS))
    filter_ = FILTERS[step.filter]
    values = dict(step.parameters)
    for names in filter_.curves:
        # Only the ratios of slopes matter: of each curve they are compared as slope * 8 / sum(slope).
        total = sum(values[name] for name in names)
        values.update((name, values[name] * len(names) / total) for name in names)
    for parameter in filter_.parameters:
        offset = parameter.to_position(values[parameter.name]) - parameter.to_position(parameter.neutral)
        offsets[_SLIDERS[step.filter, parameter.name]] = offset / len(filter_.parameters)
    return offsets
