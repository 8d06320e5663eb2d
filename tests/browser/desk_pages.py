"""The researchers' desk: each of its pages, while there is nothing, and with many people and photos."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.test import override_settings
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.webapp.desk.populating import QUESTIONNAIRES, TASKS, add_answers, add_people, add_photos
from webapp.datasets.building import build, new_version
from webapp.datasets.choosing import Choice
from webapp.games.models import Episode
from webapp.quality.measuring import measure_new
from webapp.studies.log import log
from webapp.studies.members import Role, set_role
from webapp.studies.models import Study

DESK = "/desk/studies/default/"
# The name of a page, its address below the study's, and a heading that it has once it is there.
PAGES = (
    ("progress", "", "How far people came"),
    ("photos", "photos/", "Photos"),
    ("people", "people/", "People"),
    ("episodes", "episodes/", "Episodes"),
    ("quality", "quality/", "Quality"),
    ("answers", "answers/", "Answers"),
    ("payments", "payments/", "Payments"),
    ("exports", "exports/", "Exports"),
    ("receipts", "receipts/", "Receipts"),
    ("settings", "configure/", "Settings"),
    ("members", "members/", "Members"),
    ("tokens", "tokens/", "Tokens of the API"),
    ("log", "log/", "Log"),
)

SETTINGS = {
    "entry_parameter": "PROLIFIC_PID",
    "reward": "4.50",
    "currency": "GBP",
    "episodes_per_photo": 3,
    "consent_text": "What this is about.",
    "tutorial": True,
    "repeat_share": 0.1,
    "tasks": TASKS,
    "questionnaires": QUESTIONNAIRES,
    "translations": {"de": {"title": "Offene Studie", "consent_text": "Worum es geht."}},
    "conditions": [{"name": "three", "changes": {"maximum_steps": 3}}, {"name": "five", "changes": {}}],
    "controller": "A",
    "contact": "B",
    "ethics_approval": "C",
}


def desk_at_first(visit: Visit) -> Iterator[str]:
    """What a researcher sees of a study that nobody has come to yet."""
    account = _log_in(visit)
    yield "desk-without-studies"
    visit.open("/desk/new/")
    yield "desk-new"
    set_role(Study.objects.get(), account, Role.OWNER)
    visit.change_study(state="draft")
    yield from _pages(visit, "empty")
    visit.change_study(**SETTINGS)
    _unfold(visit)
    for noun in ("task", "questionnaire", "condition", "language"):
        visit.person.button(f"One more {noun}").click()
    yield "desk-settings-unfolded"


def desk(visit: Visit) -> Iterator[str]:
    """What a researcher sees of a study that many have come to."""
    account = _log_in(visit)
    study = Study.objects.get()
    set_role(study, account, Role.OWNER)
    visit.change_study(state="open", **SETTINGS)
    people, photos = visit.crowd
    add_answers(study, add_people(study, add_photos(study, photos), people))
    measure_new()
    for number in range(3):
        set_role(study, User.objects.create_user(f"colleague-{number}", is_staff=True), Role.VIEWER)
    log(study, account, "rejected quiet-heron-00003: the same steps on every photo")
    visit.open("/desk/")
    yield "desk-studies"
    yield from _pages(visit, "full")
    yield from _more(visit)


def _log_in(visit: Visit) -> User:
    """Come to the desk as a researcher who is a member of no study."""
    account = User.objects.create_user("hedy", password="correct horse battery", is_staff=True)
    page = visit.page
    visit.open("/login/")
    page.get_by_label("Username").fill("hedy")
    page.get_by_label("Password").fill("correct horse battery")
    visit.person.button("Log in").click()
    expect(page.get_by_text("You are a member of no study yet")).to_be_visible()
    return account


def _pages(visit: Visit, name: str) -> Iterator[str]:
    for of, address, heading in PAGES:
        visit.open(f"{DESK}{address}")
        expect(visit.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        yield f"desk-{name}-{of}"


def _unfold(visit: Visit) -> None:
    """Open all sections of the settings; the first is open."""
    visit.open(f"{DESK}configure/")
    for section in visit.page.locator("details.card > summary").all()[1:]:
        section.click()


def _more(visit: Visit) -> Iterator[str]:
    page = visit.page
    visit.open(f"{DESK}people/quiet-heron-00003/")
    expect(page.get_by_text("the same steps on every photo").first).to_be_visible()
    yield "desk-person"
    visit.open(f"{DESK}photos/{1:064x}/attention/")
    yield "desk-attention"
    episode = Episode.objects.filter(step_count=3).order_by("started")[0]
    visit.open(f"{DESK}episodes/{episode.pk}/")
    expect(page.locator("[data-transport]")).to_be_visible()
    yield "desk-episode"
    _unfold(visit)
    yield "desk-settings-fixed"
    visit.open(f"{DESK}configure/")
    page.locator("#setting-title input").fill("")
    visit.person.button("Save").click()
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    yield "desk-settings-refused"
    visit.open(f"{DESK}tokens/")
    page.get_by_label("Label").fill("upload script")
    visit.person.button("Make it").click()
    expect(page.get_by_text("Your new token")).to_be_visible()
    yield "desk-token"
    visit.open("/desk/health/")
    expect(page.get_by_role("heading", name="Health of the site")).to_be_visible()
    yield "desk-health"
    visit.open(f"{DESK}versions/new/")
    yield "desk-new-version"
    build(new_version(Study.objects.get(slug="default"), Choice()).pk)
    visit.open(f"{DESK}versions/1/")
    expect(page.get_by_role("heading", name="Before it leaves the site")).to_be_visible()
    yield "desk-version"
    visit.open(f"{DESK}members/")
    page.get_by_label("Their address of mail").fill("ada-with-a-long-name@psychology.example.org")
    with override_settings(SITE_URL="https://retouch.example.org"):  # a server, which sends no mail
        visit.person.button("Invite").click()
        link = page.get_by_label("Link").input_value()
    yield "desk-invited"
    page.goto(link)
    expect(page.get_by_text("invites you to this study")).to_be_visible()
    yield "desk-invitation"
