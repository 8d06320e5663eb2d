"""Whole episodes, played by mouse and keyboard: what is stored, replayed and rendered is what the player saw."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, expect

from editing.game import rules
from editing.game.events import Event as PlayedEvent
from editing.game.filters import apply_steps
from editing.photos.preview import area_average, load_preview
from tests.browser.player import Person
from tests.browser.sending import Sending
from webapp.games.models import Episode
from webapp.photos.models import Photo

MakePhoto = Callable[..., Photo]

FROM_THE_CACHE_ALONE = """() => {
    const get = window.fetch;
    const cached = { cache: "only-if-cached", mode: "same-origin" };
    window.fetch = (url, options) => get(url, String(url).includes("/preview/") ? cached : options);
}"""


def stored_events() -> list[PlayedEvent]:
    """The events of the one episode in Postgres, which must number 0, 1, 2 ..."""
    events = Episode.objects.get().replayable_events()
    assert [event.seq for event in events] == list(range(len(events)))
    return events


def kinds(events: list[PlayedEvent]) -> list[str]:
    """What was done, less the window's size and focus, which depend on the machine."""
    return [event.kind for event in events if event.kind not in ("view", "blur", "focus")]


def assert_browser_shows_the_replay(person: Person, photo: Photo, state: rules.State) -> None:
    """Compare every pixel with what NumPy makes of the stored preview and the replayed steps."""
    wanted = np.clip(apply_steps(load_preview(photo.preview.path), state.steps), 0, 1)
    found = np.clip(person.pixels(), 0, 1)
    assert found.shape == wanted.shape
    assert np.max(np.abs(found - wanted)) <= 2 / 255


def test_episode_by_mouse_and_keyboard_is_stored_replayed_rendered_the_same_and_there_again_after_a_reload(
    person: Person, make_photo: MakePhoto, complaints: list[str]
) -> None:
    photo = make_photo()
    person.arrive()
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.75)
    person.press("2")
    expect(person.slider("gamma")).to_be_focused()
    person.press("Shift+ArrowLeft")
    person.press("3")
    person.page.get_by_label("Temperature, as a number").fill("12")
    person.press("Enter")
    person.click_filter("tone")
    person.bend(3, 20)
    person.click_filter("color")
    person.button("Blue").click()
    person.bend(6, -20)
    person.wait_until_saved()

    events = stored_events()
    a_step = ["goto", "choose", "adjust"]
    assert kinds(events) == ["start", "choose", "adjust", *4 * a_step]
    gestures = [event.gesture for event in events if event.kind == "adjust"]
    assert [gesture and gesture.device for gesture in gestures] == ["mouse", "keyboard", "keyboard", "mouse", "mouse"]
    assert all(gesture is not None and gesture.trusted for gesture in gestures)
    state = rules.replay(events)
    parameters = [step.parameters for step in state.steps]
    assert [step.filter for step in state.steps] == ["exposure", "gamma", "white_balance", "tone", "color"]
    assert abs(parameters[0]["ev"] - 1.75) < 0.1
    assert parameters[1]["gamma"] == 0.9
    assert parameters[2] == {"temperature": 0.12, "tint": 0.0}
    assert parameters[3]["slope_2"] > 1.3 > 0.9 > parameters[3]["slope_3"]
    assert parameters[4]["blue_5"] < 0.98 < 1.02 < parameters[4]["blue_6"]
    assert_browser_shows_the_replay(person, photo, state)

    before = person.steps_shown()
    person.page.reload()
    person.wait_for_photo()
    assert person.steps_shown() == before
    person.press("Control+z")
    expect(person.page.get_by_label("Step 5: Color, unchanged")).to_be_visible()
    person.press("Control+y")
    person.wait_until_saved()
    events = stored_events()
    assert kinds(events)[-3:] == ["resume", "undo", "redo"]
    assert [event.ms for event in events] == sorted(event.ms for event in events)
    assert rules.replay(events).steps == state.steps
    assert_browser_shows_the_replay(person, photo, state)

    person.hand_in()
    expect(person.notice()).to_contain_text("Thank you")
    episode = Episode.objects.get()
    assert episode.status == Episode.Status.SUBMITTED
    assert [(row.filter, row.parameters) for row in episode.steps.order_by("index")] == [
        (step.filter, dict(step.parameters)) for step in state.steps
    ]
    assert complaints == []


