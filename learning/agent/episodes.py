"""An agent's games in the form of an export: the same rows as people's, so that the site imports them by the same code.

Everything in them but when they were played follows from the checkpoint, the player's name, the photo, the seed and the
sample, the ids too: the same play is the same rows, and importing it twice makes no doubles.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from editing.game.events import Event
from editing.game.filters import VERSION
from editing.game.rules import Step, replay, trajectory
from editing.photos.decoding import read_photo, source_sha256
from editing.photos.finding import find_photos
from editing.photos.memory import memory_needed
from editing.photos.photo_error import PhotoError, printable
from editing.photos.preview import make_preview, save_preview
from editing.photos.read_options import ReadOptions
from editing.trajectories.columns import rows
from editing.trajectories.schemas import FLAGS
from editing.trajectories.snapshot import read_rows
from learning.agent.checkpoint import Checkpoint
from learning.agent.games import GameRequest, PlayedStep
from learning.photos.sets import PhotoSetError, map_processes

Row = dict[str, Any]

# Photos that come from no study's export; the site imports the games into a closed study of this name.
OWN_STUDY = "agents"

NAMESPACE = UUID("5b0c2f0e-6a51-4c2e-9f0e-4a3d1c5d7b21")


@dataclass(frozen=True)
class PlayPhotos:
    """Photos to play on.

    Attributes:
        rows: of the snapshot's table of photos, each photo once.
        previews: the file of each preview, by its SHA-256.
        studies: that the games on each photo are for, by the photo's SHA-256; ``OWN_STUDY`` where none is given.
        unreadable: a line for each photo that could not be read.
        notes: a line for each kind of file that was passed over.
    """

    rows: Sequence[Row]
    previews: dict[str, Path]
    studies: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def photos_of_export(directory: Path) -> PlayPhotos:
    """Return an export's photos; its previews are used, and handed on, byte for byte.

    Raises:
        InvalidSnapshot: if the export is damaged.
        PhotoSetError: if it holds no photo.
    """
    snapshot = read_rows(directory)
    photo_rows = list(rows(snapshot.photos))
    if not photo_rows:
        raise PhotoSetError(f"{directory}: there are no photos in this export")
    previews = {row["preview_sha256"]: snapshot.preview_path(row["preview_sha256"]) for row in photo_rows}
    whole = snapshot.manifest.get("study")
    studies = {row["sha256"]: whole for row in photo_rows} if isinstance(whole, str) else {}
    # A photo that people played belongs to their study, the first by name if to several.
    played = sorted(((row["study"], row["photo"]) for row in rows(snapshot.episodes)), reverse=True)
    return PlayPhotos(photo_rows, previews, studies | {photo: study for study, photo in played})


def photos_of_files(
    paths: Sequence[Path], options: ReadOptions, previews: Path, scheduler: str | None = None
) -> PlayPhotos:
    """Photo files and folders of them, decoded; their previews are written to the folder ``previews``.

    Args:
        scheduler: the address of a Dask cluster that decodes them, and sees files and folder under these names.

    Raises:
        ClusterError: if the cluster cannot be used.
        PhotoError: if a path does not exist, or there is no photo.
        PhotoSetError: if none can be read.
    """
    search = find_photos(paths)
    files = search.photos
    outcomes = map_processes(
        partial(_import, options=options, previews=previews), files, "Reading photos", memory_needed, scheduler
    )
    unreadable = tuple(outcome for outcome in outcomes if isinstance(outcome, str))
    by_sha256 = {row["sha256"]: row for row in outcomes if not isinstance(row, str)}
    if not by_sha256:
        raise PhotoSetError(f"none of {len(files)} photos could be read; the first: {unreadable[0]}")
    photo_rows = list(by_sha256.values())
    paths_by_sha256 = {row["preview_sha256"]: previews / f"{row['preview_sha256']}.npy" for row in photo_rows}
    return PlayPhotos(photo_rows, paths_by_sha256, unreadable=unreadable, notes=tuple(search.notes))


def _import(path: Path, options: ReadOptions, previews: Path) -> Row | str:
    """Return the row of a photo, its preview written; or why it could not be read."""
    try:
        photo = read_photo(path, options)
        preview = make_preview(photo.pixels)
        preview_sha256, _ = save_preview(previews, preview)
        return {
            "sha256": source_sha256(path),
            "preview_sha256": preview_sha256,
            "name": printable(path.name),
            "width": photo.width,
            "height": photo.height,
            "preview_width": preview.shape[1],
            "preview_height": preview.shape[0],
            "working_space": photo.working_space,
            "decoding": json.dumps(photo.decoding),
            "licence": "",
            "attribution": "",
        }
    except PhotoError as error:
        return str(error)


@dataclass(frozen=True)
class Player:
    """Who plays, and when: a name without the ``agent:``, the checkpoint, the seed of its dropout, the beginning."""

    name: str
    checkpoint: Checkpoint
    seed: int
    started: datetime

    def game_rows(
        self, request: GameRequest, study: str, played: Sequence[PlayedStep]
    ) -> tuple[Row, list[Row], list[Row]]:
        """Return a game's row of episodes, its rows of steps and its rows of events."""
        key = f"{self.checkpoint.sha256}/{self.name}/{study}/{request.photo}/{self.seed}/{request.sample}"
        episode = str(uuid5(NAMESPACE, key))
        events = list(game_events(episode, played))
        probabilities = {turn.step.filter: turn.probabilities for turn in played}
        # What stands after the replay, as for people: a step that changes nothing is not in a trajectory.
        steps = [
            {
                "episode": episode,
                "index": index,
                "filter": step.filter,
                "parameters": dict(step.parameters),
                "ms_spent": 0,
                "probabilities": probabilities[step.filter],
            }
            for index, step in enumerate(trajectory(replay(events, allow_untouched=True)))
        ]
        row = {
            "id": episode,
            "player": f"agent:{self.name}",
            "player_kind": "agent",
            "photo": request.photo,
            "study": study,
            "status": "submitted",
            "exclusion_reason": None,
            "contract_version": VERSION,
            "step_count": len(steps),
            # Games are played many at once: they share the time at which the agent sat down to them.
            "started": self.started,
            "duration_ms": 0,
            **dict.fromkeys(FLAGS, False),
            "seed": self.seed,
            "sample": request.sample,
            "checkpoint_hash": self.checkpoint.sha256,
        }
        return row, steps, [event.to_json() for event in events]


def game_events(episode: str, played: Sequence[PlayedStep]) -> Iterator[Event]:
    """Yield what the agent did, as a player's browser would have logged it; all at 0 ms."""
    actions: list[tuple[str, int | None, Step | None]] = [("start", None, None)]
    for number, turn in enumerate(played):
        if number:
            actions.append(("goto", number, None))
        actions += [("choose", number, turn.step), ("adjust", number, turn.step)]
    actions.append(("submit", None, None))
    for seq, (kind, index, step) in enumerate(actions):
        yield Event(
            id=str(uuid5(UUID(episode), str(seq))),
            episode=episode,
            seq=seq,
            kind=kind,
            ms=0,
            step=index,
            filter=step.filter if step else None,
            parameters=step.parameters if step and kind == "adjust" else None,
        )
