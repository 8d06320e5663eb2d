"""The whole game, from the practice to the replay, by mouse, by touch and by keys alone, on screens of each size."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from editing.game import rules
from tests.browser.hands import HANDS, Mouse
from tests.browser.player import Person
from tests.browser.test_tutorial import go_through
from tests.browser.treatments import AGENT, treat
from tests.browser.visitor import visitor
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.studies.models import Consent, Study
from webapp.studies.texts import default_consent_text

WINDOWS = {"phone": (360, 740), "tablet": (820, 1180), "desk": (1100, 800)}


def ways(*usual: str) -> list[Any]:
    """What one plays by, and on what: those that are not usual are left to `make test-long`."""
    return [
        pytest.param((way, window), id=name, marks=[] if name in usual else [pytest.mark.long])
        for way in HANDS
        for window in WINDOWS
        for name in [f"{way} {'at' if window == 'desk' else 'on'} the {window}"]
    ]


@pytest.fixture
def context(way: tuple[str, str], browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser of that size."""
    with visitor(browser, WINDOWS[way[1]], touched=way[0] == "touch") as one:
        yield one


@pytest.fixture
def hand(way: tuple[str, str], person: Person) -> Mouse:
    """What the person plays by."""
    return HANDS[way[0]](person)


@pytest.fixture(autouse=True)
def _beginning(make_photo: Callable[..., Photo]) -> None:
    """A study with one photo, which the agent and another person have done."""
    photo = make_photo()
    treat(photo, (("exposure", {"ev": 1.0}),), AGENT)
    treat(photo, (("exposure", {"ev": 2.0}),))


def step(hand: Mouse, said: str) -> Locator:
    """What the film strip says of a step."""
    return hand.page.locator(f".strip [aria-label^='Step {said}']")


def edit(hand: Mouse) -> None:
    """Five steps, of which some are done, undone, changed, replaced and removed."""
    hand.choose("exposure")
    hand.slide("ev")
    expect(step(hand, "1: Exposure, +")).to_be_visible()
    hand.reset("ev")
    expect(step(hand, "1: Exposure, unchanged")).to_be_visible()
    hand.write(hand.page.get_by_label("Exposure, as a number"), "1.25")
    expect(step(hand, "1: Exposure, +1.25 EV")).to_be_visible()
    hand.choose("tone")
    hand.bend(3)
    expect(step(hand, "2: Tone, darks +")).to_be_visible()
    hand.choose("color")
    hand.press(hand.person.button("Blue"))
    hand.bend(5)
    expect(step(hand, "3: Color, blue +")).to_be_visible()
    hand.choose("white_balance")
    hand.pick_grey()
    expect(hand.page.locator(".picker")).to_contain_text("That place")
    hand.choose("contrast")
    hand.slide("amount")
    expect(step(hand, "5: Contrast, +")).to_be_visible()
    hand.undo()
    expect(step(hand, "5: Contrast, unchanged")).to_be_visible()
    hand.redo()
    expect(step(hand, "5: Contrast, +")).to_be_visible()
    hand.go_to_step(3)
    hand.remove()
    expect(step(hand, "4: Contrast, +")).to_be_visible()
    hand.go_to_step(2)
    hand.replace()
    hand.choose("gamma")
    hand.slide("gamma")
    expect(step(hand, "2: Gamma, 1")).to_be_visible()


def look(hand: Mouse) -> None:
    """All ways to look at the photo, and back."""
    page = hand.page
    with hand.comparing():
        expect(page.get_by_role("img", name="The photo as it came")).to_be_visible()
    expect(page.get_by_role("img", name="The photo as your steps leave it")).to_be_visible()
    for name in ("Split", "Clipping"):
        for pressed in ("true", "false"):
            hand.look(name)
            button = page.get_by_role("toolbar").get_by_role("button", name=name)
            expect(button).to_have_attribute("aria-pressed", pressed)
    hand.come_nearer()
    expect(page.locator(".stage.zoomed")).to_be_visible()
    hand.pan()
    hand.look("Fit")
    expect(page.locator(".stage.zoomed")).to_have_count(0)
    hand.look("Full screen")
    page.wait_for_function("() => document.fullscreenElement !== null")
    hand.look("Full screen")
    page.wait_for_function("() => document.fullscreenElement === null")
    hand.ask_for_help()
    expect(page.get_by_role("dialog")).to_contain_text("How to play")
    hand.close()
    expect(page.locator("dialog")).to_have_count(0)


