"""The cast: photos made here, players and strangers, and those who have an account: Ada, Bob and Carol."""

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import pyvips
import tifffile
from django.conf import settings as site
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from PIL import Image
from pytest_django import DjangoDbBlocker

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
MakeOnce = Callable[[], AbstractContextManager[None]]
Json = dict[str, Any]


def make_folders(folder: Path) -> Json:
    """Make what the site needs of folders in one, with a copy of the files that are made once, and return the settings.

    Files of one test are nothing to another; nor are the counts of requests and logins.
    """
    (folder / "uploads").mkdir()
    if (made := getattr(site, "MADE_ONCE", None)) and made.is_dir():
        shutil.copytree(made, folder / "data")
    return {
        "DATA_DIR": folder / "data",
        "FILE_UPLOAD_TEMP_DIR": folder / "uploads",
        "CACHES": {
            name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": f"{folder}{name}"}
            for name in site.CACHES
        },
        "STATIC_ROOT": folder / "static",
        # It lists all static files for every client that a test makes: a third of a second each.
        "MIDDLEWARE": [name for name in site.MIDDLEWARE if "whitenoise" not in name],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


@pytest.fixture(scope="session")
def made_once(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> MakeOnce:
    """Makes what is there for all tests of a module or class, each of which takes back what it changes.

    A fixture of their scope makes it in this context, and yields there. It lies in a transaction around theirs, and in
    files of which each has a copy: it is not for tests with transactions of their own.
    """

    @contextmanager
    def making() -> Iterator[None]:
        folder = tmp_path_factory.mktemp("once")
        own = make_folders(folder) | {"MADE_ONCE": folder / "data"}
        with django_db_blocker.unblock(), override_settings(**own), transaction.atomic():
            yield
            transaction.set_rollback(True)

    return making


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    for name, value in make_folders(tmp_path).items():
        setattr(settings, name, value)
    cache.clear()


@pytest.fixture(autouse=True, scope="module")
def small_practice_picture() -> Iterator[None]:
    """The practice photo is painted by whoever asks first, which takes two seconds; a small one is made at once."""
    small = np.linspace(0, 0.5, 64 * 96 * 3, dtype=np.float32).reshape(64, 96, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webapp.photos.practice.practice_picture", lambda: small)
        yield


@pytest.fixture
def built(settings: Any, tmp_path: Path) -> None:
    """A frontend that is built."""
    for name in ("play.js", "play.css", "upload.js", "landing.js", "finished.js", "questionnaire.js"):
        (tmp_path / name).touch()
    settings.STATICFILES_DIRS = [tmp_path]


def default_study() -> Study:
    """The study that every site begins with; tests with transactions of their own have emptied the tables.

    It goes without the tutorial, which has tests of its own.
    """
    study = Study.objects.get_or_create(slug=DEFAULT, defaults={"title": "Open study", "state": "open"})[0]
    if study.tutorial:
        study.tutorial = False
        study.save()
    return study


@pytest.fixture
def study(db: None) -> Study:
    """The study that every site begins with."""
    return default_study()


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


def write_png(folder: Path, seed: int) -> Path:
    """Write the picture of a seed to a file of its own."""
    path = folder / f"picture {seed}.png"
    path.write_bytes(png(seed))
    return path


@pytest.fixture
def photo_file(tmp_path: Path) -> Callable[[int], Path]:
    """Writes a picture of its own for a seed."""
    return partial(write_png, tmp_path)


def new_photo(study: Study, seed: int, **credit: str) -> Photo:
    """Add the photo of a seed to a study."""
    return add_photo(study, write_png(site.DATA_DIR.parent, seed), credit=Credit(**credit)).photo


@pytest.fixture
def make_photo(study: Study) -> MakePhoto:
    """Adds the photo of a seed to a study, the default one if none is named."""

    def make(seed: int = 1, into: Study | None = study, **credit: str) -> Photo:
        photo = new_photo(into or study, seed, **credit)
        if into is None:
            StudyPhoto.objects.filter(photo=photo).delete()
        return photo

    return make


@pytest.fixture
def photo(cast: Json, make_photo: MakePhoto) -> Photo:
    """The one photo of the default study."""
    return deepcopy(cast["photo"]) if "photo" in cast else make_photo()


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


def open_browser() -> Client:
    """Open a browser that has the token against forged requests, as any page of the site gives it."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "token" + 27 * "0"
    return client


@dataclass
class Player:
    """A browser that plays, with its cookies."""

    study: str = DEFAULT
    client: Client = field(default_factory=open_browser)

    def copy(self) -> "Player":
        """Another such browser, as this one is now."""
        other = Player(self.study)
        other.client.cookies = deepcopy(self.client.cookies)
        return other

    def get(self, path: str, **extra: Any) -> Any:
        return self.client.get(path, **extra)

    def post(self, path: str, data: Any) -> Any:
        token = self.client.cookies["csrftoken"].value if "csrftoken" in self.client.cookies else ""
        content = data if isinstance(data, str | bytes) else json.dumps(data)
        return self.client.post(path, content, content_type="application/json", headers={"X-CSRFToken": token})

    def join(self, kind: str = "human", ticket: str = "") -> Any:
        """Agree to what the study asks, if anything, and join it."""
        study = Study.objects.only("consent_text", "consent_version").at(self.study)
        version = study.consent_version if study and study.consent_text else None
        body = {"kind": kind, "ticket": ticket, "consent": version}
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
def player(cast: Json, study: Study) -> Player:
    """The player whom a test is about: joined the default study, and has played nothing yet."""
    return cast["player"].copy() if "player" in cast else new_player()


@pytest.fixture
def other_player(cast: Json, study: Study) -> Player:
    """Somebody else who has joined the default study."""
    return cast["other_player"].copy() if "other_player" in cast else new_player()


@pytest.fixture
def stranger(study: Study) -> Player:
    """Somebody who has opened the site, and not joined."""
    return Player()


def logged_in(account: User) -> Player:
    """A browser in which somebody is logged in."""
    browser = Player()
    browser.client.force_login(account)
    browser.get(f"/api/studies/{DEFAULT}/")
    return browser


def owner_of(study: Study) -> User:
    """Ada, a researcher: her account, with the password PASSWORD. She owns the study."""
    account = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    Membership.objects.create(study=study, user=account, role=Role.OWNER)
    return account


@pytest.fixture
def ada(cast: Json, study: Study) -> User:
    """Ada, who owns the default study."""
    return User.objects.get(username="ada") if "researcher" in cast else owner_of(study)


@pytest.fixture
def bob(db: None) -> User:
    """Bob, another researcher, with the same password, and without a role in any study."""
    return User.objects.create_user("bob", password=PASSWORD, is_staff=True)


@pytest.fixture
def carol(db: None) -> User:
    """Carol, who has an account and is no researcher."""
    return User.objects.create_user("carol", password=PASSWORD)


@pytest.fixture
def researcher(cast: Json, ada: User) -> Player:
    """Ada's browser, in which she is logged in."""
    return cast["researcher"].copy() if "researcher" in cast else logged_in(ada)


@pytest.fixture(scope="module")
def cast(request: pytest.FixtureRequest, made_once: MakeOnce) -> Iterator[Json]:
    """What all tests of a module begin with, by the names of the fixtures that its ``CAST`` lists; made once."""
    makers: dict[str, Callable[[], Any]] = {
        "photo": lambda: new_photo(default_study(), 1),
        "player": new_player,
        "other_player": new_player,
        "researcher": lambda: logged_in(owner_of(default_study())),
    }
    if not (names := getattr(request.module, "CAST", ())):
        yield {}
        return
    with made_once():
        default_study()
        yield {name: makers[name]() for name in names}


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
