"""The controls of a step, by mouse, keyboard and touch: what they do to the step, and that each drag is one event."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from editing.game import rules
from tests.browser.fingers import Fingers
from tests.browser.player import Person
from tests.browser.test_play import kinds, stored_events
from tests.browser.visitor import visitor
from webapp.photos.models import Photo

MakePhoto = Callable[..., Photo]

WINDOWS = {"phone": (360, 740), "tablet": (820, 1100), "laptop": (1100, 800)}


# The tablet, which is between the two others, is left to `make test-long`, and so are a mouse and keys at a phone.
@pytest.fixture(params=["phone", pytest.param("tablet", marks=pytest.mark.long), "laptop"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's phone, tablet or laptop; the first two are touched."""
    with visitor(browser, WINDOWS[request.param], touched=request.param != "laptop") as one:
        yield one


at_the_laptop = pytest.mark.parametrize(
    "context", [*(pytest.param(one, marks=pytest.mark.long) for one in ("phone", "tablet")), "laptop"], indirect=True
)
by_fingers = pytest.mark.parametrize(
    "context", ["phone", pytest.param("tablet", marks=pytest.mark.long)], indirect=True
)


@pytest.fixture
def player(person: Person, make_photo: MakePhoto) -> Person:
    """Somebody whose photo is on screen."""
    make_photo()
    person.arrive()
    return person


def stored(person: Person) -> rules.State:
    """The game as the server has it."""
    person.wait_until_saved()
    return rules.replay(stored_events())


def played(person: Person) -> list[str]:
    """What the server has been told, less the window's size and focus."""
    person.wait_until_saved()
    return kinds(stored_events())


def parameters(person: Person) -> dict[str, float]:
    """Those of the last step."""
    return dict(stored(person).steps[-1].parameters)


def heights(person: Person) -> list[float]:
    """Of the points of the curve that is shown, as a screen reader is told."""
    return [float(point.get_attribute("aria-valuenow") or "nan") for point in person.page.locator(".point").all()]


@pytest.mark.long
@at_the_laptop
def test_point_dragged_by_mouse_is_one_event_within_its_limits_and_double_clicks_reset_it_or_the_curve(
    player: Person,
) -> None:
    player.click_filter("tone")
    player.bend(4, 24)
    values = list(parameters(player).values())
    assert max(values) / min(values) <= 4 * (1 + 1e-6)
    assert heights(player)[3] > 58
    player.bend(4, 500)
    assert heights(player)[3] == pytest.approx(80)
    assert max(parameters(player).values()) == pytest.approx(2)
    assert played(player) == ["start", "choose", "adjust", "adjust"]
    player.press("Control+z", "Control+z")
    assert heights(player) == pytest.approx([12.5 * place for place in range(1, 8)])
    player.bend(2, 12)
    player.page.mouse.dblclick(*player.middle(2))
    expect(player.page.get_by_label("Step 1: Tone, unchanged")).to_be_visible()
    player.bend(2, 30)
    player.bend(6, -30)
    left, top = player.middle(2)
    player.page.mouse.dblclick(left, top - 50)
    expect(player.page.get_by_label("Step 1: Tone, unchanged")).to_be_visible()
    assert played(player)[4:] == ["undo"] * 2 + ["adjust"] * 5


@pytest.mark.long
@at_the_laptop
def test_point_is_moved_by_keys_and_typed(player: Person) -> None:
    player.press("5")
    expect(player.point(1)).to_be_focused()
    player.press("Tab", "Shift+ArrowUp", "ArrowDown")
    expect(player.point(2)).to_have_attribute("aria-valuetext", "29.5 %")
    expect(player.page.get_by_label("Step 1: Tone, darks +")).to_be_visible()
    field = player.page.get_by_label("Tones at 25.0 %, as a number")
    expect(field).to_have_value("29.5")
    field.fill("20,5 %")
    field.press("Enter")
    expect(player.point(2)).to_have_attribute("aria-valuetext", "20.5 %")
    field.fill("99")
    field.press("Enter")
    expect(player.page.locator(".field-hint")).to_have_text("It goes from 7.7 to 57.1 %.")
    player.button("Reset the curve of Tones").click()
    expect(player.page.get_by_label("Step 1: Tone, unchanged")).to_be_visible()
    assert set(played(player)[2:]) == {"adjust"}


@pytest.mark.long
@at_the_laptop
def test_each_channel_has_a_curve(player: Person) -> None:
    player.click_filter("color")
    player.bend(4, 40)
    player.button("Green").click()
    player.bend(2, -40)
    found = parameters(player)
    assert found["red_3"] > 1.02 > 0.98 > found["red_4"]
    assert found["green_1"] < 0.98 < 1.02 < found["green_2"]
    assert {found[f"blue_{part}"] for part in range(8)} == {1.0}
    slopes = [found[f"red_{part}"] for part in range(8)]
    assert max(slopes) / min(slopes) <= 11 / 9 * (1 + 1e-6)


