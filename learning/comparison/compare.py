"""Compare players with people: one number on the scale from a random legal player to another person, and all beside it.

The outcome is one dictionary of plain numbers and texts, free of NaN, that ``learning.comparison.report`` shows and
``comparison.json`` holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np

from editing.game.filters import VERSION
from learning.comparison import human_likeness as likeness
from learning.comparison import intervals, pair_distances, significance
from learning.comparison.distances import DISTANCES, VISIBLE_DELTA_E
from learning.comparison.human_likeness import Scale
from learning.comparison.intervals import Estimate, Resamples, estimate
from learning.comparison.judgements import what_people_think
from learning.comparison.overlap import Overlap
from learning.comparison.pair_distances import Distances, Pixels, Track
from learning.comparison.reference_players import OTHER_PHOTO, PLAYS, RANDOM, RANDOM_PLAY_VERSION, baselines
from learning.comparison.results import thumbnail
from learning.comparison.sampling import plays_a_photo
from learning.comparison.sentences import comparison_notes, in_text, listed, overlap_notes
from learning.comparison.side_by_side import compare_sides, describe_side
from learning.comparison.sides import SINGULAR, ComparisonError, Episode, Side
from learning.comparison.statistics import Sample

FORMAT = 2
# Long edge in pixels of the thumbnails between which distances are taken: pairs are many, and filters pointwise.
DISTANCE_EDGE = 24
# The distance that the answer and the tests are about, unless a plan names another.
PRIMARY = "picture"
# What a comparison has beside it where it is asked for, by the command.
NOT_ASKED_FOR: Mapping[str, Any] = MappingProxyType(
    {"targets": None, "moves": {}, "runs": None, "ablations": {}, "plan": None, "made_by": None}
)


def compare(
    people: Side,
    others: Sequence[Side],
    seed: int = 0,
    track: Track = iter,
    primary: str = PRIMARY,
    overlaps: Mapping[str, Overlap] | None = None,
) -> dict[str, Any]:
    """Return all numbers of a comparison, ready for JSON; the same input and seed give the same numbers.

    Args:
        people: whom the others are compared with; robots or experts may stand in their place.
        others: agents, or other groups of players, each with a label of its own.
        track: wraps the photos while distances are measured, for a progress bar.
        primary: the distance that the answer and the tests are about.
        overlaps: what of these people and photos agents were trained on, by label; who is refused gets no number.

    Raises:
        ComparisonError: too little was played: the message says what is missing.
    """
    measured = measure(people, others, seed, track)
    overlaps = overlaps or {}
    refused = {label for label, overlap in overlaps.items() if overlap.refused}
    judged = [side for side in others if side.label not in refused]
    photos, played = len(measured.sha256), {episode.photo for side in (people, *others) for episode in side.episodes}
    resamples = Resamples.draw(len(measured.people), photos, (seed,))
    numbers = {
        "format": FORMAT,
        "contract_version": VERSION,
        "method": _method(resamples, photos, seed, primary),
        **_players(people, others, measured, seed),
        "photos": {"compared": photos, "left_out": len(played) - photos},
        "human_likeness": {measure: _likeness(measured, measure, resamples, seed, refused) for measure in DISTANCES},
        "overlaps": {label: asdict(overlap) for label, overlap in overlaps.items()},
        "tests": [_test_to_json(test) for test in _tests(measured, people.label, judged, seed, primary)],
        "halving": _halving(measured, [side.label for side in judged], seed, primary),
        "judgements": what_people_think(people.judgements, seed),
        **NOT_ASKED_FOR,
        "notes": comparison_notes(people, others, len(measured.people), photos, len(played) - photos)
        + overlap_notes(people.label, overlaps),
        "side_by_side": {side.label: compare_sides(people, side, measured, seed, track) for side in others},
    }
    result: dict[str, Any] = rounded(numbers)
    return result


def _method(resamples: Resamples, photos: int, seed: int, primary: str) -> dict[str, Any]:
    """Return how it is done: what is drawn, how often, and where limits are."""
    return {
        "seed": seed,
        "resamples": intervals.RESAMPLES,
        "level": intervals.LEVEL,
        "resampled": list(resamples.over),
        "distance_edge": DISTANCE_EDGE,
        "maximum_plays_a_photo": plays_a_photo(photos),
        "visible_delta_e": VISIBLE_DELTA_E,
        "random_play": {"version": RANDOM_PLAY_VERSION, "plays": PLAYS},
        "permutations": significance.PERMUTATIONS,
        "primary_distance": primary,
    }


def _players(people: Side, others: Sequence[Side], measured: Distances, seed: int) -> dict[str, Any]:
    """Return who is compared, and how many of their steps are visible."""
    labels = [side.label for side in others]
    return {
        "people": describe_side(people, Sample.of(people.episodes, (seed, 0))),
        "players": [describe_side(side, Sample.of(side.episodes, (seed, 1))) for side in others],
        "baselines": [name for name in measured.players if name not in labels],
        "compared_people": len(measured.people),
        "steps": {
            group or people.label: {slug: {"steps": used, "unseen": unseen} for slug, (used, unseen) in counts.items()}
            for group, counts in measured.steps.items()
            if group in ("", *labels)
        },
    }


def measure(people: Side, others: Sequence[Side], seed: int = 0, track: Track = iter) -> Distances:
    """Return the distances between people, the others and the baselines on the photos that all of them played.

    Raises:
        ComparisonError: too little was played: the message says what is missing.
    """
    originals, previews = _shared_photos(people, others)
    on_photos = [episode for episode in people.episodes if previews.get(episode.photo) == episode.preview]
    groups: dict[str, Sequence[Episode]] = {side.label: side.episodes for side in others}
    groups |= baselines(on_photos, originals, previews, (seed,))
    return pair_distances.measure_distances(on_photos, groups, originals, (seed,), track)


def _shared_photos(people: Side, others: Sequence[Side]) -> tuple[dict[str, Pixels], dict[str, str]]:
    """Return thumbnails and previews of the photos that two people and everybody else played.

    Where people played a photo from several previews, that of the most episodes counts.
    """
    players: dict[tuple[str, str], set[str]] = {}
    for episode in people.episodes:
        players.setdefault((episode.photo, episode.preview), set()).add(episode.player)
    previews: dict[str, str] = {}
    for (photo, preview), names in sorted(players.items(), key=lambda item: (len(item[1]), item[0])):
        if len(names) > 1:
            previews[photo] = preview
    if not previews:
        raise ComparisonError(_too_few(people))
    compared = set(previews.items())
    for side in others:
        compared &= {(episode.photo, episode.preview) for episode in side.episodes}
    if not compared:
        raise ComparisonError(
            f"no photo was played by two {in_text(people.label)} and by {listed([side.label for side in others])}: let "
            "the agents play the photos of the export, by `safelight play`"
        )
    originals = {photo: thumbnail(people.previews[preview], DISTANCE_EDGE) for photo, preview in sorted(compared)}
    return originals, dict(compared)


def _too_few(people: Side) -> str:
    count, who = len({episode.player for episode in people.episodes}), in_text(people.label)
    if count < 2:
        one = SINGULAR.get(people.label, "player")
        return f"only one {one} has played; how far {who} are apart takes two on the same photo"
    return f"no photo was played by two of the {count:,} {who}, so how far they are apart is unknown"


def _likeness(
    measured: Distances, measure: str, resamples: Resamples, seed: int, refused: Collection[str]
) -> dict[str, Any]:
    """Return the two scales of one distance, every group but the refused on them, and what people are on the first."""
    photos, count = measured.photos[measure], len(measured.people)
    means = likeness.mean_distances(photos, measured.players, resamples)
    scale = likeness.human_likeness(means, resamples)
    blind = likeness.human_likeness(means, resamples, OTHER_PHOTO)
    single = likeness.single_people(photos, count)
    halves = likeness.split_halves(photos, count, (seed,))
    return {
        "random": scale.random.to_json(),
        "people": scale.people.to_json(),
        "width": scale.width.to_json(),
        "defined": scale.defined,
        "blind_width": blind.width.to_json(),
        "blind_defined": blind.defined,
        "groups": {
            group: {
                "human_likeness": _json(None if group in refused else scale.groups.get(group)),
                "beyond_blind": _json(None if group in refused else blind.groups.get(group)),
                "distance": _json(estimate(distance)),
                "spread": _json(estimate(means.own[group] / means.people)),
                "energy_distance": _json(estimate(likeness.energy_distance(means, group))),
                "reliability": likeness.reliability(photos, group, count, (seed,)),
            }
            for group, distance in means.to_people.items()
        },
        "single_people": _quantiles(single) if scale.defined else None,
        "ceiling": _quantiles(halves) if scale.defined and len(halves) else None,
        "repeats": _repeats(photos, scale),
    }


def _repeats(photos: Sequence[pair_distances.PhotoDistances], scale: Scale) -> dict[str, Any] | None:
    measured = likeness.repeats(photos)
    if measured is None or not scale.defined:
        return None
    again, others, count = measured
    width = scale.width.value or 1.0
    return {"photos": count, "distance": again, "others": others, "human_likeness": 1 + (others - again) / width}


def _quantiles(values: likeness.Floats) -> dict[str, float | int | None]:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return {"count": 0, "value": None, "low": None, "high": None}
    low, middle, high = np.quantile(defined, [(1 - intervals.LEVEL) / 2, 0.5, (1 + intervals.LEVEL) / 2])
    return {"count": len(defined), "value": float(middle), "low": float(low), "high": float(high)}


def _json(value: Estimate | None) -> dict[str, float | None]:
    return (value or Estimate(None)).to_json()


def _tests(
    measured: Distances, people_label: str, others: Sequence[Side], seed: int, primary: str
) -> list[significance.SignificanceTest]:
    """Return the family of tests, on the primary distance, corrected for their number."""
    photos, people = measured.photos[primary], len(measured.people)
    who, tests = in_text(people_label), []
    for side in others:
        players = len(measured.players[side.label])
        if min(people, players) >= significance.MINIMUM_PLAYERS:
            tests.append(significance.groups_differ(photos, side.label, (people, players), (seed,), who=who))
        elif players == 1:
            tests.append(significance.is_one_of_people(photos, side.label, people, who))
    pairs = combinations([side.label for side in others], 2)
    tests += [significance.nearer_to_people(photos, pair, (seed,), who) for pair in pairs]
    return significance.holm(tests)


def _test_to_json(test: significance.SignificanceTest) -> dict[str, Any]:
    return {
        "question": test.question,
        "method": test.method,
        "statistic": test.statistic,
        "p": test.p,
        "corrected_p": test.corrected_p,
        "sizes": dict(test.sizes),
    }


def _halving(measured: Distances, labels: Sequence[str], seed: int, primary: str) -> dict[str, Any] | None:
    """Return how many people and photos would halve the interval of the first player's human-likeness.

    The variance is taken for a sum of one part that falls with people and one that falls with photos, each measured by
    resampling them alone.
    """
    people, photos = len(measured.people), len(measured.photos[primary])
    if not labels or min(people, photos) < intervals.MINIMUM_CLUSTERS:
        return None
    variances = {}
    groups = (RANDOM, labels[0])
    needed = [replace(p, others={group: p.others[group] for group in groups}) for p in measured.photos[primary]]
    for over in ("people", "photos"):
        resamples = Resamples.draw(people, photos, (seed, 5), (over,))
        means = likeness.mean_distances(needed, measured.players, resamples)
        draws = likeness.human_likeness(means, resamples).draws.get(labels[0])
        if draws is None:
            return None
        variances[over] = float(np.nanvar(draws[1:]))
    wanted = sum(variances.values()) / 4
    alone = {
        name: int(np.ceil(count * variances[name] / (wanted - variances[rest]))) if wanted > variances[rest] else None
        for name, rest, count in (("people", "photos", people), ("photos", "people", photos))
    }
    return {"people": people, "photos": photos, "both": [4 * people, 4 * photos], "alone": alone}


def rounded(value: Any) -> Any:
    """Return a value with floats to six decimals, beyond which machines disagree; what is not a number is none."""
    if isinstance(value, float):
        return round(value, 6) + 0.0 if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(entry) for entry in value]
    return value
