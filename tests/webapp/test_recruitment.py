"""Recruitment: who comes by a recruiter's link, on whatever device, goes back with the code of how it ended."""

import csv
from datetime import timedelta
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.utils import timezone

from editing.trajectories.receipts import receipts_of
from editing.trajectories.snapshot import read_snapshot
from tests.command_line import safelight
from tests.webapp.conftest import BRIGHTER, Player, default_study, new_photo, write_events
from webapp.datasets.receipts import receipts_of_study
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.entries import erase_identities
from webapp.studies.leases import reject
from webapp.studies.models import Identity, Lease, Participation

# Each is long enough to stand nowhere by chance, in the letters of a session, say: tests look for them in all rows.
LINK = {"PROLIFIC_PID": "5f3c0ffee", "STUDY_ID": "study of May", "SESSION_ID": "x/y of z"}
CONSENT = "/play/default/consent/"


def recruit():
    """Give the default study two photos, two people for each, and a recruiter."""
    study = default_study()
    study.change(
        {
            "episodes_per_photo": 2,
            "entry_parameter": "PROLIFIC_PID",
            "entry_required": True,
            "return_link": "https://recruiter.example/complete?cc={code}&who={id}",
            "completion_code": "DONE1",
            "attention_code": "CARELESS",
            "device_code": "SMALL",
            "full_code": "FULL",
            "declined_code": "NO",
            "debriefing": "It was about light.",
        }
    )
    study.save()
    for seed in (1, 2):
        new_photo(study, seed)
    return study


@pytest.fixture(scope="module")
def recruited_once(made_once):
    """The study, with two photos, two people for each, and a recruiter, for all tests."""
    with made_once():
        recruit()
        yield


@pytest.fixture
def recruited(recruited_once, study):
    """That study."""
    return study


def come(link=LINK, player=None):
    """Follow a link to the game and agree; the browser, and where it was led."""
    player = player or Player()
    address = f"/play/default/?{urlencode(link)}"
    led = player.get(address)
    if led["Location"].startswith(CONSENT):
        form = {"version": 1, "csrfmiddlewaretoken": player.client.cookies["csrftoken"].value}
        led = player.client.post(led["Location"], form)
    return player, led


def play_all(player):
    while photo := player.next().json()["photo"]:
        assert player.send(Photo(sha256=photo["id"]), write_events(*BRIGHTER, ("submit", {}))).status_code == 200


def text(response):
    return response.content.decode()


class TestEntering:
    def test_the_parameters_come_through_consent(self, recruited, built):
        player, led = come()
        assert led["Location"] == "/play/default/"
        identity = Identity.objects.get()
        assert identity.platform_id == "5f3c0ffee"
        assert identity.parameters == {"STUDY_ID": "study of May", "SESSION_ID": "x/y of z"}
        assert player.get("/play/default/").status_code == 200

    def test_nothing_is_stored_before_they_agree(self, recruited):
        player = Player()
        page = player.get(player.get(f"/play/default/?{urlencode(LINK)}")["Location"])
        assert "x%2Fy+of+z" in text(page), "the way to decline keeps the parameters"
        assert not Identity.objects.exists()
        assert not Participant.objects.exists()

    def test_the_same_id_comes_back_to_the_same_participation_on_another_device(self, recruited, built):
        come()
        other, led = come()
        assert led["Location"] == "/play/default/"
        assert Participation.objects.count() == 1
        assert other.get("/play/default/").status_code == 200

    def test_another_id_in_the_same_browser_is_another_person(self, recruited, built):
        player, _ = come()
        come({**LINK, "PROLIFIC_PID": "another"}, player)
        assert Participation.objects.count() == 2
        assert Identity.objects.get(platform_id="another").participation.participant.pseudonym

    def test_who_comes_without_the_parameter_is_told(self, recruited, refused):
        visitor = Player()
        assert visitor.get("/play/default/")["Location"] == CONSENT
        assert "by the link that you were given" in text(visitor.get(CONSENT))
        assert refused(visitor.join()) == (403, "entry_needed")


