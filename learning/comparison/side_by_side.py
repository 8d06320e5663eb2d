"""Two sides in detail, people or agents: the same game, the same filters, the same rows.

Both sides are treated alike; nothing here knows who played. The outcome is one dictionary of plain numbers and texts
that ``learning.comparison.report`` shows.
"""

from __future__ import annotations

from typing import Any

from learning.comparison import results, statistics
from learning.comparison.sentences import notes, players
from learning.comparison.sides import Side, shared_photos
from learning.comparison.statistics import Sample

# How it is done, beside what ``learning.comparison.intervals`` states.
METHOD = {
    "measured_edge": results.MEASURED_EDGE,
    "maximum_episodes_a_photo": results.MAXIMUM_EPISODES_A_PHOTO,
}


def compare_sides(a: Side, b: Side, seed: int = 0, track: results.Track = iter) -> dict[str, Any]:
    """Return the numbers of both sides.

    Shares are between 0 and 1; parameters are physical; every interval is a 95 % bootstrap interval over players, or
    over photos where a side has fewer than five players. The same input and seed give the same numbers.

    Args:
        track: wraps the photos while their results are developed, for a progress bar.
    """
    sample_a, sample_b = (Sample.of(side.episodes, (seed, index)) for index, side in enumerate((a, b)))
    shared = shared_photos(a, b)
    previews = (a.previews.__getitem__, b.previews.__getitem__)
    measured = results.measure_results(sample_a, sample_b, previews, shared, track)
    return {
        "sides": {"a": describe_side(a, sample_a), "b": describe_side(b, sample_b)},
        "shared_photos": len(shared),
        "notes": notes(a, b, (sample_a, sample_b), shared),
        "filter_use": statistics.filter_use(sample_a, sample_b),
        "step_counts": statistics.step_counts(sample_a, sample_b),
        "order": {"a": statistics.order(sample_a), "b": statistics.order(sample_b)},
        "parameters": statistics.parameters(sample_a, sample_b),
        "results": results.result_statistics(sample_a, sample_b, measured),
        "color_difference": results.color_differences(measured, (seed, 2)),
    }


def describe_side(side: Side, sample: Sample) -> dict[str, Any]:
    """Who played what and when, and what the intervals resample."""
    kinds: dict[str, dict[str, int]] = {}
    for kind in sorted({episode.player_kind for episode in side.episodes}):
        of_kind = [episode for episode in side.episodes if episode.player_kind == kind]
        kinds[kind] = {"episodes": len(of_kind), "players": len({episode.player for episode in of_kind})}
    started = [episode.started for episode in side.episodes if episode.started]
    return {
        "label": side.label,
        "episodes": len(side.episodes),
        "players": len({episode.player for episode in side.episodes}),
        "who": players(side),
        "photos": len(side.played),
        "kinds": kinds,
        "left_out": dict(side.left_out),
        "first_played": min(started).date().isoformat() if started else None,
        "last_played": max(started).date().isoformat() if started else None,
        "interval_over": sample.resampling.cluster,
        "clusters": sample.resampling.count,
    }
