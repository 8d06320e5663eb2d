"""Who comes too often is told when to come again; a room full of people behind one address is not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.webapp.conftest import PASSWORD, Player, logged_in, new_player
from tests.webapp.desk.test_studies import post
from tests.webapp.downloads.downloading import forget_jobs, run_worker
from webapp.downloads.tasks import clean_up
from webapp.http.models import RequestCount
from webapp.http.pace import SessionThrottle
from webapp.logins.models import FailedLogin
from webapp.studies.members import Role, set_role

EXPORTS = "/desk/studies/default/exports/"


@pytest.fixture
def once(monkeypatch):
    """Lets each be done once in a minute."""
    rates = dict.fromkeys(SessionThrottle.THROTTLE_RATES, "1/min")
    monkeypatch.setattr(SessionThrottle, "THROTTLE_RATES", rates)


def upload(browser, picture, seed):
    data = {"file": SimpleUploadedFile("a.png", picture(seed)), "study": "default"}
    token = browser.client.cookies["csrftoken"].value
    return browser.client.post("/api/photos/", data, headers={"X-CSRFToken": token})


def assert_is_told_to_wait(answer):
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60


def test_exports_are_asked_for_and_fetched_at_a_pace(researcher, once):
    for ask in (
        lambda: post(researcher, f"{EXPORTS}ask/", statuses="submitted"),
        lambda: researcher.get(f"{EXPORTS}1.zip"),
    ):
        assert ask().status_code in (302, 404)
        answer = ask()
        assert_is_told_to_wait(answer)
        assert "Try again in 1 minute." in answer.content.decode()


def test_versions_are_asked_for_at_a_pace(researcher, once, photo, refused):
    versions = "/api/studies/default/versions/"
    assert researcher.post(versions, {}).status_code == 202
    answer = researcher.post(versions, {})
    assert refused(answer) == (429, "throttled")
    assert_is_told_to_wait(answer)
    # To look how far it is costs little.
    assert [researcher.get(versions).status_code for _ in range(3)] == [200] * 3


@pytest.mark.long
def test_uploads_come_at_a_pace_of_each_researcher(researcher, bob, study, once, picture, refused):
    set_role(study, bob, Role.EDITOR)
    assert upload(researcher, picture, 1).status_code == 201
    answer = upload(researcher, picture, 2)
    assert refused(answer) == (429, "throttled")
    assert_is_told_to_wait(answer)
    assert upload(logged_in(bob), picture, 2).status_code == 201


def test_a_login_that_is_refused_says_when_the_next_one_is_worth_it(ada, settings):
    settings.AXES_FAILURE_LIMIT = 3

    def log_in(password):
        return Client().post("/login/", {"login": "ada", "password": password})

    for _ in range(3):
        answer = log_in("wrong")
    assert answer.status_code == 429
    # Two of the failures are older, and go first.
    times = FailedLogin.objects.order_by("pk").values_list("pk", flat=True)
    FailedLogin.objects.filter(pk__in=list(times[:6])).update(at=timezone.now() - timedelta(minutes=10))
    wait = int(log_in(PASSWORD)["Retry-After"])
    assert 280 < wait <= 300
    FailedLogin.objects.update(at=timezone.now() - timedelta(minutes=15))
    assert log_in(PASSWORD).status_code == 302


def test_a_hundred_behind_one_address_join_and_play_at_the_same_moment(db):
    counted = SessionThrottle()
    for number in range(100):
        for scope, own in (("join", {}), ("play", {"participant": str(number)})):
            request = RequestFactory().get("/")
            request.session = own
            assert counted.allow_request(request, SimpleNamespace(throttle_scope=scope)), (number, scope)


@pytest.mark.long
def test_a_class_of_a_hundred_behind_one_address_joins_and_plays(study, photo, events):
    players = [new_player() for _ in range(100)]
    for player in players:
        assert player.send(photo, events(("start", {}))).status_code == 200


def test_a_player_who_sends_too_fast_is_told_to_wait_and_holds_up_nobody_else(study, photo, once, opened, events):
    first, second = Player(client=Client(REMOTE_ADDR="10.0.0.1")), Player(client=Client(REMOTE_ADDR="10.0.0.2"))
    for player in (first, second):
        assert player.join().status_code == 200
    assert first.send(photo, opened).status_code == 200
    assert_is_told_to_wait(first.send(photo, opened))
    assert second.send(photo, events(("start", {}))).status_code == 200


def of_a_process() -> type[SessionThrottle]:
    """The throttle of a web process, which has nothing in common with others but Postgres."""
    return type("Throttle", (SessionThrottle,), {"cache": LocMemCache(str(uuid4()), {})})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("rate", "fewest"), [(60, 60), (600, 600 - 3 * 9)])
def test_many_processes_together_let_no_more_through_than_the_rate(monkeypatch, rate, fewest):
    monkeypatch.setattr(SessionThrottle, "THROTTLE_RATES", {"play": f"{rate}/day"})
    processes = [of_a_process() for _ in range(3)]
    request = RequestFactory().get("/")
    request.session = {"participant": "somebody"}

    def ask(number: int) -> bool:
        return processes[number % 3]().allow_request(request, SimpleNamespace(throttle_scope="play"))

    def ask_and_leave(numbers: range) -> int:
        try:
            return sum(map(ask, numbers))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:  # two of them in each process
        let_through = sum(threads.map(ask_and_leave, [range(first, 3 * rate, 6) for first in range(6)]))
    assert fewest <= let_through <= rate
    # And whoever is refused costs Postgres nothing more.
    count = RequestCount.objects.get().count
    assert not any(map(ask, range(30)))
    assert RequestCount.objects.get().count == count


def test_nothing_is_stored_of_who_only_looks_and_of_others_no_name(client, player):
    before = RequestCount.objects.count()
    assert client.get("/api/schema/", REMOTE_ADDR="203.0.113.77").status_code == 200
    assert RequestCount.objects.count() == before > 0
    assert {len(row.key) for row in RequestCount.objects.all()} == {64}


def test_what_is_counted_is_deleted_after_an_hour(transactional_db, player):
    RequestCount.objects.update(began_at=timezone.now() - timedelta(minutes=58))
    RequestCount.forget_old()
    assert RequestCount.objects.exists()
    RequestCount.objects.update(began_at=timezone.now() - timedelta(minutes=61))
    clean_up.configure(queueing_lock="at once").defer(timestamp=0)
    run_worker()
    forget_jobs()
    assert not RequestCount.objects.exists()


def test_a_window_that_is_over_counts_no_longer(researcher, once, picture):
    assert [upload(researcher, picture, 1).status_code for _ in range(2)] == [201, 429]
    caches["throttles"].clear()  # as another process
    assert upload(researcher, picture, 1).status_code == 429
    caches["throttles"].clear()
    RequestCount.objects.update(began_at=F("began_at") - timedelta(minutes=1))
    assert upload(researcher, picture, 2).status_code == 201
