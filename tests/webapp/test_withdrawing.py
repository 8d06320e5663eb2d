"""A participant's own page: what is stored, to be taken along, and erased so that nothing of them is left."""

import csv
import io
import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import BRIGHTER, Player, write_events
from tests.webapp.test_recruitment import LINK, come, play_all, recruit, text
from webapp.games.models import Episode
from webapp.games.pictures import finished_picture
from webapp.participants.models import Participant
from webapp.photos.practice import practice_photo
from webapp.ratings.models import Judgement, Place, Showing
from webapp.recruiting.models import Payment
from webapp.studies.models import Coverage, Participation, Study, Withdrawal
from webapp.studies.withdrawing import POLICIES, pseudonym_digest

MINE = "/play/default/mine/"


@pytest.fixture(scope="class")
def done_once(made_once):
    """Somebody who has done all of the recruited study, for all tests of a class."""
    with made_once():
        recruit()
        player, _ = come()
        play_all(player)
        yield player


@pytest.fixture
def done(done_once, db, built):
    """Their browser."""
    return done_once.copy()


def withdraw(player):
    form = {"sure": "yes", "csrfmiddlewaretoken": player.client.cookies["csrftoken"].value}
    return player.client.post("/play/default/withdraw/", form)


class TestPage:
    def test_it_says_what_is_stored(self, done):
        page = text(done.get(MINE))
        assert Participant.objects.get().pseudonym in page
        assert "2 photos that you have worked on" in page
        assert "5f3c0ffee" in page

    def test_strangers_see_nothing_and_a_ticket_brings_back(self, done):
        ticket = done.join().json()["ticket"]
        other = Player()
        page = text(other.get(MINE))
        assert Participant.objects.get().pseudonym not in page
        token = other.client.cookies["csrftoken"].value
        wrong = other.client.post(MINE, {"ticket": f"{ticket}x", "csrfmiddlewaretoken": token})
        assert "no text of a page" in text(wrong)
        assert other.client.post(MINE, {"ticket": ticket, "csrfmiddlewaretoken": token})["Location"] == MINE
        assert Participant.objects.get().pseudonym in text(other.get(MINE))

    def test_everything_can_be_taken_along(self, done):
        data = json.loads(done.get("/play/default/mine.json").content)
        assert (data["recruiter"]["id"], len(data["episodes"]), len(data["consents"])) == ("5f3c0ffee", 2, 1)
        assert [step["filter"] for step in data["episodes"][0]["steps"]] == ["exposure", "contrast"]
        table = list(csv.DictReader(io.StringIO(text(done.get("/play/default/mine.csv")))))
        assert len(table) == sum(len(episode["events"]) for episode in data["episodes"])

    @pytest.mark.parametrize("name", ["mine.json", "mine.csv", "mine.xml"])
    def test_nobody_else_gets_the_files(self, done, name):
        assert Player().get(f"/play/default/{name}").status_code == 404

    def test_withdrawing_takes_a_token_and_a_tick(self, done):
        done.get(MINE)
        assert done.client.post("/play/default/withdraw/", {"sure": "yes"}).status_code == 403
        token = done.client.cookies["csrftoken"].value
        done.client.post("/play/default/withdraw/", {"csrfmiddlewaretoken": token})
        assert done.get("/play/default/withdraw/").status_code == 405
        assert Participation.objects.count() == 1


class TestWithdrawing:
    def test_everything_is_gone_and_numbers_stay_true(self, done, django_capture_on_commit_callbacks):
        pseudonym = Participant.objects.get().pseudonym
        keys = [str(key) for key in Episode.objects.values_list("pk", flat=True)]
        paths = [finished_picture(episode, "small") for episode in Episode.objects.all()]
        with django_capture_on_commit_callbacks(execute=True):
            assert "DONE1" in text(withdraw(done))
        row = Withdrawal.objects.get()
        assert (row.completed, row.episodes, row.events) == (True, 2, 14)
        assert row.pseudonym_digest == pseudonym_digest(pseudonym)
        assert not any(path.exists() for path in paths)
        assert set(Coverage.objects.values_list("taken", flat=True)) == {0}
        for needle in (pseudonym, *keys, LINK["STUDY_ID"] + '"', LINK["SESSION_ID"]):
            assert tables_with(needle) == []
        # Who is to be paid stays, apart from all else.
        assert tables_with(LINK["PROLIFIC_PID"]) == ["recruiting_payment"]
        assert Payment.objects.get().participation is None

    def test_they_cannot_come_in_again(self, done):
        withdraw(done)
        _, led = come()
        assert "have withdrawn" in text(led)
        assert not Participation.objects.exists()

    def test_later_exports_leave_them_out_and_say_how_many(self, done, tmp_path):
        withdraw(done)
        call_command("export_dataset", output=tmp_path / "export", study="default", stdout=StringIO())
        snapshot = read_snapshot(tmp_path / "export")
        assert (snapshot.episodes.num_rows, snapshot.manifest["withdrawn"]) == (0, 1)
        assert "have withdrawn, of whom nothing is here: 1" in (tmp_path / "export" / "README.md").read_text()

    def test_what_others_said_of_their_pictures_goes_and_other_play_stays(self, done, study):
        other, _ = come({"PROLIFIC_PID": "other"})
        play_all(other)
        theirs = Participation.objects.get(identity__platform_id="other")
        picture = Episode.objects.exclude(participant=theirs.participant).first()
        showing = Showing.objects.create(study=study, participant=theirs.participant, photo=picture.photo)
        Place.objects.create(showing=showing, index=0, episode=picture)
        Judgement.objects.create(showing=showing, kind="favourite", answer=0, ms=1)
        withdraw(done)
        assert not Judgement.objects.exists()
        assert Episode.objects.filter(participant=theirs.participant).count() == 2


