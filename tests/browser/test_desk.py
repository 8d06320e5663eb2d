"""A study, run from the desk as a researcher would: from its beginning to the data of one participant."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from tests.browser.player import Person
from tests.browser.test_photos_page import png
from tests.browser.test_recruited import BLACK_AND_WHITE, play_one
from tests.browser.visitor import visitor
from tests.webapp.downloads.downloading import forget_jobs, run_worker
from webapp.datasets.models import PreparedExport
from webapp.datasets.receipts import receipts_of_study
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.studies.models import Coverage, Study, Withdrawal


@pytest.fixture
def participant(browser: Browser) -> Iterator[Page]:
    """Somebody else's browser."""
    with visitor(browser) as context:
        yield context.new_page()
    forget_jobs()


def log_in(person: Person, site: str) -> None:
    """Come to the desk as a researcher who has no role anywhere."""
    User.objects.create_user("lena", password="correct horse battery", is_staff=True)
    page = person.page
    page.goto(f"{site}/login/")
    page.get_by_label("Username").fill("lena")
    page.get_by_label("Password").fill("correct horse battery")
    person.button("Log in").click()
    expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_visible()


def unfold(page: Page, *sections: str) -> None:
    """Open sections of the settings."""
    for section in sections:
        page.locator("summary", has_text=section).click()


def set_tasks(page: Page) -> None:
    """A questionnaire, a picture to rate, and play, by the fields of the settings."""
    unfold(page, "Tasks")
    about = {"elements": [{"type": "text", "name": "age", "title": "How old are you?"}]}
    for number, kind in enumerate(("questionnaire", "rating", "play")):
        page.get_by_role("button", name="One more task").click()
        row = page.locator("#setting-tasks .row >> visible=true").nth(number)
        row.get_by_label("Kind").select_option(kind)
        if kind != "play":
            row.get_by_label("Name", exact=True).fill({"questionnaire": "about", "rating": "look"}[kind])
        if kind == "rating":
            row.get_by_label("untouched").check()
            row.get_by_label("Trials").fill("1")
    page.get_by_role("button", name="One more questionnaire").click()
    row = page.locator("#setting-questionnaires .row >> visible=true")
    row.get_by_label("Name", exact=True).fill("about")
    row.get_by_label("SurveyJS's JSON").fill(json.dumps(about))


def answer(person: Person) -> None:
    """Answer the questionnaire, and rate the picture."""
    person.page.get_by_label("How old are you?").fill("34")
    person.button("Send").click()
    person.button("Begin").click()
    expect(person.page.locator(".judging canvas")).to_have_count(1)
    person.press("4", "Enter")


