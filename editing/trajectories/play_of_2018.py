"""Human play of the 2018 program, mapped onto our steps as far as the two games agree.

Its interface for people wrote a file for each photo: a JSON list of ``{"filter_id": 0, "parameters": [62]}``, a filter
by its place in a list and sliders in hundredths. Its filters were not those of its own agent, nor ours:

====  ===========  ==================================================  =========================================
id    filter       what a slider v did                                 here
====  ===========  ==================================================  =========================================
0     exposure     v/10 - 5 stops                                      the same, within 3.5 stops
1     gamma        x to the power of 8^(1 - v/50)                      the same, within 1/3 to 3
2     saturation   v/100 of a filter that is a fourth stronger         v/80 of ours, up to v = 80
3     balance      temperature, tint: v/100 - 0.5                      the same
4     contrast     a cosine in each channel                            none: ours keeps the ratios of channels
5     black        v/100 towards the largest channel                   none: ours goes towards the luminance
6     tone         a cubic spline through three points                 none: ours has eight straight pieces
7     color        such a spline in each channel                       none, likewise
====  ===========  ==================================================  =========================================

Filters that were left at neutral are dropped. Its pictures were cut to 0 .. 1 between the steps, and ours are not:
where light above 1 came back below it, the two differ.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS, apply_steps
from editing.game.parameters import ParameterError
from editing.game.rules import Step

LARGEST_BYTES = 1 << 16
_STEPS = 4
_SLIDER = 100
_STRONGER = 0.8  # our saturation filter is this part of theirs


class UnlikePlay(ValueError):
    """A file of the 2018 program holds what is no play, or a step that our game has not: the message says which."""


def _exposure(ev: int) -> dict[str, float]:
    return {"ev": ev / 10 - 5}


def _gamma(position: int) -> dict[str, float]:
    return {"gamma": float(8 ** (1 - position / 50))}


def _saturation(amount: int) -> dict[str, float]:
    return {"amount": amount / _SLIDER / _STRONGER}


def _white_balance(temperature: int, tint: int) -> dict[str, float]:
    return {"temperature": temperature / _SLIDER - 0.5, "tint": tint / _SLIDER - 0.5}


# By their number: our filter, what the sliders are at neutral, and what they mean; or why it is none of ours.
_FILTERS: tuple[tuple[str, Sequence[int], Callable[..., dict[str, float]] | str], ...] = (
    ("exposure", [50], _exposure),
    ("gamma", [50], _gamma),
    ("saturation", [0], _saturation),
    ("white_balance", [50, 50], _white_balance),
    ("contrast", [50], "it bent each channel, and ours keeps their ratios"),
    ("black and white", [0], "it went towards the largest channel, and ours goes towards the luminance"),
    ("tone", [50] * 3, "it was a cubic spline, and ours has eight straight pieces"),
    ("color", [50] * 9, "it was a cubic spline, and ours has eight straight pieces"),
)


def read_play(path: Path) -> tuple[Step, ...]:
    """Return the steps of a file.

    Raises:
        UnlikePlay: it cannot be read, or has a step that our game has not.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise UnlikePlay("it is too large to be play")
        document = json.loads(content)
    except OSError as error:
        raise UnlikePlay((error.strerror or "it cannot be read").lower()) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnlikePlay):
            raise
        raise UnlikePlay("it is not JSON") from None
    return steps_of(document)


def steps_of(document: object) -> tuple[Step, ...]:
    """Return the steps that a list of the 2018 program means; those at neutral are left out.

    Raises:
        UnlikePlay: naming the step, counted from 1, and the reason.
    """
    if not isinstance(document, list) or len(document) > _STEPS:
        raise UnlikePlay(f"it is not a list of at most {_STEPS} steps")
    steps: list[Step] = []
    for number, entry in enumerate(document, start=1):
        try:
            step = _step(entry)
        except (UnlikePlay, ParameterError) as error:
            raise UnlikePlay(f"step {number}: {error}") from None
        if step is None:
            continue
        if step.filter in {earlier.filter for earlier in steps}:
            raise UnlikePlay(f"step {number}: {step.filter} was used before, and here each filter is used once")
        steps.append(step)
    return tuple(steps)


def _step(entry: object) -> Step | None:
    """Return a step, None where it is neutral."""
    if not isinstance(entry, dict) or set(entry) != {"filter_id", "parameters"}:
        raise UnlikePlay("it is not a filter_id and its parameters")
    which, sliders = entry["filter_id"], entry["parameters"]
    if type(which) is not int or not 0 <= which < len(_FILTERS):
        raise UnlikePlay(f"there is no filter {which!r}")
    name, neutral, meaning = _FILTERS[which]
    if not isinstance(sliders, list) or len(sliders) != len(neutral):
        raise UnlikePlay(f"{name} has {len(neutral)} sliders")
    if not all(type(slider) is int and 0 <= slider <= _SLIDER for slider in sliders):
        raise UnlikePlay(f"a slider of {name} is not a whole number from 0 to {_SLIDER}")
    if sliders == list(neutral):
        return None
    if isinstance(meaning, str):
        raise UnlikePlay(f"our game has no such {name}: {meaning}")
    parameters = meaning(*sliders)
    FILTERS[name].check(parameters)
    return Step(name, FILTERS[name].canonical(parameters))


def share_cut(untouched: NDArray[np.floating[Any]], steps: Sequence[Step]) -> float:
    """Return which part of a picture's pixels looks different for not being cut to 0 .. 1 between the steps.

    Args:
        untouched: (H, W, 3) linear light, before the steps.
    """
    cut = np.clip(untouched, 0, 1)
    for step in steps:
        cut = np.clip(apply_steps(cut, [step]), 0, 1)
    shown = np.clip(apply_steps(untouched, steps), 0, 1)
    return float((np.abs(shown - cut).max(axis=-1) > 1 / 255).mean())
