"""The picture of a training: how the agent edits now, step by step, and what the critic tells apart."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import BytesIO

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from editing.game.rules import MAXIMUM_STEPS
from editing.photos.preview import AGENT_VIEW_SIZE, agent_view
from learning.agent.games import GameRequest
from learning.agent.playing import play
from learning.figures.sequences import (
    HEIGHT,
    SPACE,
    EditedSequence,
    draw_sequences,
    intermediate_pictures,
    sequence_width,
)
from learning.figures.steps import DARK, LARGE, TITLE, Drawing, Pixels, empty_figure
from learning.photos.squares import Squares
from learning.training.trainer import Trainer

# Inputs that are shown step by step, and the images in each grid of others.
SEQUENCES = 6
ROWS, COLUMNS = 3, 6
SHOWN = ROWS * COLUMNS
# Pixels between things, and between the images of a grid.
MARGIN, GAP = 24, 2


class TrainingPictures:
    """Draws a trainer's agent at work on always the same inputs; nothing that the training draws from is touched."""

    def __init__(self, inputs: Squares, targets: Squares, every: int) -> None:
        """Choose what is shown.

        Args:
            inputs: squares (80, 80, 3) that the agent plays, held-out ones where there are.
            targets: squares as well.
            every: iterations between pictures; 0 for none.
        """
        self._every = every
        self._requests = [GameRequest(str(index), 0, agent_view(one)) for index, one in enumerate(_some(inputs, SHOWN))]
        self._targets = [agent_view(pixels) for pixels in _some(targets, SHOWN)]

    def due(self, trainer: Trainer) -> bool:
        """Whether a picture is to be drawn after the iterations that are done: at every so many, and at the end."""
        done = trainer.iteration
        return bool(self._every) and (done % self._every == 0 or done == trainer.iterations)

    def draw(self, trainer: Trainer) -> NDArray[np.uint8]:
        """(H, W, 3): a few inputs step by step, then grids of what the critic draws from, of outputs and of targets."""
        games = play(deepcopy(trainer.agent).double(), trainer.widths, self._requests, seed=0)
        edited = [
            intermediate_pictures(request.view, [played.step for played in game])
            for request, game in zip(self._requests, games, strict=True)
        ]
        grids = {name: _some(images, SHOWN) for name, images in trainer.critic_draws_from().items()}
        grids |= {"The agent's results now": [pictures[-1] for pictures in edited], "Targets": self._targets}
        rows = min(SEQUENCES, len(games))
        width = sequence_width(MAXIMUM_STEPS) + 2 * MARGIN
        height = MARGIN + TITLE + rows * (HEIGHT + SPACE) + TITLE + ROWS * (AGENT_VIEW_SIZE + GAP) + MARGIN
        figure, drawing = empty_figure(width, height)
        drawing.text(MARGIN, MARGIN / 2 + TITLE / 2, f"Iterations: {trainer.iteration}", DARK.text, LARGE)
        sequences = [
            EditedSequence(pictures, [one.step for one in game], [played.probabilities for played in game])
            for pictures, game in zip(edited[:rows], games, strict=False)
        ]
        y = draw_sequences(drawing, sequences, (MARGIN, MARGIN + TITLE))
        _draw_grids(drawing, grids, (MARGIN, y), width - 2 * MARGIN)
        return _pixels(figure)


def _some(things: Squares | Tensor, count: int) -> list[NDArray[np.float32]]:
    """At most so many of them, evenly spread, as (h, w, 3)."""
    chosen = [round(index) for index in np.linspace(0, len(things) - 1, min(count, len(things)))]
    if isinstance(things, Tensor):
        return list(things[chosen].permute(0, 2, 3, 1).float().cpu().numpy())
    return list(things[np.array(chosen)])


def _draw_grids(drawing: Drawing, grids: Mapping[str, Sequence[Pixels]], at: tuple[float, float], width: float) -> None:
    """Grids of small images beside each other, each below its name."""
    pitch = AGENT_VIEW_SIZE + GAP
    for place, (name, images) in enumerate(grids.items()):
        x, y = at[0] + place * width / len(grids), at[1]
        drawing.text(x, y + TITLE / 2, name if images else f"{name}: none yet", DARK.text, LARGE)
        for index, image in enumerate(images):
            row, column = divmod(index, COLUMNS)
            drawing.picture(x + column * pitch, y + TITLE + row * pitch, image, AGENT_VIEW_SIZE, AGENT_VIEW_SIZE)


def _pixels(figure: Figure) -> NDArray[np.uint8]:
    out = BytesIO()
    figure.savefig(out, format="rgba")
    width, height = figure.canvas.get_width_height()
    return np.frombuffer(out.getvalue(), np.uint8).reshape(height, width, 4)[..., :3].copy()