class TestEnding:
    def test_who_has_done_all_gets_the_code_and_the_way_back(self, recruited, built):
        player, _ = come()
        assert player.get("/play/default/end/")["Location"] == "/play/default/", "not before"
        play_all(player)
        assert player.next().json()["end"] == "/play/default/end/"
        page = text(player.get("/play/default/end/"))
        assert "DONE1" in page
        assert 'href="https://recruiter.example/complete?cc=DONE1&amp;who=5f3c0ffee"' in page
        assert "It was about light." in page

    def test_who_fails_attention_has_a_code_of_their_own(self, recruited, built):
        player, _ = come()
        play_all(player)
        Lease.objects.filter(position=0).update(failed=True)
        assert "CARELESS" in text(player.get("/play/default/end/"))
        recruited.failed_items_allowed = 1
        recruited.save()
        assert "DONE1" in text(player.get("/play/default/end/"))

    @pytest.mark.parametrize(("page", "code"), [("device", "SMALL"), ("full", "FULL"), ("declined", "NO")])
    def test_who_is_screened_out_has_one_too_and_nothing_is_stored(self, recruited, page, code):
        answer = text(Player().get(f"/play/default/{page}/?{urlencode(LINK)}"))
        assert f"cc={code}&amp;who=5f3c0ffee" in answer
        assert not Participant.objects.exists()

    def test_who_comes_when_it_is_full_is_told_before_consent(self, recruited):
        for number in range(2):
            come({"PROLIFIC_PID": str(number)})
        visitor = Player()
        address = visitor.get(visitor.get(f"/play/default/?{urlencode(LINK)}")["Location"])["Location"]
        assert address.startswith("/play/default/full/?PROLIFIC_PID")
        assert "cc=FULL" in text(visitor.get(address))

    def test_a_completion_is_there_with_the_last_event_and_not_before(self, recruited, built):
        player, _ = come()
        play_all(player)
        last = Participation.objects.get().completed
        assert last >= Event.objects.latest("received_at").received_at - timedelta(seconds=1)


class TestReceipts:
    def test_they_agree_from_the_database_and_from_an_export_alone(self, recruited, built, tmp_path):
        player, _ = come()
        play_all(player)
        robot = Player()
        robot.join("robot")
        (robots, own) = sorted(receipts_of_study(recruited), key=lambda receipt: receipt.complete)
        assert (own.complete, own.episodes, own.problems) == (True, 2, [])
        assert (robots.complete, robots.episodes) == (False, 0)
        call_command("export_dataset", output=tmp_path / "export", study="default", stdout=StringIO())
        exported = {receipt.player: receipt for receipt in receipts_of(read_snapshot(tmp_path / "export"))}
        assert exported == {receipt.player: receipt for receipt in (robots, own)}
        out = StringIO()
        call_command("receipts", "default", stdout=out)
        assert "2 participations, 1 complete; 0 withdrew" in out.getvalue()
        printed = safelight("dataset", "receipts", str(tmp_path / "export"))
        assert printed.exit_code == 0
        assert own.digest[:16] in printed.output

    def test_a_lost_and_a_doubled_event_are_named(self, recruited, built):
        player, _ = come()
        play_all(player)
        lost = Event.objects.filter(seq=2).first()
        lost.delete()
        (receipt,) = receipts_of_study(recruited)
        assert receipt.problems == [f"the events of episode {lost.episode_id} are not numbered 0 to 5, each once"]
        with pytest.raises(SystemExit):
            call_command("receipts", "default", stdout=StringIO())

    def test_a_completion_without_its_episode_is_named(self, recruited, built):
        player, _ = come()
        play_all(player)
        Episode.objects.first().delete()
        assert "there is no episode of it" in receipts_of_study(recruited)[0].problems[0]

    def test_payments_are_a_table_of_ids_outcomes_and_codes(self, recruited, built, tmp_path):
        player, _ = come()
        play_all(player)
        other, _ = come({"PROLIFIC_PID": "other"})
        play_all(other)
        reject(Participation.objects.get(identity__platform_id="other"), "no effort")
        path = tmp_path / "payments.csv"
        call_command("receipts", "default", "--payments", str(path), stdout=StringIO())
        rows = {row["platform_id"]: row for row in csv.DictReader(StringIO(path.read_text()))}
        assert (rows["5f3c0ffee"]["code"], rows["5f3c0ffee"]["rejected"]) == ("DONE1", "")
        assert rows["other"]["rejected"] == "no effort"


class TestIdentities:
    def test_no_export_has_one(self, recruited, built, tmp_path):
        player, _ = come()
        play_all(player)
        call_command("export_dataset", output=tmp_path / "export", stdout=StringIO())
        content = b"".join(path.read_bytes() for path in (tmp_path / "export").rglob("*") if path.is_file())
        assert b"5f3c0ffee" not in content
        assert b"x/y of z" not in content

    def test_they_are_erased_so_many_days_after_the_study_has_closed(self, recruited, built):
        come()
        recruited.state = "closed"
        recruited.save()
        assert erase_identities() == 0
        type(recruited).objects.update(closed_at=timezone.now() - timedelta(days=91))
        assert erase_identities() == 1
        assert not Identity.objects.exists()
