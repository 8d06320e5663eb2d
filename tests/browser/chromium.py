"""The Chromium that tests and benchmarks drive, and how it is started."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# WebGL in software, so that a machine without a graphics card gives the same answers; and no calls home.
OPTIONS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
)
MISSING = "needs Chromium: install it (apt-get install chromium), or name one with CHROMIUM="


def find() -> str | None:
    """The program that CHROMIUM names, or one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
