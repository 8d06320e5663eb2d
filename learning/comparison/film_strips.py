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
from learning.comparison.colour_difference import mean_color_differences
from learning.comparison.distances import treat
from learning.comparison.results import VISIBILITY_EDGE, Pixels, clip_to_display, thumbnail
from learning.comparison.sampling import MAXIMUM_PLAYS_A_PHOTO
from learning.comparison.sides import Episode, Side
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
    """A photo that both sides played, with some of their episodes and how many there are.

    Attributes:
        apart, among: how far B's pictures of it are from A's, and those of A's players from one another; delta E 2000.
        rank, of: its place among so many photos, those first on which B is nearest to A.
    """

    name: str
    sha256: str
    credit: str
    width: int
    height: int
    strips: tuple[Strip, ...]
    episodes: Mapping[str, int]
    apart: float
    among: float | None
    rank: int
    of: int


def film_strips(
    a: Side, b: Side, differences: Mapping[str, Mapping[str, float | None]], photos: int, episodes: int
) -> list[PhotoStrips]:
    """Draw so many photos that both sides played, and so many episodes a side on each.

    Photos lie evenly in order of how far B is from A there: the nearest, the furthest and those between; of one alone
    it is the middle. Episodes are the most typical of their side, different players first.

    Args:
        differences: by photo, the mean differences of pairs, as ``learning.comparison.results.differences`` has them.
    """
    apart = {photo: row["a_b"] or 0.0 for photo, row in differences.items() if row["a_b"] is not None}
    ranked = sorted(apart, key=lambda photo: (apart[photo], photo))
    by_photo: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
    for name, side in (("a", a), ("b", b)):
        for episode in side.episodes:
            by_photo[name, episode.photo].append(episode)
    result = []
    for rank in _evenly(len(ranked), photos):
        photo = ranked[rank]
        facts = a.photos[photo]
        preview = a.previews[a.played[photo]]
        original, small = (thumbnail(preview, edge) for edge in (EDGE, VISIBILITY_EDGE))
        height, width = original.shape[:2]
        strips = tuple(
            Strip(name, episode.player, _cells(original, episode.steps))
            for name in "ab"
            for episode in _most_typical(small, by_photo[name, photo])[:episodes]
        )
        credit = ", ".join(text for text in (facts["attribution"], facts["licence"]) if text)
        counts = {name: len(by_photo[name, photo]) for name in "ab"}
        among = differences[photo]["a_players"]
        result.append(
            PhotoStrips(
                facts["name"], photo, credit, width, height, strips, counts, apart[photo], among, rank + 1, len(ranked)
            )
        )
    return result


def _evenly(count: int, wanted: int) -> list[int]:
    """Return so many places of 0 .. count - 1, evenly and with both ends; of one alone the middle."""
    if wanted == 1 and count:
        return [(count - 1) // 2]
    return sorted({round(place) for place in np.linspace(0, count - 1, min(wanted, count))})


def _most_typical(original: Pixels, episodes: Sequence[Episode]) -> list[Episode]:
    """Return some plays of a photo, those first whose pictures are nearest to the others' in the mean.

    Nobody's second play comes before anybody's first.
    """
    chosen = sorted(episodes, key=lambda episode: episode.id)[:MAXIMUM_PLAYS_A_PHOTO]
    pictures = treat(original, [episode.steps for episode in chosen]).pictures
    means = mean_color_differences(pictures, pictures).mean(axis=1).round(6)
    seen: Counter[str] = Counter()
    ranked = []
    for mean, episode in sorted(zip(means, chosen, strict=True), key=lambda pair: (pair[0], pair[1].id)):
        ranked.append((seen[episode.player], mean, episode.id, episode))
        seen[episode.player] += 1
    return [episode for *_, episode in sorted(ranked, key=lambda rank: rank[:3])]


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
