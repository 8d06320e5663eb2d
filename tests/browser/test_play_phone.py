"""The play page on small screens that are touched: what is in reach, what is said, and how large the photo is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.hands import Touch
from tests.browser.player import Person
from tests.browser.test_tutorial import go_through
from tests.browser.visitor import visitor
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Consent, Study
from webapp.studies.texts import default_consent_text

MakePhoto = Callable[..., Photo]

UPRIGHT, ON_ITS_SIDE = (360, 640), (844, 390)


# On its side, what each window is asked for (WINDOWS, below) is the essence: the rest is left to `make test-long`.
@pytest.fixture(params=[UPRIGHT, pytest.param(ON_ITS_SIDE, marks=pytest.mark.long)], ids=["upright", "on its side"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's phone."""
    with visitor(browser, request.param, touched=True, reduced_motion="no-preference") as one:
        yield one


def box(person: Person, selector: str) -> Any:
    """Where an element stands in the window, as x, y, width and height in pixels."""
    found = person.page.locator(selector).bounding_box()
    assert found is not None
    return found


@pytest.mark.long
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


def test_finish_says_why_it_cannot_be_used_help_speaks_of_touch_and_the_last_look_begins_with_pictures_and_buttons(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    person.arrive()
    expect(person.page.locator(".history .reason")).to_be_visible()
    expect(person.page.locator(".history .finish")).to_contain_text("Make a step first.")
    person.button("Help and shortcuts").tap()
    expect(person.page.get_by_role("dialog")).to_contain_text("Double-tap a slider")
    person.press("Escape")
    expect(person.page.get_by_role("dialog")).to_have_count(0)
    person.click_filter("black_white")
    person.slider("amount").focus()
    person.press("End")
    person.page.locator(".history").get_by_role("button", name="Finish").tap()
    expect(person.button("Hand in")).to_be_in_viewport(ratio=1)
    expect(person.page.get_by_role("img", name="Before")).to_be_in_viewport(ratio=1)
    expect(person.page.get_by_role("img", name="After")).to_be_in_viewport(ratio=1)


@pytest.mark.long
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


NARROWEST, LOWEST = (320, 568), (740, 360)
WINDOWS = (NARROWEST, (320, 640), (360, 740), (390, 844), (820, 1180), LOWEST)
LIES_OVER = """() => {
    const { left, top, width, height } = document.querySelector(".room canvas").getBoundingClientRect();
    const shares = [0.02, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 0.98];
    return shares.flatMap((down) => shares.map((across) => document.elementFromPoint(
        left + across * width, top + down * height
    ))).filter((found) => !(found instanceof HTMLCanvasElement)).map((found) => found?.outerHTML.slice(0, 80));
}"""
HIDDEN = """() => [...document.querySelectorAll(".channels button, .point")].filter((part) => {
    const { left, top, width, height } = part.getBoundingClientRect();
    return !part.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}).map((part) => part.getAttribute("aria-label") ?? part.textContent)"""
UPRIGHT_PHOTO, LYING_PHOTO = {"width": 64, "height": 96}, {"width": 96, "height": 64}


# A lying one, and a larger window, leave more room: they are left to `make test-long`.
@pytest.mark.parametrize(
    ("size", "windows"),
    [
        pytest.param(UPRIGHT_PHOTO, (NARROWEST, LOWEST), id="upright photo, least room"),
        pytest.param(UPRIGHT_PHOTO, WINDOWS, id="upright photo", marks=pytest.mark.long),
        pytest.param(LYING_PHOTO, WINDOWS, id="lying photo", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("context", [UPRIGHT], indirect=True)
def test_nothing_lies_over_the_photo_whose_size_no_filter_changes_in_any_window(
    person: Person, make_photo: MakePhoto, size: dict[str, int], windows: tuple[tuple[int, int], ...]
) -> None:
    make_photo(**size)
    person.arrive()
    person.press("1", "2", "5")
    for width, height in windows:
        person.resize(width, height)
        sizes = set()
        for key in ("1", "5", "8"):
            person.press(key)
            person.wait_until_drawn()
            photo = box(person, ".room canvas")
            sizes.add((photo["x"], photo["y"], photo["width"], photo["height"]))
            assert person.page.evaluate(LIES_OVER) == [], (width, height, key)
            if key == "1":
                expect(person.slider("ev")).to_be_in_viewport(ratio=0.98)
        assert len(sizes) == 1, (width, height)
        assert box(person, ".histogram")["height"] > 30
        assert person.page.evaluate("document.documentElement.scrollWidth") == width
        assert person.page.evaluate("document.documentElement.scrollHeight") == height
        assert photo["y"] >= 0
        if height > 700 or width > height:
            assert person.page.evaluate(HIDDEN) == [], (width, height)


@pytest.mark.long
@pytest.mark.parametrize("context", [UPRIGHT], indirect=True)
def test_last_look_shows_the_picture_as_large_as_the_editor_and_all_steps(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    person.arrive()
    person.press("1", "PageUp", "2", "PageUp", "3", "PageUp", "4", "PageUp", "6", "PageUp")
    for width, height in WINDOWS:
        person.resize(width, height)
        edited = box(person, ".room canvas")
        person.button("Finish").tap()
        last = person.page.locator("dialog li").last
        expect(last).to_be_in_viewport(ratio=1)
        buttons = box(person, ".dialog-buttons button:first-child")
        end = last.bounding_box()
        assert end is not None
        assert end["y"] + end["height"] <= buttons["y"] + 1 or end["x"] + end["width"] <= buttons["x"]
        assert box(person, ".pictures figure:last-child .pixels")["width"] >= 0.95 * edited["width"], (width, height)
        person.button("Keep editing").tap()
        expect(person.page.locator("dialog")).to_have_count(0)


# Somebody new plays by touch in test_three_ways.py, one photo.
@pytest.mark.long
@pytest.mark.parametrize("context", [UPRIGHT], indirect=True)
def test_first_visit_by_touch_comes_from_the_start_page_to_the_second_photo(
    person: Person,
    make_photo: MakePhoto,
    study: Study,
    live_server: Any,
    complaints: list[str],
) -> None:
    study.consent_text, study.tutorial = default_consent_text(), True
    study.save()
    make_photo(1, **UPRIGHT_PHOTO)
    make_photo(2, **LYING_PHOTO)
    hand = Touch(person)
    person.page.goto(live_server.url)
    hand.press(person.page.get_by_role("link", name="Play", exact=True))
    hand.press(person.button("I agree: begin"))
    person.wait_for_photo()
    go_through(person)
    hand.press(person.button("Finish"))
    hand.press(person.button("Hand in"))
    expect(person.notice()).to_contain_text("You know the game now")
    hand.press(person.button("To the first photo"))
    person.wait_for_photo()
    expect(person.page.locator(".lesson")).to_have_count(0)
    practice, first = Episode.objects.order_by("started")
    assert (practice.tutorial, practice.status, practice.step_count) == (True, "submitted", 5)
    assert (first.tutorial, first.status) == (False, "open")
    assert Consent.objects.get().participant == Participant.objects.get()
    for done in (0, 1):
        expect(person.page.get_by_label(f"{done} of 2 photos handed in")).to_be_visible()
        assert person.page.evaluate(LIES_OVER) == []
        hand.choose("exposure")
        hand.slide("ev")
        expect(person.page.get_by_label("Step 1: Exposure, +")).to_be_visible()
        if done == 0:
            hand.press(person.button("Finish"))
            hand.press(person.button("Hand in"))
            expect(person.page.get_by_label("1 of 2 photos handed in")).to_be_visible()
            person.wait_for_photo()
    person.wait_until_saved()
    assert list(Episode.objects.filter(tutorial=False).order_by("started").values_list("status", flat=True)) == [
        "submitted",
        "open",
    ]
    assert complaints == []
