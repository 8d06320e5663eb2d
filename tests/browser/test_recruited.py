"""A study from the recruiter's link to the code: consent, tutorial, an attention item, a repeat; then what follows."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from editing.trajectories.receipts import receipts_of
from editing.trajectories.snapshot import read_snapshot
from tests.browser.player import Person
from tests.browser.test_tutorial import go_through
from webapp.datasets.receipts import receipts_of_study
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.studies.leases import reject
from webapp.studies.models import Coverage, Participation, Study, Withdrawal
from webapp.studies.texts import default_consent_text

BLACK_AND_WHITE = "Please make this one black and white."
LINK = "?PROLIFIC_PID=5f3c0ffee&SESSION_ID=7"


@pytest.fixture
def recruited(study: Study, make_photo: Callable[..., Photo]) -> Study:
    """A study of two photos and an attention item, one of the photos shown twice, for one person."""
    check, *_ = (make_photo(seed) for seed in range(3))
    study.change(
        {
            "consent_text": default_consent_text(),
            "consent_boxes": ["I am 18 or older."],
            "tutorial": True,
            "reveal": "off",
            "episodes_per_photo": 1,
            "repeat_share": 0.5,
            "repeat_distance": 1,
            "attention_items": [
                {
                    "photo": check.pk,
                    "instruction": {"en": BLACK_AND_WHITE},
                    "filter": "black_white",
                    "parameter": "amount",
                    "low": 0.9,
                    "high": 1,
                }
            ],
            "filters": ["exposure", "black_white"],
            "entry_parameter": "PROLIFIC_PID",
            "entry_required": True,
            "completion_code": "DONE1",
            "attention_code": "CARELESS",
            "return_link": "https://recruiter.example/complete?cc={code}",
            "debriefing": "It was about light.",
        }
    )
    study.full_clean()
    study.save()
    return study


def play_one(person: Person) -> bool:
    """Play the photo that is shown, as it asks, and hand it in; tell whether it asked for anything."""
    page = person.page
    person.wait_for_photo()
    asks = page.locator(".asked").count() > 0
    if asks:
        expect(page.locator(".asked")).to_contain_text(BLACK_AND_WHITE)
    expect(page.locator("[data-filter]")).to_have_count(2)
    person.click_filter("black_white" if asks else "exposure")
    person.drag("amount" if asks else "ev", 0.5, 0.99 if asks else 0.9)
    expect(page.locator(".finish [aria-disabled=true] >> visible=true")).to_have_count(0)
    person.wait_until_saved()
    before = page.locator("header .count").inner_text()
    person.hand_in()
    # After the last photo there is no count: what it said last is seen by chance alone.
    expect(page.locator("header .count", has_text=before)).to_have_count(0)
    return asks


# A recruited participant of test_desk.py goes the same way, but for the tutorial and the repeat, and withdraws.
@pytest.mark.long
def test_from_the_link_to_the_code_and_what_follows(
    person: Person, recruited: Study, complaints: list[str], live_server: Any, tmp_path: Path
) -> None:
    page = person.page
    page.goto(f"{person.address}{LINK}")
    page.get_by_label("I am 18 or older.").check()
    person.button("I agree: begin").click()
    expect(page.locator("main.playing")).to_be_visible()
    assert page.url == person.address, "the parameters have done their work"
    go_through(person)
    page.locator(".finish .primary >> visible=true").click()
    person.button("Hand in").click()
    person.button("To the first photo").click()
    asked = [play_one(person) for _ in range(4)]
    assert sum(asked) == 1
    expect(person.notice()).to_contain_text("last photo")
    person.button("To the last page").click()
    expect(page.get_by_text("DONE1")).to_be_visible()
    expect(page.get_by_text("It was about light.")).to_be_visible()
    back = page.get_by_role("link", name="Back to where you came from")
    expect(back).to_have_attribute("href", "https://recruiter.example/complete?cc=DONE1")

    # The receipt agrees, from the database and from an export alone.
    (receipt,) = receipts_of_study(recruited)
    assert (receipt.complete, receipt.episodes, receipt.problems) == (True, 4, [])
    call_command("export_dataset", output=tmp_path / "export", study=recruited.slug, stdout=StringIO())
    assert receipts_of(read_snapshot(tmp_path / "export")) == [receipt]
    flags = Episode.objects.filter(tutorial=False)
    assert (flags.filter(attention=True).count(), flags.filter(repeat=True).count()) == (1, 1)

    # The person is rejected: the places are free again, for somebody else, who withdraws.
    assert list(Coverage.objects.filter(taken=1).values_list("taken", flat=True)) == [1, 1]
    reject(Participation.objects.get(), "no effort")
    assert not Coverage.objects.filter(taken__gt=0).exists()
    page.goto(f"{person.address}?PROLIFIC_PID=another")
    page.get_by_label("I am 18 or older.").check()
    person.button("I agree: begin").click()
    expect(page.locator("main.playing")).to_be_visible()
    assert Coverage.objects.filter(taken=1).count() == 2
    page.goto(f"{live_server.url}/play/{recruited.slug}/mine/")
    page.get_by_label("Erase everything").check()
    person.button("Withdraw").click()
    expect(page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert not Coverage.objects.filter(taken__gt=0).exists()
    assert Withdrawal.objects.count() == 1
    assert complaints == []


def test_whose_window_is_too_small_is_told_before_they_agree(person: Person, study: Study) -> None:
    study.consent_text, study.least_width = "What it is about.", 1200
    study.save()
    page = person.page
    page.goto(person.address)
    expect(page.get_by_text("a window of at least 1200")).to_be_visible()
    expect(person.button("I agree: begin")).to_have_count(0)
    page.set_viewport_size({"width": 1300, "height": 800})
    expect(person.button("I agree: begin")).to_be_visible()
