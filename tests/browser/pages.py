"""Every page of the site, and every state that it can be seen in: walks that stop at each of them.

They are taken for two things: to look for what hinders people (test_accessibility.py) and to see it
(take_screenshots.py). A walk yields the name of what is on the screen, once it is at rest.
"""

from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.account_pages import account
from tests.browser.desk_pages import desk, desk_at_first
from tests.browser.personal_pages import personal
from tests.browser.site_pages import research, site
from tests.browser.task_pages import tasks
from tests.browser.test_tutorial import card, go_through, try_filter
from tests.browser.treatments import AGENT, treat
from tests.browser.visit import Visit
from tests.webapp.downloads.downloading import run_worker
from webapp.participants.models import Participant
from webapp.ratings.models import Showing
from webapp.studies.texts import default_consent_text

MODERATE = (("exposure", {"ev": 1.2}), ("white_balance", {"temperature": 0.2, "tint": 0.0}))
STRONG = (("exposure", {"ev": 2.1}), ("contrast", {"amount": 0.6}), ("saturation", {"amount": 0.4}))
PLAIN = (("gamma", {"gamma": 0.6}), ("black_white", {"amount": 1.0}))
STEPS = (MODERATE, STRONG, PLAIN)


def first_visit(visit: Visit) -> Iterator[str]:
    """From the start page through consent and practice to the start page again."""
    person, page = visit.person, visit.page
    visit.add_photos(2)
    organiser = "Ada Example, ada@example.org"
    visit.change_study(consent_text=default_consent_text(), tutorial=True, organiser=organiser, minutes=20)
    visit.open("/")
    expect(page.locator(".picture canvas")).to_have_count(2)
    yield "start"
    page.get_by_role("link", name="Play", exact=True).click()
    expect(person.button("I agree: begin")).to_be_visible()
    yield "consent"
    page.get_by_role("link", name="I do not agree").click()
    expect(page.get_by_role("heading", name="That is fine")).to_be_visible()
    yield "declined"
    visit.open("/play/default/consent/")
    person.button("I agree: begin").click()
    person.wait_for_photo()
    yield "practice"
    person.button("Next").click()
    card(person, "exposure")
    yield "practice-choose"
    for slug in ("exposure", "gamma", "white_balance"):
        try_filter(person, slug)
    person.click_filter("saturation")
    yield "practice-set"
    person.slider("amount").focus()
    person.press("PageUp", "PageUp", "PageUp")
    expect(card(person, "saturation")).to_have_attribute("data-phase", "done")
    yield "practice-done"
    person.button("Take a break").click()
    expect(page.get_by_role("dialog")).to_contain_text("Everything that you did is saved")
    yield "break"
    person.button("Keep editing").click()
    expect(page.locator("dialog")).to_have_count(0)
    person.button("Next").click()
    go_through(person, begun=4)
    person.hand_in()
    expect(person.notice()).to_contain_text("You know the game now")
    yield "practised"
    visit.open("/")
    expect(page.get_by_role("link", name="Practise once more")).to_be_visible()
    expect(page.locator(".picture canvas")).to_have_count(2)
    yield "start-again"
    page.get_by_role("link", name="What you agreed to").click()
    expect(page.get_by_role("heading", name="What you agreed to")).to_be_visible()
    yield "agreed"
    visit.change_study(consent_text="We ask for more now.")
    visit.open("/play/default/")
    expect(page.get_by_role("heading", name="The text has changed")).to_be_visible()
    yield "consent-again"


def play(visit: Visit) -> Iterator[str]:
    """A photo from its dark beginning to what was handed in, and what stands in the way."""
    person, page = visit.person, visit.page
    visit.add_photos(2)
    visit.change_study(allow_downloads=True, agent="")
    person.arrive()
    yield "play"
    visit.choose("1", "[data-parameter=ev]", "PageUp", "PageUp")
    yield "play-slider"
    page.get_by_label("Exposure, as a number").fill("-9")
    person.press("Enter")
    expect(page.locator(".field-hint")).to_contain_text("It goes from")
    yield "play-out-of-range"
    page.get_by_label("Exposure, as a number").fill("1.6")
    person.press("Enter")
    person.slider("ev").focus()
    visit.choose("3", "[data-parameter=temperature]", "g")
    expect(page.locator(".pick-layer")).to_be_focused()
    yield "play-grey-point"
    person.press("Enter")
    expect(page.locator(".picker")).to_contain_text("That place")
    visit.choose("5", "[data-point='1']", "Tab", "Tab", "Shift+ArrowUp")
    yield "play-tone"
    visit.choose("8", "[data-point='1']", "Tab", "Tab", "Tab", "ArrowUp", "ArrowUp")
    person.button("Blue").click()
    yield "play-color"
    visit.choose("4", "[data-parameter=amount]", "PageUp", "PageUp", "PageUp")
    expect(page.locator(".palette")).to_contain_text("5 of 5")
    person.wait_until_saved()
    yield "play-five-steps"
    yield from _look(visit)
    yield from _hand_in(visit)


