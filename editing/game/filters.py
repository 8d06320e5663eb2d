"""The eight filters, each written once, as arithmetic on three colour planes.

A filter is a function ``(xp, (r, g, b), parameters) -> (r, g, b)``. The planes are arrays of any one shape, and ``xp``
is their namespace: NumPy, torch, an array API library, or one of ours that builds expressions
(``editing.game.symbols``). So the same few lines edit a preview, a batch in training and, as generated GLSL, the
picture in the browser. A filter uses + - * / and ``xp.abs clip exp log pow cos minimum maximum`` alone; bounds are set
by ``clip``, and denominators are kept from zero by a floor, since a ``where`` around a division has no finite gradient.

The filters are those of Hu et al., "Exposure: A White-Box Photo Post-Processing Framework", ACM Transactions on
Graphics 37 (2), 2018. Values are linear light, nominally 0 to 1, above 1 allowed; nothing is clipped between filters.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from editing.game.filter import Filter, Planes, Reading
from editing.game.parameters import Parameter, ParameterError

# Counts the changes of what a stored trajectory means: raised with any change of the mathematics or the ranges. Filters
# and parameters may be added; none is ever taken away or renamed, since what was played with it keeps its columns:
# tests/fixtures/released_contracts.json records those of each version.
VERSION = 1
# Older versions whose play this one replays and renders exactly as it was.
EARLIER_ALIKE: frozenset[int] = frozenset()

# Y = 0.27 R + 0.67 G + 0.06 B, the weights of the 2018 program.
LUMINANCE = (0.27, 0.67, 0.06)

CURVE_SEGMENTS = 8
CHANNELS = ("red", "green", "blue")

# NumPy edits so many pixels at a time: few enough for what lies between to stay in the processor's cache, and to be
# given the same memory again. Larger arrays are fetched from the system, and zeroed by it, at every operation.
PIXELS_AT_ONCE = 1 << 15


def luminance(planes: Planes) -> Any:
    """Luminance Y of linear light, of the planes' shape."""
    r, g, b = planes
    return LUMINANCE[0] * r + LUMINANCE[1] * g + LUMINANCE[2] * b


def _lerp(a: Planes, b: Planes, t: Any) -> Planes:
    r, g, b_ = ((1 - t) * x + t * y for x, y in zip(a, b, strict=True))
    return r, g, b_


