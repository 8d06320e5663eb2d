"""docs/tutorial.md, word by word: from a bare machine to a report."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.chromium import running_chromium
from tests.browser.player import Person
from tests.browser.test_tutorial import go_through
from tests.browser.visitor import PATIENCE_MS, visitor
from tests.deploy.machines import USER, BareMachine, bare_machine, output
from tests.documentation.pages import blocks
from webapp.local.embedded_postgres import free_port

PACKAGES = "python3,python3-venv,make,git,ca-certificates"
CLONE = f"/home/{USER}/safelight"
PATIENCE = 1800  # seconds for the first `make run` to install everything, and for the worker, on a busy machine
ADDRESS = "http://127.0.0.1:8000"
expect.set_options(timeout=PATIENCE_MS)

# A site that runs until the test has seen enough.
RUN = """
{command} PORT={port} >site.log 2>&1 &
until [ -e enough ]; do kill -0 $!; sleep 0.2; done
kill $!
wait $! || true
"""


@pytest.fixture
def machine(root: Path) -> Iterator[BareMachine]:
    """A bare machine with a clone, which is gone afterwards."""
    with bare_machine(PACKAGES) as machine:
        output("git", "clone", "--quiet", str(root), f"{machine.folder}{CLONE}")
        machine.run(f"chown -R {USER}:{USER} /home/{USER}", "/")
        yield machine


@contextmanager
def running(machine: BareMachine, command: str, port: int) -> Iterator[tuple[str, str]]:
    """Keep the site running in a terminal, and yield the researcher's name and password, which it prints."""
    clone = machine.folder / CLONE.lstrip("/")
    thread = Thread(target=machine.run, args=(RUN.format(command=command, port=port), CLONE, USER))
    thread.start()
    try:
        yield _researcher(clone / "site.log")
    finally:
        (clone / "enough").touch()
        thread.join()


def _researcher(log: Path) -> tuple[str, str]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        said = log.read_text() if log.exists() else ""
        if found := re.search(r"login: (\S+) +password: (\S+)[\s\S]*Safelight is at", said):
            return found[1], found[2]
        time.sleep(0.5)
    pytest.fail(f"the site does not start: {said}")


def photos(count: int) -> list[dict[str, str | bytes]]:
    """Pictures as a camera would save them: soft gradients, each of its own colours."""
    made: list[dict[str, str | bytes]] = []
    for number in range(count):
        colours = np.random.default_rng(number).integers(0, 200, (6, 9, 3), dtype=np.uint8)
        into = BytesIO()
        Image.fromarray(colours).resize((900, 600), Image.Resampling.BICUBIC).save(into, "JPEG")
        made.append({"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": into.getvalue()})
    return made


def begin_a_study(page: Page, name: str, password: str) -> None:
    """Sections 1 and 2."""
    person = Person(page, "")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    person.button("Log in").click()
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Title").fill("Pilot")
    page.get_by_label("Slug").fill("pilot")
    person.button("Begin it").click()
    page.get_by_label("Controller").fill("Ada Example")
    page.get_by_label("Contact").fill("ada@example.org")
    page.get_by_label("Ethics approval").fill("a trial: none is needed")
    page.locator("summary", has_text="Photos of a participant").click()
    page.get_by_label("Episodes per photo").fill("3")
    person.button("Save").click()
    page.get_by_role("link", name="Photos", exact=True).click()
    page.locator("#files").set_input_files(photos(8))  # type: ignore[arg-type]
    expect(page.locator("#summary")).to_contain_text("Done: 8 added.", timeout=1000 * PATIENCE)


def try_it(page: Page) -> None:
    """Section 3, to the end of one photo."""
    person = Person(page, "")
    page.get_by_role("link", name="Progress").click()
    person.button("Let researchers try it").click()
    page.get_by_role("link", name="Try it as a participant").click()
    person.button("I agree: begin").click()
    person.wait_for_photo()
    go_through(person)
    page.locator(".finish .primary >> visible=true").click()
    person.button("Hand in").click()
    person.button("To the first photo").click()
    person.wait_for_photo()
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.7)
    person.hand_in()
    expect(page.locator("header .count")).to_have_text("1 / 8")


def download(page: Page, to: Path) -> None:
    """Section 5: a version, once the worker has made it."""
    page.get_by_role("link", name="Exports").click()
    page.get_by_role("link", name="New version").click()
    assert page.get_by_role("checkbox", name="robot").is_checked()
    page.get_by_role("button", name="Make it").click()
    made = page.get_by_role("link", name="Download version 1", exact=True)
    expect(made).to_be_visible(timeout=1000 * PATIENCE)
    with page.expect_download() as begun:
        made.click()
    begun.value.save_as(to)


@pytest.mark.long
def test_whoever_follows_the_tutorial_comes_from_an_empty_machine_to_a_report(
    machine: BareMachine, tmp_path: Path
) -> None:
    start, robots, check, compare = (block.text for block in blocks("docs/tutorial.md", "sh"))
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    clone = machine.folder / CLONE.lstrip("/")

    def type_in(lines: str) -> str:
        lines = lines.replace(ADDRESS, site)
        if not lines.startswith("source"):  # in the same terminal
            lines = f"source .venv/bin/activate\n{lines}"
        return machine.run(f"bash -eu <<'END'\n{lines}\nEND", CLONE, USER)

    with (
        running(machine, start.strip(), port) as (name, password),
        running_chromium("--disable-gpu-compositing") as browser,
        visitor(browser, (1280, 900)) as context,
    ):
        page = context.new_page()
        page.goto(f"{site}/login/")
        begin_a_study(page, name, password)
        try_it(page)
        page.goto(f"{site}/desk/studies/pilot/")
        page.get_by_role("button", name="Open it").click()
        expect(page.get_by_role("heading", name="Open", exact=True)).to_be_visible()
        type_in(robots)
        page.get_by_role("link", name="Episodes").click()
        page.locator("select[name=kind]").select_option("robots and agents")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("p[role=status]")).to_have_text(re.compile(r"^[1-9]\d* episodes$"))
        download(page, tmp_path / "version.zip")
        (clone / "version.zip").write_bytes((tmp_path / "version.zip").read_bytes())
        machine.run(f"chown {USER} version.zip && python3 -m zipfile -e version.zip .", CLONE)
        machine.run(f"chown -R {USER}:{USER} pilot-v1", CLONE)
        said = type_in(check)
        assert re.search(r"(?m)^.*\bepisodes\b", said), said
        type_in(compare)
    report = (clone / "report" / "report.html").read_text()
    assert "robots stand in their place" in report
