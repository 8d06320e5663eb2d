"""A real Chromium, the site in a server of its own, and a player in front of it."""

import os
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, expect

from editing.photos.read_options import ReadOptions
from tests.browser.chromium import running_chromium
from tests.browser.player import Person
from tests.browser.server import GATE, GatedServer
from tests.browser.visitor import PATIENCE_MS, visitor
from tests.webapp.conftest import small_practice_picture
from webapp.photos.models import Photo
from webapp.studies.models import DEFAULT, Study
from webapp.studies.photos import add_photo

# A fixture of all tests of the site.
__all__ = ["small_practice_picture"]

# Playwright keeps an event loop running in the thread of the tests, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

LiveServerThread.server_class = GatedServer

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Browser]:
    """Chromium: the one that CHROMIUM names, or one on the path."""
    # What photos are decoded in is forked from a process that takes a while to begin, longer than a page is waited for.
    forkserver.ensure_running()
    # It ends before the server, which ends before the database: each waits until nothing is connected to it.
    request.getfixturevalue("live_server")
    # Pages are put together by the processor: SwiftShader would need six times as long for it as for their photos.
    with running_chromium("--disable-gpu-compositing") as chromium:
        yield chromium
        # Django's connections of while Playwright's event loop runs are others than those of before and after it.
        # Tests of other folders leave theirs open, and the database could not be deleted.
        connections.close_all()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser, with cookies and storage of its own."""
    with visitor(browser) as one:
        yield one


@pytest.fixture
def complaints(context: BrowserContext) -> list[str]:
    """What the page complains of: exceptions, refusals of the content security policy and other errors."""
    heard: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)

    context.on("page", listen)
    return heard


@pytest.fixture
def _server_awake() -> Iterator[None]:
    yield
    GATE.open()


@pytest.fixture(autouse=True)
def _server_at_rest(_server_awake: None, transactional_db: None) -> Iterator[None]:
    """Pages say goodbye as they close: what the server still does with it is not to meet the emptying of the tables."""
    yield
    GATE.close()


@pytest.fixture(autouse=True)
def _own_data(settings: Any, tmp_path: Path) -> None:
    """Files of one test are nothing to another; pages get what was built last, whatever was collected before."""
    settings.DATA_DIR = tmp_path / "data"
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": f"{tmp_path}{name}"}
        for name in settings.CACHES
    }
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def study(transactional_db: None) -> Study:
    """The study that is played; tests with transactions of their own have emptied the tables.

    It asks for no consent and goes without the tutorial, which have tests of their own.
    """
    study = Study.objects.get_or_create(slug=DEFAULT, defaults={"title": "Open study", "state": "open"})[0]
    study.consent_text, study.tutorial = "", False
    study.save()
    return study


@pytest.fixture
def make_photo(study: Study, tmp_path: Path) -> Callable[..., Photo]:
    """Adds a photo to the study: dark, with a gradient in each direction, noise, and highlights above 1."""

    def make(seed: int = 1, width: int = 96, height: int = 64) -> Photo:
        random = np.random.default_rng(seed)
        across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        pixels = np.stack([across**2, across * down, down**3], axis=-1) * 0.6 + random.random((height, width, 3)) * 0.1
        pixels[:6, :9] = (1.5, 1.2, 0.9)
        pixels[-6:, :9] = 0
        path = tmp_path / f"photo {seed}.npy"
        np.save(path, pixels.astype(np.float32))
        return add_photo(study, path, ReadOptions("linear", "srgb")).photo

    return make


@pytest.fixture
def real_photo(study: Study, shared: Path) -> Photo:
    """A photo of a camera in the study: landscape, linear ProPhoto."""
    path = shared / "data" / "fivek_study" / "npy" / "1103.npy"
    return add_photo(study, path, ReadOptions("linear", "prophoto")).photo


@pytest.fixture
def person(context: BrowserContext, complaints: list[str], live_server: Any, study: Study) -> Person:
    """Somebody who is about to play the study."""
    return Person(context.new_page(), f"{live_server.url}/play/{study.slug}/")