@pytest.mark.long
def test_real_photo_is_rendered_and_shown_the_right_way_round(person: Person, real_photo: Photo) -> None:
    person.arrive()
    person.press("1")
    person.drag("ev", 0.5, 0.85)
    person.press("2")
    person.drag("gamma", 0.5, 0.4)
    person.press("3")
    person.drag("temperature", 0.5, 0.65)
    person.press("5")
    person.bend(2, 30)
    person.wait_until_saved()
    state = rules.replay(stored_events())
    assert len(state.steps) == 4
    assert_browser_shows_the_replay(person, real_photo, state)

    wanted = np.clip(apply_steps(load_preview(real_photo.preview.path), state.steps), 0, 1)
    coarse = wanted.shape[0] // 6, wanted.shape[1] // 6
    shown = area_average(person.screen(), *coarse)

    def code_values_off(picture: NDArray[np.float32]) -> float:
        return float(255 * np.mean(np.abs(shown - area_average(picture, *coarse))))

    off = code_values_off(wanted)
    assert off < 3
    for wrong in (wanted[::-1], wanted[:, ::-1], wanted[::-1, ::-1], wanted[..., ::-1]):
        assert code_values_off(wrong) > 3 * max(off, 1)


@pytest.mark.long
def test_steps_are_undone_removed_replaced_and_reset(person: Person, make_photo: MakePhoto) -> None:
    photo = make_photo()
    person.arrive()
    person.press("6")
    person.drag("amount", 0.5, 0.9)
    person.press("1", "Control+z", "Control+z")
    expect(person.page.get_by_label("Step 1: Contrast, unchanged")).to_be_visible()
    person.press("Control+Shift+z", "Control+y")
    assert len(person.steps_shown()) == 2
    person.press("Delete")
    person.button("Replace").click()
    person.click_filter("saturation")
    person.drag("amount", 0.1, 0.6)
    assert [text.split(",")[0] for text in person.steps_shown()] == ["Step 1: Saturation"]
    person.wait_until_saved()
    assert_browser_shows_the_replay(person, photo, rules.replay(stored_events()))
    person.button("Start over").click()
    person.button("Undo").click()
    person.wait_until_saved()
    state = rules.replay(stored_events())
    assert [step.filter for step in state.steps] == ["saturation"]
    assert kinds(stored_events())[-6:] == ["redo", "remove", "choose", "adjust", "reset", "undo"]


