"""Parameters: their ranges, and the way between slider position, physical value and network output."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

# Sums of float32 slopes and JSON round trips may leave a bound by this much.
RANGE_TOLERANCE = 1e-6

# No number from outside is taken beyond this: a float of any kind holds it.
HUGE = 1e30


class ParameterError(ValueError):
    """A parameter is missing, unknown, not a finite number or out of its range. ``code`` names which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Parameter:
    """One physical parameter of a filter.

    Attributes:
        low, high: the inclusive range of the physical value.
        neutral: the value that leaves the picture as it is.
        scale: how a slider is divided, evenly in the value or in its logarithm.
        step: a nudge of the slider by one key press, in the physical unit.
        unit: what follows the shown number.
        factor, decimals: the number shown is ``value * factor``, rounded.
        directions: the words for a negative and a positive value, shown in place of its sign.
        reciprocal: whether people are shown ``1/x`` below the neutral value.
        raw_gain, raw_scale: a network's raw output u becomes ``(tanh(raw_gain * u) + 1) / 2`` of the range,
            counted evenly in the value or in its logarithm. A gain of 1/2 is the logistic function, -1 turns the
            direction round. The start values of the 2018 program all lie in the middle of their range, where
            u = 0 is anyway, so no shift of u is needed.
    """

    name: str
    label: str
    low: float
    high: float
    neutral: float
    scale: Literal["linear", "log"] = "linear"
    step: float = 0.01
    unit: str = ""
    help: str = ""
    factor: float = 1.0
    decimals: int = 2
    directions: tuple[str, str] | None = None
    reciprocal: bool = False
    raw_gain: float = 1.0
    raw_scale: Literal["linear", "log"] = "linear"

    def to_position(self, value: float) -> float:
        """Return the slider position, 0 at ``low`` to 1 at ``high``, of a physical value."""
        if self.scale == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def from_position(self, position: Any) -> Any:
        """Return the physical value at a slider position between 0 and 1: a number, or an array of them."""
        if self.scale == "log":
            return self.low * (self.high / self.low) ** position
        return self.low + position * (self.high - self.low)

    def slope(self, value: Any) -> Any:
        """Return how fast the physical value grows with the slider position, where it is ``value``."""
        return value * math.log(self.high / self.low) if self.scale == "log" else self.high - self.low

    def from_raw(self, xp: Any, raw: Any) -> Any:
        """Return the physical value, of the shape of ``raw``, for an unbounded output of a network."""
        share = (xp.tanh(self.raw_gain * raw) + 1) / 2
        if self.raw_scale == "log":
            return xp.exp(math.log(self.low) + share * math.log(self.high / self.low))
        return self.low + share * (self.high - self.low)

    def check(self, value: object, filter_slug: str) -> None:
        """Refuse a value that is not a finite number within the range.

        Raises:
            ParameterError: naming the filter, the parameter, the value and the range.
        """
        if type(value) is float and self.low - RANGE_TOLERANCE <= value <= self.high + RANGE_TOLERANCE:
            return
        where = f"{filter_slug}: {self.name}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < HUGE:
            raise ParameterError("malformed", f"{where} must be a finite number, not {value!r}")
        if not self.low - RANGE_TOLERANCE <= value <= self.high + RANGE_TOLERANCE:
            raise ParameterError("out_of_range", f"{where} is {value:.9g}, outside {self.low:.9g} .. {self.high:.9g}")

    def describe(self, value: float) -> str:
        """Return the value as people read it, such as ``+1.90 EV`` or ``warmer 12``."""
        if self.reciprocal and value < self.neutral:
            return f"1/{round_half_away(1 / value, self.decimals):.{self.decimals}f}"
        # Rounded first, and -0 made 0, so that next to nothing reads as nothing.
        shown = round_half_away(value * self.factor, self.decimals) + 0.0
        if self.directions and shown:
            return f"{self.directions[shown > 0]} {abs(shown):.{self.decimals}f}"
        sign = "+" if self.low < 0 else ""
        return print_number(f"{shown:{sign}.{self.decimals}f} {self.unit}".strip())


def print_number(text: str) -> str:
    """Return a formatted number as people read it: with a minus sign, where Python writes a hyphen."""
    return text.replace("-", "\N{MINUS SIGN}")


def round_half_away(value: float, decimals: int) -> float:
    """Return a number rounded as the browser rounds it: by its exact binary value, halves away from 0."""
    return float(Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def check_names(parameters: Mapping[str, object], expected: Mapping[str, object], filter_slug: str) -> None:
    """Refuse parameters that are not exactly the wanted ones.

    Raises:
        ParameterError: naming the filter and the parameters that are missing or unknown.
    """
    if parameters.keys() == expected.keys():
        return
    unknown = [repr(name) for name in parameters if name not in expected]
    if unknown:
        raise ParameterError("unknown_parameter", f"{filter_slug} has no parameter {', '.join(unknown)}")
    missing = [name for name in expected if name not in parameters]
    if missing:
        raise ParameterError("malformed", f"{filter_slug} needs a value for {', '.join(missing)}")


def canonical_slopes(slopes: tuple[float, ...], low: float, high: float) -> tuple[float, ...]:
    """Return the slopes of a piecewise linear curve, of which only the ratios matter, in their one stored form.

    Equal slopes become 1; others are scaled so that smallest times largest equals low times high of the range.
    Slopes within their range stay within it.
    """
    # The range check allows a little more than the range; what is stored does not.
    smallest, largest = min(slopes), max(slopes)
    if smallest < low or largest > high:
        slopes = tuple(min(max(slope, low), high) for slope in slopes)
        smallest, largest = min(slopes), max(slopes)
    # Neutral, as soon as no pixel could tell it from the identity in float32.
    if largest - smallest <= 1e-9 * largest:
        return (1.0,) * len(slopes)
    factor = math.sqrt(low * high / (smallest * largest))
    return tuple([slope * factor for slope in slopes])
