"""The researchers' photos page."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from PIL import Image
from playwright.sync_api import expect

from tests.browser.player import Person
from webapp.photos.models import Photo


def png(seed: int) -> dict[str, Any]:
    """A picture to upload, which no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 255, (80, 100, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return {"name": f"new {seed}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def test_after_an_upload_the_page_counts_and_shows_what_is_there(
    person: Person, make_photo: Callable[..., Photo], live_server: Any, complaints: list[str]
) -> None:
    make_photo()
    User.objects.create_user("lena", password="correct horse battery", is_staff=True)
    page = person.page
    page.goto(f"{live_server.url}/login/?next=/photos/")
    page.get_by_label("Username").fill("lena")
    page.get_by_label("Password").fill("correct horse battery")
    person.button("Log in").click()
    expect(page.get_by_role("heading", name="1 photo in play")).to_be_visible()
    page.locator("#files").set_input_files([png(1), png(2)])  # type: ignore[list-item]
    expect(page.locator("#summary")).to_contain_text("Done: 2 added.")
    expect(page.get_by_role("heading", name="3 photos in play")).to_be_visible()
    expect(page.locator("#photos li")).to_have_count(3)
    # What is shown now can be removed as what was there before.
    page.locator("#photos li", has_text="new 2.png").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="2 photos in play")).to_be_visible()
    assert complaints == []
