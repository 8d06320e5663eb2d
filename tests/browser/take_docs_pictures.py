"""README's pictures of the game and of a report, in docs/pictures: taken by `make pictures`.

Of what our own programs paint, so that no photograph of anybody's is committed.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from editing.photos.practice_picture import practice_picture
from editing.photos.read_options import ReadOptions
from tests.browser.player import Person
from tests.browser.visitor import visitor
from tests.command_line import safelight_output
from webapp.studies.models import Study
from webapp.studies.photos import add_photo

LARGEST = 300_000  # bytes of a picture that is committed


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with visitor(browser, (1280, 800)) as one:
        yield one


def test_take_the_picture_of_the_game(person: Person, study: Study, root: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "evening.npy", practice_picture())
    add_photo(study, tmp_path / "evening.npy", ReadOptions(transfer="linear"))
    person.arrive()
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.7)
    person.click_filter("contrast")
    person.drag("amount", 0.5, 0.54)
    person.click_filter("white_balance")
    person.drag("temperature", 0.5, 0.6)
    person.wait_until_saved()
    person.page.wait_for_timeout(2000)  # the small pictures of the steps are drawn when nothing else is
    save(person.page, root, "game")


def test_take_the_picture_of_a_report(context: BrowserContext, root: Path, tmp_path: Path) -> None:
    people, played, report = (tmp_path / name for name in ("people", "played", "report"))
    careful = ("--temperament", "careful", "--people", "12", "--each", "6", "--scenes", "6")
    safelight_output("synthetic-people", *careful, "-o", people)
    safelight_output("play", "--agent", "pretrained", people, "-o", played)
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
