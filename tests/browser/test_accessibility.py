"""No page, in no state, hinders anybody: axe-core finds nothing, nothing is too wide, or too small for a finger.

Everything that axe-core knows is asked, but what it calls experimental or WCAG's level AAA.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.browser.account_pages import account
from tests.browser.desk_pages import desk
from tests.browser.pages import WALKS, afterwards, first_visit, play
from tests.browser.player import Person
from tests.browser.site_pages import research, site
from tests.browser.task_pages import tasks
from tests.browser.visit import Visit
from tests.browser.visitor import visitor
from tests.webapp.downloads.downloading import forget_jobs
from webapp.photos.models import Photo

WINDOWS: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "tablet": {"width": 820, "height": 1180},
    "desk": {"width": 1440, "height": 900},
}
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
# The documentation of the API is another project's page: it is only asked that ours around it is sound.
ANOTHER_PROJECTS = ["#swagger-ui"]
# What depends on where things lie, and on the page as a whole; all else depends on what is shown, and in which colours.
OF_THE_WINDOW = {
    "resultTypes": ["violations"],
    "runOnly": [
        "target-size",
        "scrollable-region-focusable",
        "heading-order",
        "page-has-heading-one",
        "landmark-one-main",
    ],
}
# Of a page that was looked at, in another state or window, all is asked only of what has changed, is shown, hidden or
# coloured otherwise, or written smaller: of what is hidden, where it lay. Of all, it would take nearly twice as long.
FIND = """async ([exclude, options, ofTheWindow]) => {
    const traits = (one) => {
        const { color, backgroundColor, opacity, fontSize } = getComputedStyle(one);
        const attributes = [...one.attributes].map(({ name, value }) => `${name}=${value}`);
        const content = [...one.childNodes].map((node) => node.data ?? node.nodeName);
        const looks = [one.checkVisibility(), color, backgroundColor, opacity, attributes, content];
        return { looks: looks.join(), size: parseFloat(fontSize) };
    };
    const shown = (one) => (one.checkVisibility() ? one : shown(one.parentElement));
    const elements = [...document.body.querySelectorAll(`:not(:is(${exclude}) *)`)];
    const looked = (window.looked ??= {});
    const before = looked[innerWidth] ?? looked.last;
    const now = (looked[innerWidth] = looked.last = new Map(elements.map((one) => [one, traits(one)])));
    const runs = [];
    if (before) {
        const isChanged = (one) => {
            const [was, is] = [before.get(one), now.get(one)];
            return was === undefined || was.looks !== is.looks || was.size > is.size;
        };
        const changed = elements.filter(isChanged).map(shown);
        if (changed.length > 0) runs.push([{ include: [...new Set(changed)], exclude }, options]);
        runs.push([{ exclude }, ofTheWindow]);
    } else runs.push([{ exclude }, options]);
    const found = [];
    for (const [context, asked] of runs) found.push(...(await axe.run(context, asked)).violations);
    return found.flatMap(({ id, help, nodes }) =>
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
    found: list[str] = page.evaluate(FIND, [ANOTHER_PROJECTS, OPTIONS, OF_THE_WINDOW])
    return found


Walk = Callable[[Visit], Iterator[str]]

# What `make test` looks at: each kind of page in one window, as most have it, and the states that differ most from it.
# All other states and windows are left to `make test-long`.
USUAL: tuple[tuple[Walk, str, str], ...] = (
    (first_visit, "phone", "start consent declined practice practice-choose"),
    (play, "phone", "play play-slider play-grey-point play-color play-help play-last-look"),
    (afterwards, "phone", "reveal reveal-told profile replay mine"),
    (
        site,
        "phone",
        "start-without-photos credits-without-photos finished-without-pictures play-without-photos error-404",
    ),
    (tasks, "phone", "questions questions-list judge-rating-begin judge-rating judge-pair"),
    (research, "desk", "login photos desk-site-log api"),
    (account, "desk", "account account-confirm account-app account-codes-shown"),
    (
        desk,
        "desk",
        "desk-studies desk-full-progress desk-full-people desk-full-episodes desk-full-quality desk-full-answers"
        " desk-full-payments desk-full-exports desk-full-receipts desk-full-members desk-full-tokens desk-full-log"
        " desk-person desk-episode desk-settings-fixed desk-health",
    ),
)
# The windows that a whole walk is looked at in; it begins and goes on in the first. While a photo is edited, the page
# does not lie still when its window changes: each window takes a walk of its own.
WHOLE = [
    (walk, windows) for walk in WALKS for windows in ([(one,) for one in WINDOWS] if walk is play else [(*WINDOWS,)])
]
LOOKS = [
    *(pytest.param(walk, (window,), names.split(), id=f"{walk.__name__}-{window}") for walk, window, names in USUAL),
    *(
        pytest.param(walk, windows, [], id=f"{walk.__name__}-{'-'.join(windows)}-whole", marks=pytest.mark.long)
        for walk, windows in WHOLE
    ),
]


def stops(walk: Iterator[str], wanted: list[str]) -> Iterator[str]:
    """Follow a walk as far as the last of some of its stops; without any, to its end, and stop everywhere."""
    for name in wanted:
        while next(walk) != name:
            pass
        yield name
    if not wanted:
        yield from walk


@pytest.fixture
def windows() -> tuple[str, ...]:
    """A phone, a tablet, a screen on a desk, or several of them."""
    return ("phone",)


@pytest.fixture
def context(windows: tuple[str, ...], browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser in the first of the windows; in mid motion no colour is what it will be."""
    size = WINDOWS[windows[0]]
    with visitor(browser, (size["width"], size["height"]), touched=windows[0] != "desk") as one:
        yield one


@pytest.fixture
def visit(person: Person, live_server: Any, make_photo: Callable[..., Photo]) -> Iterator[Visit]:
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


BAD_WHEN_WIDE = """<!doctype html><html lang="en"><head><title>Wide</title><style>
    body { background: white; color: black; font-size: 30px }
    @media (min-width: 1000px) {
        #nameless span { display: none }
        #pale { color: #ccc }
        #small { font-size: 12px }
        .near { font-size: 8px; line-height: 8px }
    }
    #small { color: #8a8a8a }
    @media (max-width: 999px) { #hidden { display: none } }
</style></head><body><main><h1>Wide</h1>
    <button id="nameless"><span>Name</span></button><p id="pale">Pale</p><p id="small">Small</p>
    <div class="near"><button class="near" id="first">A</button><br><button class="near">B</button></div>
    <p id="hidden"><input></p><p><label for="field">Label</label><input id="field"></p><button id="named">Name</button>
</main></body></html>"""


def test_what_only_a_further_window_or_state_shows_hides_changes_or_makes_small_is_found_there(
    context: BrowserContext, root: Path
) -> None:
    page = context.new_page()
    page.set_content(BAD_WHEN_WIDE)
    assert violations(page, axe(root)) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    found = "\n".join(violations(page, axe(root)))
    page.evaluate("document.querySelector('label').remove(); document.querySelector('#named').textContent = ''")
    found += "\n" + "\n".join(violations(page, axe(root)))
    for rule, place in (
        ("button-name", "#nameless"),
        ("color-contrast", "#pale"),
        ("color-contrast", "#small"),
        ("target-size", "#first"),
        ("label", "input"),
        ("label", "#field"),
        ("button-name", "#named"),
    ):
        assert re.search(f"^{rule}: .*{place}", found, re.MULTILINE), (rule, found)


@pytest.mark.parametrize(("walk", "windows", "names"), LOOKS)
def test_nothing_hinders_anybody(
    visit: Visit,
    walk: Walk,
    windows: tuple[str, ...],
    names: list[str],
    root: Path,
    complaints: list[str],
) -> None:
    found: dict[str, list[str]] = {}
    for name in stops(walk(visit), names):
        for window in windows:
            visit.page.set_viewport_size(WINDOWS[window])
            if problems := hindrances(visit.page, name, axe(root)):
                found[f"{name} on the {window}"] = problems
        visit.page.set_viewport_size(WINDOWS[windows[0]])
    assert found == {}, json.dumps(found, indent=2)
    # The browser notes each form that was refused, and each request that was made offline.
    assert [said for said in complaints if "Failed to load resource" not in said] == []