@by_fingers
def test_finger_on_a_point_or_a_slider_drags_it_or_scrolls_but_not_both(player: Person) -> None:
    fingers = Fingers(player)
    player.page.locator("[data-filter=tone]").tap()
    left, top = player.middle(3)
    fingers.drag((left, top), (left, top - 30))
    bent = heights(player)
    assert bent[2] > 45
    left, top = player.middle(6)
    fingers.drag((left, top + 70), (left, top + 110))
    assert heights(player) == bent
    assert played(player) == ["start", "choose", "adjust"]

    player.page.locator("[data-filter=white_balance]").tap()
    box = player.slider("temperature").bounding_box()
    assert box is not None
    start = box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2
    number = player.page.get_by_label("Temperature, as a number")
    fingers.drag(start, (start[0] + 4, start[1] - 60))
    expect(number).to_have_value("0")
    back = "step => step.scrollTo(0, 0)"
    player.page.locator(".step").evaluate(back)
    fingers.send("touchStart", start)
    expect(number).to_have_value("0")
    fingers.send("touchEnd")
    expect(number).not_to_have_value("0")
    player.page.locator(".step").evaluate(back)
    fingers.drag((box["x"] + 0.5 * box["width"], start[1]), (box["x"] + 0.9 * box["width"], start[1] + 12))
    assert parameters(player)["temperature"] > 0.35
    assert played(player)[3:] == ["goto", "choose", "adjust", "adjust"]


@pytest.mark.long
@at_the_laptop
def test_slider_snaps_to_neutral_and_double_click_resets_numbers_are_taken_as_typed_and_the_last_look_names_the_steps(
    player: Person,
) -> None:
    player.click_filter("exposure")
    player.drag("ev", 0.5, 0.8)
    player.drag("ev", 0.8, 0.508)
    assert parameters(player)["ev"] == 0
    player.drag("ev", 0.5, 0.53)
    assert 0.15 <= parameters(player)["ev"] <= 0.3
    player.slider("ev").dblclick()
    expect(player.page.get_by_label("Step 1: Exposure, unchanged")).to_be_visible()
    assert played(player)[2:] == ["adjust"] * 4
    field = player.page.get_by_label("Exposure, as a number")
    hint = player.page.locator(".field-hint")
    for typed, shown, said in (
        ("1,25 EV", "1.25", ""),
        ("bright", "1.25", "“bright” is not a number; nothing was changed."),
        ("-9", "\N{MINUS SIGN}3.50", "It goes from \N{MINUS SIGN}3.50 to 3.50 EV."),
        (".5", "0.50", ""),
    ):
        field.fill(typed)
        field.press("Enter")
        expect(field).to_have_value(shown)
        expect(hint).to_have_text(said)
    assert played(player)[2:] == ["adjust"] * 7
    player.slider("ev").focus()
    player.press("2")
    player.button("Finish").click()
    steps = player.page.get_by_role("dialog").get_by_role("listitem")
    expect(steps).to_have_text(["1 Exposure +0.50 EV", "2 Gamma unchanged: does not count"])
    player.button("Keep editing").click()
    expect(player.page.get_by_role("dialog")).to_have_count(0)


def colour_at(person: Person, across: float, down: float) -> np.ndarray:
    """The mean of seven by seven pixels of the edited photo."""
    pixels = person.pixels()
    row, column = int(down * pixels.shape[0]), int(across * pixels.shape[1])
    mean: np.ndarray = pixels[row - 3 : row + 4, column - 3 : column + 4].mean(axis=(0, 1))
    return mean


@pytest.mark.long
@at_the_laptop
def test_grey_point_is_picked_by_a_click_on_the_photo(player: Person) -> None:
    player.press("1", "Shift+ArrowRight", "3")
    player.button("Pick a grey").click()
    box = player.page.locator(".room canvas").bounding_box()
    assert box is not None
    player.page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"])
    expect(player.page.locator(".picker")).to_contain_text("That place is grey now.")
    red, green, blue = colour_at(player, 0.6, 0.7)
    assert abs(green / red - 1) < 0.02
    assert abs(blue / red - 1) < 0.02
    player.button("Pick a grey").click()
    player.page.mouse.click(box["x"] + 0.95 * box["width"], box["y"] + 0.2 * box["height"])
    expect(player.page.locator(".picker")).to_contain_text("too colourful")
    assert played(player)[-2:] == ["adjust", "adjust"]


@pytest.mark.long
@at_the_laptop
def test_grey_point_is_picked_and_left_by_keys(player: Person) -> None:
    player.press("3")
    expect(player.slider("temperature")).to_be_focused()
    player.press("g")
    expect(player.page.locator(".pick-layer")).to_be_focused()
    player.press("Escape")
    expect(player.slider("temperature")).to_be_focused()
    player.press("g", "Shift+ArrowDown", "Enter")
    expect(player.page.locator(".picker")).to_contain_text("That place")
    expect(player.page.locator(".pick-layer")).to_have_count(0)
    assert played(player) == ["start", "choose", "adjust"]


@pytest.mark.long
@at_the_laptop
def test_steps_are_walked_and_replaced_by_keys_and_the_palette_says_what_is_used(player: Person) -> None:
    player.press("1", "Shift+ArrowRight", "2", ",", "r")
    expect(player.page.locator(".palette")).to_contain_text("choose what replaces Exposure")
    used = player.page.get_by_role("button", name="Gamma, used as step 2")
    expect(used).to_have_attribute("aria-disabled", "true")
    player.press("6")
    player.press(".", ".")
    expect(player.page.locator(".palette")).to_contain_text("2 of 5 steps, each filter once")
    used.click()
    expect(player.page.locator(".palette")).to_contain_text("used already: this is step 2")
    assert [step.filter for step in stored(player).steps] == ["contrast", "gamma"]


@at_the_laptop
def test_arrow_that_follows_the_key_of_a_filter_at_once_moves_it_before_a_frame_is_drawn(player: Person) -> None:
    player.page.evaluate("window.requestAnimationFrame = () => 0")
    player.press("1", "Shift+ArrowRight", "2")
    assert [dict(step.parameters) for step in stored(player).steps] == [{"ev": 0.5}, {"gamma": 1.0}]
