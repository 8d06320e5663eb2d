"""The researchers' photos page."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image
from playwright.sync_api import Route, expect

from tests.browser.player import Person
from webapp.photos.decoding import Decoded, SourceFile
from webapp.photos.isolated_decoding import Busy, decode_isolated
from webapp.photos.models import Photo
from webapp.studies import photo_api


def png(seed: int) -> dict[str, Any]:
    """A picture to upload, which no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 255, (80, 100, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return {"name": f"new {seed}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def log_in(person: Person, site: str) -> None:
    """Come to the photos page as a researcher."""
    User.objects.create_user("lena", password="correct horse battery", is_staff=True, is_superuser=True)
    person.page.goto(f"{site}/login/?next=/desk/studies/default/photos/")
    person.page.get_by_label("Username").fill("lena")
    person.page.get_by_label("Password").fill("correct horse battery")
    person.button("Log in").click()
    expect(person.page.locator("#files")).to_be_attached()


@pytest.mark.long
def test_after_an_upload_the_page_counts_and_shows_what_is_there(
    person: Person, make_photo: Callable[..., Photo], live_server: Any, complaints: list[str]
) -> None:
    make_photo()
    page = person.page
    programs: list[Route] = []
    page.route("**/upload*.js", lambda route: programs.append(route))
    with page.expect_request("**/upload*.js"):
        log_in(person, live_server.url)
    expect(page.get_by_role("heading", name="1 photo in play")).to_be_visible()
    # They are chosen before the page's program is there.
    page.locator("#files").set_input_files([png(1), png(2)])  # type: ignore[list-item]
    programs.pop().continue_()
    expect(page.locator("#summary")).to_contain_text("Done: 2 added.")
    expect(page.get_by_role("heading", name="3 photos in play")).to_be_visible()
    expect(page.locator("#photos li")).to_have_count(3)
    # What is shown now can be removed as what was there before.
    page.locator("#photos li", has_text="new 2.png").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="2 photos in play")).to_be_visible()
    assert complaints == []


def test_a_file_that_found_the_server_busy_is_sent_again_when_it_said(
    person: Person, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DECODING_RETRY = 7
    asked: list[str] = []

    def busy_twice(source: SourceFile, *arguments: Any) -> Decoded:
        asked.append(source.path.name)
        if len(asked) <= 2:
            raise Busy
        return decode_isolated(source, *arguments)

    monkeypatch.setattr(photo_api, "decode_isolated", busy_twice)
    page = person.page
    page.clock.install()
    log_in(person, live_server.url)
    page.wait_for_load_state()
    # Who has chosen nothing yet is told nothing.
    expect(page.locator("#summary")).to_be_empty()
    first, second = page.locator("#uploads li", has_text="new 1.png"), page.locator("#uploads li", has_text="new 2.png")
    with page.expect_response("**/api/photos/"):
        page.locator("#files").set_input_files([png(1), png(2)])  # type: ignore[list-item]
    for attempt in (1, 2):
        expect(first).to_contain_text("sent again in 7 s")
        expect(second).to_contain_text("waiting")
        page.clock.fast_forward(6000)
        assert asked == ["new 1.png"] * attempt
        with page.expect_response("**/api/photos/"):
            page.clock.fast_forward(1000)
    expect(first).to_contain_text("added, 100 × 80")
    expect(page.locator("#summary")).to_contain_text("Done: 2 added.")
    assert asked == ["new 1.png", "new 1.png", "new 1.png", "new 2.png"]
