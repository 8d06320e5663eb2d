"""The play page on small screens that are touched: what is in reach, what is said, and how large the photo is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.player import Person
from tests.browser.visitor import visitor
from webapp.photos.models import Photo

MakePhoto = Callable[..., Photo]

UPRIGHT, ON_ITS_SIDE = (360, 640), (844, 390)


@pytest.fixture(params=[UPRIGHT, ON_ITS_SIDE], ids=["upright", "on its side"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's phone."""
    with visitor(browser, request.param, touched=True, reduced_motion="no-preference") as one:
        yield one


def box(person: Person, selector: str) -> Any:
    """Where an element stands in the window, as x, y, width and height in pixels."""
    found = person.page.locator(selector).bounding_box()
    assert found is not None
    return found


def test_upright_photo_is_large_and_stays_while_controls_scroll(person: Person, make_photo: MakePhoto) -> None:
    make_photo(width=64, height=96)
    person.arrive()
    window = person.page.viewport_size
    assert window is not None
    assert box(person, ".room canvas")["height"] > 0.4 * window["height"]
    person.click_filter("exposure")
    person.page.locator("[data-filter=color]").tap()
    person.page.locator(".curves .hint").scroll_into_view_if_needed()
    assert box(person, ".room canvas")["y"] >= 0
    assert box(person, ".history .primary")["y"] + 32 < window["height"]
    assert person.page.evaluate("document.documentElement.scrollWidth") == window["width"]


def test_finish_says_why_it_cannot_be_used(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    expect(person.page.locator(".history .reason")).to_be_visible()
    expect(person.page.locator(".history .finish")).to_contain_text("Make a step first.")


def test_help_speaks_of_touch(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    person.button("Help and shortcuts").tap()
    expect(person.page.get_by_role("dialog")).to_contain_text("Double-tap a slider")


def test_last_look_begins_at_its_top_with_both_pictures_and_the_buttons(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    person.click_filter("black_white")
    person.slider("amount").focus()
    person.press("End")
    person.page.locator(".history").get_by_role("button", name="Finish").tap()
    expect(person.button("Hand in")).to_be_in_viewport(ratio=1)
    expect(person.page.get_by_role("img", name="Before")).to_be_in_viewport(ratio=1)
    expect(person.page.get_by_role("img", name="After")).to_be_in_viewport(ratio=1)


def test_next_photo_begins_with_the_first_filter(person: Person, make_photo: MakePhoto) -> None:
    make_photo(1)
    make_photo(2)
    person.arrive()
    person.press("8")
    expect(person.point(1)).to_be_focused()
    expect(person.page.locator("[data-filter=exposure]")).not_to_be_in_viewport(ratio=1)
    person.press("6")
    person.slider("amount").focus()
    person.press("End")
    person.hand_in()
    expect(person.page.get_by_label("1 of 2 photos handed in")).to_be_visible()
    person.wait_for_photo()
    expect(person.page.locator("[data-filter=exposure]")).to_be_in_viewport(ratio=1)
