"""Pictures of every page and state in five windows, in var/screenshots/: taken by `make screenshots`.

PHOTOS names a folder of photos in place of the demo photos, TRANSFER and PRIMARIES how they are to be read.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, BrowserContext, Page

from editing.photos.finding import find_photos
from editing.photos.read_options import ReadOptions
from tests.browser.pages import WALKS
from tests.browser.player import Person
from tests.browser.visit import Visit
from tests.browser.visitor import visitor
from tests.webapp.downloads.downloading import forget_jobs
from webapp.photos.models import Photo
from webapp.photos.storing import Credit
from webapp.studies.demo_photos import demo_photo_paths
from webapp.studies.models import Study
from webapp.studies.photos import add_photo

WINDOWS = ((320, 640), (360, 740), (740, 360), (820, 1180), (1440, 900))


@pytest.fixture(params=WINDOWS, ids=lambda window: str(window[0]))
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser of that size; all but the widest are touched."""
    with visitor(browser, request.param, touched=request.param[0] < 1000) as one:
        yield one


@pytest.fixture(autouse=True)
def small_practice_picture() -> None:
    """The practice picture is as people see it."""


@pytest.fixture
def visit(person: Person, live_server: Any, study: Study, tmp_path: Path) -> Iterator[Visit]:
    """A visitor of a study of real photos."""
    folder = os.environ.get("PHOTOS")
    demo = demo_photo_paths()
    paths = iter(find_photos([Path(folder).expanduser()]).photos if folder else [*demo, *mirrored(demo, tmp_path)])
    read_options = ReadOptions(os.environ.get("TRANSFER") or "auto", os.environ.get("PRIMARIES") or "auto")

    def add(path: Path) -> Photo:
        stated = demo.get(path)
        credit = Credit(stated.licence, stated.attribution) if stated else Credit()
        return add_photo(study, path, read_options, credit).photo

    yield Visit(person, live_server.url, lambda count: [add(next(paths)) for _ in range(count)], crowd=(60, 200))
    forget_jobs()


def mirrored(paths: Iterable[Path], folder: Path) -> Iterator[Path]:
    """Copies of the photos that are photos of their own, for walks that need more of them."""
    for number, path in enumerate(paths):
        copy = folder / f"mirrored {number}.png"
        with Image.open(path) as picture:
            ImageOps.mirror(picture.convert("RGB")).save(copy)
        yield copy


def take(page: Page, path: Path) -> None:
    """A picture of the window: while a photo is edited as large as it is, else as high as the page.

    Playwright's own pictures of a whole page let the browser forget that it is touched.
    """
    window = page.viewport_size
    assert window is not None
    editing = page.locator("main.playing").count() > 0
    height = 0 if editing else page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": window["width"], "height": max(window["height"], height)})
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    page.screenshot(path=path)
    page.set_viewport_size(window)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_take_screenshots(visit: Visit, walk: Callable[[Visit], Iterator[str]], root: Path) -> None:
    window = visit.page.viewport_size
    assert window is not None
    for name in walk(visit):
        take(visit.page, root / "var" / "screenshots" / f"{name}-{window['width']}.png")
