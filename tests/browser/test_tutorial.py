"""The start page, the consent and the tutorial; somebody new goes through them all in test_three_ways.py."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.player import Person
from tests.browser.visitor import visitor
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Consent, Study
from webapp.studies.texts import default_consent_text

MakePhoto = Callable[..., Photo]
IS_TOUCH = "matchMedia('(pointer: coarse)').matches"
WIDTHS = {"phone": (360, 740), "tablet": (820, 1180), "desk": (1100, 800)}


@pytest.fixture
def study(study: Study) -> Study:
    """The study as a site begins with it: with a text to agree to, and the tutorial."""
    study.consent_text, study.tutorial = default_consent_text(), True
    study.save()
    return study


# A tablet, which is between the two others, and a desk are left to `make test-long`.
@pytest.fixture(params=["phone", *(pytest.param(one, marks=pytest.mark.long) for one in ("tablet", "desk"))])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser, on a phone, on a tablet and at a desk."""
    with visitor(browser, WIDTHS[request.param], touched=request.param != "desk") as one:
        yield one


at_a_desk = pytest.mark.parametrize("context", ["desk"], indirect=True)


@pytest.fixture
def begin(person: Person) -> Callable[[], None]:
    """Agrees to take part, and comes to the tutorial."""

    def go() -> None:
        person.page.goto(person.address)
        person.button("I agree: begin").click()
        person.wait_for_photo()

    return go


def card(person: Person, name: str) -> Any:
    """The tutorial's card of that name, in front."""
    found = person.page.locator(f"[data-card={name}]")
    expect(found).to_be_visible()
    return found


def try_filter(person: Person, slug: str, *, replacing: bool = False) -> None:
    """Do what a card asks: choose the filter, move its first control, turn to the next card."""
    asked = card(person, slug)
    if replacing:
        expect(asked).to_have_attribute("data-phase", "full")
        expect(person.button("Replace")).to_have_attribute("data-pointed", "")
        person.button("Replace").click()
    expect(asked).to_have_attribute("data-phase", "choose")
    expect(person.page.locator(f"[data-filter={slug}][data-pointed]")).to_be_in_viewport(ratio=0.9)
    person.click_filter(slug)
    expect(asked).to_have_attribute("data-phase", "set")
    person.page.locator(".controls").get_by_role("slider").first.focus()
    person.press("ArrowUp", "Shift+ArrowUp")
    expect(asked).to_have_attribute("data-phase", "done")
    person.button("Next").click()


def assert_below_the_photo(person: Person, selector: str) -> None:
    """Wait until what a card speaks of has come out from under the photo, where the page scrolls."""
    script = """selector => document.querySelector(selector).getBoundingClientRect().top
        >= document.querySelector(".room canvas").getBoundingClientRect().bottom"""
    person.page.wait_for_function(script, arg=selector)


def go_through(person: Person, *, begun: int = 0) -> None:
    """All cards, up to the last look; of the first five filters, so many were tried before."""
    if begun == 0:
        card(person, "welcome")
        person.button("Next").click()
    for slug in ("exposure", "gamma", "white_balance", "saturation", "contrast")[begun:]:
        try_filter(person, slug)
    try_filter(person, "black_white", replacing=True)
    card(person, "remove")
    person.button("Remove step").click()
    person.button("Next").click()
    try_filter(person, "tone")
    try_filter(person, "color", replacing=True)
    card(person, "back")
    assert_below_the_photo(person, ".strip li:nth-child(2) button")
    person.page.locator(".strip li:nth-child(2) button").click()
    person.button("Next").click()
    # Fingers have no keys.
    assert ("key B" in card(person, "compare").inner_text()) is not person.page.evaluate(IS_TOUCH)
    person.page.keyboard.down("b")
    person.page.keyboard.up("b")
    person.button("Next").click()
    card(person, "finish")


