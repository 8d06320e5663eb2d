"""A sequence of filters as a pipeline of Halide: reading, filters and writing fused, vectorised, parallel.

docs/rendering.md has what was measured against filters that are compiled apart.
"""

import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, cast

import halide as hl
import numpy as np

from editing.game.filter import Planes
from editing.game.filters import FILTERS
from editing.game.symbols import Operators
from editing.rendering.dither import THRESHOLD_BITS, scrambled
from editing.rendering.kernel import BLOCK, Shape

VECTOR = 16  # pixels computed at once; measured
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class Expression(Operators["Expression"]):
    """A Halide expression in arithmetic with numbers: each becomes a float32, as the expression is."""

    dtype = None

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def binary(self, operator: str, other: object, reflected: bool = False) -> "Expression":
        """Make the operation an expression of Halide's."""
        mine, theirs = self.inner, _inner(other)
        left, right = (theirs, mine) if reflected else (mine, theirs)
        return Expression(_OPERATORS[operator](left, right))

    def __neg__(self) -> "Expression":
        return Expression(-self.inner)


def _inner(value: object) -> Any:
    return value.inner if isinstance(value, Expression) else hl.f32(float(cast(float, value)))


def _function(function: Callable[..., Any]) -> Callable[..., Expression]:
    return lambda *arguments: Expression(function(*map(_inner, arguments)))


class ExpressionNamespace:
    """The functions that a filter may call, on expressions."""

    abs = staticmethod(_function(hl.abs))
    exp = staticmethod(_function(hl.exp))
    log = staticmethod(_function(hl.log))
    minimum = staticmethod(_function(hl.min))
    maximum = staticmethod(_function(hl.max))

    @classmethod
    def pow(cls, base: Any, exponent: Any) -> Expression:
        """Return the power of a positive base: without Halide's care for other bases it takes half the time."""
        return cls.exp(cls.log(base) * exponent)

    @classmethod
    def cos(cls, x: Any) -> Expression:
        """Return the sine of the distance to a quarter turn, by its Taylor series: Halide calls the C library."""
        turn = 2 * math.pi
        angle = cls.abs(x - turn * Expression(hl.floor(_inner(x / turn + 0.5))))
        y = math.pi / 2 - angle
        z = y * y
        terms = [1 / math.factorial(n) * (-1) ** (n // 2) for n in range(11, 0, -2)]
        return y * reduce(lambda total, term: total * z + term, terms[1:], Expression(hl.f32(terms[0])))

    @classmethod
    def clip(cls, x: Any, low: float | None, high: float | None) -> Expression:
        """``x`` held between ``low`` and ``high``; None is no bound."""
        result: Expression = x if low is None else cls.maximum(x, low)
        return result if high is None else cls.minimum(result, high)


def define(shape: Shape) -> tuple[Any, list[Any]]:
    """Define the pipeline of a shape, and its arguments in order, as `Kernel.__call__` gives them."""
    definition = _Definition(shape)
    return definition.result, definition.arguments


class _Definition:
    """The pipeline of a shape, while it is put together: its arguments in order, and the result."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.arguments: list[Any] = []
        pixel, channel = hl.Var("pixel"), hl.Var("channel")
        light = self._light(pixel)
        for index, slug in enumerate(shape.filters):
            light = self._filtered(light, index, slug)
        self._first = self._argument(hl.Param(hl.UInt(32), "first"))
        values = [self._written(plane.inner, pixel, index) for index, plane in enumerate(light)]
        self.result = hl.Func("result")
        where = (pixel, channel) if shape.result_planar else (channel, pixel)
        self.result[where] = hl.mux(channel, values)
        _lay_out(self.result.output_buffer(), shape.result_planar)
        outer, inner = hl.Var("outer"), hl.Var("inner")
        # The last block begins earlier and computes some pixels again, instead of being compiled once more.
        tail = hl.TailStrategy.ShiftInwards
        self.result.bound(channel, 0, 3).split(pixel, outer, inner, BLOCK, tail).reorder(channel, inner, outer)
        self.result.unroll(channel).vectorize(inner, VECTOR).parallel(outer)

    def _argument(self, argument: Any) -> Any:
        self.arguments.append(argument)
        return argument

    def _light(self, pixel: Any) -> Planes:
        """Return the three planes of linear light that the file's values come to."""
        shape = self.shape
        source = self._argument(hl.ImageParam(_halide_type(shape.source), 2, "source"))
        _lay_out(source, shape.source_planar)
        read = [source[pixel, channel] if shape.source_planar else source[channel, pixel] for channel in range(3)]
        if shape.has_curve:
            curve = self._argument(hl.ImageParam(hl.Float(32), 2, "curve"))
            light = [Expression(curve[channel, hl.i32(value)]) for channel, value in enumerate(read)]
        elif shape.source.kind == "u":
            scale = 1 / np.iinfo(shape.source).max
            light = [Expression(hl.f32(value)) * scale for value in read]
        else:
            light = [Expression(hl.f32(value)) for value in read]
        if shape.has_matrix:
            entries = [self._argument(hl.Param(hl.Float(32), f"matrix_{index}")) for index in range(9)]
            rows = ([Expression(hl.f32(entry)) for entry in entries[3 * row : 3 * row + 3]] for row in range(3))
            light = [r * light[0] + g * light[1] + b * light[2] for r, g, b in rows]
        red, green, blue = (ExpressionNamespace.maximum(plane, 0.0) for plane in light)
        return red, green, blue

    def _filtered(self, light: Planes, position: int, slug: str) -> Planes:
        parameters = {
            # A name of its own: Halide takes some, as gamma, for functions of C.
            name: Expression(hl.f32(self._argument(hl.Param(hl.Float(32), f"step_{position}_{name}"))))
            for name in FILTERS[slug].by_name
        }
        return FILTERS[slug].apply(ExpressionNamespace, light, parameters)

    def _written(self, light: Any, pixel: Any, channel: int) -> Any:
        """Return a value as the result's type holds it."""
        halide_type = _halide_type(self.shape.result)
        if self.shape.result.kind != "u":
            return hl.cast(halide_type, light)
        largest = hl.f32(float(np.iinfo(self.shape.result).max))
        threshold = hl.f32(0.5)
        if self.shape.dithered:
            index = (hl.cast(hl.UInt(32), pixel) + self._first) * hl.u32(3) + hl.u32(channel)
            bits = scrambled(index, hl.u32) >> hl.u32(32 - THRESHOLD_BITS)
            threshold = hl.f32(hl.i32(bits)) * hl.f32(2.0**-THRESHOLD_BITS)
        shown = hl.max(hl.min(light, hl.f32(1.0)), hl.f32(0.0)) * largest
        return hl.cast(halide_type, hl.i32(hl.min(shown + threshold, largest)))


def _lay_out(buffer: Any, planar: bool) -> None:
    """Tell how the values of (n, 3) or (3, n) pixels lie; Halide counts dimensions from the innermost."""
    colours = 1 if planar else 0
    buffer.dim(colours).set_bounds(0, 3)
    if not planar:
        buffer.dim(0).set_stride(1)
        buffer.dim(1).set_stride(3)


def _halide_type(dtype: np.dtype[Any]) -> Any:
    bits = 8 * dtype.itemsize
    return hl.UInt(bits) if dtype.kind == "u" else hl.Float(bits)
