"""Compare two snapshots of play, of people or agents: the same game, the same filters, the same rows.

Both sides are read as snapshots and treated alike; nothing here knows who played. The outcome is one dictionary of
plain numbers and texts, free of NaN, that ``learning.comparison.report`` shows and ``comparison.json`` holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editing.game.filters import VERSION
from editing.game.rules import Step
from editing.trajectories.schemas import InvalidSnapshot, Snapshot, rows
from editing.trajectories.snapshot import is_snapshot, read_snapshot
from learning.comparison import intervals, results, statistics
from learning.comparison.results import Track
from learning.comparison.statistics import Episode, Sample

FORMAT = 1
SMALL_SAMPLE = 20


class ComparisonError(ValueError):
    """Two folders cannot be compared; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its snapshot, the episodes that count, and why others do not."""

    label: str
    snapshot: Snapshot
    episodes: tuple[Episode, ...]
    left_out: Mapping[str, int]
    photos: Mapping[str, Mapping[str, Any]]

    @property
    def played(self) -> dict[str, str]:
        """The preview's SHA-256 by photo, of the photos with an episode that counts."""
        return {episode.photo: episode.preview for episode in self.episodes}


def read_side(directory: Path, label: str, kinds: Collection[str] = ()) -> Side:
    """Read one snapshot and choose the episodes that count.

    Args:
        kinds: player kinds to keep; empty keeps all.

    Raises:
        ComparisonError: no snapshot there, or an invalid one: the message names folder, row and reason. Play under
        another version of the filters is invalid too, since it cannot be rendered.
    """
    if not directory.exists():
        raise ComparisonError(f"{directory} does not exist")
    if not is_snapshot(directory):
        raise ComparisonError(
            f"{directory} is not a snapshot: name the folder that an export or `safelight play` wrote"
        )
    try:
        snapshot = read_snapshot(directory)
    except InvalidSnapshot as error:
        raise ComparisonError(f"{directory} is not a valid snapshot: {error}") from error
    photos = {str(row["sha256"]): row for row in rows(snapshot.photos)}
    steps: defaultdict[str, dict[int, Step]] = defaultdict(dict)
    for row in rows(snapshot.steps):
        steps[row["episode"]][row["index"]] = Step(row["filter"], row["parameters"])
    episodes, left_out = [], Counter[str]()
    for row in sorted(rows(snapshot.episodes), key=lambda row: str(row["id"])):
        reason = _reason(row, kinds)
        if reason:
            left_out[reason] += 1
            continue
        ordered = tuple(steps[row["id"]][index] for index in sorted(steps[row["id"]]))
        preview = photos[row["photo"]]["preview_sha256"]
        episodes.append(Episode(row["id"], row["player"], row["player_kind"], row["photo"], preview, ordered))
    return Side(label, snapshot, tuple(episodes), dict(sorted(left_out.items())), photos)


def _reason(row: Mapping[str, Any], kinds: Collection[str]) -> str | None:
    """Why an episode does not count, or ``None``; the first reason that applies."""
    if kinds and row["player_kind"] not in kinds:
        return f"played by another kind of player ({row['player_kind']})"
    if row["tutorial"]:
        return "tutorial"
    if row["preview"]:
        return "a researcher's preview of a study"
    if row["attention"]:
        return "attention check, played to an instruction"
    if row["status"] == "excluded":
        return f"excluded: {row['exclusion_reason'] or 'no reason given'}"
    if row["status"] != "submitted":
        return f"not submitted ({row['status']})"
    return None