def is_whole(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_cards_leave_the_photo_the_goal_and_what_they_speak_of_in_view(
    person: Person, begin: Callable[[], None], make_photo: MakePhoto
) -> None:
    make_photo()
    begin()
    person.button("Next").click()
    for shown in (".room canvas", ".goal", "[data-card=exposure]", "[data-filter=exposure]"):
        expect(person.page.locator(shown)).to_be_in_viewport(ratio=0.99)
    photo = person.page.locator(".room canvas").bounding_box()
    shown_card = person.page.locator(".lesson .card").bounding_box()
    assert photo is not None
    assert shown_card is not None
    beside = photo["x"] + photo["width"] <= shown_card["x"] + 1
    below = shown_card["y"] + shown_card["height"] <= photo["y"] + 1
    assert beside or below
    person.click_filter("exposure")
    expect(person.slider("ev")).to_be_in_viewport()
    assert is_whole(person.page)


@at_a_desk
def test_next_waits_until_the_card_is_done_which_stays_in_its_place_and_the_first_time_nothing_can_be_skipped(
    person: Person, begin: Callable[[], None], make_photo: MakePhoto
) -> None:
    make_photo()
    begin()
    person.button("Next").click()
    asked = card(person, "exposure")
    expect(person.button("Next")).to_have_attribute("aria-disabled", "true")
    expect(person.button("Skip the practice")).to_have_count(0)
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.7)
    expect(asked).to_have_attribute("data-phase", "done")
    # Measured on its way from place to place, it would come to rest elsewhere.
    down = "card => card.style.getPropertyValue('--down')"
    rested = asked.evaluate(down)
    person.drag("ev", 0.7, 0.8)
    person.wait_until_saved()
    assert asked.evaluate(down) == rested
    expect(person.button("Finish")).to_have_attribute("aria-disabled", "true")
    expect(person.page.locator(".finish .reason >> visible=true")).to_have_text("Follow the cards first.")
    person.button("Finish").click(force=True)
    person.press("Enter")
    expect(person.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.long
@at_a_desk
def test_whoever_chose_other_filters_than_the_cards_asked_for_is_told_how_to_go_on(
    person: Person, begin: Callable[[], None], make_photo: MakePhoto
) -> None:
    make_photo()
    begin()
    person.button("Next").click()
    for slug in ("tone", "color", "contrast", "saturation", "black_white"):
        person.click_filter(slug)
    asked = card(person, "exposure")
    expect(asked).to_contain_text("All five steps are in use. Press Replace, then choose Exposure.")
    try_filter(person, "exposure", replacing=True)


@pytest.mark.long
@at_a_desk
def test_it_goes_on_after_a_reload_and_can_be_had_again_and_skipped(
    person: Person, begin: Callable[[], None], make_photo: MakePhoto, live_server: Any
) -> None:
    make_photo()
    begin()
    person.button("Next").click()
    try_filter(person, "exposure")
    person.wait_until_saved()
    person.page.reload()
    person.wait_for_photo()
    card(person, "gamma")
    person.page.goto(live_server.url)
    expect(person.page.get_by_role("link", name="Go on")).to_be_visible()
    # Other tests go through it to the end.
    Episode.objects.update(status="submitted")
    person.page.reload()
    person.page.get_by_role("link", name="Practise once more").click()
    person.wait_for_photo()
    card(person, "welcome")
    person.button("Skip the practice").click()
    expect(person.page.locator(".lesson")).to_have_count(0)
    person.wait_for_photo()
    assert list(Episode.objects.filter(status="open").order_by("tutorial").values_list("tutorial", flat=True)) == [
        False,
        True,
    ]


@at_a_desk
def test_declining_leaves_nothing(person: Person, make_photo: MakePhoto, live_server: Any) -> None:
    make_photo()
    person.page.goto(f"{live_server.url}/play/default/")
    person.page.get_by_role("link", name="I do not agree").click()
    expect(person.page.get_by_role("heading")).to_have_text("That is fine")
    assert "sessionid" not in {cookie.get("name") for cookie in person.page.context.cookies()}
    assert not Participant.objects.exists()


@pytest.mark.long
@at_a_desk
def test_who_agrees_once_more_goes_on_as_the_same_player_when_the_session_has_ended_or_the_text_changes_in_mid_game(
    person: Person, begin: Callable[[], None], make_photo: MakePhoto, study: Study
) -> None:
    make_photo()
    begin()
    person.button("Next").click()
    try_filter(person, "exposure")
    person.wait_until_saved()
    person.page.context.clear_cookies()
    person.page.reload()
    expect(person.page.locator("input[name=ticket]")).not_to_have_value("")
    person.button("I agree: begin").click()
    person.wait_for_photo()
    card(person, "gamma")
    assert (Participant.objects.count(), Consent.objects.count(), Episode.objects.count()) == (1, 1, 1)
    study.consent_text = "We ask for more now."
    study.save()
    person.click_filter("gamma")
    expect(person.notice()).to_contain_text("read the study's text again")
    person.button("Read it").click()
    expect(person.page.locator("main")).to_contain_text("We ask for more now.")
    person.button("I agree: begin").click()
    person.wait_for_photo()
    assert person.steps_shown()[1:] == ["Step 2: Gamma, unchanged"]
    assert (Participant.objects.count(), Consent.objects.count(), Episode.objects.count()) == (1, 2, 1)


@pytest.mark.long
@at_a_desk
def test_a_break_says_what_is_saved_and_what_remains_and_keys_alone_go_on_after_it(
    person: Person, begin: Callable[[], None], make_photo: MakePhoto
) -> None:
    make_photo(1)
    make_photo(2)
    begin()
    person.button("Take a break").click()
    dialog = person.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Waiting for you: 2 photos.")
    expect(dialog).to_contain_text("Everything that you did is saved")
    dialog.get_by_role("link", name="To the start page").click()
    person.page.get_by_role("link", name="Go on").click()
    person.wait_for_photo()
    card(person, "welcome")
    person.press("n", "n")
    card(person, "exposure")
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    person.press("PageUp")
    expect(card(person, "exposure")).to_have_attribute("data-phase", "done")
    person.press("n")
    card(person, "gamma")


class TestStartPage:
    def test_its_picture_is_drawn_and_the_line_is_dragged(
        self, person: Person, make_photo: MakePhoto, live_server: Any, complaints: list[str]
    ) -> None:
        make_photo()
        person.page.goto(live_server.url)
        slider = person.page.get_by_role("slider")
        expect(slider).to_be_visible()
        expect(person.page.locator(".picture canvas")).to_have_count(2)
        expect(person.page.locator("figcaption")).to_have_text(re.compile("Exposure .1.30"))
        box = slider.bounding_box()
        assert box is not None
        person.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
        assert abs(float(slider.input_value()) - 25) < 4
        slider.focus()
        person.press("ArrowRight")
        assert abs(float(slider.input_value()) - 26) < 4
        expect(person.page.get_by_role("link", name="Play", exact=True)).to_be_in_viewport()
        assert is_whole(person.page)
        assert complaints == []

    @at_a_desk
    def test_without_webgl_it_says_so_and_the_rest_works(
        self, person: Person, make_photo: MakePhoto, live_server: Any, complaints: list[str]
    ) -> None:
        make_photo()
        person.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        person.page.goto(live_server.url)
        expect(person.page.locator(".picture")).to_contain_text("please update the browser")
        expect(person.page.get_by_role("link", name="Play", exact=True)).to_be_visible()
        assert complaints == []
