"""The filters as GLSL: called with symbols in place of arrays, they write the browser's shader themselves.

``Symbol`` overloads arithmetic and records each operation as one line of GLSL; ``SymbolNamespace`` is the ``xp`` that
goes with it. A value that is used twice is computed once.
"""

from collections.abc import Callable
from typing import Any

from editing.filter import Filter
from editing.filters import FILTERS
from editing.rules import MAXIMUM_STEPS

# Room for the parameters of one step in the shader, in vectors of four.
PARAMETER_CAPACITY = max(len(one.parameters) for one in FILTERS.values())
VECTORS_PER_STEP = -(-PARAMETER_CAPACITY // 4)


class Symbol:
    """A float in the program being written: the name of a variable, or an expression with a meaning of its own."""

    dtype = None

    def __init__(self, program: "Program", text: str) -> None:
        self.program = program
        self.text = text

    def _binary(self, operator: str, other: object, reflected: bool = False) -> "Symbol":
        mine, theirs = self.text, self.program.operand(other)
        left, right = (theirs, mine) if reflected else (mine, theirs)
        return self.program.assign(f"{left} {operator} {right}")

    def __add__(self, other: object) -> "Symbol":
        return self._binary("+", other)

    def __radd__(self, other: object) -> "Symbol":
        return self._binary("+", other, reflected=True)

    def __sub__(self, other: object) -> "Symbol":
        return self._binary("-", other)

    def __rsub__(self, other: object) -> "Symbol":
        return self._binary("-", other, reflected=True)

    def __mul__(self, other: object) -> "Symbol":
        return self._binary("*", other)

    def __rmul__(self, other: object) -> "Symbol":
        return self._binary("*", other, reflected=True)

    def __truediv__(self, other: object) -> "Symbol":
        return self._binary("/", other)

    def __rtruediv__(self, other: object) -> "Symbol":
        return self._binary("/", other, reflected=True)

    def __neg__(self) -> "Symbol":
        return self.program.assign(f"-{self.text}")


class Program:
    """The lines of one function, in order, each assigning a new variable."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}

    def operand(self, value: object) -> str:
        """A symbol's variable, or a number as GLSL writes it."""
        if isinstance(value, Symbol):
            return value.text
        if isinstance(value, int | float):
            text = repr(float(value))
            return f"({text})" if value < 0 else text
        raise TypeError(
            f"a filter used {type(value).__name__} in its arithmetic; only symbols and numbers have a GLSL form"
        )

    def assign(self, expression: str) -> Symbol:
        """A variable that holds the expression; the same expression gives the same variable."""
        if expression not in self._names:
            self._names[expression] = f"t{len(self._names)}"
            self.lines.append(f"float {self._names[expression]} = {expression};")
        return Symbol(self, self._names[expression])


class SymbolNamespace:
    """The functions that a filter may call, as GLSL functions of the same meaning."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.abs = self._function("abs")
        self.exp = self._function("exp")
        self.log = self._function("log")
        self.pow = self._function("pow")
        self.cos = self._function("accurate_cos")
        self.minimum = self._function("min")
        self.maximum = self._function("max")

    def _function(self, name: str) -> Callable[..., Symbol]:
        def call(*arguments: Any) -> Symbol:
            return self._program.assign(f"{name}({', '.join(map(self._program.operand, arguments))})")

        return call

    def clip(self, x: Any, low: float | None, high: float | None) -> Symbol:
        """``x`` held between ``low`` and ``high``; None is no bound."""
        result: Symbol = x if low is None else self.maximum(x, low)
        return result if high is None else self.minimum(result, high)


def _filter_function(one: Filter) -> str:
    program = Program()
    planes = (Symbol(program, "color.r"), Symbol(program, "color.g"), Symbol(program, "color.b"))
    parameters = {}
    for index, parameter in enumerate(one.parameters):
        vector, component = divmod(index, 4)
        parameters[parameter.name] = program.assign(
            f"u_parameters[place * {VECTORS_PER_STEP} + {vector}].{'xyzw'[component]}"
        )
    red, green, blue = one.apply(SymbolNamespace(program), planes, parameters)
    body = "\n".join(f"  {line}" for line in program.lines)
    return (
        f"vec3 filter_{one.slug}(vec3 color, int place) {{\n{body}\n"
        f"  return vec3({red.text}, {green.text}, {blue.text});\n}}"
    )


# Graphics cards may be wrong by 2^-11 in `cos`, which an S-curve shows. This one is right to a few units in the last
# place: the sine of the distance to a quarter turn, by its Taylor series.
ACCURATE_COS = """float accurate_cos(float x) {
  float angle = abs(x - 6.283185307179586 * floor(x / 6.283185307179586 + 0.5));
  float y = 1.5707963267948966 - angle;
  float z = y * y;
  return y * (1.0 + z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0 - z / 39916800.0)))));
}"""


def shader_source() -> str:
    """GLSL ES 3.00: a function for each filter, and ``vec3 apply_steps(vec3 color)`` which loops over the steps.

    Its uniforms are ``u_count`` (the number of steps), ``u_filters`` (for each step the place of its filter in
    ``FILTERS``) and ``u_parameters`` (each step's parameters in order, four to a vector).
    """
    cases = "\n".join(
        f"      case {index}: color = filter_{slug}(color, place); break;" for index, slug in enumerate(FILTERS)
    )
    return "\n".join(
        [
            f"const int MAXIMUM_STEPS = {MAXIMUM_STEPS};",
            "uniform int u_count;",
            "uniform int u_filters[MAXIMUM_STEPS];",
            f"uniform vec4 u_parameters[MAXIMUM_STEPS * {VECTORS_PER_STEP}];",
            ACCURATE_COS,
            *map(_filter_function, FILTERS.values()),
            "vec3 apply_steps(vec3 color) {",
            "  for (int place = 0; place < u_count; place++) {",
            "    switch (u_filters[place]) {",
            cases,
            "    }",
            "  }",
            "  return color;",
            "}",
            "",
        ]
    )
