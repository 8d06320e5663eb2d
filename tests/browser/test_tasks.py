"""Questionnaires, play and judging, one after another, to the last page; by keyboard, and offline for a while."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.player import Person
from tests.browser.tasks import configure, judging, treat_all
from webapp.photos.models import Photo
from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement
from webapp.studies.models import Participation, Study


def fill_in_before(person: Person) -> None:
    """Answer the questionnaire before."""
    page = person.page
    page.get_by_text("Every month").click()
    page.get_by_role("spinbutton").fill("34")
    person.button("Next").click()
    expect(page.get_by_text("Anything else?")).to_be_visible()
    page.locator("textarea").fill("No.")
    person.button("Send").click()


def beyond_the_connection(complaints: list[str]) -> list[str]:
    """What the page complains of but for requests that came to nothing."""
    return [said for said in complaints if "ERR_INTERNET_DISCONNECTED" not in said and "ERR_FAILED" not in said]


def test_from_the_first_questionnaire_to_the_last_page(
    person: Person, study: Study, make_photo: Callable[..., Photo], complaints: list[str]
) -> None:
    page = person.page
    treat_all([make_photo(seed) for seed in range(3)])
    before, play, after = (
        {"kind": "questionnaire", "name": "before"},
        {"kind": "play"},
        {"kind": "questionnaire", "name": "after"},
    )
    configure([before, play, judging("rating", 3), judging("pair", 2), after])
    study.refresh_from_db()
    study.photos_per_participant = 1
    study.save()
    page.goto(person.address)
    expect(page).to_have_url(f"{person.address}questionnaire/")
    fill_in_before(person)
    expect(page).to_have_url(person.address)
    person.wait_for_photo()
    person.click_filter("exposure")
    person.drag("ev", 0.5, 0.9)
    person.wait_until_saved()
    person.hand_in()
    expect(page).to_have_url(f"{person.address}judging/")
    person.button("Begin").click()
    for number in range(3):
        expect(page.locator("header .count")).to_have_text(f"{number + 1} of 3")
        person.press(str(2 + number))
        expect(page.locator(f"input[value='{2 + number}']")).to_be_checked()
        person.press("Enter")
    expect(page.get_by_text("You see the same photo twice")).to_be_visible()
    person.button("Begin").click()
    for number, key in enumerate(("ArrowRight", "ArrowLeft")):
        expect(page.locator("header .count")).to_have_text(f"{number + 1} of 2")
        person.press(key)
        person.press("Enter")
    expect(page).to_have_url(f"{person.address}questionnaire/")
    page.get_by_text("Yes", exact=True).click()
    person.button("Send").click()
    expect(page).to_have_url(f"{person.address}end/")
    assert Participation.objects.get(participant__kind="human", completed__isnull=False)
    stored = {row.questionnaire: row.values for row in Answers.objects.all()}
    assert stored == {"before": {"experience": "monthly", "age": 34, "remarks": "No."}, "after": {"again": True}}
    answers = Judgement.objects.order_by("made")
    assert [row.answer for row in answers] == [2, 3, 4, 1, 0]
    assert all(row.ms > 0 for row in answers)
    assert complaints == []


def test_answers_that_are_given_offline_are_sent_when_the_connection_is_back(
    person: Person, study: Study, make_photo: Callable[..., Photo], complaints: list[str]
) -> None:
    page = person.page
    treat_all([make_photo(seed) for seed in range(3)])
    configure([judging("rating", 3)])
    page.goto(person.address)
    person.button("Begin").click()
    expect(page.locator(".judging")).to_be_visible()
    # What is shown next has come already.
    page.wait_for_function(
        "performance.getEntriesByType('resource').filter((e) => /pictures/.test(e.name)).length >= 3"
    )
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for number in range(3):
        expect(page.locator("header .count")).to_have_text(f"{number + 1} of 3")
        person.press("4", "Enter")
    expect(page.get_by_text("You are offline")).to_be_visible()
    assert not Judgement.objects.exists()
    page.context.set_offline(False)
    expect(page).to_have_url(f"{person.address}end/")
    assert [row.answer for row in Judgement.objects.all()] == [4, 4, 4]
    assert beyond_the_connection(complaints) == []


@pytest.mark.long
def test_what_is_written_is_there_again_after_a_reload(person: Person, study: Study, complaints: list[str]) -> None:
    page = person.page
    configure([{"kind": "questionnaire", "name": "before"}])
    page.goto(person.address)
    page.get_by_role("spinbutton").fill("51")
    page.get_by_text("Every day").click()
    expect(page.get_by_role("radio", name="Every day")).to_be_checked()
    page.reload()
    expect(page.get_by_role("spinbutton")).to_have_value("51")
    expect(page.get_by_role("radio", name="Every day")).to_be_checked()
    # A question that must be answered holds up the next page.
    assert not Answers.objects.exists()
    assert complaints == []


@pytest.mark.long
def test_an_answer_that_did_not_arrive_is_sent_at_the_next_visit(
    person: Person, study: Study, make_photo: Callable[..., Photo], complaints: list[str]
) -> None:
    page = person.page
    treat_all([make_photo(1)])
    configure([judging("rating", 2)])
    page.goto(person.address)
    person.button("Begin").click()
    page.route("**/trials/*/", lambda route: route.abort())
    expect(page.locator("header .count")).to_have_text("1 of 2")
    person.press("5", "Enter")
    expect(page.locator("header .count")).to_have_text("2 of 2")
    page.unroute("**/trials/*/")
    page.goto(person.address)
    expect(page.locator("header .count")).to_have_text("2 of 2")
    assert [row.answer for row in Judgement.objects.all()] == [5]
    assert beyond_the_connection(complaints) == []
