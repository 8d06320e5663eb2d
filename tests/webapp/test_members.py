"""Who may do what in a study: roles, and what a colleague may not touch."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from tests.webapp.conftest import logged_in
from webapp.photos.models import Photo
from webapp.studies.copying import begin_copy
from webapp.studies.leases import reject
from webapp.studies.members import Membership, Role, set_role
from webapp.studies.models import Participation, Study

# Lists of the admin, each of what belongs to studies.
LISTS = (
    *("studies/study", "studies/studychange", "studies/participation", "studies/consent", "games/episode"),
    *("photos/photo", "participants/participant", "ratings/showing", "ratings/judgement", "downloads/download"),
    *("datasets/agentfailure", "recruiting/payment", "recruiting/submission", "recruiting/poll"),
)


@pytest.fixture
def colleague(bob):
    """Bob's browser: a researcher without a role."""
    return logged_in(bob)


@pytest.fixture
def other(db):
    """Another study, of which nobody is a member."""
    return Study.objects.create(slug="other", title="Other", state="open")


def role(study, user):
    return Membership.objects.filter(study=study, user=user).values_list("role", flat=True).first()


class TestRoles:
    def test_who_makes_a_study_owns_it(self, study, bob):
        assert role(begin_copy(study, "copy", bob), bob) == Role.OWNER

    def test_a_program_makes_no_owner(self, study):
        begin_copy(study, "copy")
        assert not Membership.objects.filter(study__slug="copy").exists()

    def test_a_role_is_given_changed_and_taken(self, study, ada, bob):
        for given in (Role.VIEWER, Role.EDITOR, None):
            set_role(study, bob, given)
            assert role(study, bob) == given

    def test_a_study_keeps_an_owner(self, study, ada, bob):
        for less in (Role.EDITOR, None):
            with pytest.raises(ValidationError, match="at least one owner"):
                set_role(study, ada, less)
        set_role(study, bob, Role.OWNER)
        set_role(study, ada, None)
        assert role(study, ada) is None

    def test_only_a_researchers_account_has_a_role(self, study, carol):
        with pytest.raises(ValidationError, match="no researcher's account"):
            set_role(study, carol, Role.VIEWER)

    def test_an_account_that_was_closed_may_do_nothing(self, study, ada, photo):
        browser = logged_in(ada)
        User.objects.filter(pk=ada.pk).update(is_staff=False)
        assert browser.get(f"/api/photos/{photo.pk}/preview/1/").status_code == 404

    def test_an_account_may_be_made_without_rights(self, db, capsys):
        call_command("make_researcher", "--name", "eve", "--member")
        account = User.objects.get(username="eve")
        assert (account.is_staff, account.is_superuser) == (True, False)


class TestAColleagueWithoutARole:
    def test_neither_adds_nor_removes_photos(self, colleague, photo, study, refused, picture):
        token = {"X-CSRFToken": colleague.client.cookies["csrftoken"].value}
        file = SimpleUploadedFile("new.png", picture(7))
        assert refused(colleague.client.post("/api/photos/", {"file": file}, headers=token)) == (403, "forbidden")
        address = f"/api/studies/default/photos/{photo.pk}/"
        assert refused(colleague.client.delete(address, headers=token)) == (403, "forbidden")
        assert list(study.playable) == [photo]

    def test_a_viewer_is_told_what_they_are(self, colleague, bob, photo, study):
        set_role(study, bob, Role.VIEWER)
        token = {"X-CSRFToken": colleague.client.cookies["csrftoken"].value}
        answer = colleague.client.delete(f"/api/studies/default/photos/{photo.pk}/", headers=token)
        assert "You are viewer of this study, and this needs an editor" in answer.json()["error"]["message"]

    def test_sees_no_photo_no_episode_and_no_preview_of_a_study(self, colleague, player, photo, played, study):
        player.send(photo, played)
        Study.objects.update(state="preview")
        assert colleague.get(f"/api/photos/{photo.pk}/preview/1/").status_code == 404
        assert colleague.get(f"/api/episodes/{played[0]['episode']}/replay/").status_code == 404
        assert colleague.get("/api/studies/default/").json()["open"] is False

    def test_what_is_theirs_elsewhere_is_not_theirs_here(self, colleague, bob, other, photo):
        set_role(other, bob, Role.OWNER)
        assert colleague.get("/desk/studies/other/photos/").status_code == 200
        assert colleague.get("/desk/studies/default/photos/").status_code == 403

    def test_their_play_is_a_preview_all_the_same(self, colleague, study):
        assert colleague.join().status_code == 200
        assert Participation.objects.get().preview


