"""A visitor's browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext

# Drawing in software on a busy machine takes its time.
PATIENCE_MS = 30_000


@contextmanager
def visitor(
    browser: Browser, size: tuple[int, int] = (1000, 700), *, touched: bool = False, **others: Any
) -> Iterator[BrowserContext]:
    """A browser with cookies and storage of its own, whose window has that width and height in pixels.

    Args:
        touched: whether it is a phone or a tablet, or has a mouse.
        others: options of Playwright's ``new_context``.
    """
    width, height = size
    options: Any = {
        "viewport": {"width": width, "height": height},
        "has_touch": touched,
        "is_mobile": touched,
        "reduced_motion": "reduce",
    }
    with browser.new_context(**options | others) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context
