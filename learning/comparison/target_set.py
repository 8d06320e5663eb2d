"""How alike the pictures that come out are to a set of finished pictures: the paper's histogram intersection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import apply_steps
from learning.comparison import intervals
from learning.comparison.results import thumbnail
from learning.comparison.sampling import sampled
from learning.comparison.sides import ComparisonError, Episode, Side
from learning.comparison.statistics import Sample
from learning.metrics.histogram_intersection import BINS, STATISTICS, crop_statistics
from learning.photos.sets import Decoding, list_results, map_pictures

# Long edge in pixels of the pictures of which the crops are taken: 80 pixels of the shorter one are needed.
EDGE = 256
UNTOUCHED = "untouched"

Floats = NDArray[np.float64]


def intersections(people: Side, others: Sequence[Side], targets: Path, seed: int) -> dict[str, Any]:
    """Return each side's histogram intersections with the targets, and the untouched photos', in percent.

    Pictures are of the photos that all sides played. The intervals resample a side's players, or photos; the targets
    stay as they are.

    Args:
        targets: a folder of finished pictures, or an export, whose episodes are rendered.

    Raises:
        ComparisonError: no photo was played by all.
        PhotoSetError: no target can be read.
    """
    shared = set(people.played.items())
    for side in others:
        shared &= set(side.played.items())
    if not shared:
        raise ComparisonError("no photo was played by everybody who is compared, so no sets of pictures can be")
    found = map_pictures(
        list_results(targets), Decoding(shown=True), partial(crop_statistics, seed=seed), "Reading targets"
    )
    target = _histograms(found.results).sum(axis=0)
    pixels = {photo: thumbnail(people.previews[preview], EDGE) for photo, preview in sorted(shared)}
    players: dict[str, Any] = {}
    for number, side in enumerate((people, *others)):
        episodes = sampled([e for e in side.episodes if (e.photo, e.preview) in shared], (seed, 4))
        results = [apply_steps(pixels[e.photo], e.steps) for e in episodes]
        players[side.label] = _against(results, Sample.of(episodes, (seed, 6, number)), target, seed)
    untouched = [Episode(photo, UNTOUCHED, "baseline", photo, preview, ()) for photo, preview in sorted(shared)]
    players[UNTOUCHED] = _against(list(pixels.values()), Sample.of(untouched, (seed, 6)), target, seed)
    return {
        "folder": targets.resolve().name,
        "pictures": len(found.results),
        "unreadable": len(found.unreadable),
        "photos": len(shared),
        "edge": EDGE,
        "players": players,
    }


def _against(pictures: Sequence[NDArray[np.float32]], sample: Sample, target: Floats, seed: int) -> dict[str, Any]:
    """Return a side's intersection with the targets' histograms, by statistic and in the mean."""
    statistics = [
        crop_statistics(picture, episode.id, seed) for picture, episode in zip(pictures, sample.episodes, strict=True)
    ]
    own = _histograms(statistics)
    totals = sample.resampling.totals(own.reshape(len(own), -1)).reshape(-1, *own.shape[1:])
    shares = totals / totals.sum(axis=-1, keepdims=True)
    shared = 100 * np.minimum(shares, target / target.sum(axis=-1, keepdims=True)).sum(axis=-1)
    columns = {**dict(zip(STATISTICS, shared.T, strict=True)), "mean": shared.mean(axis=1)}
    return {
        name: intervals.estimate(values, interval=bool(sample.resampling.cluster)).to_json()
        for name, values in columns.items()
    }


def _histograms(statistics: Sequence[Floats]) -> Floats:
    """Return the histograms of pictures' crops, (pictures, 3, bins), from an array (crops, 3) for each picture."""
    bins = np.minimum((np.clip(np.array(statistics), 0, 1) * BINS).astype(int), BINS - 1)
    counts: Floats = (bins[..., None] == np.arange(BINS)).sum(axis=1).astype(np.float64)
    return counts
