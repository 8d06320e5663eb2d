"""Versions of a study in which two people have played."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from editing.trajectories.reading import Snapshot
from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import BRIGHTER, MakePhoto, Player, write_events
from webapp.datasets.building import build, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.management.commands.export_dataset import unpack
from webapp.datasets.models import DatasetVersion
from webapp.photos.models import Photo
from webapp.studies.models import Participation, Study

MakeVersion = Callable[..., DatasetVersion]


@pytest.fixture
def photos(player: Player, other_player: Player, make_photo: MakePhoto) -> list[Photo]:
    """Two photos; both people have played the first, one of them the second."""
    photos = [make_photo(1, licence="CC0 1.0", attribution="Ada"), make_photo(2, licence="CC0 1.0")]
    for who, photo in ((player, photos[0]), (other_player, photos[0]), (player, photos[1])):
        assert who.send(photo, write_events(*BRIGHTER, ("submit", {}))).status_code == 200
    return photos


@pytest.fixture
def make_version(study: Study) -> MakeVersion:
    """Makes and builds the next version of the default study."""

    def make(choice: Choice | None = None, **options: bool) -> DatasetVersion:
        version = new_version(study, choice or Choice(), **options)
        build(version.pk)
        version.refresh_from_db()
        assert version.state == "ready", version.reason
        return version

    return make


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
