"""/admin/: what researchers may change there."""

import pytest

from editing.trajectories.schemas import PLAYER_KINDS, STATUSES
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.models import Study

STUDIES = "/admin/studies/study/"


@pytest.fixture
def change(admin_client):
    """Saves a study's form with another slug and title."""

    def save(study):
        form = {"slug": "renamed", "title": "Renamed", "open": "on", "reveal": "end", "download_metadata": "safe"}
        assert admin_client.post(f"{STUDIES}{study.pk}/change/", form).status_code == 302
        study.refresh_from_db()
        return study.slug, study.title

    return save


def test_a_study_can_be_renamed_and_the_default_one_keeps_its_slug(change, study):
    assert change(Study.objects.create(slug="other", title="Other")) == ("renamed", "Renamed")
    assert change(study) == ("default", "Renamed")


def test_the_default_study_cannot_be_deleted(admin_client, study):
    other = Study.objects.create(slug="other", title="Other")
    assert admin_client.post(f"{STUDIES}{study.pk}/delete/", {"post": "yes"}).status_code == 403
    both = {"action": "delete_selected", "_selected_action": [study.pk, other.pk], "post": "yes"}
    admin_client.post(STUDIES, both)
    assert Study.objects.filter(pk=study.pk).exists()
    assert admin_client.post(f"{STUDIES}{other.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Study.objects.get() == study


def test_the_database_knows_the_kinds_and_statuses_of_the_row_schema():
    assert tuple(Participant.Kind.values) == PLAYER_KINDS
    assert tuple(Episode.Status.values) == STATUSES
