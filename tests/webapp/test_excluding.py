"""Single episodes are excluded by hand and taken in again: kept, with a reason, and their places follow."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import BRIGHTER, Player, write_events
from webapp.games.excluding import accept_episode, exclude_episode
from webapp.games.models import Episode
from webapp.http.refusals import Refusal
from webapp.photos.models import Photo
from webapp.studies.leases import accept, has_room, reject
from webapp.studies.models import Coverage, Lease, Participation


@pytest.fixture
def planned(study, make_photo):
    """The study, with two photos and one treatment wanted of each."""
    study.episodes_per_photo = 1
    study.save()
    for seed in (1, 2):
        make_photo(seed)
    return study


def play_all(player=None):
    player = player or Player()
    player.join()
    while photo := player.next().json()["photo"]:
        events = write_events(*BRIGHTER, ("submit", {}), episode=str(uuid4()))
        assert player.send(Photo(sha256=photo["id"]), events).status_code == 200
    return player


def taken():
    return sorted(Coverage.objects.values_list("taken", flat=True))


def test_its_place_is_free_and_it_is_kept_with_the_reason(planned, tmp_path):
    play_all()
    episode = Episode.objects.first()
    exclude_episode(episode, "  a finger on the lens ")
    episode.refresh_from_db()
    assert (episode.status, episode.exclusion_reason, episode.surplus) == ("excluded", "a finger on the lens", False)
    assert (taken(), has_room(planned)) == ([0, 1], True)
    assert episode.events.count() == 7
    call_command("export_dataset", output=tmp_path / "export", study="default", status=["all"], stdout=StringIO())
    exported = {row["id"]: row for row in rows(read_snapshot(tmp_path / "export").episodes)}
    assert exported[str(episode.pk)]["exclusion_reason"] == "a finger on the lens"


def test_taken_in_again_it_takes_its_place_again(planned):
    play_all()
    episode = Episode.objects.first()
    exclude_episode(episode, "blurred")
    accept_episode(episode)
    episode.refresh_from_db()
    assert (episode.status, episode.exclusion_reason, episode.surplus) == ("submitted", "", False)
    assert (taken(), has_room(planned)) == ([1, 1], False)


def test_where_the_place_was_filled_meanwhile_it_is_surplus(planned):
    play_all()
    episode = Episode.objects.first()
    exclude_episode(episode, "blurred")
    play_all(Player())
    accept_episode(episode)
    episode.refresh_from_db()
    assert (episode.status, episode.surplus, taken()) == ("submitted", True, [1, 1])


def test_it_stays_excluded_as_its_player_is_rejected_and_accepted_again(planned):
    play_all()
    first, second = Episode.objects.all()
    exclude_episode(first, "blurred")
    own = Participation.objects.get()
    reject(own, "asked for")
    assert taken() == [0, 0]
    accept(own)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.exclusion_reason, second.status) == ("excluded", "blurred", "submitted")
    assert taken() == [0, 1]


@pytest.mark.long
def test_of_a_rejected_player_it_comes_back_with_the_player_alone(planned):
    play_all()
    episode = Episode.objects.first()
    exclude_episode(episode, "blurred")
    own = Participation.objects.get()
    reject(own, "no effort")
    accept_episode(episode)
    assert (episode.status, episode.exclusion_reason) == ("excluded", "participant rejected: no effort")
    assert taken() == [0, 0]
    accept(own)
    episode.refresh_from_db()
    assert (episode.status, taken()) == ("submitted", [1, 1])


def test_what_a_robot_made_takes_no_place_when_it_is_taken_in_again(planned):
    robot = Player()
    robot.join("robot")
    photo = Photo(sha256=robot.next().json()["photo"]["id"])
    robot.send(photo, write_events(*BRIGHTER, ("submit", {})))
    episode = Episode.objects.get()
    exclude_episode(episode, "a rehearsal")
    accept_episode(episode)
    assert (taken(), Lease.objects.filter(counts=True).exists()) == ([0, 0], False)


def test_in_a_study_without_places_too(photo, player, played):
    player.send(photo, played)
    episode = Episode.objects.get()
    exclude_episode(episode, "blurred")
    accept_episode(episode)
    assert Episode.objects.get().status == "submitted"


def test_only_what_was_handed_in_is_excluded_and_only_that_comes_back(photo, player, opened):
    player.send(photo, opened)
    episode = Episode.objects.get()
    with pytest.raises(Refusal, match="Only what was handed in"):
        exclude_episode(episode, "too slow")
    Episode.objects.update(status="excluded", exclusion_reason="photo removed")
    with pytest.raises(Refusal, match="Only what was handed in"):
        accept_episode(episode)


def test_a_reason_is_needed(photo, player, played):
    player.send(photo, played)
    with pytest.raises(Refusal, match="Say why"):
        exclude_episode(Episode.objects.get(), " ")
    assert Episode.objects.get().status == "submitted"
