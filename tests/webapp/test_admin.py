"""/admin/: what researchers may change there."""

import pytest

from editing.trajectories.schemas import PLAYER_KINDS, STATUSES
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.models import Study

STUDIES = "/admin/studies/study/"
# What a form of a new study holds, where it must hold something.
WITH_DEFAULTS = {
    name: value
    for name, value in Study().to_json().items()
    if isinstance(value, str | int | float) and not isinstance(value, bool)
}


@pytest.fixture
def change(admin_client):
    """Saves a study's form with another slug and title."""

    def save(study):
        form = WITH_DEFAULTS | {"slug": "renamed", "title": "Renamed", "state": study.state}
        assert admin_client.post(f"{STUDIES}{study.pk}/change/", form).status_code == 302
        study.refresh_from_db()
        return study.slug, study.title

    return save


def test_a_study_can_be_renamed_and_the_default_one_keeps_its_slug(change, study):
    assert change(Study.objects.create(slug="other", title="Other")) == ("renamed", "Renamed")
    assert change(study) == ("default", "Renamed")


def test_the_default_study_cannot_be_deleted(admin_client, study):
    other = Study.objects.create(slug="other", title="Other", state="open")
    assert admin_client.post(f"{STUDIES}{study.pk}/delete/", {"post": "yes"}).status_code == 403
    both = {"action": "delete_selected", "_selected_action": [study.pk, other.pk], "post": "yes"}
    admin_client.post(STUDIES, both)
    assert Study.objects.filter(pk=study.pk).exists()
    assert admin_client.post(f"{STUDIES}{other.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Study.objects.get() == study


@pytest.fixture
def window(admin_client):
    """Opens the form of a row, as a window would, and returns what it would send."""

    def opened(row):
        address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
        form = admin_client.get(address).context["adminform"].form
        values = {name: form[name].value() for name in form.fields}
        return address, {
            name: "on" if value is True else value
            for name, value in values.items()
            if value is not None and value is not False
        }

    return opened


class TestTwoWindows:
    def test_the_older_one_does_not_bring_an_old_text_back(self, admin_client, study, window):
        (address, older), (_, newer) = window(study), window(study)
        assert admin_client.post(address, newer | {"consent_text": "We ask for more now."}).status_code == 302
        refused = admin_client.post(address, older | {"title": "Another title"})
        assert refused.status_code == 200
        page = refused.content.decode()
        assert "This was changed since you opened the page" in page
        assert "Changed meanwhile. It is now: We ask for more now." in page
        assert 'value="Another title"' in page
        assert "Taking part is voluntary" in page
        study.refresh_from_db()
        assert (study.title, study.consent_text, study.consent_version) == ("Open study", "We ask for more now.", 2)

    @pytest.mark.long
    def test_what_was_typed_can_be_saved_once_more_knowing_it(self, admin_client, study, window):
        (address, older), (_, newer) = window(study), window(study)
        admin_client.post(address, newer | {"title": "First"})
        form = admin_client.post(address, older | {"title": "Second"}).context["adminform"].form
        again = older | {"title": "Second", "made_from": form["made_from"].value()}
        assert admin_client.post(address, again).status_code == 302
        study.refresh_from_db()
        assert study.title == "Second"

    @pytest.mark.long
    def test_another_field_that_was_changed_is_not_set_back(self, admin_client, study, window):
        (address, older), (_, newer) = window(study), window(study)
        admin_client.post(address, newer | {"minutes": "20"})
        assert admin_client.post(address, older | {"title": "Another"}).status_code == 200
        study.refresh_from_db()
        assert (study.title, study.minutes) == ("Open study", 20)

    def test_the_same_change_in_both_is_none(self, admin_client, study, window):
        (address, older), (_, newer) = window(study), window(study)
        for form in (newer, older):
            assert admin_client.post(address, form | {"title": "Same"}).status_code == 302

    def test_a_strange_mark_is_taken_for_an_old_one(self, admin_client, study, window):
        address, form = window(study)
        for made_from in ("{", "[]", '{"title": 1}'):
            assert admin_client.post(address, form | {"title": "New", "made_from": made_from}).status_code == 200

    def test_a_photos_credit_too(self, admin_client, photo, window):
        (address, older), (_, newer) = window(photo), window(photo)
        assert admin_client.post(address, newer | {"licence": "CC0 1.0"}).status_code == 302
        assert admin_client.post(address, older | {"licence": "all rights reserved"}).status_code == 200
        photo.refresh_from_db()
        assert photo.licence == "CC0 1.0"

    def test_a_new_study_needs_none(self, admin_client, db):
        form = WITH_DEFAULTS | {"slug": "new", "title": "New", "state": "draft"}
        assert admin_client.post(f"{STUDIES}add/", form).status_code == 302
        assert Study.objects.filter(slug="new").exists()


def test_the_database_knows_the_kinds_and_statuses_of_the_row_schema():
    assert tuple(Participant.Kind.values) == PLAYER_KINDS
    assert tuple(Episode.Status.values) == STATUSES
