"""Human-likeness over training: of several seeds, and of a run's checkpoints, which play the compared photos here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from learning.agent.checkpoint import (
    BEST,
    KEPT,
    LAST,
    Checkpoint,
    CheckpointError,
    chosen_checkpoint,
    load_agent,
    run_folder,
)
from learning.agent.games import GameRequest
from learning.agent.playing import play_all
from learning.comparison import human_likeness as likeness
from learning.comparison.compare import PRIMARY, measure, rounded
from learning.comparison.intervals import Resamples, estimate
from learning.comparison.overlap import overlap_of_run
from learning.comparison.pair_distances import Track
from learning.comparison.sentences import overlap_notes
from learning.comparison.sides import Episode, Side
from learning.photos.sets import preview_view

# Games of each checkpoint on each photo.
SAMPLES = 2
BATCH = 64


@dataclass(frozen=True)
class KeptCheckpoint:
    """A checkpoint of a run: the run's name, the file, and whether it is the one that plays."""

    run: str
    path: Path
    folder: Path
    plays: bool


def kept_checkpoints(folders: Sequence[Path]) -> list[KeptCheckpoint]:
    """Return the checkpoints of runs, and of the seeds in a run of several: the best, the last, and those kept between.

    Raises:
        CheckpointError: if a folder is no run.
    """
    found = []
    for folder in folders:
        seeds = sorted(path.parent for path in folder.glob("seed-*/config.json"))
        for run in seeds or [run_folder(folder)]:
            name = f"{folder.name} {run.name}" if seeds else folder.name
            paths = [run / BEST, run / LAST, *sorted((run / KEPT).glob("*.safetensors"))]
            existing = [path for path in paths if path.is_file()]
            if not existing:
                raise CheckpointError(f"{run} is not a run of safelight train: it has no checkpoint")
            found += [KeptCheckpoint(name, path, run, path == chosen_checkpoint(run)) for path in existing]
    return found


def compare_runs(
    people: Side, folders: Sequence[Path], seed: int, primary: str = PRIMARY, track: Track = iter
) -> tuple[dict[str, Any] | None, list[str]]:
    """Let every checkpoint play the photos that people played, and return how like people each of them is.

    Runs that were trained on these people or photos are left out; the notes say so.

    Returns:
        ``checkpoints`` with their iterations and human-likeness, and over the runs' own agents ``mean`` and ``spread``
        (the standard deviation from run to run); ``None`` without a run; and notes.

    Raises:
        CheckpointError: if a folder is no run, or of another version of the filters.
        ComparisonError: as ``learning.comparison.compare.measure``.
    """
    kept, notes = [], []
    for folder in folders:
        for checkpoint in kept_checkpoints([folder]):
            overlap = overlap_of_run(people, checkpoint.folder)
            if not overlap.refused:
                kept.append(checkpoint)
            elif checkpoint.plays:
                notes += overlap_notes(people.label, {checkpoint.run: overlap})
    if not kept:
        return None, notes
    loaded = [load_agent(checkpoint.folder, checkpoint.path) for checkpoint in kept]
    views = [
        (photo, preview, preview_view(people.previews[preview])) for photo, preview in sorted(people.played.items())
    ]
    sides = [
        Side(str(place), tuple(_play(str(place), agent, views, seed)), {}, people.photos, people.previews)
        for place, agent in enumerate(track(loaded))
    ]
    measured = measure(people, sides, seed)
    photos = measured.photos[primary]
    resamples = Resamples.draw(len(measured.people), len(photos), (seed,))
    means = likeness.mean_distances(photos, measured.players, resamples)
    scale = likeness.human_likeness(means, resamples)
    rows: list[dict[str, Any]] = [
        {
            "run": checkpoint.run,
            "checkpoint": checkpoint.path.stem,
            "iterations": agent.about.get("iterations_done"),
            "plays": checkpoint.plays,
            "human_likeness": scale.groups[str(place)].to_json()
            if scale.defined
            else estimate(np.array([np.nan])).to_json(),
        }
        for place, (checkpoint, agent) in enumerate(zip(kept, loaded, strict=True))
    ]
    own = [
        row["human_likeness"]["value"] for row in rows if row["plays"] and row["human_likeness"]["value"] is not None
    ]
    result = {
        "samples": SAMPLES,
        "checkpoints": sorted(rows, key=lambda row: (row["run"], row["iterations"] or 0, row["checkpoint"])),
        "runs": len(own),
        "mean": float(np.mean(own)) if own else None,
        "spread": float(np.std(own, ddof=1)) if len(own) > 1 else None,
    }
    return rounded(result), notes


def _play(name: str, agent: Checkpoint, views: Sequence[tuple[str, str, Any]], seed: int) -> Iterator[Episode]:
    """Yield an agent's games on every photo."""
    previews = {photo: preview for photo, preview, _ in views}
    requests = (GameRequest(photo, sample, view) for photo, _, view in views for sample in range(SAMPLES))
    for request, steps in play_all(agent.agent.double(), agent.widths, requests, seed, BATCH):
        identity = f"{name} {request.photo} {request.sample}"
        played = tuple(turn.step for turn in steps)
        yield Episode(identity, name, "agent", request.photo, previews[request.photo], played)
