"""What Prolific tells by itself: only what it has signed, each event once, in any order."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.webapp.prolific_server import STUDY
from tests.webapp.test_recruitment import come, play_all, recruit
from webapp.recruiting import webhook
from webapp.recruiting.models import ReceivedEvent, Submission
from webapp.recruiting.submissions import forget_events, take_in
from webapp.recruiting.webhook import sign
from webapp.studies.models import Coverage, Participation, Study

ADDRESS = "/api/recruiting/prolific/"
ANNA = "5f3c0ffee"
SECRET = "s3cret"


@pytest.fixture
def recruited(db: None) -> Study:
    """The study, with two photos, two people for each, and a recruiter."""
    return recruit()


@pytest.fixture
def joined(recruited: Study, settings: Any, built: None) -> Study:
    """The recruited study, which Prolific knows, and which Anna has joined."""
    settings.PROLIFIC_SECRETS = ["another", "s3cret"]
    recruited.prolific_study = STUDY
    recruited.save()
    come({"PROLIFIC_PID": ANNA, "SESSION_ID": "sub-1"})
    return recruited


def tell(status: str = "RETURNED", *, sent: float | None = None, secret: str = SECRET, **changes: Any) -> HttpResponse:
    """Tell of a change of Anna's submission, as Prolific does."""
    event = {"resource_id": "sub-1", "event_type": "submission.status.change", "participant_id": ANNA, "status": status}
    body = changes.pop("body", json.dumps(event | changes.pop("event", {})).encode())
    timestamp = changes.pop("timestamp", str(int(time.time())))
    headers = {
        "X-Prolific-Request-Timestamp": timestamp,
        "X-Prolific-Request-Signature": sign(body, timestamp, secret).decode(),
        "X-Event-ID": str(uuid4()),
        "X-Timestamp": str(int(sent or time.time())),
    }
    return deliver(body, headers | changes)


def deliver(body: bytes, headers: dict[str, str]) -> HttpResponse:
    return Client(enforce_csrf_checks=True).post(ADDRESS, body, content_type="application/json", headers=headers)


def test_a_change_is_taken_in_as_it_is_told(joined):
    assert tell("ACTIVE").status_code == 204
    assert Submission.objects.get().status == "ACTIVE"
    assert tell("RETURNED").status_code == 204
    assert Submission.objects.get().status == "RETURNED"
    assert set(Coverage.objects.values_list("taken", flat=True)) == {0}


def test_the_signature_is_of_the_raw_text(joined):
    body = (
        b'{ "status":"RETURNED",  "resource_id": "sub-1", "participant_id":"5f3c0ffee",\n'
        b'"event_type": "submission.status.change", "extra": "\\u00e9" }'
    )
    assert tell(body=body).status_code == 204
    assert Submission.objects.get().status == "RETURNED"


def test_the_signature_is_that_of_the_documentation():
    # python: base64.b64encode(hmac.new(SECRET, (timestamp + body).encode(), hashlib.sha256).digest())
    assert sign(b'{"a": 1}', "1700000000", "secret") == b"fhEuMyjZXVBNiCyg6eX04jYuQHHGlae+XtzInd3IHaQ="


def test_what_is_not_signed_just_now_is_refused(joined):
    for forgery in (
        {"secret": "guessed"},
        {"X-Prolific-Request-Signature": ""},
        {"X-Prolific-Request-Signature": "é"},
        {"timestamp": "nan"},
        {"timestamp": "inf"},
        {"timestamp": ""},
        {"timestamp": "now"},
        {"X-Prolific-Request-Timestamp": str(int(time.time()) + 30)},
        {"timestamp": str(int(time.time()) - webhook.WINDOW - 60)},
        {"timestamp": str(int(time.time()) + webhook.WINDOW + 60)},
    ):
        answer = tell(**forgery)
        assert answer.status_code == 403, forgery
        assert answer.json()["error"]["code"] == "forbidden"
        assert not Submission.objects.exists(), forgery
        assert not ReceivedEvent.objects.exists(), forgery


def test_a_changed_text_is_refused(joined):
    timestamp = str(int(time.time()))
    signature = sign(b"{}", timestamp, "s3cret").decode()
    headers = {"X-Prolific-Request-Timestamp": timestamp, "X-Prolific-Request-Signature": signature}
    assert deliver(b"{ }", headers).status_code == 403


def test_without_a_secret_nothing_is_believed(joined, settings):
    for secrets in ([], [""]):
        settings.PROLIFIC_SECRETS = secrets
        assert tell(secret="").status_code == 403


