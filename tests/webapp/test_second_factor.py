"""Second factors of researchers: an app's codes, recovery codes, and what goes nowhere without them."""

import time
from base64 import b64encode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.core.management import CommandError, call_command
from django.test import Client

from tests.webapp.conftest import PASSWORD
from webapp.studies.members import Role
from webapp.studies.tokens import ApiToken

NEXT = "/login/?next=/desk/health/"


def code(secret, steps=0):
    """What the app of a secret shows, so many half minutes from now."""
    return f"{hotp_value(secret, int(time.time()) // 30 + steps):06}"


@pytest.fixture(autouse=True)
def _half_a_minute_that_does_not_end(monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


@pytest.fixture
def secret(ada):
    """That of Ada's app, who has one."""
    text = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(ada, text)
    return text


def give_password(page=NEXT):
    client = Client()
    answer = client.post(page, {"login": "ada", "password": PASSWORD})
    assert answer["Location"].startswith("/login/second-factor/")
    return client


def give(client, text):
    return client.post("/login/second-factor/", {"code": text})


def is_in(client):
    return client.get("/desk/").status_code == 200


def confirm(client):
    """Show the password once more, as pages ask before a second factor changes."""
    answer = client.post("/account/confirm/?next=/account/", {"password": PASSWORD})
    assert answer["Location"] == "/account/"


class TestLogin:
    def test_the_code_logs_in_and_leads_on(self, secret):
        client = give_password()
        assert not is_in(client)
        assert give(client, code(secret))["Location"] == "/desk/health/"
        assert is_in(client)

    def test_codes_of_half_a_minute_ago_count_and_older_ones_do_not(self, secret):
        client = give_password()
        for steps in (-2, 2):
            assert give(client, code(secret, steps)).status_code == 200
        assert give(client, code(secret, -1)).status_code == 302

    def test_a_wrong_code_is_said_and_lets_nobody_in(self, secret):
        client = give_password()
        assert "Incorrect code" in give(client, "000000").content.decode()
        assert not is_in(client)

    def test_a_code_counts_once(self, secret):
        text = code(secret)
        assert give(give_password(), text).status_code == 302
        second = give_password()
        assert give(second, text).status_code == 200
        assert not is_in(second)

    def test_without_the_password_there_is_nothing_to_give_a_code_to(self, secret):
        client = Client()
        assert give(client, code(secret))["Location"] == "/login/"
        assert not is_in(client)

    def test_codes_cannot_be_tried_forever(self, secret):
        client = give_password()
        for _ in range(10):
            give(client, "000000")
        # From anywhere, and with a new session too.
        for each in (client, give_password()):
            assert "Too many" in give(each, code(secret)).content.decode()
            assert not is_in(each)

    def test_an_account_without_one_logs_in_by_password(self, ada):
        client = Client()
        assert client.post(NEXT, {"login": "ada", "password": PASSWORD})["Location"] == "/desk/health/"

    def test_a_player_who_logs_in_stays_the_same_player(self, secret, player):
        before = player.client.session["participant"]
        player.client.handler.enforce_csrf_checks = False
        player.client.post(NEXT, {"login": "ada", "password": PASSWORD})
        give(player.client, code(secret))
        assert is_in(player.client)
        assert player.client.session["participant"] == before


class TestNoWayAround:
    def test_the_admin_asks_for_it_too(self, secret):
        client = Client()
        for page in ("/admin/login/", "/admin/login/?next=/admin/"):
            client.post(page, {"username": "ada", "password": PASSWORD})
            assert client.get("/admin/").status_code == 302
        give_password("/login/?next=/admin/")

    def test_the_password_alone_opens_no_page_and_no_part_of_the_api(self, secret, photo):
        client = give_password()
        for page in ("/desk/", "/admin/", "/account/", "/desk/studies/default/exports/"):
            assert client.get(page).status_code == 302
        assert client.get("/api/studies/default/versions/").status_code == 403

    def test_basic_authentication_is_none(self, secret):
        header = "Basic " + b64encode(f"ada:{PASSWORD}".encode()).decode()
        client = Client(headers={"Authorization": header})
        assert client.get("/api/studies/default/versions/").status_code == 403
        assert not is_in(client)

    def test_no_address_lets_anybody_sign_up_or_ask_for_a_password(self, client, db):
        for page in ("signup/", "password/reset/", "login/code/", "email/", "webauthn/login/"):
            for prefix in ("/", "/account/", "/accounts/"):
                assert client.get(prefix + page).status_code == 404

    def test_a_logged_in_browser_cannot_remove_it_without_the_password(self, researcher, secret):
        client = researcher.client
        client.handler.enforce_csrf_checks = False
        assert client.post("/account/app/remove/")["Location"].startswith("/account/confirm/")
        assert Authenticator.objects.exists()
        confirm(client)
        assert client.post("/account/app/remove/")["Location"] == "/account/"
        assert not Authenticator.objects.exists()


class TestSettingUp:
    @pytest.fixture
    def client(self, researcher):
        client = researcher.client
        client.handler.enforce_csrf_checks = False
        confirm(client)
        return client

    def secret_shown(self, client):
        return client.get("/account/app/").context["form"].secret

    def test_an_app_is_set_up_by_its_code_and_brings_recovery_codes_shown_once(self, client):
        secret = self.secret_shown(client)
        assert "Incorrect" in client.post("/account/app/", {"code": "000000"}).content.decode()
        assert client.post("/account/app/", {"code": code(secret)})["Location"] == "/account/codes/"
        codes = client.get("/account/codes/").context["unused_codes"]
        assert len(set(codes)) == 10
        again = client.get("/account/codes/").content.decode()
        assert not any(each in again for each in codes)
        assert "10 of 10 are left" in again

    def test_no_browser_keeps_what_it_shows(self, client):
        page = client.get("/account/app/")
        assert "no-store" in page["Cache-Control"]
        client.post("/account/app/", {"code": code(page.context["form"].secret)})
        page = client.get("/account/codes/")
        assert len(page.context["unused_codes"]) == 10
        assert "no-store" in page["Cache-Control"]

    def test_a_recovery_code_opens_the_account_once(self, client):
        client.post("/account/app/", {"code": code(self.secret_shown(client))})
        first, second, *_ = client.get("/account/codes/").context["unused_codes"]
        assert give(give_password(), first).status_code == 302
        assert give(give_password(), first).status_code == 200
        assert give(give_password(), second).status_code == 302

    def test_new_recovery_codes_end_the_old_ones(self, client):
        client.post("/account/app/", {"code": code(self.secret_shown(client))})
        old = client.get("/account/codes/").context["unused_codes"]
        assert client.post("/account/codes/new/")["Location"] == "/account/codes/"
        new = client.get("/account/codes/").context["unused_codes"]
        assert not set(old) & set(new)
        assert give(give_password(), old[0]).status_code == 200
        assert give(give_password(), new[0]).status_code == 302

    def test_the_database_alone_gives_nobody_a_code(self, client, settings):
        secret = self.secret_shown(client)
        client.post("/account/app/", {"code": code(secret)})
        assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
        settings.SECRET_KEY = "another key, of fifty characters or more, drawn at random"
        assert not any(row.wrap().validate_code(code(secret)) for row in Authenticator.objects.all())

    def test_a_code_that_is_no_text_of_a_browser_is_refused_in_a_sentence(self, client, secret):
        for text in ("", "１２３４５６", "x" * 5000):
            assert give(give_password(), text).status_code == 200
        answer = give_password().post("/login/second-factor/", {"credential": "{}"})
        assert answer.status_code == 200

    def test_a_new_password_is_not_one_that_many_use(self, client):
        for new in ("password123", "short", "1234567890"):
            answer = client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
            assert answer.status_code == 200
        new = "a wholly new password"
        answer = client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert answer["Location"] == "/account/"
        assert client.get("/account/").status_code == 200


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        settings.REQUIRE_TWO_FACTOR = True

    def test_who_has_none_is_led_to_where_it_is_set_up_and_gets_nowhere_else(self, researcher):
        for page in ("/desk/", "/admin/", "/", "/desk/studies/default/", "/play/default/"):
            assert researcher.get(page)["Location"] == "/account/"
        assert "Set one up, and you can go on" in researcher.get("/account/").content.decode()
        answer = researcher.get("/api/studies/default/versions/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor_needed")
        assert researcher.post("/logout/", {}).status_code == 302

    def test_who_has_one_goes_on(self, secret):
        client = give_password()
        give(client, code(secret))
        assert is_in(client)

    def test_recovery_codes_alone_are_none(self, researcher, ada):
        Authenticator.objects.create(user=ada, type="recovery_codes", data={})
        assert researcher.get("/desk/").status_code == 302

    def test_players_and_tokens_notice_nothing(self, player, ada, study):
        assert player.get("/api/studies/default/next/").status_code == 200
        _, token = ApiToken.make(study, ada, "script", Role.VIEWER)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        assert client.get("/api/studies/default/versions/").status_code == 200


class TestRecovery:
    def test_the_command_lets_a_locked_out_administrator_in_by_password(self, secret, ada, capsys):
        Authenticator.objects.create(user=ada, type="recovery_codes", data={})
        call_command("remove_second_factor", name="ada")
        assert "password alone" in capsys.readouterr().out
        client = Client()
        client.post(NEXT, {"login": "ada", "password": PASSWORD})
        assert is_in(client)

    def test_it_says_who_is_not_there_and_who_has_none(self, ada, capsys):
        with pytest.raises(CommandError, match=r"^There is no account 'bert'\.$"):
            call_command("remove_second_factor", name="bert")
        call_command("remove_second_factor", name="ada")
        assert "has no second factor" in capsys.readouterr().out


def test_no_page_of_an_account_is_allauths_own(researcher, secret, ada):
    WebAuthn.add(ada, "mine", {})
    researcher.client.handler.enforce_csrf_checks = False
    confirm(researcher.client)
    key = Authenticator.objects.get(type="webauthn").pk
    pages = ["", "password/", "app/remove/", "codes/new/", f"keys/{key}/remove/", "confirm/", "confirm/code/"]
    for page in pages:
        content = researcher.get(f"/account/{page}").content.decode()
        assert 'class="top"' in content, page
        assert '<html lang="en">' in content
        assert "style=" not in content
        assert "<script>" not in content
