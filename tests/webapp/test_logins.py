"""Logging in: how many tries there are, for whom, and how long a login lasts."""

from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.webapp.conftest import PASSWORD
from webapp.logins import limits
from webapp.logins.models import COUNTED_FOR, FailedLogin
from webapp.participants.sessions import participant_of

FAR_AWAY = "203.0.113.5"


OF_AN_ADDRESS, OF_A_NAME = 7, 9


@pytest.fixture(autouse=True)
def _small_limits(settings, monkeypatch):
    """A login that fails takes a while."""
    assert (settings.AXES_FAILURE_LIMIT, limits.OF_AN_ADDRESS, limits.OF_A_NAME) == (10, 50, 100)
    settings.AXES_FAILURE_LIMIT = 4
    monkeypatch.setattr(limits, "OF_AN_ADDRESS", OF_AN_ADDRESS)
    monkeypatch.setattr(limits, "OF_A_NAME", OF_A_NAME)


def log_in(username, password=PASSWORD, address="10.0.0.1", page="/login/"):
    return Client(REMOTE_ADDR=address).post(page, {"login": username, "password": password}).status_code


def fail(username, address="10.0.0.1", times=1, **more):
    return Counter(log_in(username, "wrong", address, **more) for _ in range(times))


@pytest.fixture
def locked(ada, settings):
    """Ada, after too many wrong passwords at one address."""
    assert fail("ada", times=settings.AXES_FAILURE_LIMIT)[429] == 1
    assert log_in("ada") == 429
    return ada


def test_names_of_others_by_the_hundred_unlock_nobody(locked):
    FailedLogin.objects.bulk_create([FailedLogin(key=f"{number:064}") for number in range(1000)])
    for number in range(6):
        fail(f"other-{number}", f"10.0.1.{number}")
    assert log_in("ada") == 429


def test_who_is_locked_at_one_address_logs_in_at_another(locked, bob):
    assert log_in("ada", address=FAR_AWAY) == 302
    assert log_in("ada") == 429


def test_others_log_in_at_the_address_meanwhile(locked, bob):
    assert log_in("bob") == 302


def test_an_address_that_tries_many_names_is_locked_for_all(ada):
    statuses = sum((fail(f"name-{number}") for number in range(OF_AN_ADDRESS + 5)), Counter())
    assert statuses == {200: OF_AN_ADDRESS - 1, 429: 6}
    assert log_in("ada") == 429
    assert log_in("ada", address=FAR_AWAY) == 302


def test_a_right_password_does_not_set_the_address_free(ada):
    for number in range(OF_AN_ADDRESS):
        assert number % 3 or log_in("ada") == 302
        fail(f"name-{number}")
    assert log_in("ada") == 429


def test_the_addresses_of_one_ipv6_network_are_one_visitor(ada):
    for number in range(OF_AN_ADDRESS):
        fail(f"name-{number}", f"2001:db8:1:2::{number:x}")
    assert log_in("ada", address="2001:db8:1:2:ffff::1") == 429
    assert log_in("ada", address="2001:db8:1:3::1") == 302


def test_a_name_that_is_tried_from_many_addresses_is_locked(ada):
    for number in range(OF_A_NAME):
        fail("ada", f"10.0.{number}.1")
    assert log_in("ada", address=FAR_AWAY) == 429


def test_the_admin_logs_in_where_everybody_does(client, ada):
    for page in ("/admin/", "/admin/login/"):
        assert log_in("ada", page=page) == 302
        assert client.get(page, follow=True).redirect_chain[-1][0].startswith("/login/?next=")
    assert "_auth_user_id" not in client.session


def test_what_failed_counts_for_a_while_and_is_then_forgotten(locked, settings):
    assert FailedLogin.objects.count() == 3 * settings.AXES_FAILURE_LIMIT
    FailedLogin.objects.update(at=timezone.now() - COUNTED_FOR - timedelta(seconds=1))
    assert log_in("ada") == 302
    assert not FailedLogin.objects.exists()


def test_a_row_tells_neither_name_nor_address(ada):
    fail("ada")
    assert {len(row.key) for row in FailedLogin.objects.all()} == {64}


@pytest.fixture
def pass_days(researcher):
    """Lets days go by in which the researcher does not come; the page Photos is what they then ask for."""

    def wait(days):
        session = researcher.client.session
        session["seen"] -= days * 24 * 3600
        session.save()
        return researcher.get("/desk/").status_code

    return wait


def test_a_researcher_is_logged_out_after_two_weeks_without_a_visit(researcher, pass_days, photo):
    assert [pass_days(13), pass_days(13), pass_days(15)] == [200, 200, 302]
    assert researcher.get("/desk/").status_code == 302


def test_who_also_plays_in_that_browser_stays_the_same_player(researcher, pass_days, rf):
    researcher.join()
    request = rf.get("/")
    request.session = researcher.client.session
    before = participant_of(request)
    assert pass_days(15) == 302
    request.session = researcher.client.session
    assert participant_of(request) == before
    assert researcher.get("/api/studies/default/next/").status_code == 200


def test_a_login_from_before_this_was_noted_begins_its_weeks_now(researcher, pass_days):
    session = researcher.client.session
    del session["seen"]
    session.save()
    assert researcher.get("/desk/").status_code == 200
    assert pass_days(13) == 200


def test_a_players_session_lasts_half_a_year(player):
    assert player.client.session.get_expiry_age() == 180 * 24 * 3600