class TestAPhotoOfSeveralStudies:
    @pytest.fixture
    def shared(self, make_photo, other):
        photo = make_photo()
        other.photos.add(photo)
        return photo

    def again(self, browser, photo, content=None):
        token = {"X-CSRFToken": browser.client.cookies["csrftoken"].value}
        if content is None:
            address = f"/api/studies/default/photos/{photo.pk}/"
            return browser.client.post(address, '{"transfer": "linear"}', "application/json", headers=token)
        fields = {"file": SimpleUploadedFile("it.png", content), "again": "true", "transfer": "linear"}
        return browser.client.post("/api/photos/", fields, headers=token)

    def test_is_decoded_again_only_by_who_may_change_it_in_all(self, researcher, ada, shared, other, picture, refused):
        for content in (None, picture(1)):
            assert refused(self.again(researcher, shared, content)) == (409, "conflict")
        assert Photo.objects.get().decoding["options"]["transfer"] == "auto"
        set_role(other, ada, Role.EDITOR)
        assert self.again(researcher, shared).status_code == 200
        assert Photo.objects.get().decoding["options"]["transfer"] == "linear"

    def test_is_taken_out_of_ones_own(self, researcher, shared, study, other):
        token = {"X-CSRFToken": researcher.client.cookies["csrftoken"].value}
        address = f"/api/studies/default/photos/{shared.pk}/"
        assert researcher.client.delete(address, headers=token).status_code == 204
        assert (study.playable.count(), other.playable.count()) == (0, 1)


class TestTheAdmin:
    @pytest.fixture
    def bobs(self, bob):
        """Bob's browser, with all that Django's permissions can give."""
        bob.user_permissions.set(Permission.objects.all())
        client = Client()
        client.force_login(bob)
        return client

    def test_lists_nothing_of_studies_of_others(self, bobs, bob, study, player, photo, played):
        assert player.send(photo, played).status_code == 200
        for name in LISTS:
            assert list(bobs.get(f"/admin/{name}/").context["cl"].result_list) == [], name
        set_role(study, bob, Role.VIEWER)
        for name in LISTS:
            assert bobs.get(f"/admin/{name}/").status_code == 200, name

    def test_a_study_is_changed_by_editors_and_deleted_by_owners(self, bobs, bob, ada, study, other):
        address = f"/admin/studies/study/{other.pk}"
        assert bobs.get(f"{address}/change/").status_code == 302
        may = {Role.VIEWER: (False, 403), Role.EDITOR: (True, 403), Role.OWNER: (True, 200)}
        for given, (may_change, may_delete) in may.items():
            set_role(other, ada, Role.OWNER)
            set_role(other, bob, given)
            page = bobs.get(f"{address}/change/")
            assert page.status_code == 200
            assert page.context["has_change_permission"] is may_change
            assert bobs.get(f"{address}/delete/").status_code == may_delete
            assert bobs.get(f"{address}/configuration/").status_code == (200 if may_change else 403)

    def test_viewers_reject_nobody(self, bobs, bob, ada, study, player):
        set_role(study, bob, Role.VIEWER)
        keys = {"_selected_action": [Participation.objects.get().pk], "action": "reject"}
        bobs.post("/admin/studies/participation/", keys)
        assert Participation.objects.get().rejected is None
        set_role(study, bob, Role.EDITOR)
        bobs.post("/admin/studies/participation/", keys)
        rejected = Participation.objects.get()
        assert rejected.rejected is not None
        set_role(study, bob, Role.VIEWER)
        bobs.post("/admin/studies/participation/", keys | {"action": "accept"})
        assert Participation.objects.get().rejected is not None
        reject(rejected, "again")  # a second time changes nothing

    def test_the_credit_of_a_photo_is_mended_by_editors_of_all_its_studies(self, bobs, bob, ada, study, other, photo):
        other.photos.add(photo)
        address = f"/admin/photos/photo/{photo.pk}/change/"
        for theirs, may_change in (((study,), False), ((study, other), True)):
            for each in theirs:
                set_role(each, bob, Role.EDITOR)
            assert bobs.get(address).context["has_change_permission"] is may_change
