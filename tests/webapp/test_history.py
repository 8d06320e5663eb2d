"""What a player has sent, held against the site's database: a planted loss and a planted double are found."""

import pytest
from django.db import connection

from editing.game.events import Event as PlayedEvent
from learning.robots.history import Faults, History
from webapp.games.models import Event


@pytest.fixture
def history(player, photo, played):
    """A whole episode, sent and acknowledged."""
    sent = [PlayedEvent.from_json(event) for event in played]
    return History(played[0]["episode"], sent, player.send(photo, played).json()["next_seq"])


def test_all_is_there_once(player, history):
    events = player.get(f"/api/episodes/{history.episode}/").json()["events"]
    assert history.compare(map(PlayedEvent.from_json, events)) == Faults()


def test_a_planted_loss_is_found(player, history):
    Event.objects.filter(seq__in=(0, 6)).delete()
    events = Event.objects.order_by("seq")
    assert history.compare(event.as_played() for event in events) == Faults(lost=(0, 6))


def test_a_planted_double_is_found(player, history):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX seq_once_in_an_episode")
        cursor.execute(
            "INSERT INTO games_event (id, episode_id, seq, kind, step, ms, contract_version, received_at) "
            "SELECT gen_random_uuid(), episode_id, seq, kind, step, ms, contract_version, now() "
            "FROM games_event WHERE seq = 3"
        )
    faults = history.compare(event.as_played() for event in Event.objects.order_by("seq"))
    assert faults.doubled == (3,)
