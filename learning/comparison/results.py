"""What the pictures look like that two sides ended with, and how far apart they are.

Pictures are developed from thumbnails: the preview is area-averaged in linear light first and the steps are applied
then. Every filter is pointwise, so that is a picture of the same kind, only small; it is not the average of the large
result, since the filters are not linear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import apply_steps
from editing.photos.colour import lab
from editing.photos.preview import load_preview, make_preview
from learning.comparison.intervals import Resampling, difference
from learning.comparison.sides import Episode
from learning.comparison.statistics import BINS, Sample
from learning.metrics.histogram_intersection import STATISTICS, picture_statistics

# Long edge in pixels of the thumbnails that the numbers are taken from.
MEASURED_EDGE = 64
# Pairs grow with the square of this: the first so many of a photo's episodes on each side, in order of their ids.
MAXIMUM_EPISODES_A_PHOTO = 40
PAIRS = ("a_b", "a_players", "a_same_player", "b_players", "b_same_player", "original_a", "original_b")

Pixels = NDArray[np.float32]
PreviewPath = Callable[[str], Path]
Track = Callable[[Sequence[Any]], Iterable[Any]]


def thumbnail(path: Path, edge: int) -> Pixels:
    """Return a stored preview, area-averaged to a long edge of ``edge`` pixels: (h, w, 3) float32, linear light."""
    return make_preview(load_preview(path), edge).astype(np.float32)


def clip_to_display(picture: Pixels) -> Pixels:
    """Clip a developed picture to what a screen shows of it, 0..1."""
    return np.clip(picture, 0, 1)


def color_difference(a: Pixels, b: Pixels) -> float:
    """Return the mean over the pixels of the CIE 1976 colour difference: the distance in L*a*b*.

    Args:
        a, b: (h, w, 3) in L*a*b*.
    """
    return float(np.sqrt(((a - b) ** 2).sum(axis=-1)).mean())


@dataclass(frozen=True)
class Results:
    """The measured pictures: by episode id its three statistics, and the colour differences of each shared photo."""

    values: Mapping[str, tuple[float, float, float]]
    originals: Mapping[str, tuple[float, float, float]]
    differences: Mapping[str, Mapping[str, float | int | None]]


def measure_results(
    a: Sample, b: Sample, paths: tuple[PreviewPath, PreviewPath], shared: Sequence[str], track: Track
) -> Results:
    """Develop the result of every episode and measure it.

    Args:
        paths: for each side the file of a preview, by its SHA-256.
        shared: photos on which the two sides' results are compared pixel by pixel.
        track: wraps the photos as they are worked through, for a progress bar.
    """
    work: defaultdict[tuple[str, str], list[tuple[str, Episode, PreviewPath]]] = defaultdict(list)
    for name, side, path in zip("ab", (a, b), paths, strict=True):
        for episode in side.episodes:
            work[episode.photo, episode.preview].append((name, episode, path))
    values: dict[str, tuple[float, float, float]] = {}
    originals: dict[str, tuple[float, float, float]] = {}
    differences: dict[str, Mapping[str, float | int | None]] = {}
    for (photo, preview), entries in track(sorted(work.items(), key=lambda item: item[0])):
        original = thumbnail(entries[0][2](preview), MEASURED_EDGE)
        originals[photo] = picture_statistics(clip_to_display(original))
        finals = {
            episode.id: clip_to_display(apply_steps(original, episode.steps))
            for _, episode, _ in sorted(entries, key=lambda entry: entry[1].id)
        }
        values.update((key, picture_statistics(final)) for key, final in finals.items())
        if photo in shared:
            sides = [[episode for name, episode, _ in entries if name == side] for side in "ab"]
            differences[photo] = _differences(lab(clip_to_display(original)), finals, sides[0], sides[1])
    return Results(values, originals, differences)


def _differences(
    original: Pixels, finals: Mapping[str, Pixels], a: Iterable[Episode], b: Iterable[Episode]
) -> dict[str, float | int | None]:
    """Mean colour difference on one photo over each group of pairs; ``None`` where there is no such pair."""
    sides = [sorted(side, key=lambda episode: episode.id)[:MAXIMUM_EPISODES_A_PHOTO] for side in (a, b)]
    pictures = {episode.id: lab(finals[episode.id]) for side in sides for episode in side}
    differences: dict[str, list[float]] = {name: [] for name in PAIRS}
    for episode in sides[0]:
        differences["a_b"] += [
            color_difference(pictures[episode.id], pictures[other.id]) for other in sides[1] if other.id != episode.id
        ]
    for name, side in zip("ab", sides, strict=True):
        differences[f"original_{name}"] = [color_difference(original, pictures[episode.id]) for episode in side]
        for index, episode in enumerate(side):
            for other in side[:index]:
                players = "same_player" if episode.player == other.player else "players"
                differences[f"{name}_{players}"].append(color_difference(pictures[episode.id], pictures[other.id]))
    means: dict[str, float | int | None] = {
        name: float(np.mean(values)) if values else None for name, values in differences.items()
    }
    return {"episodes_a": len(sides[0]), "episodes_b": len(sides[1]), **means}


def result_statistics(a: Sample, b: Sample, results: Results) -> dict[str, object]:
    """Return, for each statistic, its mean with interval and its histogram over 0..1 on each side.

    Beside them stand the mean of the untouched photos, each counted once, and the difference of the means.
    """
    table: dict[str, object] = {}
    for index, statistic in enumerate(STATISTICS):
        sides = [np.array([results.values[episode.id][index] for episode in side.episodes]) for side in (a, b)]
        means = [side.resampling.ratio(value) for side, value in zip((a, b), sides, strict=True)]
        untouched = [value[index] for value in results.originals.values()]
        table[statistic] = {
            "a": {"mean": means[0].to_json(), "histogram": np.histogram(sides[0], BINS, (0, 1))[0].tolist()},
            "b": {"mean": means[1].to_json(), "histogram": np.histogram(sides[1], BINS, (0, 1))[0].tolist()},
            "untouched": float(np.mean(untouched)) if untouched else None,
            "difference": difference(*means).to_json(),
        }
    return table


def color_differences(results: Results, seed: Sequence[int]) -> dict[str, object]:
    """Return, for each group of pairs, the mean over the shared photos that have one, each photo counting once.

    Intervals resample photos. ``ratio`` sets A to B against A's players among each other, over the photos that have
    both: 1 means that B is as far from A as A's players are from one another.
    """
    rows = {photo: results.differences[photo] for photo in sorted(results.differences)}
    table: dict[str, object] = {}
    for name in PAIRS:
        measured = {photo: float(row[name] or 0) for photo, row in rows.items() if row[name] is not None}
        estimate = _photos(measured, seed).ratio(list(measured.values()))
        table[name] = {"photos": len(measured), **estimate.to_json()}
    for side in "ab":
        both = [photo for photo, row in rows.items() if row["a_b"] is not None and row[f"{side}_players"] is not None]
        tops = [float(rows[photo]["a_b"] or 0) for photo in both]
        bottoms = [float(rows[photo][f"{side}_players"] or 0) for photo in both]
        ratio = _photos(both, seed).ratio(tops, bottoms)
        table[f"ratio_to_{side}_players"] = {"photos": len(both), **ratio.to_json()}
    return {"pairs": table, "photos": rows}


def _photos(photos: Collection[str], seed: Sequence[int]) -> Resampling:
    """Photos as clusters of their own, one entry each."""
    return Resampling([""] * len(photos), list(photos), seed)
