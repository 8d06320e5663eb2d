"""The browser's fragment shader, written by the filters themselves."""

from editing.filter import Filter
from editing.filters import FILTERS
from editing.rules import MAXIMUM_STEPS
from editing.symbols import GLSL, Program, Symbol, SymbolNamespace

# Room for the parameters of one step in the shader, in vectors of four.
PARAMETER_CAPACITY = max(len(one.parameters) for one in FILTERS.values())
VECTORS_PER_STEP = -(-PARAMETER_CAPACITY // 4)


def _filter_function(one: Filter) -> str:
    program = Program(GLSL)
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