@pytest.mark.long
def test_keys_in_a_row_are_one_event(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    # The page's clock stands still while keys are pressed, however slow the machine.
    clock = person.page.clock
    clock.install(time=0)
    person.arrive()
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    clock.pause_at(3600)
    person.press("ArrowRight", "ArrowRight", "Shift+ArrowRight")
    clock.run_for(1000)
    clock.resume()
    expect(person.page.get_by_label("Step 1: Exposure, +0.60 EV")).to_be_visible()
    person.wait_until_saved()
    assert kinds(stored_events()) == ["start", "choose", "adjust"]


def hold(person: Person, key: str) -> None:
    """Hold a key down until it has repeated four times."""
    for _ in range(5):
        person.page.keyboard.down(key)
    person.page.keyboard.up(key)


def test_enter_that_is_held_opens_the_last_look_and_hands_nothing_in(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    person.press("7", "End")
    hold(person, "Enter")
    expect(person.button("Hand in")).to_be_focused()
    person.button("Keep editing").click()
    person.button("Finish").focus()
    hold(person, "Enter")
    expect(person.button("Hand in")).to_be_focused()
    hold(person, "Space")
    expect(person.notice()).to_contain_text("Thank you")
    assert kinds(Episode.objects.get().replayable_events()) == ["start", "choose", "adjust", "submit"]


@pytest.mark.long
def test_key_that_is_held_acts_once_but_arrows_and_undo_go_on_and_b_shows_the_original(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    person.arrive()
    person.press("1", "2", "3")
    for key, button in (("j", "Clipping"), ("s", "Split"), ("z", "100 %")):
        hold(person, key)
        expect(person.button(button)).to_have_attribute("aria-pressed", "true")
    hold(person, "r")
    expect(person.button("Keep it")).to_be_visible()
    hold(person, "Escape")
    hold(person, "Delete")
    assert len(person.steps_shown()) == 2
    person.page.keyboard.down("Control")
    hold(person, "z")
    person.page.keyboard.up("Control")
    assert person.steps_shown() == []
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    hold(person, "ArrowRight")
    expect(person.page.get_by_label("Step 1: Exposure, +0.25 EV")).to_be_visible()
    person.page.keyboard.down("b")
    expect(person.page.get_by_role("img", name="The photo as it came")).to_be_visible()
    person.page.keyboard.up("b")
    expect(person.page.get_by_role("img", name="The photo as your steps leave it")).to_be_visible()
    person.wait_until_saved()
    assert kinds(stored_events())[-1] == "compare"


@pytest.mark.long
def test_page_says_why_a_filter_or_finish_cannot_be_used(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    expect(person.page.locator(".strip .finish")).to_contain_text("Make a step first.")
    person.press("1")
    expect(person.page.locator(".strip .finish")).to_contain_text("No step changes the photo yet.")
    person.press("2", "3", "4", "5")
    expect(person.page.locator(".palette")).to_contain_text("5 of 5: change, replace or remove one")
    expect(person.page.locator("[data-filter=contrast]")).to_have_attribute("aria-disabled", "true")
    person.press("6")
    person.wait_until_saved()
    assert len(rules.replay(stored_events()).steps) == rules.MAXIMUM_STEPS


@pytest.mark.long
def test_play_is_sent_when_the_connection_is_back_and_a_server_that_does_not_answer_is_not_called_offline(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    sending = Sending(person.page)
    person.arrive()
    sending.meets(lambda route: route.fulfill(status=502))
    person.press("1")
    expect(person.page.locator("header [role=status]")).to_contain_text("the server does not answer: 1 waiting")
    sending.meets(None)
    person.wait_until_saved()
    context.set_offline(True)
    person.drag("ev", 0.5, 0.8)
    expect(person.page.locator("header [role=status]")).to_contain_text("offline: 1 waiting")
    context.set_offline(False)
    person.wait_until_saved()
    assert kinds(stored_events()) == ["start", "choose", "adjust"]


@pytest.mark.long
def test_play_of_a_page_that_was_closed_offline_is_sent_at_the_next_visit(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    person.arrive()
    context.set_offline(True)
    person.press("1")
    expect(person.page.locator("header [role=status]")).to_contain_text("offline: 1 waiting")
    person.page.close()
    context.set_offline(False)
    later = Person(context.new_page(), person.address)
    later.arrive()
    assert len(later.steps_shown()) == 1
    assert kinds(stored_events()) == ["start", "choose", "resume"]


def test_the_next_photo_is_fetched_while_one_plays_and_follows_until_none_is_left(
    person: Person, make_photo: MakePhoto
) -> None:
    photos = {make_photo(1).pk, make_photo(2).pk}
    asked: list[str] = []
    person.page.on("response", lambda answer: asked.append(answer.url) if "/preview/" in answer.url else None)
    person.arrive()
    for done in (1, 2):
        person.press("7")
        person.drag("amount", 0.1, 0.9)
        person.wait_until_saved()
        assert {url.split("/")[5] for url in asked} == photos
        # From here on no photo can be fetched: what comes next is in the browser already.
        person.page.evaluate(FROM_THE_CACHE_ALONE)
        person.hand_in()
        if done == 1:
            expect(person.page.get_by_label("1 of 2 photos handed in")).to_be_visible()
            person.wait_for_photo()
    expect(person.notice()).to_contain_text("That was the last photo")
    expect(person.button("Your style")).to_be_visible()
    # The study allows no downloads.
    expect(person.page.get_by_label("The picture that you handed in last")).to_have_count(0)
    played = Episode.objects.filter(status=Episode.Status.SUBMITTED)
    assert set(played.values_list("photo_id", flat=True)) == photos
