"""Games of an agent: what is asked for, what its dropout is drawn from, and the steps as trajectories store them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS, Step
from learning.agent.architecture import ACTIONS, KEEP
from learning.configuration import Widths

# Parameters and probabilities are kept to this many decimals: fewer than the batch, or the machine, could change.
DECIMALS = 9


@dataclass(frozen=True)
class GameRequest:
    """One game to play: a photo as the agent sees it, and what its dropout is drawn from.

    Attributes:
        photo: the SHA-256 of the photo's source file.
        sample: 0, 1, 2 ... for different edits of one photo.
        view: (64, 64, 3) linear light, see ``editing.photos.decoding.agent_view``.
    """

    photo: str
    sample: int
    view: NDArray[np.float32]


@dataclass(frozen=True)
class PlayedStep:
    """A step, and the probability of every action by which it was chosen; used filters have 0."""

    step: Step
    probabilities: dict[str, float]


def dropout_masks(widths: Widths, seed: int, photo: str, sample: int) -> NDArray[np.float64]:
    """(5, 2, features) the masks of one game's steps, 0 or 2: drawn from seed, photo and sample alone."""
    digest = hashlib.sha256(f"{seed}/{photo}/{sample}".encode()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest)))
    kept = generator.random((MAXIMUM_STEPS, 2, widths.features)) < KEEP
    masks: NDArray[np.float64] = kept / KEEP
    return masks


def played_step(slug: str, parameters: Mapping[str, float], probabilities: Sequence[float]) -> PlayedStep:
    """Return a step as a trajectory stores it: canonical, rounded, within the range to the last digit.

    Args:
        probabilities: of all filters, in order, used ones at 0; and of ``STOP`` if the agent may.
    """
    definition = FILTERS[slug]
    rounded = {name: round(value, DECIMALS) for name, value in definition.canonical(parameters).items()}
    kept = {name: min(max(rounded[name], own.low), own.high) for name, own in definition.by_name.items()}
    named = zip(ACTIONS[: len(probabilities)], probabilities, strict=True)
    by_slug = {name: round(float(p), DECIMALS) for name, p in named}
    return PlayedStep(Step(slug, kept), by_slug)
