"""The short way of a batch: what is usual is stored there, all else goes on to the API, and nothing is let through."""

import pytest
from django.conf import settings

from webapp.games import recording
from webapp.games.api import EventsView
from webapp.games.models import Episode, Event
from webapp.studies.models import Participation, StudyPhoto
from webapp.studies.withdrawing import withdraw

CAST = ("player", "photo")


class WentOn(Exception):
    """Raised in place of the API's own answer."""


@pytest.fixture
def no_api(monkeypatch):
    """Makes a batch that reaches the API fail."""

    def fail(*args, **kwargs):
        raise WentOn

    monkeypatch.setattr(EventsView, "post", fail)


def batch_of(player, photo, events, **extra):
    """Sends a batch with other headers or another body than a client's."""
    body = extra.pop("body", {"study": "default", "photo": photo.pk, "events": events})
    headers = {"X-CSRFToken": player.client.cookies["csrftoken"].value} | extra.pop("headers", {})
    path = f"/api/episodes/{events[0]['episode']}/events/{extra.pop('query', '')}"
    return player.client.post(path, body, content_type="application/json", headers=headers, **extra)


def test_a_whole_episode_is_stored_and_sent_again_without_the_api(no_api, player, photo, opened, events):
    episode = opened[0]["episode"]
    middle = events(("undo", {}), ("redo", {}), episode=episode, first=6)
    last = events(("submit", {}), episode=episode, first=8)
    for batch in (opened, middle, middle, last, last):
        answer = player.send(photo, batch)
        assert answer.status_code == 200
        assert answer.json()["episode"] == episode
    assert answer.json()["status"] == "submitted"
    assert Event.objects.filter(episode=episode).count() == 9


def test_its_answers_have_the_headers_of_every_answer(no_api, player, photo, opened):
    answer = player.send(photo, opened)
    assert answer["Content-Type"] == "application/json"
    assert int(answer["Content-Length"]) == len(answer.content)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


class TestWhatIsUnusualGoesOn:
    @pytest.fixture(autouse=True)
    def _no_api(self, no_api, player, photo, opened):
        self.player, self.photo, self.opened = player, photo, opened

    def goes_on(self, **extra):
        with pytest.raises(WentOn):
            batch_of(self.player, self.photo, self.opened, **extra)
        assert not Event.objects.exists()

    def test_with_a_query(self):
        self.goes_on(query="?format=json")

    def test_with_another_field(self):
        self.goes_on(body={"study": "default", "photo": self.photo.pk, "events": self.opened, "more": 1})

    def test_with_what_is_no_slug(self):
        self.goes_on(body={"study": ["default"], "photo": self.photo.pk, "events": self.opened})

    def test_with_an_event_against_the_rules(self):
        self.opened[1]["filter"] = "sepia"
        self.goes_on()

    def test_of_a_session_that_has_ended(self):
        self.player.client.session.delete()
        self.goes_on()

    def test_of_somebody_who_is_logged_in(self, researcher):
        assert researcher.join().status_code == 200
        self.player = researcher
        self.goes_on()


def test_a_photo_that_is_taken_out_as_an_episode_begins_is_refused(monkeypatch, player, photo, opened, refused):
    episode_of = recording._episode_of

    def take_out(*args, **kwargs):
        StudyPhoto.objects.all().delete()
        return episode_of(*args, **kwargs)

    monkeypatch.setattr(recording, "_episode_of", take_out)
    assert refused(player.send(photo, opened)) == (410, "photo_removed")
    assert not Episode.objects.exists()


def test_who_withdraws_as_an_episode_is_handed_in_leaves_nothing(monkeypatch, player, photo, opened, events, refused):
    player.send(photo, opened)
    steps_of = recording._steps

    def leave(progress):
        withdraw(Participation.objects.get())
        return steps_of(progress)

    monkeypatch.setattr(recording, "_steps", leave)
    last = events(("submit", {}), episode=opened[0]["episode"], first=len(opened))
    assert refused(player.send(photo, last)) == (403, "withdrawn")
    assert not Episode.objects.exists()


@pytest.mark.parametrize("headers", [{"X-CSRFToken": "forged"}, {"Origin": "https://elsewhere.example"}])
def test_who_has_no_token_or_comes_from_elsewhere_is_refused(player, photo, opened, refused, headers):
    assert refused(batch_of(player, photo, opened, headers=headers)) == (403, "csrf_failed")
    assert not Episode.objects.exists()


def test_another_host_is_refused(player, photo, opened):
    assert batch_of(player, photo, opened, headers={"Host": "elsewhere.example"}).status_code == 400
    assert not Episode.objects.exists()


def test_anothers_session_adds_nothing_to_an_open_episode(player, other_player, photo, opened, events, refused):
    player.send(photo, opened)
    more = events(("undo", {}), episode=opened[0]["episode"], first=6)
    assert refused(other_player.send(photo, more)) == (404, "not_found")
    other_player.client.cookies[settings.SESSION_COOKIE_NAME] = "none"
    assert refused(other_player.send(photo, more)) == (401, "not_joined")
    assert Event.objects.count() == len(opened)


def test_a_request_counts_once_against_the_pace_whichever_way_it_goes(monkeypatch, player, photo, opened, events):
    monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"play": "2/min"})
    player.send(photo, opened)
    refused = events(("undo", {}), ("goto", {"step": 4}), episode=opened[0]["episode"], first=6)
    assert player.send(photo, refused).status_code == 400
    assert player.send(photo, refused).status_code == 429


def test_who_sends_too_fast_is_told_so(monkeypatch, player, photo, opened, refused):
    monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"play": "1/min"})
    assert player.send(photo, opened).status_code == 200
    assert player.send(photo, opened).status_code == 429
