"""Members, tokens and the log on the desk."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.webapp.desk.test_studies import post, text
from webapp.studies.members import Membership, Role, set_role
from webapp.studies.models import Study
from webapp.studies.tokens import ApiToken

CAST = ("researcher",)
MEMBERS = "/desk/studies/default/members/"
CHANGE = "/desk/studies/default/members/change/"
TOKENS = "/desk/studies/default/tokens/"


def roles(study):
    return dict(Membership.objects.filter(study=study).values_list("user__username", "role"))


class TestMembers:
    def test_an_owner_adds_changes_and_removes(self, owner, study, bob):
        assert post(owner, CHANGE, name="bob", role="viewer")["Location"] == MEMBERS
        assert "bob" in text(owner.get(MEMBERS))
        post(owner, CHANGE, name="bob", role="editor")
        assert roles(study) == {"ada": "owner", "bob": "editor"}
        post(owner, CHANGE, name="bob", role="editor", remove="yes")
        assert roles(study) == {"ada": "owner"}
        log = text(owner.get("/desk/studies/default/log/"))
        assert "made bob editor of it" in log
        assert "took the role of bob" in log

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"name": "nobody", "role": "viewer"}, "There is no account “nobody” here"),
            ({"name": "carol", "role": "viewer"}, "is no researcher&#x27;s account"),
            ({"name": "ada", "role": "viewer"}, "at least one owner"),
            ({"name": "ada", "remove": "yes"}, "at least one owner"),
            ({"name": "ada", "role": "king"}, "Choose a role."),
            ({"name": "ada"}, "Choose a role."),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_reason(self, owner, study, carol, data, said):
        answer = post(owner, CHANGE, **data)
        assert answer.status_code == 400
        assert said in text(answer)
        assert roles(study) == {"ada": "owner"}

    def test_a_member_leaves(self, viewer, study):
        assert post(viewer, CHANGE, name="dora", remove="yes")["Location"] == "/desk/"
        assert roles(study) == {"ada": "owner"}
        assert viewer.get(MEMBERS).status_code == 403

    @pytest.mark.parametrize("data", [{"name": "ada", "remove": "yes"}, {"name": "dora", "role": "owner"}])
    def test_who_is_no_owner_changes_nobody(self, viewer, editor, study, data):
        for browser in (viewer, editor):
            assert post(browser, CHANGE, **data).status_code == 404
        assert roles(study) == {"ada": "owner", "bob": "editor", "dora": "viewer"}


class TestTokens:
    def make(self, browser, role="editor"):
        page = text(post(browser, TOKENS, label="upload script", role=role))
        return page.split('id="token" value="')[1].split('"')[0]

    def send(self, token, picture, **fields):
        """Upload a photo as a program does: without a session, a cookie or a CSRF token."""
        client = Client(enforce_csrf_checks=True)
        file = SimpleUploadedFile("evening.png", picture(1))
        return client.post("/api/photos/", {"file": file, **fields}, headers={"Authorization": f"Bearer {token}"})

    def test_a_program_uploads_and_removes(self, owner, study, picture):
        token = self.make(owner)
        answer = self.send(token, picture)
        assert answer.status_code == 201
        address = f"/api/studies/default/photos/{answer.json()['id']}/"
        headers = {"Authorization": f"Bearer {token}"}
        assert Client(enforce_csrf_checks=True).delete(address, headers=headers).status_code == 204
        assert ApiToken.objects.get().used is not None
        assert "uploaded evening.png: added" in text(owner.get("/desk/studies/default/log/"))

    def test_the_database_does_not_know_it(self, owner):
        token = self.make(owner)
        row = ApiToken.objects.get()
        assert token not in str(vars(row))
        assert token.startswith(row.beginning)
        assert token not in text(owner.get(TOKENS))

    @pytest.mark.parametrize("token", ["", "x", "safelight_", "safelight_" + "A" * 43, "é"])
    def test_one_that_was_made_up_opens_nothing(self, study, picture, token, refused):
        assert refused(self.send(token, picture)) == (403, "forbidden")

    def test_it_may_do_no_more_than_its_role(self, owner, picture, refused):
        assert refused(self.send(self.make(owner, "viewer"), picture)) == (403, "forbidden")

    def test_it_is_of_its_study_alone(self, owner, ada, picture, refused):
        other = Study.objects.create(slug="other", title="Other", state="open")
        set_role(other, ada, Role.OWNER)
        ada.is_superuser = True
        ada.save()
        assert refused(self.send(self.make(owner), picture, study="other")) == (403, "forbidden")

    def test_it_stops_as_it_is_revoked(self, owner, picture, refused):
        token = self.make(owner)
        assert post(owner, f"{TOKENS}{ApiToken.objects.get().pk}/revoke/").status_code == 302
        assert refused(self.send(token, picture)) == (403, "forbidden")

    def test_it_stops_with_its_makers_role(self, editor, study, bob, picture, refused):
        token = self.make(editor)
        set_role(study, bob, Role.VIEWER)
        assert refused(self.send(token, picture)) == (403, "forbidden")
        set_role(study, bob, Role.EDITOR)
        bob.is_active = False
        bob.save()
        assert refused(self.send(token, picture)) == (403, "forbidden")

    def test_an_editor_revokes_their_own_and_an_owner_all(self, owner, editor, study):
        self.make(owner)
        self.make(editor)
        of_owner, of_editor = ApiToken.objects.order_by("pk")
        assert post(editor, f"{TOKENS}{of_owner.pk}/revoke/").status_code == 404
        assert post(owner, f"{TOKENS}{of_editor.pk}/revoke/").status_code == 302

    def test_none_makes_an_owner(self, owner):
        assert post(owner, TOKENS, label="x", role="owner").status_code == 200
        assert not ApiToken.objects.exists()


class TestTheLog:
    def test_it_shows_what_a_setting_was_and_is(self, owner, study, ada):
        study.changed_by, study.minutes = ada, 20
        study.save()
        page = owner.get("/desk/studies/default/log/")
        (entry,) = [entry for entry in page.context["page"] if entry.differences and entry.account == "ada"]
        (difference,) = entry.differences
        assert (difference.name, difference.before, difference.after) == ("minutes", "nothing", "20")

    def test_it_writes_values_as_people_do(self, owner, study):
        study.listed, study.tasks = False, [{"kind": "play"}]
        study.save()
        entry = owner.get("/desk/studies/default/log/").context["page"][0]
        changed = {each.name: (each.before, each.after) for each in entry.differences}
        assert changed == {"listed": ("yes", "no"), "tasks": ("nothing", '[{"kind": "play"}]')}
