"""Open episodes that nobody can finish any more: the player always has a way on."""

import pytest
from django.core.management import call_command

from editing.game.filters import VERSION
from webapp.games.models import Episode

CAST = ("player", "photo")


@pytest.fixture
def small_limits(monkeypatch):
    """An episode is full after 6 actions, or with 4 more of what pages send by themselves."""
    monkeypatch.setattr("webapp.games.episodes.MAXIMUM_EVENTS", 6)
    monkeypatch.setattr("webapp.games.episodes.RESERVE", 4)


@pytest.mark.usefixtures("small_limits")
class TestAFullEpisode:
    def test_takes_no_more_actions(self, player, photo, opened, events, refused):
        player.send(photo, opened)
        more = events(("compare", {}), episode=opened[0]["episode"], first=len(opened))
        assert refused(player.send(photo, more)) == (409, "too_many_events")

    def test_can_be_resumed_and_submitted(self, player, photo, opened, events):
        player.send(photo, opened)
        assert player.next().json()["episode"]["id"] == opened[0]["episode"]
        more = [("resume", {}), ("view", {"parameters": {}}), ("blur", {}), ("focus", {}), ("submit", {})]
        rest = events(*more, episode=opened[0]["episode"], first=len(opened))
        assert player.send(photo, rest).json()["status"] == "submitted"

    def test_without_room_for_another_visit_gives_way_to_a_new_one(self, player, photo, opened, events, refused):
        player.send(photo, opened)
        visits = events(*[("resume", {})] * 4, episode=opened[0]["episode"], first=len(opened))
        assert player.send(photo, visits).status_code == 200
        again = events(("resume", {}), episode=opened[0]["episode"], first=10)
        assert refused(player.send(photo, again)) == (409, "too_many_events")
        answer = player.next().json()
        assert (answer["photo"]["id"], answer["episode"]) == (photo.pk, None)
        assert player.send(photo, events(("start", {}))).status_code == 200
        assert Episode.objects.get(pk=opened[0]["episode"]).status == "abandoned"
        assert refused(player.send(photo, again)) == (409, "closed")

    def test_without_a_step_to_submit_gives_way_to_a_new_one(self, player, photo, opened, events, study):
        player.send(photo, [*opened[:5], *events(("reset", {}), episode=opened[0]["episode"], first=5)])
        study.allow_untouched = True
        study.save()
        assert player.next().json()["episode"] is not None
        study.allow_untouched = False
        study.save()
        assert player.next().json()["episode"] is None


class TestANewVersionOfTheFilters:
    def test_lets_nobody_play_the_old_one(self, player, photo, opened, refused, new_version):
        player.send(photo, opened[:3])
        new_version()
        assert refused(player.send(photo, opened[3:])) == (409, "stale_contract")
        assert refused(player.send(photo, opened[:3])) == (409, "stale_contract")

    def test_gives_the_photo_of_an_open_episode_anew(self, player, photo, opened, new_version):
        player.send(photo, opened)
        new_version()
        answer = player.next().json()
        assert (answer["photo"]["id"], answer["episode"]) == (photo.pk, None)

    def test_closes_what_is_open_when_the_updated_site_migrates(self, player, other_player, photo, opened, played):
        player.send(photo, opened)
        other_player.send(photo, played)
        call_command("migrate", verbosity=0)
        assert Episode.objects.get(pk=opened[0]["episode"]).status == "open"
        Episode.objects.update(contract_version=VERSION - 1)
        call_command("migrate", verbosity=0)
        assert Episode.objects.get(pk=opened[0]["episode"]).status == "abandoned"
        assert Episode.objects.get(pk=played[0]["episode"]).status == "submitted"

    def test_lets_another_episode_start(self, player, photo, opened, events, new_version):
        player.send(photo, opened)
        start = events(("start", {"contract_version": new_version()}))
        assert player.send(photo, start).status_code == 200
        assert Episode.objects.get(pk=opened[0]["episode"]).status == "abandoned"

    def test_leaves_what_was_submitted(self, player, photo, played, new_version):
        player.send(photo, played)
        new_version()
        assert player.next().json()["progress"] == {"done": 1, "total": 1}
        assert Episode.objects.get().status == "submitted"
