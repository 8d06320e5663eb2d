"""The log of the site: what administrators look at when they ask who did what."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.webapp.conftest import PASSWORD, logged_in
from tests.webapp.desk.test_studies import post, text
from webapp.datasets.tasks import forget_identities
from webapp.desk.history import ENTRIES_ON_A_PAGE
from webapp.studies.erasing import erase_study
from webapp.studies.log import KEPT_FOR, StudyAction, log
from webapp.studies.models import Study

CAST = ("researcher",)
LOG = "/desk/log/"


@pytest.fixture
def administrator(ada):
    ada.is_superuser = True
    ada.save()
    return logged_in(ada)


def lines(administrator):
    page = re.sub(r"<[^>]+>", "", text(administrator.get(LOG)))
    return [" ".join(line.split()) for line in page.splitlines() if "20" in line]


def said(administrator, *words):
    return any(all(word in line for word in words) for line in lines(administrator))


def test_it_has_logins_and_how(administrator, bob):
    Client().post("/login/", {"login": "bob", "password": PASSWORD})
    assert said(administrator, "bob logged in by password alone")
    TOTP.activate(bob, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    client = Client()
    client.post("/login/", {"login": "bob", "password": PASSWORD})
    client.post("/login/second-factor/", {"code": "000000"})
    assert said(administrator, "bob gave the password, and a wrong code")


def test_it_has_what_was_done_on_the_server(administrator, bob, ada):
    call_command("make_researcher", name="carla", member=True)
    TOTP.activate(bob, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    call_command("remove_second_factor", name="bob")
    assert said(administrator, "a program made an account for carla")
    assert said(administrator, "a program removed the second factors of bob")


def test_it_has_changes_downloads_and_deletions_of_studies(administrator, ada, study):
    study.title = "Another title"
    study.changed_by = ada
    study.save()
    administrator.get("/desk/studies/default/configuration.json")
    gone = Study.objects.create(slug="gone", title="Gone", state="closed")
    log(gone, ada, "did something")
    erase_study(gone, "gone", ada)
    assert said(administrator, "default", "ada changed the configuration")
    assert said(administrator, "default", "ada downloaded the configuration")
    assert said(administrator, "ada erased the study gone, in which 0 people had taken part")


def test_rows_of_the_admin_say_what_was_changed(administrator, ada, bob):
    LogEntry.objects.log_actions(
        ada.pk, [bob], 2, change_message=[{"changed": {"fields": ["is_superuser"]}}], single_object=True
    )
    assert said(administrator, "ada in the admin: Authentication and Authorization | user: Changed “bob”")


def test_it_comes_page_by_page_the_newest_first(administrator, study, ada):
    for number in range(ENTRIES_ON_A_PAGE + 5):
        log(study, ada, f"number {number}")
    assert "number 104" in text(administrator.get(LOG))
    assert "number 104" not in text(administrator.get(f"{LOG}?page=2"))
    assert "number 0<" in text(administrator.get(f"{LOG}?page=2"))


def test_it_is_for_administrators_alone(owner, editor, viewer):
    for browser in (owner, editor, viewer):
        assert browser.get(LOG).status_code == 403
        assert "/desk/log/" not in text(browser.get("/desk/"))


def test_logins_go_after_a_year_and_what_was_done_in_a_study_stays(study, ada):
    StudyAction.objects.all().delete()
    for of in (study, None):
        log(of, ada, "did something")
    StudyAction.objects.update(made=timezone.now() - KEPT_FOR - timedelta(seconds=1))
    forget_identities(0)
    assert [row.study for row in StudyAction.objects.all()] == [study]


def test_a_new_password_and_factors_are_in_it(administrator, ada):
    client = administrator.client
    client.handler.enforce_csrf_checks = False
    assert client.get("/admin/password_change/")["Location"] == "/account/password/"
    new = "a wholly new password"
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert said(administrator, "ada changed the password")


def test_no_line_has_an_address(administrator, bob):
    client = Client(REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="a browser of bob's")
    client.post("/login/", {"login": "bob", "password": PASSWORD})
    post(administrator, "/desk/studies/default/members/change/", name="bob", role="viewer")
    rows = str(list(StudyAction.objects.values()))
    assert "203.0.113" not in rows
    assert "browser" not in rows
