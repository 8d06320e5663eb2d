"""The agent that edits like its participant: how it is said, shown, judged, and set up on the desk."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.treatments import Steps, treat
from tests.browser.visit import Visit
from webapp.games.models import Episode
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent, PersonalPicture
from webapp.photos.models import Photo
from webapp.studies.members import Role, set_role
from webapp.studies.models import Participation, Study
from webapp.studies.texts import default_consent_text

_OWN: Steps = (("exposure", {"ev": 1.4}), ("contrast", {"amount": 0.3}))
_AGENTS: Steps = (("exposure", {"ev": 1.1}), ("white_balance", {"temperature": 0.15, "tint": 0.0}))
_VOTE = {
    "kind": "pair",
    "name": "vote",
    "makers": ["person", "personal_agent"],
    "trials": 2,
    "question": {"en": "Which would you have made?", "de": "Welches hätten Sie gemacht?"},
}


def personal(visit: Visit) -> Iterator[str]:
    """From the text of consent to the vote; then the desk."""
    page = visit.page
    photos = visit.add_photos(8)
    visit.change_study(consent_text=default_consent_text(), personal_agents=True)
    visit.open("/play/default/consent/")
    expect(page.get_by_text("a program is fitted to you").or_(page.get_by_text("ein Programm an Sie"))).to_be_visible()
    yield "personal-consent"
    page.locator("button.primary.large").click()
    expect(page.locator("header [role=status][data-state=saved]")).to_be_visible()
    visit.open("/play/default/text/")
    # What the page has begun is not gone on with.
    Episode.objects.update(status=Episode.Status.EXCLUDED)
    person = Participation.objects.get()
    yield from _standing(visit, person, photos)
    yield from _vote(visit, person, photos)
    yield from _desk(visit, person)


def _standing(visit: Visit, person: Participation, photos: list[Photo]) -> Iterator[str]:
    """The page of one's style, from too few photos to an agent that is there."""
    study, name = Study.objects.get(), person.participant.pseudonym
    ModelOfPeople.objects.create(study=study, config={"made": "2026-11-29T08:00:00+00:00"}, weights=b"")
    for photo in photos[:3]:
        treat(photo, _OWN, name)
    yield _profile(visit, "too-few")
    for photo in photos[3:]:
        treat(photo, _OWN, name)
    yield _profile(visit, "waiting")
    agent = PersonalAgent.objects.create(participation=person, state="failed", reason="its process crashed")
    yield _profile(visit, "failed")
    PersonalAgent.objects.update(state="ready", reason="", numbers=[0.5] * 6)
    steps = [{"filter": slug, "parameters": parameters} for slug, parameters in _AGENTS]
    for number, photo in enumerate(photos):
        PersonalPicture.objects.create(agent=agent, photo=photo, steps=steps, learned=number < 7)
    name_of_state = _profile(visit, "ready")
    expect(visit.page.locator(".personal img")).to_have_count(12)
    for picture in visit.page.locator(".personal img").all():
        picture.scroll_into_view_if_needed()
    yield name_of_state
    visit.open("/play/default/mine/")
    yield "personal-mine"


def _profile(visit: Visit, state: str) -> str:
    visit.open("/play/default/profile/")
    expect(visit.page.locator(".personal")).to_be_visible()
    return f"personal-{state}"


def _vote(visit: Visit, person: Participation, photos: list[Photo]) -> Iterator[str]:
    page = visit.page
    visit.change_study(tasks=[{"kind": "play"}, _VOTE])
    for photo in photos:
        treat(photo, (("exposure", {"ev": 2.0}),))
    visit.open("/play/default/judging/")
    expect(page.locator(".introduction")).to_be_visible()
    yield "personal-vote-begin"
    page.locator("button.primary").click()
    expect(page.locator("canvas")).to_have_count(2)
    yield "personal-vote"


def _desk(visit: Visit, person: Participation) -> Iterator[str]:
    page = visit.page
    account = User.objects.create_user("grace", password="correct horse battery", is_staff=True)
    set_role(Study.objects.get(), account, Role.OWNER)
    visit.open("/login/")
    page.locator("input[name=login]").fill("grace")
    page.locator("input[type=password]").fill("correct horse battery")
    page.locator("input[type=password]").press("Enter")
    expect(page).to_have_url(f"{visit.site}/desk/")
    PersonalAgent.objects.update(state="failed", reason="its process crashed, or ran out of memory")
    visit.open("/desk/studies/default/personal-agents/")
    expect(page.get_by_role("heading", name="Personal agents")).to_be_visible()
    yield "desk-personal-agents"
    ModelOfPeople.objects.all().delete()
    visit.open("/desk/studies/default/personal-agents/")
    expect(page.get_by_label("The run's config.json")).to_be_visible()
    yield "desk-personal-agents-empty"
