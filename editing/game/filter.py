"""What a filter is: a function on three colour planes, and beside it all that it takes to use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import array_api_compat
import numpy as np

from editing.game.parameters import Parameter, canonical_slopes, check_names, print_number, round_half_away

Planes = tuple[Any, Any, Any]
Function = Callable[[Any, Planes, Mapping[str, Any]], Planes]


@dataclass(frozen=True)
class Reading:
    """Where a curve is read, to say in words what it does.

    Attributes:
        label: what lies there, such as ``darks``.
        curve: which of the filter's curves.
        first, last: its points there, counted by the straight parts before them.
    """

    label: str
    curve: int
    first: int
    last: int

    def describe(self, slopes: Sequence[float]) -> str | None:
        """By how much the curve of these slopes raises or lowers a level there, at most, in percent of the range.

        None if that does not show.
        """
        total = sum(slopes)
        # Added up as the browser adds them, so that halves are rounded alike.
        heights = list(accumulate(slope / total for slope in slopes))
        lifts = [heights[point - 1] - point / len(slopes) for point in range(self.first, self.last + 1)]
        shown = round_half_away(100 * max(lifts, key=abs), 0)
        return f"{self.label} {print_number(f'{shown:+.0f}')}" if shown else None


@dataclass(frozen=True)
class Filter:
    """A filter: its function, and beside it all that sliders, API, network and documentation are built from.

    Attributes:
        curves: for a filter made of curves, the names of the slopes of each, from dark to bright.
        readings: where they are read to describe them.
        raw_outputs: how many outputs of a network it takes; ``raw_order`` says which of them
            belongs to which parameter.
    """

    slug: str
    label: str
    purpose: str
    parameters: tuple[Parameter, ...]
    function: Function
    curves: tuple[tuple[str, ...], ...] = ()
    readings: tuple[Reading, ...] = ()
    raw_outputs: int = 1
    raw_order: tuple[int, ...] = (0,)

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        """The parameters by their names, in order."""
        return {parameter.name: parameter for parameter in self.parameters}

    @property
    def neutral(self) -> dict[str, float]:
        """The parameters that leave a picture as it is."""
        return {parameter.name: parameter.neutral for parameter in self.parameters}

    @property
    def maximum_ratio(self) -> float | None:
        """For curves, how much steeper than its flattest part a curve may be."""
        return self.parameters[0].high / self.parameters[0].low if self.curves else None

    def apply(self, xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
        """Return the edited planes, of the planes' shape and type.

        Args:
            xp: the namespace of the planes.
            planes: red, green and blue, of one shape and floating type.
            parameters: a number for each parameter, or an array that broadcasts with the planes.
        """
        like = planes[0]
        own_type = {name: _as_plane_type(xp, parameters[name], like) for name in self.by_name}
        return self.function(xp, planes, own_type)

    def from_raw(self, xp: Any, raw: Any) -> dict[str, Any]:
        """Physical parameters from a network's raw outputs.

        Args:
            raw: an array whose last axis has ``raw_outputs`` entries; each parameter has the shape of the other axes.
        """
        order = zip(self.parameters, self.raw_order, strict=True)
        return {parameter.name: parameter.from_raw(xp, raw[..., index]) for parameter, index in order}

    def check(self, parameters: Mapping[str, object]) -> None:
        """Refuse parameters other than this filter's, or a value out of range.

        Raises:
            ParameterError: naming what is wrong.
        """
        by_name = self.by_name
        check_names(parameters, by_name, self.slug)
        for name, parameter in by_name.items():
            parameter.check(parameters[name], self.slug)

    def canonical(self, parameters: Mapping[str, float]) -> dict[str, float]:
        """Return the parameters in the form in which they are stored: in order, and curves by ``canonical_slopes``."""
        result = {parameter.name: float(parameters[parameter.name]) for parameter in self.parameters}
        for names in self.curves:
            parameter = self.by_name[names[0]]
            slopes = canonical_slopes(tuple([result[name] for name in names]), parameter.low, parameter.high)
            result.update(zip(names, slopes, strict=True))
        return result

    def describe(self, parameters: Mapping[str, float]) -> str:
        """Return the parameters as people read them below a picture, such as ``+1.90 EV``."""
        if self.curves:
            curves = [[parameters[name] for name in names] for names in self.curves]
            read = [reading.describe(curves[reading.curve]) for reading in self.readings]
            bent = "unchanged" if dict(parameters) == self.neutral else "curve"
            return ", ".join(text for text in read if text) or bent
        texts = [(p.describe(parameters[p.name]), p.describe(p.neutral)) for p in self.parameters]
        return ", ".join(text for text, neutral in texts if text != neutral) or "unchanged"


def _as_plane_type(xp: Any, value: Any, like: Any) -> Any:
    """Return a parameter as an array of the planes' own type, since a wider one would promote them."""
    dtype = getattr(like, "dtype", None)
    if dtype is None or (getattr(value, "dtype", None) == dtype and hasattr(value, "shape")):
        return value
    if array_api_compat.is_array_api_obj(value) and not isinstance(value, np.generic):
        return array_api_compat.array_namespace(value).astype(value, dtype)
    return xp.asarray(float(value), dtype=dtype, device=like.device)
