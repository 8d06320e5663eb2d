"""The report of a comparison hinders nobody, folded or not, on a phone or on a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.test_accessibility import WINDOWS, axe, violations
from tests.command_line import safelight_output
from tests.learning.snapshots import Play, write


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of six people and an agent on three photos."""
    folder = tmp_path_factory.mktemp("report")
    photos = ("sea", "hill", "town")
    people = [
        Play(f"p{person}", photo, (("exposure", {"ev": 1 + 0.1 * person}), ("contrast", {"amount": 0.2})))
        for person in range(6)
        for photo in photos
    ]
    agent = [Play("agent:one", photo, (("gamma", {"gamma": 0.6}),)) for photo in photos]
    safelight_output("compare", write(folder / "export", [*people, *agent]), "-o", folder / "report")
    return folder / "report" / "report.html"


@pytest.mark.long
def test_nothing_on_the_report_hinders_anybody(browser: Browser, report: Path, root: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    for unfold in ("", "for (const folded of document.querySelectorAll('details')) folded.open = true"):
        page.evaluate(unfold)
        for window in ("phone", "desk"):
            page.set_viewport_size(WINDOWS[window])
            assert page.evaluate("document.documentElement.scrollWidth") == WINDOWS[window]["width"]
            assert violations(page, axe(root)) == []
    page.close()
