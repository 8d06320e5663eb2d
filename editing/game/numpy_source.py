"""Steps as a Python file of its own, which needs NumPy and nothing of ours: written by the filters themselves."""

from collections.abc import Sequence

from editing.game.filters import FILTERS, VERSION, EditingStep
from editing.game.symbols import NUMPY, Program, Symbol, SymbolNamespace

_HEAD = '''"""A sequence of photo edits, written by Safelight with version {version} of its filters: {count}.

``develop`` takes linear light with sRGB primaries and returns what an sRGB screen shows. It needs NumPy alone.
"""

import numpy as np
'''

_DEVELOP = '''
# In the order in which they are applied.
STEPS = ({names})
# So many pixels are edited at a time, so that what lies between stays small.
PIXELS_AT_ONCE = 65536


def develop(image):
    """The picture after its steps, computed in float32.

    Args:
        image: (..., 3) linear light of red, green and blue, sRGB primaries, nominally 0 to 1. An 8-bit or 16-bit sRGB
            file is divided by its largest value, and its sRGB curve undone, first.

    Returns:
        float32 of the same shape. Show ``clip(x, 0, 1)`` on an sRGB screen, without another curve.

    Raises:
        ValueError: if the last axis is not of three channels.
    """
    image = np.asarray(image)
    if image.ndim == 0 or image.shape[-1] != 3:
        raise ValueError(f"the last axis must be red, green and blue, but the shape is {image.shape}")
    pixels = image.reshape(-1, 3)
    result = np.empty(pixels.shape, np.float32)
    for start in range(0, len(pixels), PIXELS_AT_ONCE):
        r, g, b = np.array(pixels[start : start + PIXELS_AT_ONCE].T, dtype=np.float32, order="C")
        for step in STEPS:
            r, g, b = step(r, g, b)
        result[start : start + PIXELS_AT_ONCE] = np.stack([r, g, b], axis=-1)
    return result.reshape(image.shape)
'''


def numpy_source(steps: Sequence[EditingStep]) -> str:
    """Return the text of a Python file whose function ``develop`` applies the steps, their parameters written into it.

    Args:
        steps: legal ones, each filter once.
    """
    count = f"{len(steps)} {'step' if len(steps) == 1 else 'steps'}"
    names = ", ".join(step.filter for step in steps) + ("," if len(steps) == 1 else "")
    functions = [_step_function(number, step) for number, step in enumerate(steps, start=1)]
    return "\n".join([_HEAD.format(version=VERSION, count=count), *functions, _DEVELOP.replace("{names}", names)])


def _step_function(number: int, step: EditingStep) -> str:
    program = Program(NUMPY)
    planes = (Symbol(program, "r"), Symbol(program, "g"), Symbol(program, "b"))
    filter_ = FILTERS[step.filter]
    parameters = {name: float(step.parameters[name]) for name in filter_.by_name}
    result = ", ".join(plane.text for plane in filter_.apply(SymbolNamespace(program), planes, parameters))
    values = "".join(f"\n    {name} = {value!r}" for name, value in parameters.items())
    body = "\n".join(f"    {line}" for line in program.lines)
    about = f'    """Step {number}, {filter_.label}.\n{values}\n    """'
    return f"\ndef {filter_.slug}(r, g, b):\n{about}\n{body}\n    return {result}\n"
