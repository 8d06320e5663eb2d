"""Looking at the photo: near and far, split, over the whole screen, and when the graphics card gives up."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.fingers import Fingers
from tests.browser.player import Person
from tests.browser.visitor import visitor
from webapp.games.models import Episode
from webapp.photos.models import Photo

MakePhoto = Callable[..., Photo]

LOSE_CONTEXT = """() => {
    window.lost = document.querySelector(".room canvas").getContext("webgl2").getExtension("WEBGL_lose_context");
    window.lost.loseContext();
}"""
COUNT_DRAWS = """() => {
    window.draws = 0;
    WebGL2RenderingContext.prototype.drawArrays = ((original) => function (...values) {
        if (this.getParameter(this.FRAMEBUFFER_BINDING) === null) window.draws += 1;
        return original.apply(this, values);
    })(WebGL2RenderingContext.prototype.drawArrays);
}"""


def canvas_box(page: Page) -> Any:
    found = page.locator(".room canvas").bounding_box()
    assert found is not None
    return found


def stored_kinds() -> list[str]:
    return [event.kind for event in Episode.objects.get().replayable_events() if event.kind not in ("view", "blur")]


def nearness(person: Person) -> str:
    """What the button of the scale says: 100 %, or the scale that is neither that nor the whole photo."""
    return person.page.locator(".looks .actual").inner_text().split("\n")[0].replace("Z", "").strip()


def pressed(person: Person, kind: str) -> bool:
    return person.page.locator(f".looks .{kind}").get_attribute("aria-pressed") == "true"


def test_keys_zoom_to_whole_pixels_which_come_back_when_the_graphics_card_has_paused_and_back(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo(width=96, height=64)
    person.arrive()
    assert pressed(person, "fit")
    person.press("z")
    expect(person.page.locator(".looks .actual")).to_have_attribute("aria-pressed", "true")
    person.page.wait_for_function("() => document.querySelector('.room canvas').width === 96")
    box = canvas_box(person.page)
    assert (box["width"], box["height"]) == (96, 64)
    wanted = np.clip(person.pixels(), 0, 1)
    np.testing.assert_allclose(person.screen()[:40], wanted[:40], atol=1.5 / 255)
    person.page.evaluate(LOSE_CONTEXT)
    expect(person.page.get_by_text("The graphics card paused")).to_be_visible()
    person.page.evaluate("window.lost.restoreContext()")
    expect(person.page.get_by_text("The graphics card paused")).to_be_hidden()
    person.wait_until_drawn()
    np.testing.assert_allclose(person.screen()[:40], wanted[:40], atol=1.5 / 255)
    person.press("0")
    expect(person.page.locator(".looks .fit")).to_have_attribute("aria-pressed", "true")
    person.wait_until_saved()
    assert set(stored_kinds()) <= {"start", "focus"}


@pytest.mark.long
def test_wheel_zooms_towards_the_pointer_and_a_drag_moves_the_photo(person: Person, make_photo: MakePhoto) -> None:
    make_photo(width=96, height=64)
    person.arrive()
    box = canvas_box(person.page)
    mouse = person.page.mouse
    mouse.move(box["x"] + 2, box["y"] + 2)
    mouse.wheel(0, -400)
    expect(person.page.locator(".stage.zoomed")).to_be_visible()
    person.page.wait_for_timeout(200)
    corner = np.clip(person.pixels(), 0, 1)[1, 1]
    np.testing.assert_allclose(person.screen()[4:8, 4:8].mean(axis=(0, 1)), corner, atol=0.05)
    before = person.screen()
    mouse.move(box["x"] + 300, box["y"] + 200)
    mouse.down()
    mouse.move(box["x"] + 200, box["y"] + 150, steps=4)
    mouse.up()
    person.page.wait_for_timeout(200)
    after = person.screen()
    height, width = 150, 250
    np.testing.assert_allclose(after[20:height, 20:width], before[70 : height + 50, 120 : width + 100], atol=0.1)
    person.press("ArrowRight", "-", "-", "-", "-", "-", "-")
    expect(person.page.locator(".looks .fit")).to_have_attribute("aria-pressed", "true")


@pytest.mark.long
def test_zoom_is_gone_with_the_next_photo(person: Person, make_photo: MakePhoto) -> None:
    make_photo(1)
    make_photo(2)
    person.arrive()
    person.press("+", "+", "s", "7")
    person.drag("amount", 0.1, 0.9)
    expect(person.page.locator(".stage.zoomed.split")).to_be_visible()
    person.hand_in()
    expect(person.page.get_by_label("1 of 2 photos handed in")).to_be_visible()
    person.wait_for_photo()
    expect(person.page.locator(".stage.zoomed")).to_have_count(0)
    expect(person.page.locator(".split-line")).to_have_count(0)


@pytest.mark.long
def test_split_shows_both_and_its_line_moves_by_mouse_and_keys(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    person.press("1")
    person.drag("ev", 0.5, 0.9)
    person.page.wait_for_timeout(200)
    edited = person.screen()
    person.press("s")
    line = person.page.get_by_role("slider", name="Where the original ends")
    expect(line).to_have_attribute("aria-valuenow", "50")
    line.focus()
    person.press("Shift+ArrowRight", "ArrowRight", "ArrowRight")
    expect(line).to_have_attribute("aria-valuetext", "original on 62 % of what is seen")
    box = canvas_box(person.page)
    mouse = person.page.mouse
    mouse.move(box["x"] + 0.62 * box["width"], box["y"] + 200)
    mouse.down()
    mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 200, steps=4)
    mouse.up()
    expect(line).to_have_attribute("aria-valuenow", "25")
    person.page.wait_for_timeout(200)
    shown = person.screen()
    rows, width = slice(80, 120), shown.shape[1]
    right, left = slice(int(0.4 * width), width), slice(0, int(0.15 * width))
    np.testing.assert_allclose(shown[rows, right], edited[rows, right], atol=1.5 / 255)
    assert np.mean(shown[rows, left]) < 0.5 * np.mean(edited[rows, left])
    person.press("s")
    expect(line).to_have_count(0)
    person.wait_until_saved()
    assert stored_kinds().count("compare") == 1


def strip_brightness(person: Person) -> list[float]:
    """The mean of each picture in the film strip, 0 to 255."""
    found = person.page.evaluate(
        """() => [...document.querySelectorAll(".cell .pixels")].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.reduce((sum, level, at) => (at % 4 === 3 ? sum : sum + level), 0) / (data.length * 0.75);
        })"""
    )
    return [float(value) for value in found]


@pytest.mark.long
def test_context_lost_in_mid_drag_comes_back_with_the_same_picture_and_loses_nothing(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    person.arrive()
    person.press("1")
    box = person.slider("ev").bounding_box()
    assert box is not None
    mouse = person.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=3)
    person.wait_until_drawn()
    before = person.pixels()
    person.page.evaluate(LOSE_CONTEXT)
    expect(person.page.get_by_text("The graphics card paused")).to_be_visible()
    # A lost canvas is white, in the midst of a dark page.
    expect(person.page.locator(".room canvas")).to_be_hidden()
    for share in (0.8, 0.7):
        mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=3)
    person.page.evaluate("window.lost.restoreContext()")
    expect(person.page.get_by_text("The graphics card paused")).to_be_hidden()
    np.testing.assert_array_equal(person.pixels(), before)
    mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2, steps=3)
    mouse.up()
    expect(person.page.locator("[aria-label^='Step 1: Exposure, +2']")).to_be_visible()
    person.page.wait_for_timeout(300)
    shown, wanted = person.screen(), np.clip(person.pixels(), 0, 1)
    np.testing.assert_allclose(shown.mean(axis=(0, 1)), wanted.mean(axis=(0, 1)), atol=0.04)
    person.wait_until_saved()
    assert stored_kinds().count("adjust") == 1


def test_many_changes_within_a_frame_are_drawn_once(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.arrive()
    person.press("1")
    person.page.wait_for_timeout(300)
    person.page.evaluate(COUNT_DRAWS)
    draws = person.page.evaluate(
        """async () => {
            const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
            // What was asked for before is drawn first.
            for (let wait = 0; wait < 5; wait++) await frame();
            window.draws = 0;
            const slider = document.querySelector("[data-parameter=ev]");
            for (let move = 1; move <= 20; move++) {
                slider.valueAsNumber = 0.5 + move / 50;
                slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
            }
            for (let wait = 0; wait < 3; wait++) await frame();
            return window.draws;
        }"""
    )
    assert draws == 1


@pytest.mark.long
def test_colour_under_the_pointer_is_told_as_the_screen_shows_it_and_full_screen_shows_the_photo_alone(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    person.arrive()
    person.press("1", "PageUp")
    box = canvas_box(person.page)
    readout = person.page.locator(".readout span")
    for across, down in ((0.7, 0.4), (0.03, 0.03)):
        person.page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        shown = np.clip(person.pixels(), 0, 1)[int(down * 64), int(across * 96)]
        expect(readout).to_have_text([str(level) for level in np.rint(255 * shown).astype(int)])
    person.page.keyboard.down("b")
    expect(readout).not_to_have_text(["255", "255", "255"])
    person.page.keyboard.up("b")
    person.page.mouse.move(5, 5)
    expect(readout).to_have_count(0)
    stage, room = person.page.locator(".stage"), person.page.locator(".room")
    person.page.evaluate("document.querySelector('.looks .full-screen').focus()")
    person.press("f")
    person.page.wait_for_function("() => document.fullscreenElement?.classList.contains('stage')")
    person.page.wait_for_function("() => document.querySelector('.stage').clientHeight === window.innerHeight")
    assert room.bounding_box() == stage.bounding_box()
    person.press("f")
    person.page.wait_for_function("() => document.fullscreenElement === null")
    expect(person.page.locator("header")).to_be_in_viewport()
    assert room.bounding_box() != stage.bounding_box()


def colour_on_screen(person: Person, across: float, down: float) -> list[float]:
    shown = person.screen()
    part = shown[int(down * len(shown)), int(across * shown.shape[1])]
    return [round(float(level), 1) for level in part]


@pytest.mark.long
def test_triangles_of_the_histogram_paint_over_one_end_each_and_it_and_the_film_strip_follow_while_a_slider_is_held(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    person.arrive()
    white, black = (person.page.locator(f".clip.{end}") for end in ("white", "black"))
    # Of what is brightest, red and green are full.
    expect(white).to_have_attribute("title", re.compile(r"At 255: red 0\.9 %, green 0\.9 %, blue 0 %"))
    white.click()
    expect(white).to_have_attribute("aria-pressed", "true")
    expect(black).to_have_attribute("aria-pressed", "false")
    expect(person.page.get_by_role("toolbar").get_by_role("button", name="Clipping")).to_have_attribute(
        "aria-pressed", "true"
    )
    person.wait_until_drawn()
    assert colour_on_screen(person, 0.04, 0.04) == [1, 1, 0]
    assert colour_on_screen(person, 0.04, 0.97) == [0, 0, 0]
    black.click()
    person.wait_until_drawn()
    assert colour_on_screen(person, 0.04, 0.97)[1:] == [0.5, 1]
    person.press("j")
    for mark in (white, black):
        expect(mark).to_have_attribute("aria-pressed", "false")
    person.press("2", "1")
    box = person.slider("ev").bounding_box()
    assert box is not None
    histogram = person.page.locator(".histogram path.luminance")
    before = histogram.get_attribute("d")
    mouse = person.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=5)
    expect(histogram).not_to_have_attribute("d", before or "")
    person.page.wait_for_timeout(1000)
    original, gamma, exposure = strip_brightness(person)
    mouse.up()
    person.wait_until_saved()
    assert original == pytest.approx(gamma, abs=1)
    assert exposure > 1.5 * gamma > 10


@pytest.mark.long
class TestOnASharpScreen:
    """A screen with more pixels than the preview has."""

    @pytest.fixture
    def context(self, browser: Browser) -> Iterator[BrowserContext]:
        with visitor(browser, (900, 700), device_scale_factor=2) as one:
            yield one

    def test_larger_preview_is_shown_at_100_percent_and_the_game_stays_on_the_other(
        self, person: Person, make_photo: MakePhoto
    ) -> None:
        make_photo(width=1500, height=90)
        # The place for the photo has some 1,050 pixels of the screen, the preview 1,024.
        with person.page.expect_request(lambda request: '"photo_width":1500' in (request.post_data or "")):
            person.arrive()
        person.press("z")
        expect(person.page.locator(".looks .actual")).to_have_attribute("aria-pressed", "true")
        person.page.wait_for_function("() => document.querySelector('.room canvas').width > 1024")
        assert person.pixels().shape == (61, 1024, 3)
        person.wait_until_saved()
        noted = [event.parameters for event in Episode.objects.get().replayable_events() if event.kind == "view"]
        assert [parameters["photo_width"] for parameters in noted if parameters] == [1024, 1500]


class TestByTouch:
    """On a phone."""

    @pytest.fixture
    def context(self, browser: Browser) -> Iterator[BrowserContext]:
        with visitor(browser, (360, 640), touched=True) as one:
            yield one

    def test_pinch_comes_nearer_and_a_double_tap_goes_back(self, person: Person, make_photo: MakePhoto) -> None:
        make_photo()
        person.arrive()
        box = canvas_box(person.page)
        place = box["x"] + box["width"] / 2, box["y"] + 60
        fingers = Fingers(person)
        fingers.spread(place, 30, 40, 60, 90)
        expect(person.page.locator(".stage.zoomed")).to_be_visible()
        fingers.tap_twice(place)
        expect(person.page.locator(".stage.zoomed")).to_have_count(0)
        fingers.tap_twice(place)
        expect(person.page.locator(".stage.zoomed")).to_be_visible()
        person.wait_until_saved()
        assert set(stored_kinds()) <= {"start", "focus"}

    def test_split_line_follows_a_finger(self, person: Person, make_photo: MakePhoto) -> None:
        make_photo()
        person.arrive()
        person.button("Split").tap()
        line = person.page.locator(".split-line")
        expect(line).to_have_attribute("aria-valuenow", "50")
        box = canvas_box(person.page)
        across, down = box["x"] + 0.5 * box["width"], box["y"] + 80
        Fingers(person).drag((across, down), (box["x"] + 0.75 * box["width"], down))
        expect(line).to_have_attribute("aria-valuenow", "75")
