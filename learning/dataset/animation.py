"""An episode as it was played: a moving picture of its events."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from editing.files import atomic_file
from editing.game.events import Event
from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import State, apply_event
from editing.photos.preview import area_average, shrunk_size

SUFFIXES = (".gif", ".webp", ".png")
LONG_EDGE = 640
_SHORTEST_MS, _LONGEST_MS, _LAST_MS = 80, 2000, 3000
_CAPTION, _FONT_SIZE, _MARGIN = 30, 15, 8
_NARROWEST = 400  # so that the caption can be read
_BACKGROUND, _TEXT = (24, 24, 24), (225, 225, 225)
Frame = tuple[Image.Image, int]


def frames(preview: NDArray[np.float32], events: Sequence[Event], long_edge: int = LONG_EDGE) -> Iterator[Frame]:
    """Yield the pictures of an episode, each with how long it stood, in ms: one for each event that changed it.

    Pauses are cut to two seconds, and flickering is slowed to 80 ms. Below the picture stand the time and the step at
    which the player was.

    Args:
        preview: (H, W, 3) linear light.
        events: of one episode, from its start.

    Raises:
        IllegalEvent: the rules refuse one.
    """
    width, height = shrunk_size(preview.shape[1], preview.shape[0], long_edge)
    untouched = area_average(preview, height, width)
    state, shown = State(), None
    waiting: tuple[Image.Image, int] | None = None
    for event in sorted(events, key=lambda event: event.seq):
        state = apply_event(state, event, allow_untouched=True)
        now = (tuple((step.filter, tuple(step.parameters.items())) for step in state.steps), state.status)
        if now == shown:
            continue
        shown = now
        if waiting is not None:
            yield waiting[0], min(max(event.ms - waiting[1], _SHORTEST_MS), _LONGEST_MS)
        waiting = (_frame(apply_steps(untouched, state.steps), _caption(state, event)), event.ms)
    if waiting is not None:
        yield waiting[0], _LAST_MS


def _caption(state: State, event: Event) -> str:
    time = f"{event.ms // 60_000}:{event.ms // 1000 % 60:02d}"
    if state.status == "submitted":
        return f"{time}  handed in after {len(state.steps)} {'step' if len(state.steps) == 1 else 'steps'}"
    cursor = state.position.cursor
    if cursor >= len(state.steps):
        return f"{time}  untouched" if not state.steps else f"{time}  {len(state.steps)} of 5 steps"
    step = state.steps[cursor]
    filter_ = FILTERS[step.filter]
    values = ""
    if len(filter_.parameters) <= 2:
        values = ", ".join(p.describe(step.parameters[p.name]) for p in filter_.parameters)
    return f"{time}  step {cursor + 1}: {filter_.label} {values}"


def _frame(pixels: NDArray[np.float32], caption: str) -> Image.Image:
    height, width = pixels.shape[:2]
    frame = Image.new("RGB", (max(width, _NARROWEST), height + _CAPTION), _BACKGROUND)
    frame.paste(shown_picture(pixels), ((frame.width - width) // 2, 0))
    # The font that comes with Pillow has no minus sign.
    text = caption.replace("\N{MINUS SIGN}", "-")
    ImageDraw.Draw(frame).text(
        (_MARGIN, height + _CAPTION / 2), text, _TEXT, ImageFont.load_default(_FONT_SIZE), anchor="lm"
    )
    return frame


def shown_picture(pixels: NDArray[np.floating[Any]]) -> Image.Image:
    """Return what a screen shows of an edited picture, (H, W, 3): sRGB of 8 bits."""
    return Image.fromarray(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def write_animation(path: Path, pictures: Sequence[Frame]) -> None:
    """Write an animation whole or not at all: a GIF, a WebP or an animated PNG, by its suffix.

    Raises:
        OSError: the disk refuses.
    """
    first, *others = (frame for frame, _ in pictures)
    options: dict[str, Any] = {"save_all": True, "append_images": others, "loop": 0}
    options["duration"] = [ms for _, ms in pictures]
    if path.suffix.lower() == ".webp":
        options |= {"quality": 85, "method": 4}
    with atomic_file(path) as file:
        first.save(file, format={".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}[path.suffix.lower()], **options)
