"""A pilot without people: robots of stated temperaments play photos, for planning before anybody has played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from editing.photos.preview import agent_view, load_preview, make_preview, save_preview
from editing.trajectories.reading import is_snapshot
from learning.comparison.sides import ComparisonError, Episode, Side, merge, read_side
from learning.photos.sets import Decoding, list_photos, read_picture
from learning.robots.synthetic_people import TASTES, draw_people
from learning.robots.synthetic_play import draw_trajectory

ROBOTS, MOST_PHOTOS = 24, 40
# Long edge in pixels of the previews that are made of photo files.
EDGE = 256


def robot_pilot(folders: Sequence[Path], temperaments: Sequence[str], seed: int, store: Path) -> Side:
    """Return the play of 24 robots on the photos of some folders, beside the play by agents that is there.

    Each robot plays each photo, up to 40 of them; those of one temperament differ as synthetic people do.

    Args:
        folders: of photos, or exports and agents' play.
        temperaments: the robots', in turn.
        store: where previews of photo files are put.

    Raises:
        ComparisonError: there is no such temperament, or too few photos.
        PhotoError, PhotoSetError: a photo cannot be read, or a folder has none.
    """
    if unknown := [name for name in temperaments if name not in TASTES]:
        raise ComparisonError(f"--temperaments: {unknown[0] or 'an empty name'} is none of {', '.join(TASTES)}")
    side = merge([_read(folder, store) for folder in folders])
    previews = {photo: str(facts["preview_sha256"]) for photo, facts in sorted(side.photos.items())[:MOST_PHOTOS]}
    if not previews:
        raise ComparisonError(f"{side.label} holds no photo for robots to play")
    episodes = []
    robots = draw_people(temperaments, ROBOTS, seed)
    for place, (photo, preview) in enumerate(previews.items()):
        view = agent_view(load_preview(side.previews[preview]))
        for number, (name, taste) in enumerate(robots.items()):
            steps = draw_trajectory(taste, view, np.random.default_rng([seed, 15, place, number]))
            episodes.append(Episode(f"{name} {photo[:12]}", name, "robot", photo, preview, steps))
    agents = [episode for episode in side.episodes if episode.player_kind == "agent" and episode.photo in previews]
    return Side(side.label, (*episodes, *agents), {}, side.photos, side.previews)


def _read(folder: Path, store: Path) -> Side:
    """Return an export's photos and play, or the photos of a folder of files with nobody's."""
    name = folder.resolve().name
    if is_snapshot(folder):
        return read_side(folder, name)
    photos, previews = {}, {}
    for picture in list_photos(folder)[:MOST_PHOTOS]:
        pixels = make_preview(read_picture(picture, Decoding()), EDGE)
        digest, _ = save_preview(store, pixels.astype(np.float16))
        photos[digest] = {"preview_sha256": digest, "name": picture.name}
        previews[digest] = store / f"{digest}.npy"
    return Side(name, (), {}, photos, previews)
