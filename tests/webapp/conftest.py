"""The cast: photos made here, players and strangers, and those who have an account: Ada, Bob and Carol."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import pyvips
import tifffile
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from editing.game.filters import VERSION
from editing.photos.read_options import AUTO, ReadOptions
from tests.webapp.site_files import previews_folder
from webapp.photos.decoding import SourceFile, decode
from webapp.photos.models import Photo
from webapp.photos.storing import Credit, keep_original, store
from webapp.studies.members import Membership, Role
from webapp.studies.models import DEFAULT, Study, StudyPhoto
from webapp.studies.photos import add_photo, add_to_study

PASSWORD = "correct horse battery"
WRITES = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT")
MakePhoto = Callable[..., Photo]
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    """Files of one test are nothing to another; nor are the counts of requests and logins."""
    settings.DATA_DIR = tmp_path / "data"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": f"{tmp_path}{name}"}
        for name in settings.CACHES
    }
    settings.STATIC_ROOT = tmp_path / "static"
    # It lists all static files for every client that a test makes: a third of a second each.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture(autouse=True)
def small_practice_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The practice photo is painted by whoever asks first, which takes two seconds; a small one is made at once."""
    small = np.linspace(0, 0.5, 64 * 96 * 3, dtype=np.float32).reshape(64, 96, 3)
    monkeypatch.setattr("webapp.photos.practice.practice_picture", lambda: small)


@pytest.fixture
def built(settings: Any, tmp_path: Path) -> None:
    """A frontend that is built."""
    for name in ("play.js", "play.css", "upload.js", "landing.js", "finished.js", "questionnaire.js"):
        (tmp_path / name).touch()
    settings.STATICFILES_DIRS = [tmp_path]


@pytest.fixture
def study(db: None) -> Study:
    """The study that every site begins with; tests with transactions of their own have emptied the tables.

    It goes without the tutorial, which has tests of its own.
    """
    study = Study.objects.get_or_create(slug=DEFAULT, defaults={"title": "Open study", "state": "open"})[0]
    study.tutorial = False
    study.save()
    return study


