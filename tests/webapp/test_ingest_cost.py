"""What a batch of events asks of the database, however many came before; and the episodes begun without a progress."""

import re
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from webapp.games.models import Episode, Event
from webapp.studies.leases import lease_photos
from webapp.studies.models import Lease, Participation

ADJUSTED = ("adjust", {"step": 1, "filter": "contrast", "parameters": {"amount": 0.5}})


@pytest.fixture
def statements(monkeypatch):
    """Counts the statements of a call, BEGIN and COMMIT aside."""

    def count(call):
        with CaptureQueriesContext(connection) as queries:
            assert call().status_code == 200
        asked = [query["sql"] for query in queries if not re.match(r"BEGIN|COMMIT|ROLLBACK", query["sql"])]
        assert not any("SAVEPOINT" in sql for sql in asked)
        return len(asked)

    return count


@pytest.mark.django_db(transaction=True)
class TestTheStatementsOfABatch:
    def test_are_at_most_five_also_of_the_first_batch_and_the_submit(self, player, photo, opened, events, statements):
        episode = opened[0]["episode"]
        # One of them counts a portion of this player's requests, for all web processes.
        assert statements(lambda: player.send(photo, opened)) == 5
        more = events(ADJUSTED, ("compare", {}), episode=episode, first=6)
        assert statements(lambda: player.send(photo, more)) == 2
        undone = events(("undo", {}), ("undo", {}), ("redo", {}), episode=episode, first=8)
        assert statements(lambda: player.send(photo, undone)) <= 5
        assert statements(lambda: player.send(photo, undone)) <= 5
        assert statements(lambda: player.send(photo, more)) <= 5
        overlapping = [*undone, *events(("undo", {}), ADJUSTED, episode=episode, first=11)]
        assert statements(lambda: player.send(photo, overlapping)) <= 5
        assert statements(lambda: player.send(photo, events(("submit", {}), episode=episode, first=13))) <= 3

    def test_are_at_most_ten_where_photos_are_leased(self, player, make_photo, study, opened, events, statements):
        photo = make_photo(1)
        study.episodes_per_photo = 2
        study.save()
        with transaction.atomic():
            lease_photos(Participation.objects.get())
        assert statements(lambda: player.send(photo, opened)) <= 10
        last = events(("submit", {}), episode=opened[0]["episode"], first=6)
        assert statements(lambda: player.send(photo, last)) <= 10
        assert Lease.objects.get().state == Lease.State.HANDED_IN

    def test_are_as_many_late_as_early(self, player, photo, opened, events, statements):
        player.send(photo, opened)
        counts = []
        for first in range(6, 1500, 300):
            batch = events(*[ADJUSTED, ("undo", {}), ("compare", {})] * 100, episode=opened[0]["episode"], first=first)
            counts.append(statements(lambda batch=batch: player.send(photo, batch)))
        assert len(set(counts)) == 1

    def test_leave_nothing_of_a_batch_of_which_an_id_is_taken(self, player, other_player, photo, opened, refused):
        player.send(photo, opened)
        other_player.send(photo, [{**opened[0], "id": str(uuid4()), "episode": str(uuid4())}])
        episode = Episode.objects.exclude(pk=opened[0]["episode"]).get()
        stolen = {**opened[1], "episode": str(episode.pk)}
        assert refused(other_player.send(photo, [stolen])) == (409, "conflict")
        assert episode.events.count() == 1
        assert other_player.send(photo, [{**stolen, "id": str(uuid4())}]).json()["next_seq"] == 2


def test_an_episode_begun_without_a_progress_goes_on_and_has_one_from_then(player, photo, opened, events, played):
    player.send(photo, opened)
    whole = Episode.objects.get().progress
    Episode.objects.update(progress="")
    rest = events(("undo", {}), ("undo", {}), ("undo", {}), ("redo", {}), episode=opened[0]["episode"], first=6)
    answer = player.send(photo, rest).json()
    assert [step["filter"] for step in answer["steps"]] == ["exposure"]
    assert Episode.objects.get().progress
    assert player.send(photo, rest).json() == answer
    Episode.objects.update(progress="")
    assert player.send(photo, opened).json()["next_seq"] == len(opened)
    assert whole
    last = events(("submit", {}), episode=opened[0]["episode"], first=10)
    assert player.send(photo, last).json()["status"] == "submitted"


def test_any_batch_sent_again_is_answered_as_the_first_time(player, photo, opened, events):
    batches = [opened[:2], opened[2:4], opened[4:]]
    batches.append(events(("undo", {}), ("undo", {}), ("redo", {}), episode=opened[0]["episode"], first=6))
    answers = [player.send(photo, batch).json() for batch in batches]
    assert [player.send(photo, batch).json() for batch in batches] == answers
    assert Event.objects.count() == 9


def test_undo_and_redo_lead_back_across_batches(player, photo, opened, events):
    player.send(photo, opened)
    episode = opened[0]["episode"]
    for number in range(3):
        player.send(photo, events(("undo", {}), episode=episode, first=6 + number))
    answer = player.send(photo, events(*[("redo", {})] * 3, episode=episode, first=9)).json()
    assert answer["steps"] == player.send(photo, opened).json()["steps"]
