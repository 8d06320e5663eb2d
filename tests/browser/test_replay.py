"""An episode, watched step by step: what is drawn is what was played."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.preview import load_preview
from tests.browser.treatments import AGENT, treat
from webapp.photos.models import Photo
from webapp.studies.models import Study

STEPS = (
    ("exposure", {"ev": 1.0}),
    ("white_balance", {"temperature": 0.3, "tint": 0.0}),
    ("contrast", {"amount": 0.5}),
)


def shown(page: Page) -> Any:
    """The mean colour on the screen, 0 to 1."""
    picture = Image.open(BytesIO(page.locator(".room canvas").screenshot())).convert("RGB")
    return np.asarray(picture, dtype=np.float32).mean(axis=(0, 1)) / 255


def made(photo: Photo, count: int) -> Any:
    """The mean colour that NumPy makes of the photo by the first steps."""
    steps = [Step(slug, parameters) for slug, parameters in STEPS[:count]]
    return np.clip(apply_steps(load_preview(photo.preview.path), steps), 0, 1).mean(axis=(0, 1))


def test_of_an_agents_steps_the_last_is_shown_and_it_says_how_likely_they_were(
    context: Any, complaints: list[str], live_server: Any, make_photo: Callable[..., Photo]
) -> None:
    photo = make_photo()
    episode = treat(photo, STEPS[:1], AGENT)
    episode.steps.update(probabilities={"exposure": 0.625})
    Study.objects.update(public_replays=True)
    page = context.new_page()
    page.goto(f"{live_server.url}/episodes/{episode.pk}/")
    expect(page.locator(".details")).to_contain_text("Chosen with a probability of 63 %.")
    np.testing.assert_allclose(shown(page), made(photo, 1), atol=0.02)
    assert complaints == []


@pytest.mark.long
def test_anybody_watches_an_episode_where_the_study_allows_it(
    context: Any, complaints: list[str], live_server: Any, make_photo: Callable[..., Photo]
) -> None:
    photo = make_photo()
    episode = treat(photo, STEPS)
    page = context.new_page()
    address = f"{live_server.url}/episodes/{episode.pk}/"
    assert page.goto(address).status == 404
    complaints.clear()
    Study.objects.update(public_replays=True)
    assert page.goto(address).status == 200

    details = page.locator(".details")
    expect(details).to_contain_text("Step 3 of 3")
    expect(page.locator(".by")).to_contain_text(episode.participant.pseudonym)
    np.testing.assert_allclose(shown(page), made(photo, 3), atol=0.02)
    page.keyboard.press("ArrowLeft")
    expect(details).to_contain_text("warmer 30")
    np.testing.assert_allclose(shown(page), made(photo, 2), atol=0.02)
    page.get_by_role("button", name="Original").click()
    np.testing.assert_allclose(shown(page), made(photo, 0), atol=0.02)
    for width in (360, 820, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(details).to_contain_text("Step 3 of 3")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    np.testing.assert_allclose(shown(page), made(photo, 3), atol=0.02)
    assert complaints == []
