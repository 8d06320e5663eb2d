"""The film strips of the report: a photo, and what each step of an episode made of it."""

from __future__ import annotations

import base64
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from editing.game.filter import Filter
from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from learning.comparison.results import Pixels, clip_to_display, thumbnail
from learning.comparison.sides import Episode, Side, shared_photos
from learning.figures.steps import curve_heights

# Long edge of a picture in a strip, in pixels: enough to judge tone and colour, small enough for hundreds in one file.
EDGE = 192
QUALITY = 80


@dataclass(frozen=True)
class Cell:
    """A frame: its data URI, the step that made it, and the curves of that step as SVG points in a unit square."""

    picture: str
    label: str
    value: str
    curves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Strip:
    """An episode: its side, its player and its frames, the untouched photo first."""

    side: str
    player: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class PhotoStrips:
    """A photo that both sides played, with some of their episodes and how many there are."""

    name: str
    sha256: str
    credit: str
    width: int
    height: int
    strips: tuple[Strip, ...]
    episodes: Mapping[str, int]


def film_strips(a: Side, b: Side, photos: int, episodes: int) -> list[PhotoStrips]:
    """Draw the first so many photos that both sides played, and so many episodes a side on each.

    Photos come in order of their SHA-256 and episodes in order of their ids, different players first: nobody chose
    them for what they show.
    """
    chosen = shared_photos(a, b)[:photos]
    by_photo: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
    for name, side in (("a", a), ("b", b)):
        for episode in side.episodes:
            by_photo[name, episode.photo].append(episode)
    result = []
    for photo in chosen:
        facts = a.photos[photo]
        original = thumbnail(a.previews[a.played[photo]], EDGE)
        height, width = original.shape[:2]
        strips = tuple(
            Strip(name, episode.player, _cells(original, episode.steps))
            for name in "ab"
            for episode in _different_players_first(by_photo[name, photo])[:episodes]
        )
        credit = ", ".join(text for text in (facts["attribution"], facts["licence"]) if text)
        counts = {name: len(by_photo[name, photo]) for name in "ab"}
        result.append(PhotoStrips(facts["name"], photo, credit, width, height, strips, counts))
    return result


def _different_players_first(episodes: Sequence[Episode]) -> list[Episode]:
    seen: Counter[str] = Counter()
    ranked = []
    for episode in sorted(episodes, key=lambda episode: episode.id):
        ranked.append((seen[episode.player], episode.id, episode))
        seen[episode.player] += 1
    return [episode for _, _, episode in sorted(ranked, key=lambda rank: rank[:2])]


def _cells(original: Pixels, steps: Sequence[Step]) -> tuple[Cell, ...]:
    picture, cells = original, [Cell(data_uri(original), "Original", "")]
    for step in steps:
        filter_ = FILTERS[step.filter]
        picture = apply_steps(picture, [step])
        curves = tuple(_points(filter_, [step.parameters[name] for name in names]) for names in filter_.curves)
        cells.append(Cell(data_uri(picture), filter_.label, filter_.describe(step.parameters), curves))
    return tuple(cells)


def _points(filter_: Filter, slopes: Sequence[float]) -> str:
    """Return a curve by its slopes, as the points of an SVG polyline in a unit square whose y points down."""
    heights = curve_heights(filter_, slopes)
    return " ".join(f"{index / len(slopes):.3f},{1 - height:.3f}" for index, height in enumerate(heights))


def data_uri(picture: Pixels) -> str:
    """Return a developed picture (h, w, 3), as a screen shows it, as the data URI of an 8-bit WebP."""
    out = io.BytesIO()
    Image.fromarray(np.round(clip_to_display(picture) * 255).astype(np.uint8)).save(
        out, "webp", quality=QUALITY, method=4
    )
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode("ascii")
