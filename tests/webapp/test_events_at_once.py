"""POST /api/episodes/{uuid}/events/ from several windows at the same moment, and of ids that are another's."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from tests.webapp.conftest import Player
from webapp.games.models import Episode, Event

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_id_that_another_event_has_is_a_conflict(player, other_player, photo, played, events, refused):
    player.send(photo, played)
    stolen = events(("start", {}))
    stolen[0]["id"] = played[0]["id"]
    assert refused(other_player.send(photo, stolen)) == (409, "conflict")
    twice = events(("start", {}), ("blur", {}))
    twice[1]["id"] = twice[0]["id"]
    assert refused(other_player.send(photo, twice)) == (409, "conflict")
    assert Episode.objects.count() == 1


def at_once(player, photo, batches):
    """What several windows of a player are answered that send a batch each at the same moment."""
    barrier, answers = Barrier(len(batches)), []

    def send(batch):
        twin = Player()
        twin.client.cookies.update(player.client.cookies)
        barrier.wait()
        try:
            answers.append(twin.send(photo, batch))
        finally:
            connection.close()

    threads = [Thread(target=send, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_same_batch_sent_at_once_is_stored_once(player, photo, played):
    answers = at_once(player, photo, [played] * 4)
    assert [answer.json().get("status") for answer in answers] == ["submitted"] * 4
    assert Event.objects.count() == len(played)


def test_the_same_batch_in_the_midst_sent_at_once_is_stored_once(player, photo, opened):
    player.send(photo, opened[:2])
    answers = at_once(player, photo, [opened[2:]] * 4)
    assert [answer.json().get("next_seq") for answer in answers] == [len(opened)] * 4
    assert Event.objects.count() == len(opened)


def test_of_windows_that_go_on_differently_at_once_one_is_stored_and_the_others_are_told(player, photo, opened, events):
    player.send(photo, opened)
    episode = opened[0]["episode"]
    batches = [events((kind, {}), ("undo", {}), episode=episode, first=6) for kind in ("blur", "compare", "undo")]
    answers = at_once(player, photo, batches)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409} == {"conflict"}
    stored = Episode.objects.get()
    assert stored.events.count() == 8
    assert player.send(photo, events(("redo", {}), episode=episode, first=8)).json()["next_seq"] == 9
