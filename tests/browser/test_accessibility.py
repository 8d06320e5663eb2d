"""No page, in no state, hinders anybody: axe-core finds nothing, nothing is too wide, or too small for a finger.

Everything that axe-core knows is asked, but what it calls experimental or WCAG's level AAA.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.pages import RESIZED, WALKS
from tests.browser.player import Person
from tests.browser.visit import Visit
from tests.browser.visitor import visitor
from tests.webapp.downloads.downloading import forget_jobs
from webapp.photos.models import Photo

WINDOWS = {"phone": (360, 740), "tablet": (820, 1180), "desk": (1440, 900)}
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
# The documentation of the API is another project's page: it is only asked that ours around it is sound.
ANOTHER_PROJECTS = ["#swagger-ui"]
FIND = """async ([exclude, options]) => {
    const { violations } = await axe.run({ exclude }, options);
    return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`));
}"""

# What a finger cannot hit well: where it comes down within 22 pixels of the middle, it must be that which it meant.
SMALL = """() => {
    const kinds = "button, .button, select, summary, nav a, .foot a, .brand, header .name, input:is([type=text])";
    const places = [...document.querySelectorAll("*")].map((one) => [one, one.scrollLeft, one.scrollTop]);
    const shown = [...document.querySelectorAll(kinds)].filter((target) => target.checkVisibility());
    const small = shown.filter((target) => {
        target.scrollIntoView({ block: "center", inline: "center" });
        const { left, top, width, height } = target.getBoundingClientRect();
        const isHit = (right, down) =>
            target.contains(document.elementFromPoint(left + width / 2 + right, top + height / 2 + down));
        const reaches = (right, down) => isHit(right, down) && isHit(-right, -down);
        return isHit(0, 0) && !((width >= 44 || reaches(21, 0)) && (height >= 44 || reaches(0, 21)));
    });
    // As the page had brought it into view.
    for (const [one, left, top] of places) one.scrollTo({ left, top, behavior: "instant" });
    return small.map((target) => `too small for a finger: ${target.outerHTML.slice(0, 120)}`);
}"""


@cache
def axe(root: Path) -> str:
    return (root / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page, program: str) -> list[str]:
    """What axe-core finds. It comes in through the debugger, which no content security policy need let in."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(program)
    found: list[str] = page.evaluate(FIND, [ANOTHER_PROJECTS, OPTIONS])
    return found


# The tablet, which is between the two others, is left to `make test-long`, where it takes a walk of its own.
@pytest.fixture(params=["phone", pytest.param("tablet", marks=pytest.mark.long), "desk"])
def window(request: pytest.FixtureRequest) -> str:
    """A phone, a tablet, or a screen on a desk."""
    name: str = request.param
    return name


@pytest.fixture
def context(window: str, browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser in that window; in mid motion no colour is what it will be."""
    with visitor(browser, WINDOWS[window], touched=window != "desk") as one:
        yield one


@pytest.fixture
def visit(
    person: Person, live_server: Any, make_photo: Callable[..., Photo], small_practice_picture: None
) -> Iterator[Visit]:
    """A visitor; photos are small, since drawing in software takes its time."""
    seeds = iter(range(1, 100))
    yield Visit(person, live_server.url, lambda count: [make_photo(next(seeds)) for _ in range(count)])
    forget_jobs()


def hindrances(page: Page, name: str, program: str) -> list[str]:
    """What hinders people on a page, as it is in its window."""
    window = page.viewport_size
    assert window is not None
    problems = violations(page, program)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > window["width"] and name != "api":
        problems.append(f"it is {width} pixels wide")
    if name != "api" and page.evaluate("matchMedia('(pointer: coarse)').matches"):
        problems += page.evaluate(SMALL)
    return problems


@pytest.mark.parametrize("walk", [walk for walk in WALKS if walk not in RESIZED], ids=lambda walk: walk.__name__)
def test_nothing_hinders_anybody(visit: Visit, walk: Callable[[Visit], Iterator[str]], root: Path) -> None:
    found = {name: problems for name in walk(visit) if (problems := hindrances(visit.page, name, axe(root)))}
    assert found == {}, json.dumps(found, indent=2)


@pytest.mark.parametrize("window", ["phone"])
@pytest.mark.parametrize("walk", RESIZED, ids=lambda walk: walk.__name__)
def test_nothing_hinders_anybody_at_any_width(
    visit: Visit, walk: Callable[[Visit], Iterator[str]], root: Path, complaints: list[str]
) -> None:
    found: dict[str, list[str]] = {}
    for name in walk(visit):
        for width, height in reversed(WINDOWS.values()):
            visit.page.set_viewport_size({"width": width, "height": height})
            if problems := hindrances(visit.page, name, axe(root)):
                found[f"{name} at {width}"] = problems
    assert found == {}, json.dumps(found, indent=2)
    # The browser notes each form that was refused, and each request that was made offline.
    assert [said for said in complaints if "Failed to load resource" not in said] == []
