"""The ways to use a page: by mouse, by keys alone, by touch."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, expect

from tests.browser.fingers import Fingers, Point
from tests.browser.player import Person


class Mouse:
    """Clicks and drags."""

    def __init__(self, person: Person) -> None:
        self.person, self.page = person, person.page

    # What a hand can do.

    def press(self, target: Locator) -> None:
        target.click()

    def press_at(self, point: Point) -> None:
        self.page.mouse.click(*point)

    def press_twice(self, target: Locator) -> None:
        target.dblclick()

    def drag(self, start: Point, end: Point) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=5)
        self.page.mouse.up()

    @contextmanager
    def holding(self, target: Locator) -> Iterator[None]:
        self.page.mouse.move(*self.middle(target))
        self.page.mouse.down()
        yield
        self.page.mouse.up()

    def come_nearer(self) -> None:
        self.page.mouse.move(*self.middle(self.page.locator(".room canvas")))
        self.page.mouse.wheel(0, -400)

    # What is done with it.

    def middle(self, target: Locator, across: float = 0.5, down: float = 0.5) -> Point:
        """A point of what is shown, in the window: its middle, or at other shares of its size."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def choose(self, slug: str) -> None:
        self.press(self.page.locator(f"[data-filter={slug}]"))

    def slide(self, parameter: str) -> None:
        """From neutral, in the middle, upwards."""
        slider = self.person.slider(parameter)
        self.drag(self.middle(slider), self.middle(slider, 0.7))

    def reset(self, parameter: str) -> None:
        self.press_twice(self.person.slider(parameter))

    def write(self, field: Locator, text: str) -> None:
        self.press(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def bend(self, place: int) -> None:
        left, top = self.middle(self.person.point(place))
        self.drag((left, top), (left, top - 24))

    def undo(self) -> None:
        self.press(self.person.button("Undo"))

    def redo(self) -> None:
        self.press(self.person.button("Redo"))

    def go_to_step(self, number: int) -> None:
        self.press(self.page.locator(f".strip [aria-label^='Step {number}:'].cell"))

    def replace(self) -> None:
        self.press(self.person.button("Replace"))

    def remove(self) -> None:
        self.press(self.person.button("Remove step"))

    def pick_grey(self) -> None:
        self.press(self.person.button("Pick a grey"))
        self.press_at(self.middle(self.page.locator(".room canvas"), 0.6, 0.3))

    @contextmanager
    def comparing(self) -> Iterator[None]:
        with self.holding(self.person.button("Before")):
            yield

    def look(self, name: str) -> None:
        """Switch a way to look at the photo: Split, Clipping, Fit or Full screen."""
        self.press(self.page.get_by_role("toolbar").get_by_role("button", name=name))

    def pan(self) -> None:
        canvas = self.page.locator(".room canvas")
        self.drag(self.middle(canvas, 0.4, 0.3), self.middle(canvas, 0.6, 0.4))

    def ask_for_help(self) -> None:
        self.press(self.person.button("Help and shortcuts"))

    def close(self) -> None:
        self.press(self.person.button("Close"))

    def finish(self) -> None:
        self.press(self.person.button("Finish"))

    def next_card(self) -> None:
        self.press(self.person.button("Next"))

    def back_a_step(self) -> None:
        self.press(self.person.button("Back a step"))


class Touch(Mouse):
    """Taps, and fingers that drag."""

    def __init__(self, person: Person) -> None:
        super().__init__(person)
        self.fingers = Fingers(person)

    def press(self, target: Locator) -> None:
        target.tap()

    def press_at(self, point: Point) -> None:
        self.page.touchscreen.tap(*point)

    def press_twice(self, target: Locator) -> None:
        self.fingers.tap_twice(self.middle(target))

    def drag(self, start: Point, end: Point) -> None:
        self.fingers.drag(start, end)

    @contextmanager
    def holding(self, target: Locator) -> Iterator[None]:
        self.fingers.send("touchStart", self.middle(target))
        yield
        self.fingers.send("touchEnd")

    def come_nearer(self) -> None:
        self.fingers.spread(self.middle(self.page.locator(".room canvas"), 0.5, 0.4), 30, 40, 60, 90)


SHORTCUTS = "exposure gamma white_balance saturation tone contrast black_white color".split()
LOOKS = {"Split": "s", "Clipping": "j", "Fit": "0", "Full screen": "f"}


class Keys(Mouse):
    """Keys alone: shortcuts, and Enter on what has the focus."""

    def press(self, target: Locator) -> None:
        target.focus()
        self.page.keyboard.press("Space" if target.get_attribute("type") == "radio" else "Enter")

    def write(self, field: Locator, text: str) -> None:
        field.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.page.locator(".controls").get_by_role("slider").first.focus()

    def choose(self, slug: str) -> None:
        self.page.keyboard.press(str(SHORTCUTS.index(slug) + 1))
        expect(self.page.locator(".controls").get_by_role("slider").first).to_be_focused()

    def slide(self, parameter: str) -> None:
        self.person.slider(parameter).focus()
        self.person.press("Shift+ArrowRight", "ArrowRight")

    def reset(self, parameter: str) -> None:
        label = self.person.slider(parameter).get_attribute("aria-label")
        self.write(self.page.get_by_label(f"{label}, as a number"), "0")

    def bend(self, place: int) -> None:
        self.person.point(place).focus()
        self.person.press("Shift+ArrowUp")

    def undo(self) -> None:
        self.person.press("Control+z")

    def redo(self) -> None:
        self.person.press("Control+Shift+z")

    def go_to_step(self, number: int) -> None:
        self.person.press(*5 * ",", *(number - 1) * ".")

    def replace(self) -> None:
        self.person.press("r")

    def remove(self) -> None:
        self.person.press("Delete")

    def pick_grey(self) -> None:
        self.person.press("g")
        expect(self.page.locator(".pick-layer")).to_be_focused()
        self.person.press("Shift+ArrowRight", "Shift+ArrowUp", "Enter")

    @contextmanager
    def comparing(self) -> Iterator[None]:
        self.page.keyboard.down("b")
        yield
        self.page.keyboard.up("b")

    def look(self, name: str) -> None:
        self.person.press(LOOKS[name])

    def come_nearer(self) -> None:
        self.person.press("+", "+")

    def pan(self) -> None:
        # The arrows move the photo where no slider has the focus.
        self.page.locator("main").evaluate("() => document.activeElement.blur()")
        self.person.press("ArrowRight", "ArrowDown")

    def ask_for_help(self) -> None:
        self.person.press("?")

    def close(self) -> None:
        self.person.press("Escape")

    def finish(self) -> None:
        self.page.locator("main").evaluate("() => document.activeElement.blur()")
        self.person.press("Enter")

    def next_card(self) -> None:
        self.person.press("n")

    def back_a_step(self) -> None:
        self.person.press("ArrowLeft")


HANDS = {"mouse": Mouse, "touch": Touch, "keys": Keys}