class TestPart:
    def test_who_had_not_completed_leaves_no_id_either(self, db, built):
        recruit()
        player, _ = come()
        withdraw(player)
        assert tables_with(LINK["PROLIFIC_PID"]) == []
        assert not Participant.objects.exists()

    def test_their_part_in_another_study_stays(self, study, player, photo, played):
        other = Study.objects.create(slug="other", title="Other", state="open", consent_text="")
        assert player.post("/api/studies/other/join/", {"kind": "human"}).status_code == 200
        player.send(photo, played)
        withdraw(player)
        assert Participation.objects.get().study == other
        assert not Episode.objects.exists()


class TestPagesThatAreStillOpen:
    """What a person's other windows, and other devices, meet after they have withdrawn."""

    @pytest.fixture
    def midway(self, study, player, photo, opened):
        """Somebody who has withdrawn with an episode open in another window, and events on their way."""
        player.send(photo, opened[:4])
        withdraw(player)
        return player

    def test_later_batches_are_refused_by_name_and_bring_nothing_back(
        self, midway, photo, opened, played, events, refused
    ):
        new = events(("start", {}))
        for batch in (opened[4:], opened, played, new):
            assert refused(midway.send(photo, batch)) == (403, "withdrawn")
        assert refused(midway.get("/api/studies/default/next/")) == (403, "withdrawn")
        assert not Episode.objects.exists()
        assert not Participation.objects.exists()

    def test_the_tutorial_is_refused_too(self, study, player, opened, events, refused):
        study.tutorial = True
        study.save()
        practice = practice_photo()
        player.send(practice, opened[:3])
        withdraw(player)
        assert refused(player.send(practice, opened[3:])) == (403, "withdrawn")
        assert not Episode.objects.exists()

    def test_another_device_is_told_too(self, study, player, photo, opened, refused):
        other = Player()
        other.get("/api/studies/default/")
        assert other.join(ticket=player.join().json()["ticket"]).status_code == 200
        player.send(photo, opened[:4])
        withdraw(player)
        assert refused(other.send(photo, opened[4:])) == (403, "withdrawn")

    def test_their_own_page_says_it_and_withdrawing_once_more_changes_nothing(self, midway, built):
        page = text(midway.get(MINE))
        assert "You have withdrawn" in page
        token = midway.client.cookies["csrftoken"].value
        again = midway.client.post("/play/default/withdraw/", {"sure": "yes", "csrfmiddlewaretoken": token})
        assert again.status_code == 302
        assert Withdrawal.objects.count() == 1
        assert midway.get("/play/default/mine.json").status_code == 404

    def test_who_has_left_one_study_goes_on_in_another(self, study, player, photo, opened, events):
        Study.objects.create(slug="other", title="Other", state="open", consent_text="")
        assert player.post("/api/studies/other/join/", {"kind": "human"}).status_code == 200
        withdraw(player)
        assert player.get("/api/studies/other/next/").status_code == 200

    def test_who_joins_again_is_somebody_new_to_whom_what_was_under_way_does_not_belong(
        self, midway, photo, opened, refused
    ):
        assert midway.join().status_code == 200
        assert refused(midway.send(photo, opened[4:])) == (409, "gap")
        assert not Episode.objects.exists()
        assert midway.get("/api/studies/default/next/").status_code == 200


def test_each_study_knows_a_person_by_another_pseudonym(study, player, make_photo, played, tmp_path, built):
    other = Study.objects.create(slug="other", title="Other", state="open", consent_text="")
    player.send(make_photo(1), played)
    assert player.post("/api/studies/other/join/", {"kind": "human"}).status_code == 200
    there = Player(study="other", client=player.client)
    assert there.send(make_photo(2, into=other), write_events(*BRIGHTER, ("submit", {}))).status_code == 200
    names = {}
    for slug in ("default", "other"):
        call_command("export_dataset", output=tmp_path / slug, study=slug, stdout=StringIO())
        names[slug] = read_snapshot(tmp_path / slug).episodes.column("player").to_pylist()
    assert len({*names["default"], *names["other"]}) == 2
    assert names["default"] == [Participant.objects.get().pseudonym], "as exports of before have called them"
    assert names["other"] == [json.loads(there.get("/play/other/mine.json").content)["pseudonym"]]
    assert names["other"][0] in text(there.get("/play/other/mine/"))
    assert names["default"][0] not in text(there.get("/play/other/mine/"))


def tables_with(text):
    """The tables that hold a text, in any column, sessions among them."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{text}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_every_foreign_key_to_a_person_has_a_policy():
    """If this fails, say in POLICIES what becomes of the row as somebody withdraws, and see to it."""
    found, waiting, seen = set(), [Participant], set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        for relation in model._meta.related_objects:
            field = relation.field
            if field.many_to_many or field.model._meta.auto_created:
                continue
            found.add(f"{field.model._meta.label}.{field.name}")
            waiting.append(field.model)
    assert found == set(POLICIES)


def test_no_table_has_a_column_for_addresses_or_browsers():
    own = [model for model in apps.get_models() if model.__module__.startswith("webapp.")]
    names = {f"{model._meta.label}.{field.name}" for model in own for field in model._meta.concrete_fields}
    suspicious = ("address", "user_agent", "ip", "browser")
    people = {name for name in names if not name.startswith("logins.")}
    assert [name for name in people if name.rsplit(".")[-1] in suspicious] == []
