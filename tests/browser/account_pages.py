"""A researcher's account: its second factors, how they are set up, and how one logs in by them."""

import time
from collections.abc import Iterator

from allauth.mfa.totp.internal.auth import hotp_value
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.visit import Visit
from tests.webapp.conftest import PASSWORD


def code(secret: str) -> str:
    """What an app of codes shows now."""
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def log_in(page: Page, name: str) -> None:
    """Give a name and its password."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def confirm(page: Page) -> None:
    """Show who one is once more, by the password."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def account(visit: Visit) -> Iterator[str]:
    """From an account without a second factor to a login by one."""
    page = visit.page
    User.objects.create_user("joan", password=PASSWORD, is_staff=True)
    visit.open("/login/?next=/account/")
    log_in(page, "joan")
    expect(page.get_by_role("heading", name="joan")).to_be_visible()
    yield "account"
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    yield "account-confirm"
    confirm(page)
    secret = page.locator("#secret").inner_text()
    yield "account-app"
    page.get_by_label("The app's code").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    yield "account-app-refused"
    page.get_by_label("The app's code").fill(code(secret))
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".recovery li")).to_have_count(10)
    recovery = page.locator(".recovery li").first.inner_text()
    yield "account-codes-shown"
    page.get_by_role("link", name="I have kept them").click()
    yield "account-with-app"
    page.get_by_role("link", name="Add a key").click()
    yield "account-key"
    for address in ("password/", "app/remove/", "codes/new/", "codes/", "confirm/code/"):
        visit.open(f"/account/{address}")
        yield f"account-{address.strip('/').replace('/', '-')}"
    page.get_by_role("button", name="Log out").click()
    visit.open("/login/")
    log_in(page, "joan")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    yield "login-second-factor"
    page.get_by_label("The code of your app").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    yield "login-second-factor-refused"
    page.get_by_label("The code of your app").fill(recovery)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Studies", exact=True)).to_be_visible()
