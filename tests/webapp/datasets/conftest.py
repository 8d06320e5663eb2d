"""Versions of a study in which two people have played, which is made once for all tests of a module."""

import io
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from editing.trajectories.reading import Snapshot
from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import (
    BRIGHTER,
    MakeOnce,
    Player,
    default_study,
    new_photo,
    new_player,
    write_events,
)
from webapp.datasets.building import build, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.management.commands.export_dataset import unpack
from webapp.datasets.models import DatasetVersion
from webapp.photos.models import Photo
from webapp.studies.models import Participation, Study

MakeVersion = Callable[..., DatasetVersion]


@dataclass(frozen=True)
class Played:
    """What two people have played."""

    player: Player
    other_player: Player
    photos: list[Photo]


def hand_in(player: Player, photo: Photo) -> None:
    """Play a photo to its end."""
    assert player.send(photo, write_events(*BRIGHTER, ("submit", {}))).status_code == 200


def play() -> Played:
    """Two people join the default study; both play the first of two photos, one of them the second."""
    study = default_study()
    player, other_player = new_player(), new_player()
    photos = [
        new_photo(study, 1, licence="CC0 1.0", attribution="Ada"),
        new_photo(study, 2, licence="CC0 1.0"),
    ]
    for who, photo in ((player, photos[0]), (other_player, photos[0]), (player, photos[1])):
        hand_in(who, photo)
    return Played(player, other_player, photos)


@pytest.fixture(scope="module")
def played_once(made_once: MakeOnce, cast: Any) -> Iterator[Played]:
    """What they have played, for all tests of a module."""
    with made_once():
        yield play()


@pytest.fixture
def player(played_once: Played, db: None) -> Player:
    """The one who has played both photos."""
    return played_once.player.copy()


@pytest.fixture
def other_player(played_once: Played, db: None) -> Player:
    """The other one."""
    return played_once.other_player.copy()


@pytest.fixture
def photos(played_once: Played, db: None) -> list[Photo]:
    """The two photos."""
    return deepcopy(played_once.photos)


def built_version(study: Study, choice: Choice | None = None, **options: bool) -> DatasetVersion:
    """Make and build the next version of a study."""
    version = new_version(study, choice or Choice(), **options)
    build(version.pk)
    version.refresh_from_db()
    assert version.state == "ready", version.reason
    return version


@pytest.fixture
def make_version(study: Study) -> MakeVersion:
    """Makes and builds the next version of the default study."""

    return partial(built_version, study)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[DatasetVersion], Snapshot]:
    """Reads and validates what is in a version's archive."""

    def unpacked(version: DatasetVersion) -> Snapshot:
        folder = tmp_path / f"unpacked-{version.pk}-{version.attempt}"
        unpack(version.file, folder)
        return read_snapshot(folder)

    return unpacked


def names_in(archive: bytes) -> set[str]:
    """The files of an archive."""
    return set(zipfile.ZipFile(io.BytesIO(archive)).namelist())


def pseudonyms(study: Study) -> set[str]:
    """What the site calls those who have joined."""
    return set(Participation.objects.filter(study=study).values_list("pseudonym", flat=True))
