"""Where steps come from: a steps file, or an episode of an export or of an agent's play."""

from dataclasses import dataclass
from pathlib import Path

from editing.rules import Step
from editing.steps_file import StepsFile, StepsFileError, read_steps
from editing.trajectory import read_snapshot, rows


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
    """The steps of a steps file, or those of an episode, named as ``EXPORT_DIR:ID``; one of the two is given.

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


def _of_episode(folder: Path, identity: str) -> StepsSource:
    snapshot = read_snapshot(folder)
    episode = next((row for row in rows(snapshot.episodes) if row["id"] == identity), None)
    if episode is None:
        raise StepsFileError(f"{folder}: there is no episode {identity}")
    if episode["status"] in ("open", "abandoned"):
        raise StepsFileError(f"{folder}: the episode {identity} was not submitted, so it has no steps")
    own = sorted((row for row in rows(snapshot.steps) if row["episode"] == identity), key=lambda row: row["index"])
    probabilities = tuple(row["probabilities"] for row in own)
    photo = next(row for row in rows(snapshot.photos) if row["sha256"] == episode["photo"])
    about = {"episode": identity, "player": episode["player"], "photo": episode["photo"]}
    steps_file = StepsFile(
        tuple(Step(row["filter"], row["parameters"]) for row in own),
        None if None in probabilities or not own else probabilities,
        about,
    )
    return StepsSource(steps_file, folder, snapshot.preview_path(photo["preview_sha256"]))