def compare(a: Side, b: Side, seed: int = 0, track: Track = iter) -> dict[str, Any]:
    """All numbers of the comparison, ready for JSON.

    Shares are between 0 and 1; parameters are physical; every interval is a 95 % bootstrap interval over players, or
    over photos where a side has fewer than five players. The same input and seed give the same numbers.

    Args:
        track: wraps the photos while their results are developed, for a progress bar.
    """
    sample_a, sample_b = (Sample.of(side.episodes, (seed, index)) for index, side in enumerate((a, b)))
    shared = shared_photos(a, b)
    paths = (a.snapshot.preview_path, b.snapshot.preview_path)
    measured = results.measure(sample_a, sample_b, paths, shared, track)
    numbers = {
        "format": FORMAT,
        "contract_version": VERSION,
        "method": {
            "seed": seed,
            "resamples": intervals.RESAMPLES,
            "level": intervals.LEVEL,
            "measured_edge": results.MEASURED_EDGE,
            "maximum_episodes_a_photo": results.MAXIMUM_EPISODES_A_PHOTO,
        },
        "sides": {"a": _counts(a, sample_a), "b": _counts(b, sample_b)},
        "shared_photos": len(shared),
        "notes": _notes(a, b, (sample_a, sample_b), shared),
        "filter_use": statistics.filter_use(sample_a, sample_b),
        "step_counts": statistics.step_counts(sample_a, sample_b),
        "order": {"a": statistics.order(sample_a), "b": statistics.order(sample_b)},
        "parameters": statistics.parameters(sample_a, sample_b),
        "results": results.result_statistics(sample_a, sample_b, measured),
        "color_difference": results.summary(measured, (seed, 2)),
    }
    rounded: dict[str, Any] = _rounded(numbers)
    return rounded


def shared_photos(a: Side, b: Side) -> list[str]:
    """Photos that both sides played from the same preview, in order of their SHA-256."""
    return sorted(photo for photo, _ in a.played.items() & b.played.items())


def _counts(side: Side, sample: Sample) -> dict[str, Any]:
    kinds: dict[str, dict[str, int]] = {}
    for kind in sorted({episode.player_kind for episode in side.episodes}):
        of_kind = [episode for episode in side.episodes if episode.player_kind == kind]
        kinds[kind] = {"episodes": len(of_kind), "players": len({episode.player for episode in of_kind})}
    counted = {episode.id for episode in side.episodes}
    started = [row["started"] for row in rows(side.snapshot.episodes) if row["id"] in counted and row["started"]]
    return {
        "label": side.label,
        "episodes": len(side.episodes),
        "players": len({episode.player for episode in side.episodes}),
        "photos": len(side.played),
        "kinds": kinds,
        "left_out": dict(side.left_out),
        "first_played": min(started).date().isoformat() if started else None,
        "last_played": max(started).date().isoformat() if started else None,
        "interval_over": sample.resampling.cluster,
        "clusters": sample.resampling.count,
    }


def _notes(a: Side, b: Side, samples: Sequence[Sample], shared: Sequence[str]) -> list[str]:
    """What a reader must know before reading a figure."""
    notes = []
    for side, sample in zip((a, b), samples, strict=True):
        count, players = len(side.episodes), len({episode.player for episode in side.episodes})
        if not count:
            notes.append(f"{side.label} has no episode that counts: its figures are missing.")
            continue
        if count < SMALL_SAMPLE:
            notes.append(f"{side.label} is a small sample (n = {count}): read its figures as examples, not as rates.")
        if sample.resampling.cluster is None:
            notes.append(
                f"{side.label} has fewer than {intervals.MINIMUM_CLUSTERS} players and photos: too few for an interval."
            )
        elif sample.resampling.cluster == "photo":
            who = "one player" if players == 1 else f"only {players} players"
            notes.append(f"{side.label} has {who}: its intervals resample photos, and say nothing about other players.")
    if a.episodes and b.episodes:
        notes += _notes_on_both(a, b, shared)
    return notes


def _notes_on_both(a: Side, b: Side, shared: Sequence[str]) -> list[str]:
    notes = []
    other = sorted(photo for photo in a.played.keys() & b.played.keys() if photo not in shared)
    if other:
        notes.append(
            f"Played on both sides, but from differently decoded previews: {plural(len(other), 'photo')}. "
            "Their results are not compared with each other."
        )
    if not shared:
        notes.append("No photo was played on both sides: a difference may be one of the photos alone.")
    elif len(shared) < max(len(a.played), len(b.played)):
        notes.append(
            f"The sides played different photos ({a.label} {len(a.played)}, {b.label} {len(b.played)}, both "
            f"{len(shared)}): part of a difference may be one of the photos."
        )
    same = len({episode.id for episode in a.episodes} & {episode.id for episode in b.episodes})
    if same:
        notes.append(
            f"On both sides: {plural(same, 'episode')}. The differences are smaller than those of separate samples."
        )
    return notes


def plural(count: int, word: str) -> str:
    """``1 photo``, ``2 photos``."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _rounded(value: Any) -> Any:
    """Floats to six decimals, beyond which machines disagree."""
    if isinstance(value, float):
        return round(value, 6) + 0.0
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return value
