"""Where steps come from: a steps file, or an episode of an export or of an agent's play."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editing.game.rules import Step, why_unknown
from editing.trajectories.steps_file import StepsFile, StepsFileError, read_steps

if TYPE_CHECKING:
    from editing.trajectories.reading import Snapshot


@dataclass(frozen=True)
class StepsSource:
    """Steps, and the files that they were read from.

    Attributes:
        path: the steps file, or the export's folder.
        preview: of an episode, the stored preview of the photo that it was played on.
    """

    steps_file: StepsFile
    path: Path
    preview: Path | None = None


def read_source(steps: Path | None, episode: str | None) -> StepsSource:
    """Read the steps of a steps file, or those of an episode, named as ``EXPORT_DIR:ID``; one of the two is given.

    Raises:
        StepsFileError: if the file cannot be read, or there is no such episode.
        InvalidSnapshot: if the export is damaged.
    """
    if steps is not None:
        return StepsSource(read_steps(steps), steps)
    folder, colon, identity = (episode or "").rpartition(":")
    if not (folder and colon and identity):
        raise StepsFileError(f"{episode!r} does not name an episode as EXPORT_DIR:ID")
    return _of_episode(Path(folder), identity)


def read_submitted(folder: Path, most: int) -> list[StepsSource]:
    """Read the steps of the first so many submitted episodes of an export or a play.

    Raises:
        StepsFileError: if there is none.
        InvalidSnapshot: if the export is damaged.
    """
    from editing.trajectories.columns import rows  # exports are Parquet files: pyarrow is long to import
    from editing.trajectories.snapshot import read_rows
    from editing.trajectories.versions import unknown_text

    snapshot = read_rows(folder)
    submitted = [row for row in rows(snapshot.episodes) if row["status"] == "submitted"]
    if not submitted:
        raise StepsFileError(f"{folder}: no episode of it was submitted, so there are no steps")
    submitted = [row for row in submitted if not why_unknown(row["contract_version"])]
    if left_out := unknown_text(snapshot.episodes, "drawn"):
        if not submitted:
            raise StepsFileError(f"{folder}: {left_out}")
        warnings.warn(f"{folder}: {left_out}", stacklevel=2)
    return [_of_row(snapshot, folder, row) for row in submitted[:most]]


def _of_episode(folder: Path, identity: str) -> StepsSource:
    from editing.trajectories.columns import rows  # exports are Parquet files: pyarrow is long to import
    from editing.trajectories.snapshot import read_rows

    snapshot = read_rows(folder)
    episode = next((row for row in rows(snapshot.episodes) if row["id"] == identity), None)
    if episode is None:
        raise StepsFileError(f"{folder}: there is no episode {identity}")
    if episode["status"] in ("open", "abandoned"):
        raise StepsFileError(f"{folder}: the episode {identity} was not submitted, so it has no steps")
    if reason := why_unknown(episode["contract_version"]):
        raise StepsFileError(f"{folder}: the episode {identity} was {reason}")
    return _of_row(snapshot, folder, episode)


def _of_row(snapshot: Snapshot, folder: Path, episode: Mapping[str, Any]) -> StepsSource:
    from editing.trajectories.columns import rows

    identity = episode["id"]
    step_rows = [row for row in rows(snapshot.steps) if row["episode"] == identity]
    step_rows.sort(key=lambda row: row["index"])
    probabilities = tuple(row["probabilities"] for row in step_rows)
    photo = next(row for row in rows(snapshot.photos) if row["sha256"] == episode["photo"])
    about = {"episode": identity, "player": episode["player"], "photo": episode["photo"]}
    steps_file = StepsFile(
        tuple(Step(row["filter"], row["parameters"]) for row in step_rows),
        None if None in probabilities or not step_rows else probabilities,
        about,
    )
    return StepsSource(steps_file, folder, snapshot.preview_path(photo["preview_sha256"]))
