"""A security key, which Chromium plays, as a researcher's second factor."""

from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.account_pages import confirm, log_in
from tests.browser.player import Person
from tests.webapp.conftest import PASSWORD

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def plug_in(context: BrowserContext, page: Page) -> Any:
    """A new key; calling what is returned pulls it out again."""
    debugger = context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    key = debugger.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return lambda: debugger.send("WebAuthn.removeVirtualAuthenticator", key)


def test_a_key_is_set_up_and_logs_in_and_another_key_does_not(
    person: Person, context: BrowserContext, live_server: Any, complaints: list[str]
) -> None:
    User.objects.create_user("hedy", password=PASSWORD, is_staff=True)
    page = person.page
    # Browsers offer keys for names alone, not for numbers.
    site = live_server.url.replace("127.0.0.1", "localhost")
    pull_out = plug_in(context, page)
    page.goto(f"{site}/login/?next=/account/keys/add/")
    log_in(page, "hedy")
    confirm(page)
    page.get_by_label("What you call it").fill("blue key")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".recovery li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Security key “blue key”")).to_be_visible()
    page.get_by_role("button", name="Log out").click()

    page.goto(f"{site}/login/")
    log_in(page, "hedy")
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_visible()
    page.get_by_role("button", name="Log out").click()

    pull_out()
    plug_in(context, page)
    page.goto(f"{site}/login/")
    log_in(page, "hedy")
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_text("That did not work")).to_be_visible()
    page.goto(f"{site}/desk/")
    expect(page.get_by_label("Password")).to_be_visible()
    assert complaints == []