def see_what_came_of_it(hand: Mouse) -> None:
    """The reveal, one's own episode step by step, and one's style."""
    page = hand.page
    hand.press(hand.person.button("Side by side"))
    hand.press(page.get_by_role("radio", name="Picture A"))
    hand.press(page.locator(".reveal-bar [type=submit]"))
    hand.press(page.get_by_role("link", name="step by step"))
    expect(page.locator(".details")).to_contain_text("Step 4 of 4")
    hand.back_a_step()
    expect(page.locator(".details")).to_contain_text("Step 3 of 4")
    hand.press(page.get_by_role("button", name="Step 1: Exposure"))
    expect(page.locator(".details")).to_contain_text("Step 1 of 4")
    page.go_back()
    hand.press(hand.person.button("See your style"))
    hand.press(page.locator("summary"))
    expect(page.get_by_role("row", name="Pictures")).to_be_visible()


@pytest.mark.parametrize("way", ways("touch on the phone"))
def test_somebody_new_comes_from_the_start_page_through_the_consent_and_the_practice_and_hands_in_the_first_photo(
    hand: Mouse, study: Study, live_server: Any, complaints: list[str]
) -> None:
    study.consent_text, study.tutorial = default_consent_text(), True
    study.save()
    hand.page.goto(live_server.url)
    hand.press(hand.page.get_by_role("link", name="Play", exact=True))
    hand.press(hand.person.button("I agree: begin"))
    hand.person.wait_for_photo()
    hand.next_card()
    card = hand.page.locator("[data-card=exposure]")
    expect(card).to_be_visible()
    hand.choose("exposure")
    hand.slide("ev")
    expect(card).to_have_attribute("data-phase", "done")
    hand.next_card()
    go_through(hand.person, begun=1)
    expect(hand.page.locator("header .count")).to_have_text("0 / 1")
    hand.finish()
    hand.press(hand.person.button("Hand in"))
    expect(hand.person.notice()).to_contain_text("You know the game now")
    hand.press(hand.person.button("To the first photo"))
    hand.person.wait_for_photo()
    expect(hand.page.locator(".lesson")).to_have_count(0)
    hand.choose("exposure")
    hand.slide("ev")
    expect(step(hand, "1: Exposure, +")).to_be_visible()
    hand.finish()
    hand.press(hand.person.button("Hand in"))
    expect(hand.person.notice()).to_contain_text("That was the last photo")
    practice, first = Episode.objects.filter(participant=Consent.objects.get().participant).order_by("started")
    assert (practice.tutorial, practice.status, practice.step_count) == (True, "submitted", 5)
    photo = Photo.objects.get(studyphoto__isnull=False)
    assert (first.tutorial, first.status, first.step_count, first.photo) == (False, "submitted", 1, photo)
    assert complaints == []


# A mouse has its part in most tests of the game, and fingers in the one above.
@pytest.mark.parametrize("way", ways("keys at the desk"))
def test_a_photo_is_edited_looked_at_and_handed_in_and_what_came_of_it_is_seen(
    hand: Mouse, complaints: list[str]
) -> None:
    hand.person.arrive()
    edit(hand)
    look(hand)
    hand.person.wait_until_saved()
    hand.finish()
    expect(hand.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(4)
    hand.press(hand.person.button("Hand in"))
    expect(hand.person.notice()).to_contain_text("That was the last photo")
    episode = Episode.objects.get(events__kind="submit")
    events = episode.replayable_events()
    steps = rules.replay(events).steps
    assert [made.filter for made in steps] == ["exposure", "gamma", "white_balance", "contrast"]
    assert {"undo", "redo", "remove", "goto", "compare", "submit"} <= {event.kind for event in events}
    see_what_came_of_it(hand)
    assert complaints == []