def test_an_event_that_comes_again_is_taken_in_once(joined):
    key = str(uuid4())
    assert tell("RETURNED", **{"X-Event-ID": key}).status_code == 204
    Participation.objects.update(released=None)
    assert tell("RETURNED", **{"X-Event-ID": key}).status_code == 204
    assert Participation.objects.get().released is None, "it was acknowledged, and nothing done"
    assert ReceivedEvent.objects.count() == 1


def test_of_many_deliveries_at_once_one_is_taken_in(transactional_db, joined, monkeypatch):
    taken_in: list[str] = []

    def take_in_slowly(*arguments: Any) -> None:
        taken_in.append("once")
        take_in(*arguments)

    monkeypatch.setattr(webhook, "take_in", take_in_slowly)
    key, start = str(uuid4()), Barrier(6)

    def deliver_once(number: int) -> int:
        start.wait()
        try:
            return tell("RETURNED", timestamp=str(int(time.time()) - number), **{"X-Event-ID": key}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as crowd:
        assert list(crowd.map(deliver_once, range(6))) == [204] * 6
    assert taken_in == ["once"]
    assert ReceivedEvent.objects.count() == 1


def test_a_request_that_somebody_else_sends_again_does_nothing(joined):
    first = str(int(time.time()) - 100)
    assert tell("RETURNED", timestamp=first, sent=float(first)).status_code == 204
    assert tell("ACTIVE").status_code == 204
    assert tell("RETURNED", timestamp=first).status_code == 204, "under another id and time, which are not signed"
    assert Submission.objects.get().status == "ACTIVE"


def test_events_may_come_in_any_order(joined):
    now = time.time()
    for status, ago in (("AWAITING REVIEW", 10), ("ACTIVE", 60), ("TIMED-OUT", 30), ("RESERVED", 90)):
        assert tell(status, sent=now - ago).status_code == 204
    assert Submission.objects.get().status == "AWAITING REVIEW"
    assert Participation.objects.get().released is None


def test_what_fails_is_told_again_and_then_taken_in(joined, monkeypatch):
    key = str(uuid4())

    def fail(*arguments: Any) -> None:
        raise RuntimeError("the disk, say")

    monkeypatch.setattr(webhook, "take_in", fail)
    with pytest.raises(RuntimeError):
        tell(**{"X-Event-ID": key})
    monkeypatch.undo()
    assert tell(**{"X-Event-ID": key}, timestamp=str(int(time.time()) - 1)).status_code == 204
    assert Submission.objects.get().status == "RETURNED"


def test_what_is_nothing_to_this_site_is_acknowledged(joined):
    before = Participation.objects.values().get()
    for event in ({"event_type": "study.status.change"}, {"participant_id": "stranger"}, {"status": None}):
        assert tell(event=event).status_code == 204
        assert Participation.objects.values().get() == before, event


def test_what_cannot_be_read_is_refused(joined):
    assert tell(body=b"not json").status_code == 400
    assert tell(body=b"[1]").status_code == 204
    assert Client().get(ADDRESS).status_code == 405


def test_of_two_studies_it_is_that_of_the_submission(joined):
    other = Study.objects.create(
        slug="other", title="Other", state="open", entry_parameter="PROLIFIC_PID", prolific_study="b", consent_text=""
    )
    own = Participation.objects.create(study=other, participant=player_of(ANNA))
    other.identities.create(participation=own, platform_id=ANNA, parameters={"SESSION_ID": "sub-2"})
    assert tell(event={"resource_id": "sub-2"}).status_code == 204
    assert Submission.objects.get().identity.study == other


def player_of(platform_id: str) -> Any:
    return Participation.objects.get(identity__platform_id=platform_id).participant


def test_who_withdrew_is_known_by_what_is_due_alone(joined):
    player, _ = come({"PROLIFIC_PID": ANNA, "SESSION_ID": "sub-1"})
    play_all(player)
    player.get("/play/default/mine/")
    token = player.client.cookies["csrftoken"].value
    player.client.post("/play/default/withdraw/", {"sure": "yes", "csrfmiddlewaretoken": token})
    assert joined.payments.count() == 1
    assert tell("APPROVED").status_code == 204
    assert joined.payments.count() == 0, "it is paid, and nothing is left of them"


def test_events_are_forgotten_after_a_week(joined):
    tell()
    assert forget_events() == 0
    ReceivedEvent.objects.update(received=timezone.now() - timedelta(days=8))
    assert forget_events() == 1


def test_nothing_of_it_is_logged(joined, caplog):
    tell("RETURNED")
    tell(secret="guessed")
    for secret in (ANNA, "sub-1", "s3cret"):
        assert secret not in caplog.text
