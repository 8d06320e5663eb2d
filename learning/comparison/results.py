"""What the pictures look like that two sides ended with, and how far apart they are.

Pictures are developed from thumbnails: the preview is area-averaged in linear light first and the steps are applied
then. Every filter is pointwise, so that is a picture of the same kind, only small; it is not the average of the large
result, since the filters are not linear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS, luminance
from editing.photos.colour import extremes, lab
from editing.photos.preview import load_preview, make_preview
from learning.comparison.distances import VISIBLE_DELTA_E, Treatments, develop_plays, treat
from learning.comparison.intervals import Resampling, difference
from learning.comparison.pair_distances import Distances, PhotoDistances
from learning.comparison.sides import Episode
from learning.comparison.statistics import BINS, Sample

# Long edges in pixels of the thumbnails from which pictures are measured, and whether a step is visible.
MEASURED_EDGE, VISIBILITY_EDGE = 64, 24
PAIRS = ("a_b", "a_players", "a_same_player", "b_players", "b_same_player", "original_a", "original_b")
# Of each statistic of a result: what it is, and the end of its histogram.
RESULT_STATISTICS: Mapping[str, tuple[str, float]] = {
    "luminance": ("mean luminance, 0 to 1", 1.0),
    "contrast": ("twice the standard deviation of luminance", 1.0),
    "saturation": ("mean HLS saturation, 0 to 1", 1.0),
    "clipped": ("share of the pixels with a value at 0 or 1", 1.0),
    "cast": ("chroma of the mean colour, in CIE L*a*b*", 50.0),
}

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
PreviewPath = Callable[[str], Path]
Track = Callable[[Sequence[Any]], Iterable[Any]]


def thumbnail(path: Path, edge: int) -> Pixels:
    """Return a stored preview, area-averaged to a long edge of ``edge`` pixels: (h, w, 3) float32, linear light."""
    return make_preview(load_preview(path), edge).astype(np.float32)


def clip_to_display(picture: Pixels) -> Pixels:
    """Clip a developed picture to what a screen shows of it, 0..1."""
    return np.clip(picture, 0, 1)


@dataclass(frozen=True)
class Results:
    """The measured pictures.

    Attributes:
        values: by episode id, in the order of ``RESULT_STATISTICS``.
        originals: the same of the untouched photos.
        visible: by episode id, which of the steps moved the picture visibly.
        features: by episode id, what an automatic judge looks at: in the pictures, and in what was done.
    """

    values: Mapping[str, tuple[float, ...]]
    originals: Mapping[str, tuple[float, ...]]
    visible: Mapping[str, tuple[bool, ...]]
    features: Mapping[str, Mapping[str, Floats]]


def measure_results(sides: Sequence[Sequence[Episode]], paths: Sequence[PreviewPath], track: Track = iter) -> Results:
    """Develop the result of every episode and measure it.

    Args:
        sides: the episodes of each.
        paths: for each side the file of a preview, by its SHA-256.
        track: wraps the photos as they are worked through, for a progress bar.
    """
    work: defaultdict[tuple[str, str], list[tuple[Episode, PreviewPath]]] = defaultdict(list)
    for episodes, path in zip(sides, paths, strict=True):
        for episode in episodes:
            work[episode.photo, episode.preview].append((episode, path))
    values: dict[str, tuple[float, ...]] = {}
    originals: dict[str, tuple[float, ...]] = {}
    visible: dict[str, tuple[bool, ...]] = {}
    features: dict[str, dict[str, Floats]] = {"pictures": {}, "steps": {}}
    for (photo, preview), entries in track(sorted(work.items(), key=lambda item: item[0])):
        original = thumbnail(entries[0][1](preview), MEASURED_EDGE)
        originals[photo] = _statistics(original.reshape(1, -1, 3))[0]
        ids, plays = [episode.id for episode, _ in entries], [episode.steps for episode, _ in entries]
        values.update(zip(ids, _statistics(develop_plays(original, plays)[0]), strict=True))
        small = make_preview(original, VISIBILITY_EDGE).astype(np.float32)
        treated = treat(small, [*plays, ()])
        visible.update(
            zip(ids, (tuple(move >= VISIBLE_DELTA_E for move in own) for own in treated.moved), strict=False)
        )
        looks = _look(treated.pictures)
        features["pictures"].update(zip(ids, looks[:-1] - looks[-1], strict=True))
        features["steps"].update(zip(ids, _deeds(treated), strict=False))
    return Results(values, originals, visible, features)


def _look(pictures: Pixels) -> Floats:
    """Return what pictures (n, pixels, 3) in L*a*b* look like: means, deviations, five lightnesses, chroma; (n, 12)."""
    means, deviations = pictures.mean(axis=1), pictures.std(axis=1)
    lightness = np.quantile(pictures[..., 0], (0.05, 0.25, 0.5, 0.75, 0.95), axis=1).T
    chroma = np.hypot(pictures[..., 1], pictures[..., 2]).mean(axis=1, keepdims=True)
    return np.concatenate([means, deviations, lightness, chroma], axis=1).astype(np.float64)


def _deeds(treated: Treatments) -> Floats:
    """Return what was done: the sliders, and at which of the visible steps each filter was used; (n, k)."""
    places = np.zeros((len(treated.orders), len(FILTERS)))
    for row, order in enumerate(treated.orders):
        for place, slug in enumerate(order):
            places[row, list(FILTERS).index(slug)] = 1 + place
    return np.concatenate([treated.sliders, places, places > 0], axis=1)


def with_visible_steps(episodes: Iterable[Episode], results: Results) -> list[Episode]:
    """Return the episodes with those of their steps alone that were seen to do something."""
    return [
        replace(
            episode, steps=tuple(s for s, seen in zip(episode.steps, results.visible[episode.id], strict=True) if seen)
        )
        for episode in episodes
    ]


def _statistics(pictures: Pixels) -> list[tuple[float, ...]]:
    """Return ``RESULT_STATISTICS`` of pictures (n, pixels, 3), developed and unclipped."""
    shown = np.clip(pictures, 0, 1)
    light = luminance((shown[..., 0], shown[..., 1], shown[..., 2]))
    high, low = extremes(shown)
    # Black and white, where this is 0 / 0, have no saturation.
    saturation = (high - low) / np.maximum(np.minimum(high + low, 2 - high - low), 1e-9)
    clipped = (high >= 1) | (low <= 0)
    mean_color = lab(shown.mean(axis=1, dtype=np.float64).astype(np.float32))
    table = (
        light.mean(axis=1, dtype=np.float64),
        2 * light.std(axis=1, dtype=np.float64),
        saturation.mean(axis=1, dtype=np.float64),
        clipped.mean(axis=1),
        np.hypot(mean_color[:, 1], mean_color[:, 2]),
    )
    return [tuple(map(float, row)) for row in zip(*table, strict=True)]


def result_statistics(a: Sample, b: Sample, results: Results) -> dict[str, object]:
    """Return, for each statistic, its mean with interval and its histogram on each side.

    Beside them stand the mean of the untouched photos, each counted once, and the difference of the means.
    """
    table: dict[str, object] = {}
    for index, (statistic, (_, end)) in enumerate(RESULT_STATISTICS.items()):
        sides = [np.array([results.values[episode.id][index] for episode in side.episodes]) for side in (a, b)]
        means = [side.resampling.ratio(value) for side, value in zip((a, b), sides, strict=True)]
        untouched = [value[index] for value in results.originals.values()]
        histograms = [np.histogram(np.minimum(side, end), BINS, (0, end))[0].tolist() for side in sides]
        table[statistic] = {
            "a": {"mean": means[0].to_json(), "histogram": histograms[0]},
            "b": {"mean": means[1].to_json(), "histogram": histograms[1]},
            "untouched": float(np.mean(untouched)) if untouched else None,
            "difference": difference(*means).to_json(),
        }
    return table


def differences(measured: Distances, measure: str, label: str, seed: Sequence[int]) -> dict[str, Any]:
    """Return, for each group of pairs, the mean over the photos that have one, each photo counting once.

    Intervals resample photos. ``ratio`` sets A to B against A's players among each other, over the photos that have
    both: 1 means that B is as far from A as A's players are from one another.

    Args:
        measure: the distance, or ``distances.PSNR``.
        label: of B.
    """
    photos = zip(measured.sha256, measured.photos[measure], strict=True)
    several = len(measured.players[label]) > 1
    rows = {photo: _means_of_pairs(distances, label, several=several) for photo, distances in photos}
    table: dict[str, object] = {}
    for name in PAIRS:
        means = {photo: float(row[name] or 0) for photo, row in rows.items() if row[name] is not None}
        table[name] = {"photos": len(means), **_photos(means, seed).ratio(list(means.values())).to_json()}
    for side in "ab":
        both = [photo for photo, row in rows.items() if row["a_b"] is not None and row[f"{side}_players"] is not None]
        tops = [float(rows[photo]["a_b"] or 0) for photo in both]
        bottoms = [float(rows[photo][f"{side}_players"] or 0) for photo in both]
        ratio = _photos(both, seed).ratio(tops, bottoms)
        table[f"ratio_to_{side}_players"] = {"photos": len(both), **ratio.to_json()}
    return {"pairs": table, "photos": rows}


def _means_of_pairs(photo: PhotoDistances, label: str, *, several: bool) -> dict[str, float | None]:
    """Return the mean over each group of pairs on one photo; ``None`` where there is no such pair."""
    other = photo.others[label]
    own_a, own_b = photo.own, other.own
    same_a, same_b = (players[:, None] == players[None] for players in (photo.people, other.players))
    groups = {
        "a_b": other.to_people,
        "a_players": own_a[~same_a],
        "a_same_player": own_a[same_a & ~np.eye(len(own_a), dtype=bool)],
        "b_players": own_b[~same_b] if several else np.empty(0),
        "b_same_player": own_b[same_b & ~np.eye(len(own_b), dtype=bool)],
        "original_a": photo.original,
        "original_b": other.original,
    }
    return {name: float(np.mean(values)) if values.size else None for name, values in groups.items()}


def _photos(photos: Collection[str], seed: Sequence[int]) -> Resampling:
    """Photos as clusters of their own, one entry each."""
    return Resampling([""] * len(photos), list(photos), seed)
