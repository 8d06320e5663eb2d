"""A folder of the 2018 program's human play, with the photos that it was played on, as a snapshot."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid5

from editing.game.filters import VERSION
from editing.game.rules import Step
from editing.photos.photo_error import printable
from editing.photos.preview import load_preview
from editing.photos.read_options import ReadOptions
from editing.trajectories.play_of_2018 import UnlikePlay, read_play, share_cut
from editing.trajectories.schemas import FLAGS
from editing.trajectories.snapshot import write_snapshot
from learning.agent.episodes import NAMESPACE, photos_of_files

STUDY = "user-study-2018"
_MENTIONED = 0.001


@dataclass
class Outcome:
    """What became of a folder.

    Attributes:
        written: how many episodes.
        refused: a line for each file that is no play of our game, with the reason.
        notes: a line for each episode whose picture looks different here.
    """

    written: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_play(actions: Path, photos: Path, player: str, directory: Path, options: ReadOptions) -> Outcome:
    """Write the episodes of a folder as a snapshot, whole or not at all.

    They are an ``expert``'s: steps alone, since how the player came to them was not recorded. ``started`` is the time
    of the file.

    Args:
        actions: the folder of ``<photo>.json``.
        photos: the folder of the photos, of the same names.
        player: who played.
        directory: a folder that does not exist, or is empty.
        options: how the photos' values are to be taken.

    Raises:
        UnlikePlay: there is no file, or none is play of our game.
        PhotoError, PhotoSetError: the photos cannot be read.
        FileExistsError: the folder holds something already.
    """
    files = sorted(actions.glob("*.json"))
    if not files:
        raise UnlikePlay(f"{actions}: there is no .json file")
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as name:
        read = photos_of_files([photos], options, Path(name))
        by_stem = {Path(row["name"]).stem: row for row in read.rows}
        played: dict[Path, tuple[Mapping[str, Any], tuple[Step, ...]]] = {}
        for path in files:
            try:
                if path.stem not in by_stem:
                    raise UnlikePlay(f"there is no photo {printable(path.stem)} in {photos}")
                played[path] = by_stem[path.stem], read_play(path)
            except UnlikePlay as error:
                outcome.refused.append(f"{printable(path.name)}: {error}")
        if not played:
            raise UnlikePlay(f"none of {len(files)} files is play of our game; the first: {outcome.refused[0]}")
        for path, (photo, steps) in played.items():
            share = share_cut(load_preview(read.previews[photo["preview_sha256"]]), steps)
            if share > _MENTIONED:
                outcome.notes.append(f"{printable(path.name)}: {share:.1%} of the picture was cut between steps there")
        used = {photo["sha256"]: photo for photo, _ in played.values()}
        write_snapshot(
            directory,
            episodes=[_episode(path, player, photo, steps) for path, (photo, steps) in played.items()],
            steps=list(_steps(player, played)),
            events=[],
            photos=list(used.values()),
            previews={photo["preview_sha256"]: read.previews[photo["preview_sha256"]] for photo in used.values()},
            manifest={"study": STUDY, "source": "human play of the 2018 program", "refused": outcome.refused},
        )
    outcome.written = len(played)
    return outcome


def _id(path: Path, player: str, steps: tuple[Step, ...]) -> str:
    told = [(step.filter, dict(step.parameters)) for step in steps]
    return str(uuid5(NAMESPACE, json.dumps([STUDY, player, path.stem, told])))


def _episode(path: Path, player: str, photo: Mapping[str, Any], steps: tuple[Step, ...]) -> dict[str, Any]:
    return {
        "id": _id(path, player, steps),
        "player": player,
        "player_kind": "expert",
        "photo": photo["sha256"],
        "study": STUDY,
        "status": "submitted",
        "contract_version": VERSION,
        "step_count": len(steps),
        "started": datetime.fromtimestamp(path.stat().st_mtime, UTC),
        "duration_ms": 0,
        **dict.fromkeys(FLAGS, False),
    }


def _steps(player: str, played: Mapping[Path, tuple[Mapping[str, Any], tuple[Step, ...]]]) -> Iterator[dict[str, Any]]:
    for path, (_, steps) in played.items():
        for index, step in enumerate(steps):
            yield {
                "episode": _id(path, player, steps),
                "index": index,
                "filter": step.filter,
                "parameters": dict(step.parameters),
                "ms_spent": 0,
            }
