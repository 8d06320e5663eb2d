"""Two sides in detail, people or agents: the same game, the same filters, the same rows.

Both sides are treated alike; nothing here knows who played. The outcome is one dictionary of plain numbers and texts
that ``learning.comparison.report`` shows.
"""

from __future__ import annotations

from typing import Any

from editing.game.rules import MAXIMUM_STEPS
from learning.comparison import results, statistics
from learning.comparison.automatic_judge import judge
from learning.comparison.distances import PSNR
from learning.comparison.pair_distances import Distances
from learning.comparison.people_model import foretell
from learning.comparison.sampling import sampled
from learning.comparison.sentences import notes, players
from learning.comparison.sides import Side, shared_photos
from learning.comparison.statistics import Sample

# How it is done, beside what ``learning.comparison.intervals`` states.
METHOD = {"measured_edge": results.MEASURED_EDGE}


def compare_sides(a: Side, b: Side, measured: Distances, seed: int = 0, track: results.Track = iter) -> dict[str, Any]:
    """Return the numbers of both sides.

    Shares are between 0 and 1; parameters are physical; every interval is a 95 % bootstrap interval over players, or
    over photos where a side has fewer than five players. Filters, order and parameters are of the steps that are
    visible. The same input and seed give the same numbers.

    Args:
        measured: the distances between A's players and B's, under B's label.
        track: wraps the photos while their results are developed, for a progress bar.
    """
    episodes = [sampled(side.episodes, (seed, 4)) for side in (a, b)]
    pictures = results.measure_results(episodes, (a.previews.__getitem__, b.previews.__getitem__), track)
    whole_a, whole_b = (Sample.of(own, (seed, index)) for index, own in enumerate(episodes))
    seen_a, seen_b = (
        Sample(results.with_visible_steps(whole.episodes, pictures), whole.resampling) for whole in (whole_a, whole_b)
    )
    shared = shared_photos(a, b)
    return {
        "sides": {"a": describe_side(a, whole_a), "b": describe_side(b, whole_b)},
        "shared_photos": len(shared),
        "notes": notes(a, b, (whole_a, whole_b), shared),
        "filter_use": statistics.filter_use(seen_a, seen_b),
        "step_counts": statistics.step_counts(whole_a, whole_b),
        "never_stops": [
            side.label
            for side, whole in ((a, whole_a), (b, whole_b))
            if whole.episodes and all(len(episode.steps) == MAXIMUM_STEPS for episode in whole.episodes)
        ],
        "order": {"a": statistics.order(seen_a), "b": statistics.order(seen_b)},
        "divergence": statistics.divergences(seen_a, seen_b, (seed,)),
        "foretold": {
            "a": foretell(seen_a.episodes, seen_a.episodes, seed),
            "b": foretell(seen_a.episodes, seen_b.episodes, seed),
        },
        "judge": {
            name: judge(whole_a.episodes, whole_b.episodes, features, seed)
            for name, features in pictures.features.items()
        },
        "parameters": statistics.parameters(seen_a, seen_b),
        "results": results.result_statistics(whole_a, whole_b, pictures),
        "color_difference": results.differences(measured, "picture", b.label, (seed, 2)),
        "psnr": results.differences(measured, PSNR, b.label, (seed, 2)),
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
        "measured_episodes": len(sample.episodes),
        "saw_reveal": sum(episode.saw_reveal for episode in side.episodes),
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
