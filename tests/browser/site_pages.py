"""The pages around the game: before there are photos, about others, in place of an error, and for researchers."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.template import loader
from playwright.sync_api import Page, expect

from tests.browser.visit import Visit

ERRORS = ("400", "403", "403_csrf", "404", "429", "500", "503", "507")
WITHOUT_STORAGE = "Object.defineProperty(window, 'indexedDB', { value: undefined });"


def site(visit: Visit) -> Iterator[str]:
    """The pages around the game."""
    person, page = visit.person, visit.page
    visit.open("/")
    yield "start-without-photos"
    visit.open("/credits/")
    yield "credits-without-photos"
    visit.open("/finished/")
    yield "finished-without-pictures"
    visit.open("/play/default/")
    expect(person.notice()).to_contain_text("no photo to edit yet")
    yield "play-without-photos"
    for name in ERRORS:
        _serve(page, loader.render_to_string(f"{name}.html"))
        visit.open("/broken/")
        yield f"error-{name.replace('_', '-')}"
    page.add_init_script(WITHOUT_STORAGE)
    visit.add_photos(3)
    person.arrive()
    expect(page.locator(".memory-note")).to_be_visible()
    yield "play-in-memory"
    visit.change_study(state="closed")
    page.context.clear_cookies()
    visit.open("/play/default/")
    expect(person.notice()).to_contain_text("This study is closed")
    yield "play-closed"
    visit.open("/")
    yield "start-closed"
    visit.change_study(state="open")
    visit.open("/credits/")
    yield "credits"


def _serve(page: Page, body: str) -> None:
    page.route("**/broken/", lambda route: route.fulfill(body=body, content_type="text/html"))


def research(visit: Visit) -> Iterator[str]:
    """What researchers see first: the login, the photos, the log of the site, and the API."""
    person, page = visit.person, visit.page
    visit.add_photos(3)
    # Not the name of the researcher whose failed logins other tests count.
    User.objects.create_user("grace", password="correct horse battery", is_staff=True, is_superuser=True)
    visit.open("/login/?next=/desk/studies/default/photos/")
    yield "login"
    for password in ("wrong", "correct horse battery"):
        page.get_by_label("Username").fill("grace")
        page.get_by_label("Password").fill(password)
        person.button("Log in").click()
        if password == "wrong":
            expect(page.get_by_text("are not correct")).to_be_visible()
            yield "login-refused"
    expect(page.get_by_role("heading", name="Photos", exact=True)).to_be_visible()
    yield "photos"
    visit.open("/desk/log/")
    yield "desk-site-log"
    visit.open("/api/docs/")
    expect(page.locator("#swagger-ui .opblock").first).to_be_visible()
    yield "api"
    visit.open("/desk/studies/default/photos/")
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("#files").set_input_files([broken])  # type: ignore[list-item]
    expect(page.locator("#uploads .bad").first).to_be_visible()
    yield "photos-refused"
    person.button("Decode again").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "photos-again"
    page.get_by_label("Brightness values").last.select_option("linear")
    page.get_by_role("dialog").get_by_role("button", name="Decode again").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    person.button("Remove").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "photos-remove"
