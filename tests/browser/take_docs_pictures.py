"""README's pictures of the game and of a report, in docs/pictures: taken by `make pictures`, of demo photos."""

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from editing.photos.read_options import AUTO
from tests.browser.player import Person
from tests.browser.visitor import visitor
from tests.command_line import safelight_output
from webapp.photos.storing import Credit
from webapp.studies.demo_photos import demo_photo_paths
from webapp.studies.models import Study
from webapp.studies.photos import add_photo

LARGEST = 300_000  # bytes of a picture that is committed
PHOTO = "coffee"  # of those that come with scikit-image


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with visitor(browser, (1280, 800)) as one:
        yield one


def test_take_the_picture_of_the_game(person: Person, study: Study, root: Path) -> None:
    photos = demo_photo_paths()
    path = next((path for path in photos if PHOTO in path.name), next(iter(photos)))
    stated = photos[path]
    add_photo(study, path, AUTO, Credit(stated.licence, stated.attribution))
    person.arrive()
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.56)
    person.click_filter("contrast")
    person.drag("amount", 0.5, 0.54)
    person.click_filter("white_balance")
    person.drag("temperature", 0.5, 0.42)
    person.wait_until_saved()
    save(person.page, root, "game")


def test_take_the_picture_of_a_report(context: BrowserContext, root: Path, tmp_path: Path) -> None:
    photos, played, people, report = (tmp_path / name for name in ("photos", "played", "people", "report"))
    photos.mkdir()
    for path in demo_photo_paths():
        shutil.copy(path, photos)
    safelight_output("play", "--agent", "pretrained", photos, "-o", played)
    careful = ("--temperament", "careful", "--people", "12", "--each", "4")
    safelight_output("synthetic-people", "--photos", played, *careful, "-o", people)
    safelight_output("compare", people, played, "--players", "robots,agents", "-o", report)
    page = context.new_page()
    page.goto((report / "report.html").as_uri())
    save(page, root, "report")


def save(page: Page, root: Path, name: str) -> None:
    """Save what is in the window into docs/pictures."""
    file = root / "docs" / "pictures" / f"{name}.webp"
    file.parent.mkdir(exist_ok=True)
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(file, quality=82, method=6)
    assert file.stat().st_size < LARGEST
