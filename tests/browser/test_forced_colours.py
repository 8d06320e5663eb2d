"""Colours of the visitor's own choice, as Windows' contrast themes set them: what ours would tell, outlines tell."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator

from tests.browser.player import Person
from tests.browser.visitor import visitor
from webapp.photos.models import Photo


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of somebody with a contrast theme."""
    with visitor(browser, forced_colors="active") as one:
        yield one


def style(target: Locator, name: str, part: str | None = None) -> str:
    """A computed property of the first of the elements, or of a part of it such as ``::after``."""
    found: str = target.first.evaluate("(one, [name, part]) => getComputedStyle(one, part)[name]", [name, part])
    return found


def test_what_is_current_pressed_or_unusable_can_be_told_in_forced_colours(
    person: Person, make_photo: Callable[..., Photo]
) -> None:
    make_photo()
    person.arrive()
    person.press("1", "5", "s")
    page = person.page
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    for chosen, other in (
        (".cell.current", ".cell:not(.current)"),
        (".filter.active", ".filter:not(.active)"),
        ("[aria-pressed=true]", "[aria-pressed=false]"),
    ):
        assert style(page.locator(chosen), "outlineStyle") == "solid"
        assert style(page.locator(other), "outlineStyle") == "none"
    assert style(person.button("Finish"), "color") != style(person.button("Start over"), "color")
    selected, others = page.locator(".point.selected"), page.locator(".point:not(.selected)")
    assert style(selected, "backgroundColor", "::after") != style(others, "backgroundColor", "::after")
    # Levels are light on dark: added up on a white ground, their colours would not show.
    histogram = page.locator(".histogram")
    assert style(histogram, "backgroundColor") != style(page.locator("body"), "backgroundColor")
