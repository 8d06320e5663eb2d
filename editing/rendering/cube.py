"""Steps as a 3D lookup table, a ``.cube`` file (of the plain form that Adobe's and Resolve's readers share).

Steps are one function from a colour to a colour, so a table of it serves in any program that reads one. Its input is
the untouched photo encoded by the sRGB curve, in which a dark photo's values are spread evenly enough; its output is
what the screen shows. Between the points of the grid a program interpolates, which is where it departs from the steps.

Values of the table may leave 0 .. 1 a little, and are clipped after the interpolation, as any screen or file does it:
clipped before, a cell in which the picture reaches white would be wrong by 2 to 3 delta E. Programs that clip what they
read lose that, and nothing else.
"""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from editing.files import atomic_file
from editing.game.filters import VERSION, EditingStep, apply_steps
from editing.photos.colour import linear_to_srgb, srgb_to_linear

SMALLEST, LARGEST = 17, 129
SIZE = 65
# Beyond 0 .. 1, as far as a cell reaches in which the picture becomes white.
HELD_TO = (-1.0, 2.0)
# Readers may take no more than 250 characters in a line.
WIDTH = 120

Values = NDArray[np.float32]


def cube_slices(steps: Sequence[EditingStep], size: int) -> Iterator[Values]:
    """Yield the table, blue by blue: ``size`` times (size, size, 3), green by red, what a screen shows once clipped.

    Args:
        size: points on each axis, evenly spaced over 0 .. 1 of the sRGB-encoded photo.
    """
    light = srgb_to_linear(np.linspace(0.0, 1.0, size)).astype(np.float32)
    colours = np.empty((size, size, 3), np.float32)
    colours[..., 0] = light
    colours[..., 1] = light[:, None]
    for blue in light:
        colours[..., 2] = blue
        yield np.clip(apply_steps(colours, steps), *HELD_TO)


def interpolate(table: Values, light: Values) -> Values:
    """Return what is shown, 0 .. 1, of linear light (N, 3) by a table, by tetrahedral interpolation.

    Args:
        table: (size, size, size, 3), blue by green by red, see ``cube_slices``.
    """
    size = len(table)
    at = linear_to_srgb(light) * np.float32(size - 1)
    cell = np.minimum(at.astype(np.intp), size - 2)
    part = at - cell
    # From the cell's darkest corner to its brightest along the edges, the channel with the largest part first.
    order = np.argsort(-part, axis=1, kind="stable")
    weights = np.take_along_axis(part, order, axis=1)
    corner, rows = cell.copy(), np.arange(len(cell))
    shown: Values = table[corner[:, 2], corner[:, 1], corner[:, 0]] * (1 - weights[:, :1])
    for rank in range(3):
        corner[rows, order[:, rank]] += 1
        following = weights[:, rank + 1 : rank + 2] if rank < 2 else np.float32(0)
        shown += table[corner[:, 2], corner[:, 1], corner[:, 0]] * (weights[:, rank : rank + 1] - following)
    return np.clip(shown, 0, 1)


def write_cube(path: Path, steps: Sequence[EditingStep], size: int = SIZE) -> None:
    """Write the table, red fastest; the file is there whole or not at all.

    Raises:
        ValueError: if the size is none that other programs read.
        OSError: if the disk refuses.
    """
    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"a cube has {SMALLEST} to {LARGEST} points on each axis, not {size}")
    lines = "%.6f %.6f %.6f\n" * size**2
    with atomic_file(path) as file:
        file.write(_header(steps, size).encode("ascii"))
        for values in cube_slices(steps, size):
            # -0.000000 is not a number that every reader takes.
            file.write((lines % tuple((np.round(values, 6) + 0.0).ravel().tolist())).encode("ascii"))


def _header(steps: Sequence[EditingStep], size: int) -> str:
    """Return what the table is for, as comments, and the keywords that every reader knows."""
    edits = [
        f"Step {number}: {step.filter}, " + ", ".join(f"{name} {step.parameters[name]:.9g}" for name in step.parameters)
        for number, step in enumerate(steps, start=1)
    ]
    about = [
        f"Safelight, {len(steps)} {'step' if len(steps) == 1 else 'steps'} by version {VERSION} of the filters.",
        "Input: the untouched photo's linear light, sRGB primaries, encoded by the sRGB curve (IEC 61966-2-1), 0 to 1.",
        "Output: what an sRGB screen shows; clip it to 0 .. 1, and apply no further curve. Interpolate in tetrahedra.",
        *edits,
    ]
    comments = [f"# {line}" for text in about for line in textwrap.wrap(text, WIDTH - 2)]
    title = ", ".join(step.filter for step in steps) or "untouched"
    return "\n".join([*comments, f'TITLE "Safelight: {title}"', f"LUT_3D_SIZE {size}", ""])
