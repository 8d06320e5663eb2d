"""Touches, as the browser gets them from a screen."""

import time

from tests.browser.player import Person

Point = tuple[float, float]


class Fingers:
    """Those of one hand."""

    def __init__(self, person: Person) -> None:
        self._session = person.page.context.new_cdp_session(person.page)

    def send(self, kind: str, *points: Point, **more: float) -> None:
        """Fingers come down or move to these points, or with none, leave."""
        touched = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched, **more})

    def drag(self, start: Point, end: Point) -> None:
        began = time.time() - 0.3
        self.send("touchStart", start, timestamp=began)
        for number in (1, 2, 3, 4):
            part = number / 4
            point = start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
            self.send("touchMove", point, timestamp=began + number * 0.02)
        # A finger that leaves in motion flings, and the tap that follows would only stop that: it rests before.
        self.send("touchEnd", timestamp=began + 0.3)

    def tap_twice(self, point: Point) -> None:
        """As fast as fingers do, however slow the machine is."""
        began = time.time()
        for after, kind in enumerate(("touchStart", "touchEnd", "touchStart", "touchEnd")):
            self.send(kind, *[point] if kind == "touchStart" else [], timestamp=began + after * 0.06)

    def spread(self, middle: Point, *gaps: float) -> None:
        """Two fingers go apart, or together."""
        x, y = middle
        for number, gap in enumerate(gaps):
            self.send("touchMove" if number else "touchStart", (x - gap, y), (x + gap, y))
        self.send("touchEnd")