def test_a_study_is_run_from_the_desk(
    person: Person,
    participant: Page,
    study: Study,
    live_server: Any,
    complaints: list[str],
) -> None:
    page, site = person.page, live_server.url
    page.clock.install()
    log_in(person, site)

    # Create, and configure: what is wrong stands beside its field.
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Title").fill("Bring it out")
    page.get_by_label("Slug").fill("bring-it-out")
    person.button("Begin it").click()
    page.get_by_label("Controller").fill("University of Somewhere")
    page.get_by_label("Contact").fill("ada@example.org")
    page.get_by_label("Ethics approval").fill("EC 12/2026")
    unfold(page, "Photos of a participant", "The game", "Texts", "Recruitment")
    page.get_by_label("Episodes per photo").fill("0")
    page.locator("#setting-reveal select").select_option("off")
    page.locator("#setting-consent_boxes textarea").fill("I am 18 or older.")
    page.get_by_label("Entry parameter").fill("PROLIFIC_PID")
    page.get_by_label("Entry required").check()
    page.get_by_label("Completion code").fill("DONE1")
    page.get_by_label("Return link").fill("https://recruiter.example/complete?cc={code}")
    page.locator("#setting-debriefing textarea").first.fill("It was about light.")
    # The tutorial is in test_three_ways.py, and of recruited participants in test_recruited.py.
    page.locator("#setting-tutorial").get_by_role("checkbox").uncheck()
    filters = page.locator("#setting-filters")
    filters.get_by_label("Exposure").check()
    filters.get_by_label("Black & white").check()
    set_tasks(page)
    person.button("Save").click()
    wrong = page.locator("#setting-episodes_per_photo")
    expect(wrong).to_contain_text("greater than or equal to 1")
    page.get_by_label("Episodes per photo").fill("1")
    person.button("Save").click()
    expect(page.get_by_text("It has no photos.")).to_be_visible()

    # Upload, and an attention item.
    page.get_by_role("link", name="Photos", exact=True).click()
    page.locator("#files").set_input_files([png(1), png(2)])  # type: ignore[list-item]
    expect(page.locator("#summary")).to_contain_text("Done: 2 added.")
    page.locator("#photos li", has_text="new 1.png").get_by_role("link", name="Attention item").click()
    page.get_by_label("Instruction, English").fill(BLACK_AND_WHITE)
    person.button("Make it an attention item").click()
    expect(page.get_by_text(f"attention: {BLACK_AND_WHITE}")).to_be_visible()

    # Preview, as a participant: it never counts.
    page.get_by_role("link", name="Progress").click()
    person.button("Let researchers try it").click()
    page.get_by_role("link", name="Try it as a participant").click()
    made = Study.objects.get(slug="bring-it-out")
    page.get_by_label("I am 18 or older.").check()
    person.button("I agree: begin").click()
    expect(page.get_by_label("How old are you?")).to_be_visible()
    assert made.participation_set.get().preview

    # Open, and the link with a platform's id.
    page.goto(f"{site}/desk/studies/bring-it-out/")
    expect(page.get_by_text("1 preview", exact=False)).to_be_visible()
    person.button("Open it").click()
    expect(page.get_by_role("heading", name="Open", exact=True)).to_be_visible()
    link = page.get_by_role("textbox", name="For the recruiter, who puts in who comes").input_value()
    address = link.partition("?")[0] + "?PROLIFIC_PID=5f3c0ffee"

    # One participant, through all tasks to the code, while the desk is open.
    other = Person(participant, address)
    participant.goto(address)
    participant.get_by_label("I am 18 or older.").check()
    other.button("I agree: begin").click()
    expect(participant.get_by_label("How old are you?")).to_be_visible()
    assert "?" not in participant.url, "the parameters have done their work"
    answer(other)
    assert sum(play_one(other) for _ in range(2)) == 1
    other.button("To the last page").click()
    expect(participant.get_by_text("DONE1")).to_be_visible()
    expect(participant.get_by_text("It was about light.")).to_be_visible()
    back = participant.get_by_role("link", name="Back to where you came from")
    expect(back).to_have_attribute("href", "https://recruiter.example/complete?cc=DONE1")
    page.clock.fast_forward("00:10")
    expect(page.locator("#progress")).to_contain_text("1 of 1 handed in")

    # The receipt agrees; the person is excluded, and the place is free again.
    (receipt,) = [receipt for receipt in receipts_of_study(made) if receipt.complete]
    assert (receipt.complete, receipt.episodes, receipt.problems) == (True, 2, [])
    page.get_by_role("link", name="People").click()
    expect(page.get_by_role("row", name="5f3c0ffee")).to_contain_text("2 of 2")
    pseudonym = Episode.objects.filter(preview=False, study=made)[0].participant.pseudonym
    page.get_by_role("link", name=pseudonym).click()
    page.get_by_label("Why").fill("a rehearsal")
    person.button("Reject").click()
    expect(page.get_by_role("heading", name="Rejected")).to_be_visible()
    assert not Coverage.objects.filter(study=made, taken__gt=0).exists()
    page.locator(".gallery a", has=page.locator("img")).first.click()
    expect(page.locator("[data-transport]")).to_be_visible()

    # An export is asked for, written by the worker, and taken along.
    page.get_by_role("link", name="Exports", exact=True).click()
    page.get_by_label("excluded").check()
    person.button("Ask for it").click()
    expect(page.locator("#exports")).to_contain_text("queued")
    run_worker()
    page.clock.fast_forward("00:05")
    expect(page.locator("#exports")).to_contain_text("2 episodes")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the export").click()
    assert "bring-it-out" in download.value.suggested_filename
    with ZipFile(download.value.path()) as exported:
        tables = {Path(name).name for name in exported.namelist()}
    assert {"episodes.parquet", "judgements.parquet", "answers.parquet", "participations.parquet"} <= tables

    # They withdraw: what was exported with them in it goes, and the configuration is taken along.
    participant.goto(f"{site}/play/bring-it-out/mine/")
    participant.get_by_label("Erase everything").check()
    other.button("Withdraw").click()
    expect(participant.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert Withdrawal.objects.filter(study=made).count() == 1
    assert not PreparedExport.objects.exists()
    page.goto(f"{site}/desk/studies/bring-it-out/")
    expect(page.locator("#progress")).to_contain_text("1 withdrawn")
    kept = page.request.get(f"{site}/desk/studies/bring-it-out/configuration.json")
    assert json.loads(kept.body())["settings"]["completion_code"] == "DONE1"
    page.get_by_role("link", name="Log").click()
    expect(page.locator(".log")).to_contain_text(f"rejected {pseudonym}: a rehearsal")
    # The browser notes that the form was refused once.
    assert [said for said in complaints if "400 (Bad Request)" not in said] == []


@pytest.mark.long
def test_every_event_is_replayed_with_its_picture(
    person: Person, make_photo: Callable[..., Photo], live_server: Any, complaints: list[str]
) -> None:
    make_photo()
    person.arrive()
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.9)
    person.hand_in()
    expect(person.notice()).to_contain_text("That was the last photo")
    page = person.page
    log_in(person, live_server.url)
    User.objects.update(is_superuser=True)
    episode = Episode.objects.get()
    page.goto(f"{live_server.url}/desk/studies/default/episodes/{episode.pk}/")
    rows = page.locator(".events tbody tr")
    count = episode.events.count()
    expect(rows).to_have_count(count)
    expect(rows.nth(count - 1)).to_have_attribute("aria-current", "true")
    finished = page.locator(".canvas canvas").screenshot()
    page.locator("[data-goto='0']").click()
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    assert page.locator(".canvas canvas").screenshot() != finished
    page.locator("[data-speed]").select_option("16")
    person.button("Play").click()
    expect(rows.nth(count - 1)).to_have_attribute("aria-current", "true")
    assert page.locator(".canvas canvas").screenshot() == finished
    assert complaints == []


@pytest.mark.long
def test_photos_are_ticked_and_removed_together(
    person: Person, make_photo: Callable[..., Photo], study: Study, live_server: Any, complaints: list[str]
) -> None:
    for seed in range(3):
        make_photo(seed)
    log_in(person, live_server.url)
    User.objects.update(is_superuser=True)
    page = person.page
    page.goto(f"{live_server.url}/desk/studies/default/photos/")
    person.button("Tick all on this page").click()
    page.locator("#photos input[type=checkbox]").first.uncheck()
    page.once("dialog", lambda dialog: dialog.dismiss())
    person.button("Remove the ticked ones").click()
    assert study.playable.count() == 3
    page.once("dialog", lambda dialog: dialog.accept())
    person.button("Remove the ticked ones").click()
    expect(page.get_by_role("heading", name="1 photo in play")).to_be_visible()
    assert complaints == []