def exposure(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """``x 2^ev``."""
    r, g, b = planes
    factor = xp.exp(parameters["ev"] * math.log(2))
    return r * factor, g * factor, b * factor


def gamma(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """``max(x, 0.001)^gamma``; the floor keeps the gradient finite in black."""
    r, g, b = (xp.pow(xp.clip(x, 0.001, None), parameters["gamma"]) for x in planes)
    return r, g, b


def white_balance(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """Scale the channels by ``c / Y(c)``, ``c = (1, exp(-tint), exp(-temperature))``: a grey keeps its luminance."""
    r, g, b = planes
    green, blue = xp.exp(-parameters["tint"]), xp.exp(-parameters["temperature"])
    total = LUMINANCE[0] + LUMINANCE[1] * green + LUMINANCE[2] * blue
    return r / total, g * (green / total), b * (blue / total)


def saturation(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """Raise the saturation S of HSV, most at medium value V: ``S' = S + (1 - S) (0.5 - |0.5 - V|) 0.8``.

    In closed form, without hue: ``v - (v - x) s' / s``. The floor under s leaves exact greys grey and keeps
    near-greys well-conditioned.
    """
    r, g, b = (xp.clip(x, None, 1.0) for x in planes)
    value = xp.maximum(xp.maximum(r, g), b)
    smallest = xp.minimum(xp.minimum(r, g), b)
    s = (value - smallest) / xp.clip(value, 1e-6, None)
    boosted = s + (1 - s) * (0.5 - xp.abs(0.5 - value)) * 0.8
    ratio = boosted / xp.clip(s, 1e-3, None)
    saturated = (value - (value - r) * ratio, value - (value - g) * ratio, value - (value - b) * ratio)
    return _lerp((r, g, b), saturated, parameters["amount"])


def _curve(xp: Any, x: Any, slopes: Sequence[Any]) -> Any:
    """Return a piecewise linear curve through (0, 0) and (1, 1), constant outside, with the given ratios of slopes."""
    width = 1 / len(slopes)
    parts = (xp.clip(x - i * width, 0.0, width) * slope for i, slope in enumerate(slopes))
    return reduce(lambda a, b: a + b, parts) * (len(slopes) / reduce(lambda a, b: a + b, slopes))


def tone(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """One curve of eight straight parts for the three channels."""
    slopes = [parameters[f"slope_{i}"] for i in range(CURVE_SEGMENTS)]
    r, g, b = (_curve(xp, x, slopes) for x in planes)
    return r, g, b


def contrast(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """Towards (or, below 0, away from) an S-curve of luminance, ``(1 - cos(pi Y)) / 2``, which keeps the hue."""
    y = xp.clip(luminance(planes), 0.0, 1.0)
    ratio = (1 - xp.cos(y * math.pi)) * 0.5 / (y + 1e-6)
    r, g, b = planes
    return _lerp(planes, (r * ratio, g * ratio, b * ratio), parameters["amount"])


def black_white(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:  # noqa: ARG001 (as all filters)
    """Towards the luminance."""
    y = luminance(planes)
    return _lerp(planes, (y, y, y), parameters["amount"])


def color(xp: Any, planes: Planes, parameters: Mapping[str, Any]) -> Planes:
    """Return a curve of eight straight parts for each channel."""
    r, g, b = (
        _curve(xp, x, [parameters[f"{name}_{i}"] for i in range(CURVE_SEGMENTS)])
        for x, name in zip(planes, CHANNELS, strict=True)
    )
    return r, g, b


def _percent(label: str, low: float, help_text: str, raw_gain: float) -> Parameter:
    return Parameter(
        "amount", label, low, 1.0, 0.0, unit="%", factor=100, decimals=0, help=help_text, raw_gain=raw_gain
    )


def _slopes(name: str, label: str, low: float, high: float) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            f"{name}_{i}",
            f"{label} {100 * i / CURVE_SEGMENTS:g}-{100 * (i + 1) / CURVE_SEGMENTS:g} %",
            low,
            high,
            1.0,
            scale="log" if low * high == 1 else "linear",
            help="How steep the curve is over this range of values; only the ratios of the slopes matter.",
        )
        for i in range(CURVE_SEGMENTS)
    )


_TONE = _slopes("slope", "Tones", 0.5, 2.0)
_COLOR = tuple(_slopes(name, name.capitalize(), 0.9, 1.1) for name in CHANNELS)

_ALL = (
    Filter(
        "exposure",
        "Exposure",
        "Makes the whole picture brighter or darker, as more or less light would.",
        (Parameter("ev", "Exposure", -3.5, 3.5, 0.0, step=0.05, unit="EV", help="One EV doubles the light."),),
        exposure,
    ),
    Filter(
        "gamma",
        "Gamma",
        "Brightens or darkens the middle tones; white stays where it is.",
        (
            Parameter(
                "gamma",
                "Gamma",
                1 / 3,
                3.0,
                1.0,
                scale="log",
                reciprocal=True,
                raw_scale="log",
                help="Below 1 brightens, above 1 darkens.",
            ),
        ),
        gamma,
    ),
    Filter(
        "white_balance",
        "White balance",
        "Makes the light warmer or cooler, greener or more magenta.",
        (
            Parameter(
                "temperature",
                "Temperature",
                -0.5,
                0.5,
                0.0,
                factor=100,
                decimals=0,
                directions=("cooler", "warmer"),
                raw_gain=-1,
                help="To the right warmer, to the left cooler.",
            ),
            Parameter(
                "tint",
                "Tint",
                -0.5,
                0.5,
                0.0,
                factor=100,
                decimals=0,
                directions=("greener", "pinker"),
                raw_gain=-1,
                help="To the right more magenta, to the left more green.",
            ),
        ),
        white_balance,
        raw_outputs=3,
        # The outputs scale red (which is held at 1), green and blue.
        raw_order=(2, 1),
    ),
    Filter(
        "saturation",
        "Saturation",
        "Makes colours stronger, dull ones the most.",
        (_percent("Saturation", 0.0, "How much of the stronger colours is mixed in.", 0.5),),
        saturation,
    ),
    Filter(
        "tone",
        "Tone",
        "Brightens or darkens each range of tones by one curve; black stays black and white white.",
        _TONE,
        tone,
        curves=(tuple(parameter.name for parameter in _TONE),),
        readings=(
            Reading("darks", 0, 1, CURVE_SEGMENTS // 2),
            Reading("lights", 0, CURVE_SEGMENTS // 2 + 1, CURVE_SEGMENTS - 1),
        ),
        raw_outputs=CURVE_SEGMENTS,
        raw_order=tuple(range(CURVE_SEGMENTS)),
    ),
    Filter(
        "contrast",
        "Contrast",
        "Pulls dark and bright apart, or together.",
        (_percent("Contrast", -1.0, "Above 0 for more contrast, below 0 for less.", 1.0),),
        contrast,
    ),
    Filter(
        "black_white",
        "Black & white",
        "Takes the colours out.",
        (_percent("Black & white", 0.0, "How much of the colour is taken out.", 0.5),),
        black_white,
    ),
    Filter(
        "color",
        "Color",
        "Bends red, green and blue each by a curve of its own, for a cast or a look.",
        tuple(parameter for channel in _COLOR for parameter in channel),
        color,
        curves=tuple(tuple(parameter.name for parameter in channel) for channel in _COLOR),
        readings=tuple(Reading(name, curve, 1, CURVE_SEGMENTS - 1) for curve, name in enumerate(CHANNELS)),
        raw_outputs=3 * CURVE_SEGMENTS,
        raw_order=tuple(range(3 * CURVE_SEGMENTS)),
    ),
)

# In the order of the contract. A filter is named by its slug, never by an index.
FILTERS: Mapping[str, Filter] = MappingProxyType({filter_.slug: filter_ for filter_ in _ALL})

_ENDS = tuple(accumulate(len(filter_.parameters) for filter_ in _ALL))
# The parameters of all filters in one row: how many there are, and where each filter's lie.
CONTROLS = _ENDS[-1]
PLACES: Mapping[str, slice] = MappingProxyType(
    {filter_.slug: slice(end - len(filter_.parameters), end) for filter_, end in zip(_ALL, _ENDS, strict=True)}
)


def known_versions() -> list[int]:
    """Return the versions whose play is replayed and rendered here as it was, in order; that of today is the last."""
    return [*sorted(EARLIER_ALIKE), VERSION]


def find_filter(slug: object) -> Filter:
    """Return the filter of that slug.

    Raises:
        ParameterError: if there is none, naming those that there are.
    """
    if not isinstance(slug, str) or slug not in FILTERS:
        raise ParameterError("unknown_filter", f"there is no filter {slug!r}; the filters are {', '.join(FILTERS)}")
    return FILTERS[slug]


class EditingStep(Protocol):
    """What is needed of a step to render it: the slug of a filter, and its physical parameters by name."""

    @property
    def filter(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...


def apply_steps_to_planes(xp: Any, planes: Planes, steps: Iterable[EditingStep]) -> Planes:
    """Apply steps, one after the other, to three colour planes of any namespace, without clipping."""
    for step in steps:
        planes = FILTERS[step.filter].apply(xp, planes, step.parameters)
    return planes


def apply_steps(image: NDArray[np.floating[Any]], steps: Iterable[EditingStep]) -> NDArray[np.float32]:
    """Apply steps to a picture, in NumPy, in float32; the size of strips does not show in the result.

    Args:
        image: (..., 3), linear light.
        steps: at most five, in order.

    Returns:
        Of the image's shape, display-referred and unclipped: shown as ``clip(x, 0, 1)`` on an sRGB screen.
    """
    image = np.asarray(image)
    steps = tuple(steps)
    pixels = image.reshape(-1, 3)
    edited = np.empty(pixels.shape, np.float32)
    planes = np.empty((3, min(PIXELS_AT_ONCE, len(pixels))), np.float32)
    for start in range(0, len(pixels), PIXELS_AT_ONCE):
        strip = pixels[start : start + PIXELS_AT_ONCE]
        red, green, blue = planes[:, : len(strip)]
        red[:], green[:], blue[:] = strip.T
        results = apply_steps_to_planes(np, (red, green, blue), steps)
        for channel, plane in enumerate(results):
            edited[start : start + PIXELS_AT_ONCE, channel] = plane
    return edited.reshape(image.shape)
