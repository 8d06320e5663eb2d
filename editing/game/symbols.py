"""The filters as the text of programs: called with symbols in place of arrays, they write their own lines.

``Symbol`` overloads arithmetic and records each operation as one line; ``SymbolNamespace`` is the ``xp`` that goes with
it. A value that is used twice is computed once. The lines are of one of the dialects: GLSL, which is the browser's
shader (``editing.game.shader``), or Python for NumPy (``editing.game.numpy_source``).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Dialect:
    """How a language writes what a filter does.

    Attributes:
        assignment: a line that gives a ``{name}`` to the value of an ``{expression}``.
        functions: its names of the functions that a filter may call.
    """

    name: str
    assignment: str
    functions: Mapping[str, str]


_NAMES = ("abs", "exp", "log", "pow", "cos", "minimum", "maximum")
GLSL = Dialect(
    "GLSL",
    "float {name} = {expression};",
    MappingProxyType({name: name for name in _NAMES} | {"cos": "accurate_cos", "minimum": "min", "maximum": "max"}),
)
NUMPY = Dialect(
    "NumPy",
    "{name} = {expression}",
    MappingProxyType({name: f"np.{name}" for name in _NAMES} | {"pow": "np.power"}),
)
# What they are of two numbers, or one; a parameter may be a number that the program has in its text.
_OF_NUMBERS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {"abs": abs, "exp": math.exp, "log": math.log, "pow": pow, "cos": math.cos, "minimum": min, "maximum": max}
)


class Operators(Generic[Value]):
    """The arithmetic of an expression with expressions and numbers, by what a class makes of one operation."""

    def binary(self, operator: str, other: object, reflected: bool = False) -> Value:
        """Make ``self operator other``, or, reflected, ``other operator self``; the operator is one of ``+ - * /``."""
        raise NotImplementedError

    def __add__(self, other: object) -> Value:
        return self.binary("+", other)

    def __radd__(self, other: object) -> Value:
        return self.binary("+", other, reflected=True)

    def __sub__(self, other: object) -> Value:
        return self.binary("-", other)

    def __rsub__(self, other: object) -> Value:
        return self.binary("-", other, reflected=True)

    def __mul__(self, other: object) -> Value:
        return self.binary("*", other)

    def __rmul__(self, other: object) -> Value:
        return self.binary("*", other, reflected=True)

    def __truediv__(self, other: object) -> Value:
        return self.binary("/", other)

    def __rtruediv__(self, other: object) -> Value:
        return self.binary("/", other, reflected=True)


class Symbol(Operators["Symbol"]):
    """A float in the program being written: the name of a variable, or an expression with a meaning of its own."""

    dtype = None

    def __init__(self, program: "Program", text: str) -> None:
        self.program = program
        self.text = text

    def binary(self, operator: str, other: object, reflected: bool = False) -> "Symbol":
        """Write the operation as a line of the program."""
        mine, theirs = self.text, self.program.operand(other)
        left, right = (theirs, mine) if reflected else (mine, theirs)
        return self.program.assign(f"{left} {operator} {right}")

    def __neg__(self) -> "Symbol":
        return self.program.assign(f"-{self.text}")


class Program:
    """The lines of one function, in order, each assigning a new variable."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.lines: list[str] = []
        self._names: dict[str, str] = {}

    def operand(self, value: object) -> str:
        """Return a symbol's variable, or a number as both dialects write it."""
        if isinstance(value, Symbol):
            return value.text
        if isinstance(value, int | float):
            text = repr(float(value))
            return f"({text})" if value < 0 else text
        raise TypeError(
            f"a filter used {type(value).__name__} in its arithmetic; only symbols and numbers have a "
            f"{self.dialect.name} form"
        )

    def assign(self, expression: str) -> Symbol:
        """Return a variable that holds the expression; the same expression gives the same variable."""
        if expression not in self._names:
            self._names[expression] = f"t{len(self._names)}"
            self.lines.append(self.dialect.assignment.format(name=self._names[expression], expression=expression))
        return Symbol(self, self._names[expression])


class SymbolNamespace:
    """The functions that a filter may call, as the dialect's functions of the same meaning; of numbers, a number."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.abs = self._function("abs")
        self.exp = self._function("exp")
        self.log = self._function("log")
        self.pow = self._function("pow")
        self.cos = self._function("cos")
        self.minimum = self._function("minimum")
        self.maximum = self._function("maximum")

    def _function(self, name: str) -> Callable[..., Any]:
        written = self._program.dialect.functions[name]

        def call(*arguments: Any) -> Any:
            if all(isinstance(argument, int | float) for argument in arguments):
                return _OF_NUMBERS[name](*arguments)
            return self._program.assign(f"{written}({', '.join(map(self._program.operand, arguments))})")

        return call

    def clip(self, x: Any, low: float | None, high: float | None) -> Any:
        """``x`` held between ``low`` and ``high``; None is no bound."""
        result = x if low is None else self.maximum(x, low)
        return result if high is None else self.minimum(result, high)
