"""The Chromium that tests and benchmarks drive, and how it is started."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# WebGL in software, so that a machine without a graphics card gives the same answers; and no calls home.
OPTIONS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
)
MISSING = "needs Chromium: install it (apt-get install chromium-headless-shell), or name one with CHROMIUM="


class ChromiumMissing(RuntimeError):
    """There is no Chromium on this machine."""


@contextmanager
def running_chromium(*more_options: str) -> Iterator[Browser]:
    """Run Chromium, headless, for a `with` block: the one that CHROMIUM names, or one on the path.

    Raises:
        ChromiumMissing: there is none.
    """
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise ChromiumMissing(MISSING)
    # The Node that Playwright brings needs libraries that a bare machine lacks; the frontend was built with this one.
    if node := shutil.which("node"):
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*OPTIONS, *more_options])
        yield browser
        browser.close()