def _look(visit: Visit) -> Iterator[str]:
    """Other ways to see the photo, and the sheet of keys."""
    person, page = visit.person, visit.page
    person.press("j", "s")
    expect(page.locator(".split-line")).to_be_visible()
    yield "play-split-and-clipping"
    person.press("j", "s", "z")
    expect(page.locator(".looks .actual")).to_have_attribute("aria-pressed", "true")
    yield "play-100-percent"
    person.press("0", ",")
    person.button("Replace").click()
    expect(page.locator(".palette")).to_contain_text("choose what replaces")
    yield "play-replace"
    person.press("Escape", "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "play-help"
    person.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def _hand_in(visit: Visit) -> Iterator[str]:
    """The last look, the end without a connection, and what comes next."""
    person, page = visit.person, visit.page
    person.button("Finish").click()
    expect(person.button("Hand in")).to_be_visible()
    yield "play-last-look"
    person.button("Keep editing").click()
    expect(page.locator("dialog")).to_have_count(0)
    person.wait_until_saved()
    page.context.set_offline(True)
    person.press("Control+z")
    expect(page.locator("header [role=status]")).to_contain_text("offline")
    yield "play-offline"
    person.hand_in()
    expect(person.notice()).to_contain_text("Your picture waits to be saved")
    yield "play-handed-in-offline"
    page.context.set_offline(False)
    expect(page.get_by_label("1 of 2 photos handed in")).to_be_visible()
    person.wait_for_photo()
    yield "play-next-photo"
    link = page.get_by_role("link", name="All your pictures")
    if link.is_visible():
        link.click()
    else:  # a phone on its side has no room for it
        visit.open("/finished/")
    yield from _finished(visit)


def _finished(visit: Visit) -> Iterator[str]:
    page = visit.page
    expect(page.get_by_role("heading", name="Your pictures")).to_be_visible()
    own = Participant.objects.get(kind="human").pseudonym
    for photo, steps in zip(visit.add_photos(2), STEPS, strict=False):
        treat(photo, steps, own)
    page.reload()
    for develops in (True, False):
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/downloads/" in answer.url):
            visit.person.button("Download at full size").first.click()
        if develops:
            run_worker()
    expect(page.get_by_role("link", name="Save the picture")).to_be_visible()
    yield "finished"


def afterwards(visit: Visit) -> Iterator[str]:
    """What follows the last photo: others' pictures, one's own style, an episode step by step."""
    person, page = visit.person, visit.page
    (photo,) = visit.add_photos(1)
    agents = treat(photo, STRONG, AGENT)
    visit.open("/play/default/reveal/")
    expect(person.notice()).to_contain_text("no picture here")
    yield "reveal-too-early"
    for steps in (MODERATE, PLAIN):
        treat(photo, steps)
    person.arrive()
    visit.choose("1", "[data-parameter=ev]", "PageUp", "PageUp")
    person.hand_in()
    expect(person.notice()).to_contain_text("That was the last photo")
    yield "play-last-photo"
    person.button("Side by side").click()
    expect(page.locator(".treatment")).to_have_count(4)
    yield "reveal"
    person.press("B")
    expect(page.get_by_role("radio", name="Picture B")).to_be_checked()
    yield "reveal-chosen"
    person.press("Enter")
    expect(page.get_by_text("Your choice is saved")).to_be_visible()
    yield "reveal-told"
    own = Showing.objects.get().participant.pseudonym
    other = Participant.objects.filter(kind="human").exclude(pseudonym=own)[0].pseudonym
    for number, more in enumerate(visit.add_photos(5)):
        treat(more, STEPS[number % 3], own)
        treat(more, STEPS[(number - 1) % 3], other)
        treat(more, STRONG, AGENT)
    visit.open("/play/default/profile/")
    expect(page.get_by_role("img", name="Your style, drawn")).to_be_visible()
    yield "profile"
    page.locator("summary").click()
    expect(page.get_by_role("row", name="Pictures")).to_be_visible()
    yield "profile-numbers"
    visit.open("/")
    expect(page.get_by_text("All done")).to_be_visible()
    expect(page.locator(".picture canvas")).to_have_count(2)
    yield "start-all-done"
    visit.change_study(public_replays=True)
    visit.open(f"/episodes/{agents.pk}/")
    expect(page.locator(".details")).to_contain_text("Step 3 of 3")
    person.press("ArrowLeft")
    expect(page.locator(".details")).to_contain_text("Step 2 of 3")
    yield "replay"
    visit.open("/play/default/mine/")
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    yield "mine"


WALKS = (first_visit, play, afterwards, site, research, account, tasks, personal, desk_at_first, desk)