def png(seed: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """An 8-bit picture (width, height) that no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Makes the bytes of a PNG, from a seed and a (width, height)."""
    return png


@pytest.fixture
def photo_file(tmp_path: Path) -> Callable[[int], Path]:
    """Writes a picture of its own for a seed."""

    def write(seed: int) -> Path:
        path = tmp_path / f"picture {seed}.png"
        path.write_bytes(png(seed))
        return path

    return write


@pytest.fixture
def make_photo(study: Study, photo_file: Callable[[int], Path]) -> MakePhoto:
    """Adds the photo of a seed to a study, the default one if none is named."""

    def make(seed: int = 1, into: Study | None = study, **credit: str) -> Photo:
        photo = add_photo(into or study, photo_file(seed), credit=Credit(**credit)).photo
        if into is None:
            StudyPhoto.objects.filter(photo=photo).delete()
        return photo

    return make


@pytest.fixture
def photo(make_photo: MakePhoto) -> Photo:
    """The one photo of the default study."""
    return make_photo()


@pytest.fixture
def store_as_before(study: Study, tmp_path: Path) -> Callable[..., tuple[Path, Photo]]:
    """Stores a photo as it was before readings were counted; its file, and the photo.

    It has floating point and a curved profile, which that reading took for linear light; or, where it reads alike, a
    linear one.
    """

    def make(*, reads_alike: bool = False) -> tuple[Path, Photo]:
        path = tmp_path / f"float {reads_alike}.tif"
        pixels = np.random.default_rng(5).random((64, 96, 3), dtype=np.float32)
        profile = None if reads_alike else bytes(pyvips.Operation.call("profile_load", "srgb"))
        tifffile.imwrite(path, pixels, photometric="rgb", iccprofile=profile)
        source = SourceFile.read(path)
        decoded = decode(source, previews_folder(), ReadOptions("linear", "auto"))
        decoding = {name: value for name, value in decoded.decoding.items() if name != "reading"}
        photo, _ = store(replace(decoded, decoding=decoding | {"options": asdict(AUTO)}))
        keep_original(photo, source)
        add_to_study(study, photo)
        return path, photo

    return make


@dataclass
class Player:
    """A browser that plays, with its cookies."""

    study: str = DEFAULT
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def get(self, path: str, **extra: Any) -> Any:
        return self.client.get(path, **extra)

    def post(self, path: str, data: Any) -> Any:
        token = self.client.cookies["csrftoken"].value if "csrftoken" in self.client.cookies else ""
        content = data if isinstance(data, str | bytes) else json.dumps(data)
        return self.client.post(path, content, content_type="application/json", headers={"X-CSRFToken": token})

    def join(self, kind: str = "human", ticket: str = "") -> Any:
        """Agree to what the study asks, if anything, and join it."""
        text = self.get(f"/api/studies/{self.study}/").json()["consent"]
        body = {"kind": kind, "ticket": ticket, "consent": text and text["version"]}
        return self.post(f"/api/studies/{self.study}/join/", body)

    def join_with(self, ticket: str) -> Any:
        """Join as a person who was here before, and agree once more."""
        return self.join(ticket=ticket)

    def next(self, query: str = "") -> Any:
        """Ask what to play next, which changes nothing, in whatever state the database is."""
        with CaptureQueriesContext(connection) as queries:
            answer = self.get(f"/api/studies/{self.study}/next/{query}")
        assert [sql for query in queries if (sql := query["sql"]).lstrip("( ").startswith(WRITES)] == []
        return answer

    def send(self, photo: Photo, events: list[Json], episode: str | None = None) -> Any:
        body = {"study": self.study, "photo": photo.pk, "events": events}
        return self.post(f"/api/episodes/{episode or events[0]['episode']}/events/", body)


def new_player() -> Player:
    """Somebody, unlike all others, who has joined the default study."""
    player = Player()
    assert player.join().status_code == 200
    return player


@pytest.fixture
def player(study: Study) -> Player:
    """The player whom a test is about: joined the default study, and has played nothing yet."""
    return new_player()


@pytest.fixture
def other_player(study: Study) -> Player:
    """Somebody else who has joined the default study."""
    return new_player()


@pytest.fixture
def stranger(study: Study) -> Player:
    """Somebody who has opened the site, and not joined."""
    visitor = Player()
    visitor.get(f"/api/studies/{DEFAULT}/")
    return visitor


def logged_in(account: User) -> Player:
    """A browser in which somebody is logged in."""
    browser = Player()
    browser.client.force_login(account)
    browser.get(f"/api/studies/{DEFAULT}/")
    return browser


@pytest.fixture
def ada(study: Study) -> User:
    """Ada, a researcher: her account, with the password PASSWORD. She owns the default study."""
    account = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    Membership.objects.create(study=study, user=account, role=Role.OWNER)
    return account


@pytest.fixture
def bob(db: None) -> User:
    """Bob, another researcher, with the same password, and without a role in any study."""
    return User.objects.create_user("bob", password=PASSWORD, is_staff=True)


@pytest.fixture
def carol(db: None) -> User:
    """Carol, who has an account and is no researcher."""
    return User.objects.create_user("carol", password=PASSWORD)


@pytest.fixture
def researcher(ada: User) -> Player:
    """Ada's browser, in which she is logged in."""
    return logged_in(ada)


def write_events(*actions: tuple[str, Json], episode: str | None = None, first: int = 0) -> list[Json]:
    """Events from (kind, fields) pairs, numbered from ``first``."""
    episode = episode or str(uuid4())
    blank = {"step": None, "filter": None, "parameters": None, "contract_version": VERSION, "episode": episode}
    blank["gesture"] = None
    return [
        blank | {"id": str(uuid4()), "seq": seq, "kind": kind, "ms": 100 * seq} | fields
        for seq, (kind, fields) in enumerate(actions, first)
    ]


@pytest.fixture
def events() -> Callable[..., list[Json]]:
    """Makes events from (kind, fields) pairs."""
    return write_events


DRAG = {"device": "mouse", "moves": 14, "ms": 420, "reversals": 2, "trusted": True}
BRIGHTER = (
    ("start", {}),
    ("choose", {"step": 0, "filter": "exposure"}),
    ("adjust", {"step": 0, "filter": "exposure", "parameters": {"ev": 1.5}, "gesture": DRAG}),
    ("goto", {"step": 1}),
    ("choose", {"step": 1, "filter": "contrast"}),
    ("adjust", {"step": 1, "filter": "contrast", "parameters": {"amount": 0.25}}),
)


@pytest.fixture
def opened() -> list[Json]:
    """An episode that has two steps and is not submitted."""
    return write_events(*BRIGHTER)


@pytest.fixture
def played() -> list[Json]:
    """A whole episode of two steps, submitted."""
    return write_events(*BRIGHTER, ("submit", {}))


@pytest.fixture
def new_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Lets the site go on with the next version of the filters, which it returns; clients have to follow."""

    def bump() -> int:
        for module in [module for name, module in sys.modules.items() if name.startswith("editing.")]:
            if hasattr(module, "VERSION"):
                monkeypatch.setattr(module, "VERSION", VERSION + 1)
        return VERSION + 1

    return bump


@pytest.fixture
def refused() -> Callable[[Any], tuple[int, str]]:
    """The status and code of a refusal, which must have the one form that all have."""

    def read(response: Any) -> tuple[int, str]:
        error = response.json()["error"]
        assert set(error) >= {"code", "message", "seq"}
        assert error["message"]
        return response.status_code, error["code"]

    return read
