"""The retention date, after which nothing leads from data to a person; and studies that are erased as a whole."""

from datetime import date
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import Player
from tests.webapp.test_recruitment import LINK, come, play_all, recruit
from tests.webapp.test_withdrawing import tables_with
from webapp.datasets.tasks import forget_identities
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.ratings.models import Showing
from webapp.recruiting.tasks import lapse_payments
from webapp.studies import retention, withdrawing
from webapp.studies.models import Consent, Participation, Study, Withdrawal

MINE = "/play/default/mine/"


@pytest.fixture
def recruited(db):
    """The study, with two photos, two people for each, and a recruiter."""
    return recruit()


def test_every_row_of_a_person_has_a_policy():
    assert set(retention.POLICIES) == set(withdrawing.POLICIES)


class TestRetention:
    @pytest.fixture
    def done(self, recruited, built):
        """Somebody who has done all of a study whose retention date is still to come."""
        player, _ = come()
        play_all(player)
        recruited.retention_date = date(2999, 1, 1)
        recruited.save()
        return player

    def end(self, study):
        study.retention_date = date(2020, 1, 1)
        study.save()
        lapse_payments(timestamp=0)
        forget_identities(timestamp=0)

    def players(self, folder):
        call_command("export_dataset", output=folder, study="default", stdout=StringIO())
        snapshot = read_snapshot(folder)
        return snapshot.episodes.column("player").to_pylist(), snapshot.manifest["consents"]

    def test_before_it_all_stays(self, done):
        lapse_payments(timestamp=0)
        forget_identities(timestamp=0)
        assert tables_with(LINK["PROLIFIC_PID"])
        assert "You can do so until Jan. 1, 2999" in done.get(MINE).content.decode()
        assert done.get("/play/default/mine.json").status_code == 200

    def test_then_nothing_leads_to_the_person(self, done, recruited):
        ticket = done.join().json()["ticket"]
        self.end(recruited)
        for needle in LINK.values():
            assert tables_with(needle) == []
        assert done.get("/play/default/mine.json").status_code == 404
        other = Player()
        other.get(MINE)
        form = {"ticket": ticket, "csrfmiddlewaretoken": other.client.cookies["csrftoken"].value}
        assert "no text of a page" in other.client.post(MINE, form).content.decode()

    def test_play_and_consent_stay_under_the_same_pseudonym(self, done, recruited, tmp_path):
        before = self.players(tmp_path / "before")
        counts = Episode.objects.count(), Event.objects.count(), Consent.objects.count()
        self.end(recruited)
        assert self.players(tmp_path / "after") == before
        assert (Episode.objects.count(), Event.objects.count(), Consent.objects.count()) == counts

    def test_who_was_shown_what_others_made_is_anonymised_too(self, study, player, photo):
        participation = Participation.objects.get()
        showing = Showing.objects.create(study=study, participant=participation.participant, photo=photo)
        self.end(study)
        showing.refresh_from_db()
        assert showing.participant == Participation.objects.get().participant != participation.participant
        assert Participation.objects.get().anonymised is not None

    def test_the_next_night_changes_nothing(self, done, recruited):
        self.end(recruited)
        key = Participation.objects.get().participant_id
        forget_identities(timestamp=0)
        assert Participation.objects.get().participant_id == key

    def test_their_part_in_another_study_stays_theirs(self, study, player, photo, played):
        Study.objects.create(slug="other", title="Other", state="open", consent_text="")
        assert player.post("/api/studies/other/join/", {"kind": "human"}).status_code == 200
        player.send(photo, played)
        self.end(study)
        assert player.get("/api/studies/other/next/").status_code == 200
        assert player.get("/play/other/mine.json").status_code == 200
        assert player.get("/play/default/mine.json").status_code == 404

    def test_a_study_is_not_open_beyond_it(self, study):
        study.retention_date = date(2020, 1, 1)
        with pytest.raises(ValidationError, match="Choose a later one"):
            study.full_clean()


class TestErasingAStudy:
    @pytest.fixture
    def over(self, study, player, make_photo, played):
        """A closed study in which somebody has played."""
        study = Study.objects.create(slug="over", title="Over", state="open", consent_text="")
        assert player.post("/api/studies/over/join/", {"kind": "human"}).status_code == 200
        assert Player(study="over", client=player.client).send(make_photo(7, into=study), played).status_code == 200
        study.state = "closed"
        study.save()
        return study

    def erase(self, client, study, name):
        return client.post(f"/admin/studies/study/{study.pk}/erase/", {"name": name})

    def test_it_goes_with_all_that_people_did_once_its_name_is_typed(self, admin_client, over, study):
        assert admin_client.post(f"/admin/studies/study/{over.pk}/delete/", {"post": "yes"}).status_code == 403
        page = admin_client.get(f"/admin/studies/study/{over.pk}/erase/").content.decode()
        assert "1 participations" in page
        assert "type its name: over" in self.erase(admin_client, over, "ovre").content.decode()
        assert Episode.objects.exists()
        assert self.erase(admin_client, over, "over").status_code == 302
        assert Study.objects.get() == study
        assert not Episode.objects.exists()
        assert not Withdrawal.objects.exists()
        assert Participant.objects.count() == 1, "who takes part in another study stays"

    def test_an_open_one_and_the_default_one_stay(self, admin_client, over, study):
        over.state = "open"
        over.save()
        assert "Close the study first" in self.erase(admin_client, over, "over").content.decode()
        assert "stays" in self.erase(admin_client, study, "default").content.decode()
        assert Study.objects.count() == 2

    def test_researchers_without_the_right_may_not(self, researcher, over):
        token = researcher.client.cookies["csrftoken"].value
        form = {"name": "over", "csrfmiddlewaretoken": token}
        assert researcher.client.post(f"/admin/studies/study/{over.pk}/erase/", form).status_code == 403
        assert Study.objects.filter(slug="over").exists()

    def test_a_command_does_it_too(self, over):
        with pytest.raises(CommandError, match="type its name"):
            call_command("study", "erase", "over", "--name", "other", stdout=StringIO())
        call_command("study", "erase", "over", "--name", "over", stdout=StringIO())
        assert not Study.objects.filter(slug="over").exists()

    def test_it_stays_while_somebody_is_to_be_paid(self, recruited, built):
        player, _ = come()
        play_all(player)
        recruited.slug, recruited.state = "paid", "closed"
        recruited.save()
        with pytest.raises(CommandError, match="still due: 1"):
            call_command("study", "erase", "paid", "--name", "paid", stdout=StringIO())
        assert Episode.objects.exists()
