"""The agent without torch, for a single photo: a command that develops one would spend most of its time importing it.

It computes what `learning.agent.networks.Agent` computes, in float64, one photo at a time; the tests hold the two
together. Batches, GPUs and training are torch's.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS, STOP
from learning.agent import state
from learning.agent.architecture import ACTIONS, ADJUSTING, CHOOSING, EXPLORATION, LEAK, MASK_OUTPUTS
from learning.agent.checkpoint import (
    CheckpointError,
    chosen_checkpoint,
    read_config,
    read_normalisation,
    read_stops,
    read_weights,
    read_widths,
    run_folder,
)
from learning.agent.games import GameRequest, PlayedStep, dropout_masks, played_step
from learning.agent.normalising import COMMUTING, find_offsets, give_back, see_through
from learning.configuration import Normalisation, Widths

Floats = NDArray[np.float64]
_KERNEL, _STRIDE = 4, 2
_EXPOSURE = tuple(FILTERS).index("exposure")


@dataclass(frozen=True)
class NumpyAgent:
    """A trained agent: its weights, float64, by the names that torch gives them.

    Attributes:
        actions: what it chooses from: the filters, and to stop if it may.
        sha256: of the file with the weights.
    """

    weights: Mapping[str, Floats]
    widths: Widths
    normalisation: Normalisation
    actions: Sequence[str]
    sha256: str

    def play(self, request: GameRequest, seed: int) -> list[PlayedStep]:
        """Play a game as `learning.agent.playing.play` does: at each step the most probable action that is possible."""
        planes = np.moveaxis(request.view.astype(np.float64), -1, 0)
        masks = dropout_masks(self.widths, seed, request.photo, request.sample)
        numbers = np.zeros(state.SIZE)
        game = []
        for index in range(MAXIMUM_STEPS):
            red, green, blue = planes
            unused = dict(zip(FILTERS, 1 - numbers[state.USED], strict=True))
            offsets = find_offsets(np, (red, green, blue), unused, self.normalisation)
            view = np.stack(see_through(np, (red, green, blue), offsets))
            probabilities = self._probabilities(view, numbers, masks[index, CHOOSING])
            choice = int(probabilities.argmax())
            slug = self.actions[choice]
            if slug == STOP:
                break
            features = self._features("adjusting", view, numbers) * masks[index, ADJUSTING]
            raw = self._head(f"heads.{slug}", features)[: FILTERS[slug].raw_outputs]
            parameters = give_back(np, slug, FILTERS[slug].from_raw(np, raw), offsets.get(slug, {}))
            planes = np.stack(FILTERS[slug].apply(np, (planes[0], planes[1], planes[2]), parameters))
            plain = {name: float(value) for name, value in parameters.items()}
            game.append(played_step(slug, plain, probabilities.tolist()))
            numbers[state.STEP] += 1
            numbers[state.USED][choice] = 1
        return game

    def _probabilities(self, planes: Floats, numbers: Floats, mask: Floats) -> Floats:
        """Return the probability of each action, those that are not possible at 0."""
        scores = self._head("choice", self._features("choosing", planes, numbers) * mask)
        exponentials = np.exp(scores - scores.max())
        probabilities = (1 - EXPLORATION) * exponentials / exponentials.sum() + EXPLORATION / len(self.actions)
        used = numbers[state.USED]
        possible, may_stop = 1 - used, used.any()
        if self.normalisation.exposure:
            may_stop = used[_EXPOSURE]
            possible = possible * np.maximum(may_stop, COMMUTING)
        left = probabilities * np.append(possible, may_stop)[: len(self.actions)]
        chosen_by: Floats = left / left.sum()
        return chosen_by

    def _features(self, extractor: str, planes: Floats, numbers: Floats) -> Floats:
        """Return the features of an image (3, H, W) and the state's numbers, which are tiled as planes behind it."""
        tiled = np.broadcast_to(numbers[:, None, None], (len(numbers), *planes.shape[1:]))
        x = np.concatenate([planes, tiled]) - 0.5
        for layer in range(4):
            name = f"{extractor}.convolutions.{layer}"
            padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (_KERNEL, _KERNEL), axis=(1, 2))
            windows = windows[:, ::_STRIDE, ::_STRIDE]
            convolved = np.tensordot(self.weights[f"{name}.weight"], windows, axes=([1, 2, 3], [0, 3, 4]))
            x = _leaky(convolved + self.weights[f"{name}.bias"][:, None, None])
        return np.moveaxis(x, 0, -1).ravel()

    def _head(self, name: str, features: Floats) -> Floats:
        hidden = _leaky(self.weights[f"{name}.hidden.weight"] @ features + self.weights[f"{name}.hidden.bias"])
        outputs: Floats = self.weights[f"{name}.output.weight"] @ hidden + self.weights[f"{name}.output.bias"]
        return outputs


def load_numpy_agent(directory: Path) -> NumpyAgent:
    """Return the agent of a run that `learning.agent.checkpoint.load_agent` returns.

    Raises:
        CheckpointError: as that does.
    """
    directory = run_folder(directory)
    config = read_config(directory)
    widths, normalisation = read_widths(directory, config), read_normalisation(directory, config)
    actions = ACTIONS if read_stops(config) else tuple(FILTERS)
    path = chosen_checkpoint(directory)
    weights, _ = read_weights("agent", _shapes(widths, len(actions)), path, widths, "np")
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise CheckpointError(f"{path}: {name} holds numbers that are not finite")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    exact = {name: values.astype(np.float64) for name, values in weights.items()}
    return NumpyAgent(exact, widths, normalisation, actions, digest)


def _shapes(widths: Widths, actions: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each of the agent's tensors."""
    shapes: dict[str, tuple[int, ...]] = {}
    channels = [3 + state.SIZE] + [widths.width * factor for factor in (1, 2, 4, 8)]
    for extractor in ("adjusting", "choosing"):
        for layer, (before, after) in enumerate(pairwise(channels)):
            name = f"{extractor}.convolutions.{layer}"
            shapes |= {f"{name}.weight": (after, before, _KERNEL, _KERNEL), f"{name}.bias": (after,)}
    outputs: dict[str, Any] = {f"heads.{slug}": own.raw_outputs + MASK_OUTPUTS for slug, own in FILTERS.items()}
    for name, count in (outputs | {"choice": actions}).items():
        shapes |= {f"{name}.hidden.weight": (widths.hidden, widths.features), f"{name}.hidden.bias": (widths.hidden,)}
        shapes |= {f"{name}.output.weight": (count, widths.hidden), f"{name}.output.bias": (count,)}
    return shapes


def _leaky(x: Floats) -> Floats:
    return np.where(x < 0, LEAK * x, x)
