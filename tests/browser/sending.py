"""What becomes of the events that a page sends."""

from collections.abc import Callable

from playwright.sync_api import Page, Route

Answer = Callable[[Route], None]


class Sending:
    """A page's requests with events: they pass, until a test says what else becomes of them.

    They are caught from before the page opens: a busy one goes on for a moment as before when it is told to catch them,
    so that the very request that a test is about would pass.
    """

    def __init__(self, page: Page) -> None:
        self._answer: Answer | None = None
        page.route("**/events/", self._meet)

    def meets(self, answer: Answer | None) -> None:
        """From here on that is how a request is answered; None lets it pass."""
        self._answer = answer

    def _meet(self, route: Route) -> None:
        if self._answer is None:
            route.continue_()
        else:
            self._answer(route)
