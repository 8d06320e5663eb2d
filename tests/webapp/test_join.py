"""POST /api/studies/{slug}/join/"""

import re
from uuid import uuid4

import pytest

from webapp.http.visitors import address
from webapp.participants.models import Participant

JOIN = "/api/studies/default/join/"


def test_it_works(stranger):
    response = stranger.join("robot")
    assert response.status_code == 200
    assert response.json()["kind"] == "robot"
    assert response.json()["study"] == "default"
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{5}", response.json()["participant"])
    assert Participant.objects.get().kind == "robot"


def test_a_session_keeps_its_participant(player):
    assert player.join().json()["participant"] == player.join().json()["participant"]
    assert Participant.objects.count() == 1


def test_a_session_that_changes_its_kind_is_refused(player, refused):
    assert refused(player.join("robot")) == (409, "conflict")


def test_a_closed_study_is_refused(stranger, study, refused):
    study.state = "closed"
    study.save()
    assert refused(stranger.join()) == (403, "study_closed")
    assert not Participant.objects.exists()


def test_a_ticket_brings_the_participant_back_whose_session_has_ended(player, stranger):
    before = player.join().json()
    stranger.join_with(before["ticket"])
    assert stranger.join().json()["participant"] == before["participant"]
    assert Participant.objects.count() == 1


def test_a_ticket_works_in_a_study_that_has_been_closed_since(player, stranger, study, refused):
    ticket = player.join().json()["ticket"]
    study.state = "closed"
    study.save()
    assert refused(stranger.join()) == (403, "study_closed")
    assert stranger.join_with(ticket).status_code == 200


def test_a_session_counts_for_more_than_a_ticket(player, stranger):
    other = stranger.join().json()
    assert player.join_with(other["ticket"]).json()["participant"] != other["participant"]


def test_a_request_that_is_sent_twice_makes_one_participant(stranger, refused):
    body = {"kind": "human", "consent": 1, "key": str(uuid4())}
    first = stranger.post(JOIN, body).json()["participant"]
    stranger.client.cookies.pop("sessionid")
    assert stranger.post(JOIN, body).json()["participant"] == first
    assert Participant.objects.count() == 1
    stranger.client.cookies.pop("sessionid")
    assert refused(stranger.post(JOIN, body | {"kind": "robot"})) == (409, "conflict")
    assert stranger.post(JOIN, body | {"key": str(uuid4())}).json()["participant"] != first


def test_a_key_that_is_no_uuid_is_refused(stranger, refused):
    assert refused(stranger.post(JOIN, {"kind": "human", "consent": 1, "key": "1"})) == (400, "malformed")


@pytest.mark.parametrize("ticket", ["", "no ticket", "1:abc:def"])
def test_a_ticket_that_is_none_of_ours_is_nobodys(stranger, ticket):
    assert stranger.join_with(ticket).status_code == 200
    assert Participant.objects.count() == 1


def test_a_ticket_of_a_robot_makes_no_person(stranger, player, refused):
    player.client.cookies.clear()
    player.get("/api/studies/default/")
    ticket = player.join("robot").json()["ticket"]
    assert refused(stranger.join_with(ticket)) == (409, "conflict")


@pytest.mark.parametrize("kind", ["agent", "expert", "", None, 3])
def test_only_people_and_robots_join(stranger, refused, kind):
    assert refused(stranger.post(JOIN, {"kind": kind})) == (400, "malformed")


@pytest.mark.parametrize("body", ["", "[", "[1]", "null", '{"kind": NaN}', "[" * 100_000])
def test_what_is_no_object_is_refused(stranger, refused, body):
    assert refused(stranger.post(JOIN, body)) == (400, "malformed")


def test_a_request_without_the_csrf_token_is_refused(stranger, refused):
    stranger.client.cookies.clear()
    assert refused(stranger.post(JOIN, {"kind": "human"})) == (403, "csrf_failed")


def test_a_form_in_place_of_json_is_refused(stranger, refused):
    token = stranger.client.cookies["csrftoken"].value
    response = stranger.client.post(JOIN, {"kind": "human"}, headers={"X-CSRFToken": token})
    assert refused(response) == (415, "unsupported_media_type")


def test_too_large_a_request_is_refused(stranger, refused, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert refused(stranger.post(JOIN, {"kind": "human", "more": "x" * 100})) == (413, "too_large")


def test_too_many_requests_are_throttled(stranger, refused, monkeypatch):
    monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"join": "1/min"})
    assert stranger.join().status_code == 200
    stranger.client.cookies.pop("sessionid")
    response = stranger.join()
    assert refused(response) == (429, "throttled")
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [(0, "203.0.113.5", "10.0.0.1"), (1, "203.0.113.5", "203.0.113.5"), (1, "6.6.6.6, 203.0.113.5", "203.0.113.5")],
)
def test_the_address_of_a_visitor_is_what_our_own_proxy_says(rf, settings, proxies, forwarded, expected):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert address(request) == expected


def test_throttling_counts_by_that_address_before_anybody_has_joined(stranger, monkeypatch, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"join": "1/min"})
    statuses = []
    for visitor in ("203.0.113.5", "203.0.113.6", "203.0.113.5"):
        stranger.client.defaults["HTTP_X_FORWARDED_FOR"] = visitor
        stranger.client.cookies.pop("sessionid", None)
        statuses.append(stranger.join().status_code)
    assert statuses == [200, 200, 429]
