"""A person in front of the play page, who uses it by mouse and keyboard."""

import base64
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as WaitedTooLong

READ_PIXELS = """() => {
    const { width, height, data } = window.safelight.readPixels();
    let text = "";
    for (const byte of new Uint8Array(data.buffer)) text += String.fromCharCode(byte);
    return [width, height, btoa(text)];
}"""

ARRIVED = """() => document.querySelector("main.playing .histogram svg") !== null
    && document.querySelector("header [role=status]")?.textContent === 'all saved'"""


@dataclass
class Person:
    """One visitor of the play page of a study."""

    page: Page
    address: str

    def arrive(self) -> None:
        """Open the play page and wait until the photo can be edited."""
        self.page.goto(self.address)
        self.wait_for_photo()

    def wait_for_photo(self) -> None:
        """Wait until a photo is on screen, and what has been noted of it is stored."""
        # The page itself looks, twenty times a second; `expect`, which asks it from outside, soon asks but twice.
        with suppress(WaitedTooLong):
            self.page.wait_for_function(ARRIVED, polling=50)
            return
        expect(self.page.locator("main.playing")).to_be_visible()
        expect(self.page.locator(".histogram svg")).to_be_attached()
        self.wait_until_saved()

    def wait_until_saved(self) -> None:
        """Wait until the page says that the server has everything."""
        expect(self.page.locator("header [role=status]")).to_have_text("all saved")

    def wait_until_drawn(self) -> None:
        """Wait until the browser has drawn what was changed: its observers of sizes answer within a frame."""
        self.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def resize(self, width: int, height: int) -> None:
        """Give the window a size, and wait until the page is laid out and the photo fitted to it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function("width => document.documentElement.clientWidth === width", arg=width)
        self.wait_until_drawn()

    def click_filter(self, slug: str) -> None:
        """Choose a filter from the palette by mouse."""
        self.page.locator(f"[data-filter={slug}]").click()

    def slider(self, parameter: str) -> Locator:
        """The slider of a parameter of the current step."""
        return self.page.locator(f"[data-parameter={parameter}]")

    def drag(self, parameter: str, start: float, end: float) -> None:
        """Drag a slider by mouse from one share of its length to another."""
        self.slider(parameter).scroll_into_view_if_needed()
        box = self.slider(parameter).bounding_box()
        assert box is not None

        def point(share: float) -> tuple[float, float]:
            return box["x"] + 9 + share * (box["width"] - 18), box["y"] + box["height"] / 2

        mouse = self.page.mouse
        mouse.move(*point(start))
        mouse.down()
        mouse.move(*point(end), steps=5)
        mouse.up()

    def point(self, place: int) -> Locator:
        """A point of the curve that is shown, from 1, the darkest, to 7."""
        return self.page.locator(f"[data-point='{place}']")

    def middle(self, place: int) -> tuple[float, float]:
        """Where a point of the curve is in the window."""
        self.point(place).scroll_into_view_if_needed()
        box = self.point(place).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def bend(self, place: int, by: float) -> None:
        """Drag a point of a curve by mouse, up by so many pixels."""
        left, top = self.middle(place)
        mouse = self.page.mouse
        mouse.move(left, top)
        mouse.down()
        mouse.move(left, top - by, steps=5)
        mouse.up()

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        """A button by what it says, of those in view."""
        return self.page.get_by_role("button", name=name, exact=True).locator("visible=true")

    def hand_in(self) -> None:
        """Finish the picture, after the last look."""
        self.button("Finish").click()
        self.button("Hand in").click()

    def notice(self) -> Locator:
        """The card that stands in the way of playing."""
        return self.page.locator(".notice")

    def pixels(self) -> NDArray[np.float32]:
        """The edited picture (H, W, 3) as the browser renders it, unclipped."""
        width, height, text = self.page.evaluate(READ_PIXELS)
        return np.frombuffer(base64.b64decode(text), dtype=np.float32).reshape(height, width, 4)[..., :3]

    def screen(self) -> NDArray[np.float32]:
        """The edited picture (H, W, 3) as it is on the screen, from 0 to 1, with the buttons at its lower edge."""
        picture = self.page.locator(".room canvas").screenshot()
        return np.asarray(Image.open(BytesIO(picture)).convert("RGB"), dtype=np.float32) / 255

    def steps_shown(self) -> list[str]:
        """What the film strip says of each step."""
        return [
            cell.get_attribute("aria-label") or "" for cell in self.page.locator("[aria-label^='Step '].cell").all()
        ]
