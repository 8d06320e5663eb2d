"""The browser's fragment shader, written by the filters themselves."""

from typing import Any

from editing.game.filter import Filter
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from editing.game.symbols import GLSL, Program, Symbol, SymbolNamespace

# Room for the parameters of one step in the shader, in vectors of four.
PARAMETER_CAPACITY = max(len(filter_.parameters) for filter_ in FILTERS.values())
VECTORS_PER_STEP = -(-PARAMETER_CAPACITY // 4)


def _filter_function(filter_: Filter) -> str:
    program = Program(GLSL)
    planes = (Symbol(program, "color.r"), Symbol(program, "color.g"), Symbol(program, "color.b"))
    parameters = {}
    for index, parameter in enumerate(filter_.parameters):
        vector, component = divmod(index, 4)
        parameters[parameter.name] = program.assign(
            f"u_parameters[place * {VECTORS_PER_STEP} + {vector}].{'xyzw'[component]}"
        )
    red, green, blue = filter_.apply(SymbolNamespace(program), planes, parameters)
    body = "\n".join(f"  {line}" for line in program.lines)
    return (
        f"vec3 filter_{filter_.slug}(vec3 color, int place) {{\n{body}\n"
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


def shader_source() -> dict[str, Any]:
    """GLSL ES 3.00: the ``head`` of a shader, and in ``filters`` a function for each filter, by its slug.

    ``vec3 filter_<slug>(vec3 color, int place)`` takes its parameters from the uniform ``u_parameters``, which holds
    those of each step in order, four to a vector. A shader holds the functions of its own steps and calls them one
    after the other: a loop over the steps that looks up which filter comes next takes a machine without a graphics card
    twenty times as long.
    """
    head = [
        f"const int MAXIMUM_STEPS = {MAXIMUM_STEPS};",
        f"uniform vec4 u_parameters[MAXIMUM_STEPS * {VECTORS_PER_STEP}];",
        ACCURATE_COS,
    ]
    return {"head": "\n".join(head), "filters": {slug: _filter_function(filter_) for slug, filter_ in FILTERS.items()}}
