"""Prolific: what it says of submissions, and what a researcher asks of it, against a server that answers as it does."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.webapp.conftest import MakeOnce, Player, write_events
from tests.webapp.prolific_server import STUDY, TOKEN, WORKSPACE, Recruiter, running
from tests.webapp.test_recruitment import come, play_all, recruit, text
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.recruiting import prolific, submissions
from webapp.recruiting.models import Payment, Poll, Submission
from webapp.recruiting.prolific import Busy, Prolific, ProlificError, Refused, SubmissionReport, Unclear
from webapp.recruiting.reviewing import approvable, approve, check_setup, list_not_handed_in, list_without_data
from webapp.recruiting.submissions import poll, poll_all, take_in
from webapp.recruiting.tasks import poll_prolific
from webapp.studies.leases import accept, is_full, reject
from webapp.studies.models import Coverage, Identity, Participation, Study

LONG = pytest.mark.long
ANNA, BEN = "5f3c0ffee", "5f3c0bee5"


@pytest.fixture
def recruiter() -> Iterator[Recruiter]:
    with running() as recruiter:
        yield recruiter


@pytest.fixture(scope="module")
def there_once(made_once: MakeOnce) -> Iterator[None]:
    """The recruited study, which Prolific knows, for all tests."""
    with made_once():
        study = recruit()
        study.change({"prolific_study": STUDY, "reward": "4.50"})
        study.save()
        yield


@pytest.fixture
def study_there(there_once: None, study: Study, recruiter: Recruiter, settings: Any, built: None) -> Study:
    """That study."""
    settings.PROLIFIC_URL, settings.PROLIFIC_TOKEN = recruiter.address, TOKEN
    return study


def arrive(name: str = ANNA) -> Player:
    """Somebody comes by their link, and agrees."""
    return come({"PROLIFIC_PID": name, "STUDY_ID": STUDY, "SESSION_ID": f"sub-{name}"})[0]


def play_one(player: Player) -> None:
    """Hand one photo in."""
    photo = player.next().json()["photo"]
    change = {"step": 0, "filter": "exposure"}
    events = write_events(
        ("start", {}), ("choose", change), ("adjust", change | {"parameters": {"ev": 1.0}}), ("submit", {})
    )
    assert player.send(Photo(sha256=photo["id"]), events).status_code == 200


def participation(name: str = ANNA) -> Participation:
    return Participation.objects.get(identity__platform_id=name)


def taken() -> list[int]:
    """How many places are taken of each photo."""
    return list(Coverage.objects.order_by("taken").values_list("taken", flat=True))


def patient(recruiter: Recruiter, patience: float = 120, token: str = TOKEN) -> tuple[Prolific, list[float]]:
    """The API, and how long it has waited."""
    waits: list[float] = []
    return Prolific(recruiter.address, token, patience=patience, pause=waits.append), waits


class TestAsking:
    def test_all_pages_are_read_and_each_submission_once(self, recruiter):
        for number in range(250):
            recruiter.hand_in(f"p{number}", "TIMED_OUT")
        reports = list(patient(recruiter)[0].submissions(STUDY))
        assert len({report.submission_id for report in reports}) == len(reports) == 250
        assert {report.status for report in reports} == {"TIMED-OUT"}
        assert len(recruiter.asked) == 3

    @pytest.mark.parametrize(
        ("faults", "waited"),
        [
            ([(429, {"Retry-After": "7"}), (429, {})], [7, 2]),
            ([(503, {}), (500, {}), (502, {})], [1, 2, 4]),
            ([None, None], [1, 2]),
        ],
        ids=["busy", "failing", "hung up"],
    )
    def test_it_is_asked_again_later_and_later(self, recruiter, faults, waited):
        recruiter.faults, recruiter.study = list(faults), {"reward": 450}
        api, waits = patient(recruiter)
        assert api.study(STUDY)["reward"] == 450
        assert waits == waited

    def test_who_is_told_to_wait_too_long_gives_up_at_once(self, recruiter):
        recruiter.faults = [(429, {"Retry-After": "3600"})]
        api, waits = patient(recruiter)
        with pytest.raises(Busy, match="asked too often"):
            api.study(STUDY)
        assert waits == []

    def test_what_went_wrong_is_a_sentence(self, recruiter):
        with pytest.raises(ProlificError, match="refused the token") as refused:
            patient(recruiter, token="another")[0].study(STUDY)
        assert "another" not in str(refused.value)
        with pytest.raises(Refused, match="check the id of the study"):
            patient(recruiter)[0].study("elsewhere")
        with pytest.raises(Unclear, match="cannot be reached"):
            Prolific("http://127.0.0.1:9", TOKEN, pause=lambda _: None).study(STUDY)
        recruiter.faults = [(500, {})] * 5
        with pytest.raises(Unclear, match="fails at the moment"):
            patient(recruiter)[0].study(STUDY)

    def test_the_token_goes_nowhere_in_the_clear(self, settings):
        settings.PROLIFIC_TOKEN = ""
        with pytest.raises(ProlificError, match="PROLIFIC_TOKEN is not set"):
            prolific.client()
        settings.PROLIFIC_TOKEN, settings.PROLIFIC_URL = TOKEN, "http://api.prolific.example"
        with pytest.raises(ProlificError, match="https"):
            prolific.client()

    def test_one_that_cannot_be_approved_does_not_hold_up_the_others(self, recruiter):
        keys = [recruiter.hand_in(f"p{number}", "AWAITING REVIEW") for number in range(3)]
        recruiter.unapprovable = {keys[1]}
        refused = patient(recruiter)[0].approve(keys)
        assert refused == {keys[1]: "Only submissions that await review can be approved."}
        assert [recruiter.submissions[key]["status"] for key in keys] == ["APPROVED", "AWAITING REVIEW", "APPROVED"]

    def test_bonuses_that_may_have_been_paid_are_never_sent_again(self, recruiter):
        for fault in (None, (502, {})):
            recruiter.faults, recruiter.asked = [fault], []
            with pytest.raises(Unclear):
                patient(recruiter)[0].pay_bonuses("batch-1")
            assert len(recruiter.asked) == 1

    def test_a_subscription_is_confirmed_by_the_secret_and_made_once(self, recruiter):
        api = patient(recruiter)[0]
        assert api.secret(WORKSPACE) == api.secret(WORKSPACE) == "signed-under-this"
        assert api.secret(WORKSPACE, new=True) == api.secret(WORKSPACE) == "another-secret"
        first = api.subscribe(WORKSPACE, "https://retouch.example.org/hook")
        assert api.subscribe(WORKSPACE, "https://retouch.example.org/hook") == first
        assert recruiter.subscriptions == [
            {
                "id": first,
                "is_enabled": True,
                "event_type": "submission.status.change",
                "target_url": "https://retouch.example.org/hook",
                "workspace_id": WORKSPACE,
            }
        ]


class TestStates:
    @pytest.mark.parametrize(
        "status",
        ["RETURNED", *(pytest.param(other, marks=LONG) for other in ("TIMED-OUT", "REJECTED", "SCREENED OUT"))],
    )
    def test_who_is_replaced_there_frees_their_places(self, study_there, recruiter, status):
        play_one(arrive())
        recruiter.hand_in(ANNA, "ACTIVE")
        assert poll(study_there) == (1, 1)
        assert taken() == [1, 1]
        recruiter.hand_in(ANNA, status)
        assert poll(study_there) == (1, 1)
        assert taken() == [0, 0]
        assert poll(study_there) == (1, 0), "once"
        assert Episode.objects.get().surplus, "it is kept, and does not count"
        assert Episode.objects.get().status == "submitted", "the site rejects nobody"
        assert participation().rejected is None

    def test_their_places_go_to_somebody_else(self, study_there, recruiter):
        for name in (ANNA, BEN):
            arrive(name)
        assert is_full(study_there)
        recruiter.hand_in(BEN, "RETURNED")
        poll(study_there)
        assert not is_full(study_there)
        arrive("another")
        assert taken() == [2, 2]

    @pytest.mark.parametrize("is_taken", [pytest.param(False, marks=LONG), True])
    def test_who_hands_in_after_the_time_has_lost_nothing(self, study_there, recruiter, is_taken):
        player = arrive()
        recruiter.hand_in(ANNA, "TIMED-OUT")
        poll(study_there)
        for name in (BEN, "another") if is_taken else ():
            arrive(name)
        play_all(player)
        assert participation().completed
        assert set(Episode.objects.values_list("surplus", flat=True)) == {is_taken}
        assert poll(study_there) == (1, 0), "and it stays so as long as Prolific says nothing new"
        assert taken() == ([2, 2] if is_taken else [1, 1])
        assert "DONE1" in text(player.get("/play/default/end/"))
        assert Payment.objects.get().state == "due"

    def test_who_returned_and_comes_back_is_the_same_participant(self, study_there, recruiter):
        play_one(arrive())
        recruiter.hand_in(ANNA, "RETURNED")
        poll(study_there)
        again = arrive()
        assert Participation.objects.count() == 1
        play_one(again)
        assert taken() == [0, 1], "what is handed in now takes a place, as one is left"
        recruiter.hand_in(ANNA, "ACTIVE")
        poll(study_there)
        assert taken() == [1, 1]
        assert participation().released is None
        assert not Episode.objects.filter(surplus=True).exists()

    def test_a_second_submission_counts_while_the_first_is_returned(self, study_there, recruiter):
        arrive()
        recruiter.hand_in(ANNA, "RETURNED")
        recruiter.submissions["second"] = recruiter.submissions[f"sub-{ANNA}"] | {"id": "second", "status": "ACTIVE"}
        poll(study_there)
        assert participation().released is None
        assert Submission.objects.count() == 2

    def test_what_is_older_than_what_is_known_is_passed_over(self, study_there):
        arrive()
        now = timezone.now().replace(microsecond=0)
        later, earlier = now, now - timedelta(seconds=5)
        assert take_in(study_there, SubmissionReport("s", ANNA, "AWAITING REVIEW", later))
        assert not take_in(study_there, SubmissionReport("s", ANNA, "TIMED-OUT", earlier))
        assert not take_in(study_there, SubmissionReport("s", ANNA, "ACTIVE", later)), "of one second: what lies on"
        assert Submission.objects.get().status == "AWAITING REVIEW"
        assert participation().released is None

    def test_accepting_again_gives_no_place_to_who_was_replaced(self, study_there, recruiter):
        play_all(arrive())
        recruiter.hand_in(ANNA, "RETURNED")
        poll(study_there)
        reject(participation(), "no effort")
        accept(participation())
        assert taken() == [0, 0]

    def test_who_was_replaced_counts_in_no_condition(self, study_there, recruiter):
        conditions = [{"name": name, "changes": {}} for name in ("one", "two")]
        Study.objects.update(conditions=conditions, episodes_per_photo=5)
        arrive()
        first = participation().condition
        recruiter.hand_in(ANNA, "RETURNED")
        poll(study_there)
        arrive(BEN)
        arrive("another")
        assert sorted({participation(BEN).condition, participation("another").condition}) == ["one", "two"]
        assert first in ("one", "two")

    def test_of_who_has_not_joined_nothing_is_stored(self, study_there, recruiter):
        recruiter.hand_in("stranger", "ACTIVE")
        assert poll(study_there) == (1, 0)
        assert not Submission.objects.exists()


class TestPolling:
    def test_what_goes_wrong_is_noted_and_logged_once_without_ids(self, study_there, recruiter, settings, caplog):
        arrive()
        recruiter.hand_in(ANNA, "ACTIVE")
        poll(study_there)
        settings.PROLIFIC_TOKEN = "expired"
        with caplog.at_level(logging.DEBUG, "webapp"):
            poll_all()
            poll_all()
        (line,) = caplog.messages
        assert "refused the token" in line
        for secret in ("expired", ANNA, f"sub-{ANNA}"):
            assert secret not in caplog.text
        assert "refused the token" in Poll.objects.get().problem
        assert Submission.objects.get().status == "ACTIVE", "what was known stays"
        settings.PROLIFIC_TOKEN = TOKEN
        poll_all()
        assert Poll.objects.get().problem == ""

    def test_requests_are_not_logged_with_their_addresses(self, study_there, recruiter, caplog):
        recruiter.hand_in(ANNA, "AWAITING REVIEW")
        recruiter.unapprovable = {"none"}
        for name in ("httpx", "httpcore"):
            assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
        prolific.client().approve([f"sub-{ANNA}", "none"])
        assert ANNA not in caplog.text

    def test_the_worker_asks_for_open_studies_and_seldom_for_closed_ones(self, study_there, recruiter, settings):
        arrive()
        poll_prolific(timestamp=0)
        assert len(recruiter.asked) == 1
        Study.objects.update(state="closed")
        poll_prolific(timestamp=0)
        assert len(recruiter.asked) == 1
        Poll.objects.update(tried=timezone.now() - timedelta(hours=2))
        poll_prolific(timestamp=0)
        assert len(recruiter.asked) == 2
        Poll.objects.update(tried=timezone.now() - timedelta(hours=2))
        Identity.objects.all().delete()
        poll_prolific(timestamp=0)
        assert len(recruiter.asked) == 2, "all are forgotten"
        settings.PROLIFIC_TOKEN = ""
        Study.objects.update(state="open")
        poll_prolific(timestamp=0)
        assert len(recruiter.asked) == 2


class TestReviewing:
    def test_those_who_have_done_all_here_are_approved_when_a_researcher_asks(self, study_there, recruiter):
        play_all(arrive())
        play_one(arrive(BEN))
        for name in (ANNA, BEN):
            recruiter.hand_in(name, "AWAITING REVIEW", "DONE1")
        poll(study_there)
        assert [call[1] for call in recruiter.asked if call[0] == "POST"] == [], "never by itself"
        out = StringIO()
        call_command("prolific", "approve", "default", stdout=out)
        assert "approval of 1 submissions" in out.getvalue()
        assert recruiter.submissions[f"sub-{ANNA}"]["status"] == "APPROVED"
        assert recruiter.submissions[f"sub-{BEN}"]["status"] == "AWAITING REVIEW"
        assert Payment.objects.get().state == "due", "until Prolific says so"
        poll(study_there)
        assert Payment.objects.get().state == "paid"

    @pytest.mark.long
    def test_who_failed_attention_is_approved_only_when_that_is_said(self, study_there, recruiter):
        play_all(arrive())
        participation().leases.update(failed=True)
        recruiter.hand_in(ANNA, "AWAITING REVIEW")
        poll(study_there)
        assert list(approvable(study_there)) == []
        assert len(approvable(study_there, failed_attention=True)) == 1

    def test_nobody_is_approved_who_has_not_done_all_or_was_rejected(self, study_there, recruiter):
        arrive()
        recruiter.hand_in(ANNA, "AWAITING REVIEW")
        poll(study_there)
        with pytest.raises(ProlificError, match="nothing was approved"):
            approve(Submission.objects.all())
        assert recruiter.submissions[f"sub-{ANNA}"]["status"] == "AWAITING REVIEW"

    def test_the_admin_approves_what_is_chosen(self, study_there, recruiter, researcher, ada):
        type(ada).objects.update(is_superuser=True)
        play_all(arrive())
        recruiter.hand_in(ANNA, "AWAITING REVIEW")
        poll(study_there)
        page = researcher.get("/admin/recruiting/submission/")
        assert ANNA not in text(page)
        form = {"action": "approve", "_selected_action": [Submission.objects.get().pk],
                "csrfmiddlewaretoken": researcher.client.cookies["csrftoken"].value}  # fmt: skip
        answer = researcher.client.post("/admin/recruiting/submission/", form, follow=True)
        assert "Asked for the approval of 1" in text(answer)
        assert recruiter.submissions[f"sub-{ANNA}"]["status"] == "APPROVED"

    def test_what_was_handed_in_without_data_is_listed(self, study_there, recruiter):
        play_all(arrive())
        play_one(arrive(BEN))
        for name, status, code in (
            (ANNA, "AWAITING REVIEW", "DONE1"),
            (BEN, "APPROVED", "DONE1"),
            ("screened", "AWAITING REVIEW", "FULL"),
            ("nobody", "AWAITING REVIEW", None),
            ("gone", "RETURNED", None),
        ):
            recruiter.hand_in(name, status, code)
        rows = {row.platform_id: row.here for row in list_without_data(study_there)}
        assert rows == {
            BEN: f"{participation(BEN).participant} has handed in 1 of 2 photos",
            "screened": "has not joined; came back with the code for full",
            "nobody": "has not joined",
        }
        out = StringIO()
        call_command("prolific", "without-data", "default", stdout=out)
        assert "without complete data here: 3" in out.getvalue()

    @pytest.mark.long
    def test_who_has_done_all_and_did_not_go_back_is_listed(self, study_there, recruiter):
        play_all(arrive())
        recruiter.hand_in(ANNA, "TIMED-OUT")
        poll(study_there)
        assert [row.status for row in list_not_handed_in(study_there)] == ["TIMED-OUT"]
        recruiter.hand_in(ANNA, "APPROVED")
        poll(study_there)
        assert list_not_handed_in(study_there) == []

    def test_what_does_not_fit_there_is_said(self, study_there, recruiter):
        site = "https://retouch.example.org"
        recruiter.study = {
            "completion_codes": [{"code": code, "actions": []} for code in ("DONE1", "CARELESS", "SMALL", "FULL", "X")],
            "reward": 300,
            "external_study_url": f"{site}/play/other/?PID={{{{%PROLIFIC_PID%}}}}",
        }
        problems = check_setup(study_there, site)
        assert [problem.removeprefix(f"{STUDY}: ") for problem in problems] == [
            "it has no code NO, which is given here for declined.",
            "its code X is given to nobody here.",
            "it pays 3.00, and the reward here is 4.50 GBP.",
            "it sends people elsewhere than to https://retouch.example.org/play/default/.",
            "its link lacks PROLIFIC_PID={{%PROLIFIC_PID%}}: entry_parameter here is the name before the =.",
        ]
        recruiter.study = {
            "completion_codes": [{"code": code} for code in ("DONE1", "CARELESS", "SMALL", "FULL", "NO")],
            "reward": 450,
            "external_study_url": f"{site}/play/default/?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}&SESSION_ID=x",
        }
        assert check_setup(study_there, site) == []

    def test_commands_say_errors_in_a_sentence(self, study_there, settings):
        settings.PROLIFIC_TOKEN = "wrong"
        with pytest.raises(CommandError, match="refused the token"):
            call_command("prolific", "poll", "default")
        with pytest.raises(CommandError, match="no study 'x'"):
            call_command("prolific", "poll", "x")

    def test_subscribing_first_says_which_secret_the_site_needs(self, study_there, recruiter, settings):
        with pytest.raises(CommandError, match="https"):
            call_command("prolific", "subscribe", WORKSPACE)
        settings.SITE_URL = "https://retouch.example.org"
        out = StringIO()
        call_command("prolific", "subscribe", WORKSPACE, stdout=out)
        assert "PROLIFIC_SECRETS=signed-under-this" in out.getvalue()
        assert recruiter.subscriptions == []
        settings.PROLIFIC_SECRETS = ["signed-under-this"]
        call_command("prolific", "subscribe", WORKSPACE, stdout=out)
        assert recruiter.subscriptions[0]["target_url"] == "https://retouch.example.org/api/recruiting/prolific/"


def test_an_id_of_a_study_there_is_checked(study):
    study.prolific_study = "https://app.prolific.com/"
    with pytest.raises(ValidationError, match="separated by commas"):
        study.full_clean()
    study.prolific_study = "abc1, def2"
    study.full_clean()
    assert study.prolific_studies == ["abc1", "def2"]
    assert {"RETURNED", "TIMED-OUT"} <= submissions.VOID
