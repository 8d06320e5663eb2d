"""The tasks beside play: questionnaires and pictures to judge, from the first question to the last page."""

from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.tasks import configure, judging, treat_all
from tests.browser.visit import Visit

# By the kind of judgement: what its first page says, and a key that answers.
_JUDGEMENTS = {
    "rating": ("Give each a mark from 1 to 5", "4"),
    "pair": ("edited differently", "ArrowRight"),
    "turing": ("by a person or by a computer program", "1"),
    "turing_pair": ("a computer program the other", "ArrowLeft"),
}


def tasks(visit: Visit) -> Iterator[str]:
    """All that a participant meets who answers questions and judges pictures."""
    person, page = visit.person, visit.page
    photos = visit.add_photos(3)
    treat_all(photos)
    item = {"photo": photos[0].pk, "answers": [2], "instruction": {"en": "Please choose 2 here."}}
    rating = judging("rating", 1, attention_items=[item])
    others = [judging(kind, 1) for kind in ("pair", "turing", "turing_pair")]
    before, after = ({"kind": "questionnaire", "name": name} for name in ("before", "after"))
    configure([before, rating, *others, after])
    visit.open("/play/default/")
    expect(page.get_by_text("About you")).to_be_visible()
    yield "questions"
    person.button("Next").click()
    expect(page.get_by_text("Response required")).to_be_visible()
    yield "questions-refused"
    page.get_by_text("Every month").click()
    page.locator(".sd-dropdown").click()
    expect(page.get_by_text("Tablet")).to_be_visible()
    yield "questions-list"
    page.get_by_text("Tablet").click()
    person.button("Next").click()
    expect(page.get_by_text("Anything else?")).to_be_visible()
    yield "questions-second-page"
    person.button("Send").click()
    for kind in _JUDGEMENTS:
        yield from _judge(visit, kind)
    expect(page.get_by_text("Would you do it again?")).to_be_visible()
    yield "questions-after"
    page.get_by_text("Yes", exact=True).click()
    person.button("Send").click()
    expect(page).to_have_url(f"{person.address}end/")
    yield "tasks-done"


def _judge(visit: Visit, kind: str) -> Iterator[str]:
    person, page = visit.person, visit.page
    said, key = _JUDGEMENTS[kind]
    count = 2 if kind == "rating" else 1
    expect(page.get_by_text(said)).to_be_visible()
    yield f"judge-{kind}-begin"
    person.button("Begin").click()
    for number in range(count):
        expect(page.locator("header .count")).to_have_text(f"{number + 1} of {count}")
        expect(page.locator("canvas")).to_have_count(2 if "pair" in kind else 1)
        name = f"judge-{kind}" if number == 0 else f"judge-{kind}-{number + 1}"
        yield name
        person.press(key)
        expect(page.locator(".chosen")).to_have_count(1)
        if number == 0:
            yield f"{name}-chosen"
        if number == count - 1 and kind == "turing_pair":
            page.context.set_offline(True)
            person.press("Enter")
            expect(page.get_by_text("You are offline")).to_be_visible()
            yield "judge-offline"
            page.context.set_offline(False)
        else:
            person.press("Enter")
