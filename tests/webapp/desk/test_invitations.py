"""Researchers are invited by mail: a link that is signed, ends, and works once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from tests.webapp.conftest import logged_in
from tests.webapp.desk.test_studies import post, text
from webapp.datasets.tasks import forget_identities
from webapp.studies.invitations import LASTS, MOST, Invitation
from webapp.studies.log import StudyAction
from webapp.studies.members import Membership, Role, set_role
from webapp.studies.models import Study

CAST = ("researcher",)
MEMBERS = "/desk/studies/default/members/"
ADDRESS = "Grace@Example.org"
NEW = {"username": "grace", "password1": "seven wild geese", "password2": "seven wild geese"}


def invite(browser, address, role):
    data = {"address": address, "role": role}
    token = browser.client.cookies["csrftoken"].value
    return browser.client.post(f"{MEMBERS}invite/", data, headers={"X-CSRFToken": token})


def roles(study):
    return dict(Membership.objects.filter(study=study).values_list("user__username", "role"))


@pytest.fixture
def link(owner):
    """That of an invitation, as it was mailed."""
    answer = invite(owner, ADDRESS, "editor")
    assert "on its way to grace@example.org" in text(answer)
    return link_in(mail.outbox[-1].body)


def link_in(body):
    return re.search(r"http://testserver(/\S+)", body)[1]


class TestInviting:
    def test_the_mail_says_who_invites_to_what_and_how_long_it_works(self, link):
        (message,) = mail.outbox
        assert message.to == ["grace@example.org"]
        for words in ("ada invites you", "“Open study”", "as editor", "once, until"):
            assert words in message.body

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"address": "nobody", "role": "viewer"}, "Enter a valid email address."),
            ({"address": "a@b.example\nBcc: c@d.example", "role": "viewer"}, "Enter a valid email address."),
            ({"address": "", "role": "viewer"}, "cannot be blank"),
            ({"address": ADDRESS, "role": "king"}, "Choose a role."),
        ],
    )
    def test_what_is_no_invitation_is_refused_with_the_reason(self, owner, study, data, said):
        answer = invite(owner, **data)
        assert answer.status_code == 400
        assert said in text(answer)
        assert not mail.outbox
        assert not Invitation.objects.exists()

    def test_only_owners_invite_and_withdraw(self, viewer, editor, link):
        key = Invitation.objects.get().pk
        for browser in (viewer, editor):
            assert invite(browser, ADDRESS, "owner").status_code == 403
            assert post(browser, f"/desk/studies/default/invitations/{key}/withdraw/").status_code == 403
            assert "grace@example.org" not in text(browser.get(MEMBERS))

    def test_no_more_than_so_many_wait(self, owner, study, ada):
        rows = [Invitation(study=study, email=f"{n}@a.example", role="viewer", made_by=ada) for n in range(MOST)]
        Invitation.objects.bulk_create(rows)
        assert "withdraw one first" in text(invite(owner, ADDRESS, "viewer"))

    @pytest.mark.parametrize("has_server", [False, True])
    def test_where_it_cannot_be_mailed_the_link_is_shown(self, owner, settings, monkeypatch, caplog, has_server):
        settings.SITE_URL = "https://lab.example"
        settings.EMAIL_HOST = "mail.example" if has_server else ""
        monkeypatch.setattr("webapp.studies.invitations.send_mail", broken_mail)
        page = text(invite(owner, ADDRESS, "editor"))
        assert ("did not take" if has_server else "sends no mail") in page
        link = re.search(r'value="http://testserver(/desk/invitation/[^"]+)"', page)[1]
        assert "Make your account" in text(Client().get(link))
        # What servers say may name the address.
        assert "grace" not in caplog.text


def broken_mail(*args, **kwargs):
    raise OSError("grace@example.org: relay denied")


class TestAccepting:
    def test_it_makes_an_account_with_the_role_and_logs_in(self, link, study):
        client = Client()
        assert "ada invites you" in text(client.get(link))
        assert client.post(link, NEW)["Location"] == "/desk/studies/default/"
        assert client.get("/desk/studies/default/").status_code == 200
        assert roles(study) == {"ada": "owner", "grace": "editor"}
        grace = User.objects.get(username="grace")
        assert (grace.is_staff, grace.is_superuser, grace.email) == (True, False, "")
        assert Client().post("/login/", {"login": "grace", "password": NEW["password1"]})["Location"] == "/desk/"

    def test_it_works_once(self, link, study):
        assert Client().post(link, NEW).status_code == 302
        for answer in (Client().get(link), Client().post(link, NEW | {"username": "other"})):
            assert answer.status_code == 404
            assert "This invitation is over" in text(answer)
        assert not User.objects.filter(username="other").exists()

    def test_a_researcher_joins_by_the_account_that_they_have(self, link, study, bob):
        browser = logged_in(bob)
        assert "logged in as <strong>bob</strong>" in text(browser.get(link))
        assert post(browser, link)["Location"] == "/desk/studies/default/"
        assert roles(study) == {"ada": "owner", "bob": "editor"}

    def test_it_takes_no_role_away(self, link, owner, study):
        post(owner, link)
        assert roles(study) == {"ada": "owner"}
        assert not Invitation.objects.exists()

    def test_names_that_are_taken_and_weak_passwords_are_refused(self, link, study):
        for change in (
            {"username": "ada"},
            {"username": "ADA"},
            {"username": ""},
            {"password2": "another"},
            dict.fromkeys(("password1", "password2"), "short"),
            dict.fromkeys(("password1", "password2"), "password123"),
            {"username": "gracehopper", **dict.fromkeys(("password1", "password2"), "gracehopper1")},
            {"is_superuser": "on", "username": "a b"},
        ):
            answer = Client().post(link, NEW | change)
            assert answer.status_code == 400, change
            assert "errorlist" in text(answer)
            assert roles(study) == {"ada": "owner"}
            assert User.objects.count() == 1
            assert Invitation.objects.exists()

    def test_nobody_makes_up_a_link(self, link, study):
        row = Invitation.objects.get()
        salt = "webapp.studies.invitation"
        for token in (
            link.partition("=")[2] + "x",
            signing.dumps(row.pk, key="another key", salt=salt),
            signing.dumps(row.pk, salt="another"),
            signing.dumps(row.pk + 1, salt=salt),
            "",
        ):
            assert Client().post(f"/desk/invitation/?token={token}", NEW).status_code == 404
        assert User.objects.count() == 1


class TestEnding:
    def is_over(self, link):
        return Client().get(link).status_code == 404 and Client().post(link, NEW).status_code == 404

    def test_after_a_week_it_is_over(self, link, monkeypatch):
        Invitation.objects.update(made=timezone.now() - LASTS - timedelta(seconds=1))
        assert self.is_over(link)

    def test_a_signature_of_a_week_ago_is_over_too(self, link, monkeypatch):
        monkeypatch.setattr("webapp.studies.invitations.LASTS", timedelta(seconds=-1))
        assert self.is_over(link)

    def test_an_owner_withdraws_it(self, link, owner):
        post(owner, f"/desk/studies/default/invitations/{Invitation.objects.get().pk}/withdraw/")
        assert self.is_over(link)

    def test_another_to_the_same_address_takes_its_place(self, link, owner):
        invite(owner, "grace@example.org", "viewer")
        assert Invitation.objects.count() == 1
        assert self.is_over(link)
        assert Client().get(link_in(mail.outbox[-1].body)).status_code == 200

    def test_the_address_is_nowhere_when_it_is_over(self, link, owner, study, monkeypatch):
        Client().post(link, NEW)
        invite(owner, "other@example.org", "viewer")
        Invitation.objects.update(made=timezone.now() - LASTS)
        forget_identities(0)
        assert not Invitation.objects.exists()
        log = str(list(StudyAction.objects.values()))
        assert "invited somebody to be editor of it" in log
        assert "accepted the invitation of ada" in log
        assert "example.org" not in log + str(list(User.objects.values()))


def test_invitations_of_other_studies_are_not_withdrawn(link, bob):
    other = Study.objects.create(slug="other", title="Other")
    set_role(other, bob, Role.OWNER)
    key = Invitation.objects.get().pk
    assert post(logged_in(bob), f"/desk/studies/other/invitations/{key}/withdraw/").status_code == 404
    assert Invitation.objects.exists()
