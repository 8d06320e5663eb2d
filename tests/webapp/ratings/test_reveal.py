"""/api/studies/{slug}/reveals/ and /api/studies/{slug}/photos/{sha256}/reveal/"""

import io

import numpy as np
import pytest
from django.db import Error, transaction
from django.urls import reverse
from PIL import Image

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.preview import load_preview
from tests.webapp.conftest import default_study, new_player
from tests.webapp.ratings.conftest import AGENT_EV, do_photo, store_play
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.ratings.models import Judgement, Place, Showing
from webapp.studies.models import Study

CAST = ("player", "photo")
REVEALS = "/api/studies/default/reveals/"


def reveal(player, photo):
    return player.post(f"/api/studies/default/photos/{photo.pk}/reveal/", {})


def answer(player, photo, place, ms=2500):
    return player.post(f"/api/studies/default/photos/{photo.pk}/reveal/answer/", {"place": place, "ms": ms})


def levels(response):
    """The exposures of the pictures, by place: each player here has one of their own. The answer does not tell them."""
    assert response.status_code == 200
    urls = [picture["url"] for picture in response.json()["pictures"]]
    places = {reverse("revealed-picture", args=[place.showing_id, place.index]): place for place in Place.objects.all()}
    return [places[url].episode.steps.get().parameters["ev"] for url in urls]


def others_do(photo, *evs):
    """Store other people's episodes on a photo, one of each exposure."""
    return [store_play(default_study(), photo, f"other-{ev}", ev) for ev in evs]


def pixels(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    return np.asarray(Image.open(io.BytesIO(b"".join(response.streaming_content))), float) / 255


@pytest.fixture(scope="class")
def done_once(made_once, cast):
    """The one photo, done by the player (0.5 EV), by the agent (2.5) and by five other people (1.0 to 1.4)."""
    with made_once():
        study, photo = default_study(), cast["photo"]
        for number in range(5):
            store_play(study, photo, f"person-{number}", 1 + number / 10)
        store_play(study, photo, "agent:pretrained", AGENT_EV)
        do_photo(cast["player"].copy(), photo, 0.5)
        yield


@pytest.fixture
def done(done_once, photo):
    """The photo, which all have done."""
    return photo


class TestReveal:
    def test_it_works(self, player, done):
        assert player.get(REVEALS).json() == {"reveals": [{"photo": done.pk, "answered": False}]}
        response = reveal(player, done)
        assert response.status_code == 200
        assert response.json()["answer"] is None
        assert response.json()["photo"]["id"] == done.pk
        shown = levels(response)
        assert {0.5, AGENT_EV} < set(shown)
        assert len(set(shown) & {1.0, 1.1, 1.2, 1.3, 1.4}) == 3
        assert len(shown) == 5

    def test_nothing_tells_who_made_what_before_the_answer(self, player, done):
        response = reveal(player, done)
        for picture in response.json()["pictures"]:
            assert picture == {"url": picture["url"], "steps": None, "made_by": None, "episode": None}
        text = response.content.decode()
        assert "exposure" not in text
        assert "parameters" not in text
        for name in Participant.objects.values_list("pseudonym", flat=True):
            assert name not in text
        for key in Episode.objects.values_list("pk", flat=True):
            assert str(key) not in text

    def test_the_pictures_are_what_the_steps_come_to(self, player, done):
        preview = load_preview(done.preview.path)
        response = reveal(player, done)
        for ev, picture in zip(levels(response), response.json()["pictures"], strict=True):
            expected = np.clip(apply_steps(preview, [Step("exposure", {"ev": ev})]), 0, 1)
            shown = pixels(player.get(picture["url"]))
            assert shown.shape == expected.shape
            assert abs(shown.mean() - expected.mean()) < 0.02

    def test_the_pictures_are_for_whom_they_are_shown_to_and_hold_nothing_else(
        self, player, other_player, stranger, done, refused
    ):
        urls = [picture["url"] for picture in reveal(player, done).json()["pictures"]]
        for visitor in (other_player, stranger):
            assert refused(visitor.get(urls[0])) == (404, "not_found")
        for wrong in (urls[0].replace("/0/", "/9/"), f"/api/reveals/{'9' * 30}/pictures/0/"):
            assert refused(player.get(wrong)) == (404, "not_found")
        for url in urls:
            image = Image.open(io.BytesIO(b"".join(player.get(url).streaming_content)))
            assert not image.getexif()
            assert not {"exif", "xmp", "icc_profile"} & set(image.info)

    def test_the_order_is_kept_in_rows_and_the_same_each_time(self, player, done):
        shown = levels(reveal(player, done))
        assert levels(reveal(player, done)) == shown
        places = Place.objects.order_by("index")
        assert [place.index for place in places] == [0, 1, 2, 3, 4]
        assert [place.episode.steps.get().parameters["ev"] for place in places] == shown
        do_photo(new_player(), done, -1.0)
        assert levels(reveal(player, done)) == shown


class TestWhose:
    def test_with_fewer_than_two_others_it_is_left_out(self, player, other_player, photo, agent_plays, refused):
        do_photo(other_player, photo, 1.0)
        do_photo(player, photo, 0.5)
        assert player.get(REVEALS).json() == {"reveals": []}
        assert refused(reveal(player, photo)) == (409, "nothing_to_compare")
        assert not Showing.objects.exists()
        agent_plays(photo)
        assert player.get(REVEALS).json() == {"reveals": [{"photo": photo.pk, "answered": False}]}
        assert set(levels(reveal(player, photo))) == {0.5, 1.0, AGENT_EV}

    def test_one_of_two_pictures_that_was_opened_before_is_not_asked_any_more(
        self, player, other_player, photo, refused
    ):
        other, own = (do_photo(who, photo, ev) for who, ev in ((other_player, 1.0), (player, 0.5)))
        participant = Episode.objects.get(pk=own).participant
        showing = Showing.objects.create(study=Study.objects.get(), participant=participant, photo=photo)
        for index, key in enumerate((own, other)):
            Place.objects.create(showing=showing, index=index, episode_id=key)
        assert refused(reveal(player, photo)) == (409, "nothing_to_compare")
        answer(player, photo, 0)
        assert len(reveal(player, photo).json()["pictures"]) == 2

    def test_each_participant_has_an_order_of_their_own(self, make_photo, agent_plays):
        photo = make_photo()
        agent_plays(photo)
        players = [new_player() for _ in range(6)]
        for player in players:
            do_photo(player, photo, 0.5)
        assert len({levels(reveal(player, photo)).index(AGENT_EV) for player in players}) > 1

    def test_where_no_agent_has_played_its_place_is_left_out(self, player, photo):
        others_do(photo, 1.0, 1.1)
        do_photo(player, photo, 0.5)
        assert set(levels(reveal(player, photo))) == {0.5, 1.0, 1.1}

    @pytest.mark.parametrize(("shown", "evs"), [("pretrained", {AGENT_EV}), ("first", {3.0}), ("", set())])
    def test_of_several_agents_the_one_that_the_study_names_is_shown(self, player, photo, agent_plays, shown, evs):
        Study.objects.update(agent=shown)
        for name, ev in (("agent:pretrained", AGENT_EV), ("agent:first", 3.0)):
            agent_plays(photo, name, ev)
        others_do(photo, 1.0, 1.1)
        do_photo(player, photo, 0.5)
        assert set(levels(reveal(player, photo))) == {0.5, 1.0, 1.1, *evs}

    def test_robots_tutorials_and_excluded_episodes_are_not_shown(self, player, photo, refused):
        robot = new_player()
        do_photo(robot, photo, 1.0)
        Participant.objects.update(kind="robot")
        for field, ev in (({"tutorial": True}, 1.1), ({"status": "excluded", "exclusion_reason": "test"}, 1.2)):
            Episode.objects.filter(pk=do_photo(new_player(), photo, ev)).update(**field)
        Participant.objects.filter(episodes=None).update(kind="human")
        do_photo(player, photo, 0.5)
        assert player.get(REVEALS).json() == {"reveals": []}
        assert refused(reveal(player, photo)) == (409, "nothing_to_compare")
        assert not Showing.objects.exists()

    def test_a_researcher_who_tries_the_study_sees_it_and_is_shown_to_nobody_else(self, player, researcher, photo):
        others_do(photo, 1.0, 1.1)
        assert researcher.join().status_code == 200
        do_photo(researcher, photo, 0.7)
        do_photo(player, photo, 0.5)
        assert researcher.get(REVEALS).json() == {"reveals": [{"photo": photo.pk, "answered": False}]}
        assert set(levels(reveal(researcher, photo))) == {0.5, 0.7, 1.0, 1.1}
        assert set(levels(reveal(player, photo))) == {0.5, 1.0, 1.1}

    def test_attention_items_are_not_shown(self, player, photo):
        *_, last = others_do(photo, 1.0, 1.1, 1.2)
        Episode.objects.filter(pk=last.pk).update(attention=True)
        do_photo(player, photo, 0.5)
        assert set(levels(reveal(player, photo))) == {0.5, 1.0, 1.1}

    def test_what_was_played_with_other_filters_is_not_shown(self, player, photo):
        old, *_ = others_do(photo, 1.0, 1.1, 1.2)
        do_photo(player, photo, 0.5)
        Episode.objects.filter(pk=old.pk).update(contract_version=0)
        assert set(levels(reveal(player, photo))) == {0.5, 1.1, 1.2}

    def test_at_most_twelve_photos_are_shown_in_the_order_of_play(self, player, photo, make_photo):
        photos = [photo, *(make_photo(seed) for seed in range(2, 15))]
        for photo in photos:
            others_do(photo, 1.0, 1.1)
            do_photo(player, photo, 0.5)
        listed = [row["photo"] for row in player.get(REVEALS).json()["reveals"]]
        assert len(listed) == 12
        assert listed == [photo.pk for photo in photos if photo.pk in listed]
        assert [row["photo"] for row in player.get(REVEALS).json()["reveals"]] == listed


class TestWhen:
    def test_at_the_end_it_waits_for_the_last_photo(self, player, done, make_photo, refused):
        last = make_photo(2)
        assert refused(player.get(REVEALS)) == (409, "reveal_later")
        assert refused(reveal(player, done)) == (409, "reveal_later")
        do_photo(player, last, 0.5)
        assert reveal(player, done).status_code == 200

    def test_at_the_end_it_comes_too_when_the_study_has_closed(self, player, done, make_photo):
        make_photo(2)
        Study.objects.update(state="closed")
        assert reveal(player, done).status_code == 200

    def test_after_each_photo_it_comes_at_once(self, player, done, make_photo):
        Study.objects.update(reveal="each")
        make_photo(2)
        assert reveal(player, done).status_code == 200

    def test_off_is_never(self, player, done, refused):
        Study.objects.update(reveal="off")
        assert refused(player.get(REVEALS)) == (403, "no_reveal")
        assert refused(reveal(player, done)) == (403, "no_reveal")

    def test_who_has_not_done_the_photo_does_not_see_it(self, other_player, stranger, done, refused):
        Study.objects.update(reveal="each")
        assert refused(reveal(other_player, done)) == (409, "not_played")
        assert refused(reveal(stranger, done)) == (401, "not_joined")
        assert refused(stranger.get(REVEALS)) == (401, "not_joined")

    def test_a_photo_that_was_taken_out_is_gone(self, player, done, researcher, refused):
        researcher.client.delete(
            f"/api/studies/default/photos/{done.pk}/",
            headers={"X-CSRFToken": researcher.client.cookies["csrftoken"].value},
        )
        assert refused(reveal(player, done)) == (410, "photo_removed")
        assert player.get(REVEALS).json() == {"reveals": []}


class TestAnswer:
    def test_it_works(self, player, done):
        shown = levels(reveal(player, done))
        response = answer(player, done, 2)
        assert response.status_code == 200
        assert response.json()["answer"] == 2
        makers = {ev: picture["made_by"] for ev, picture in zip(shown, response.json()["pictures"], strict=True)}
        assert makers[0.5] == "you"
        assert makers[AGENT_EV] == "agent"
        assert sorted(makers.values()) == ["agent", "person", "person", "person", "you"]
        row = Judgement.objects.get()
        assert (row.kind, row.answer, row.ms) == ("favourite", 2, 2500)
        told = [picture["steps"][0]["parameters"]["ev"] for picture in response.json()["pictures"]]
        assert told == shown
        assert row.showing.participant.pseudonym not in response.content.decode()
        assert player.get(REVEALS).json() == {"reveals": [{"photo": done.pk, "answered": True}]}
        assert reveal(player, done).json() == response.json()

    def test_the_same_again_changes_nothing_and_another_is_refused(self, player, done, refused):
        reveal(player, done)
        first = answer(player, done, 2)
        assert answer(player, done, 2, ms=9000).json() == first.json()
        assert refused(answer(player, done, 1)) == (409, "conflict")
        assert Judgement.objects.get().ms == 2500

    def test_the_episodes_to_watch_are_named_where_the_study_allows_it(self, player, done):
        own = str(Episode.objects.get(steps__parameters__ev=0.5).pk)
        reveal(player, done)
        assert {picture["episode"] for picture in answer(player, done, 0).json()["pictures"]} == {None, own}
        Study.objects.update(public_replays=True)
        keys = [picture["episode"] for picture in reveal(player, done).json()["pictures"]]
        assert set(keys) == {str(place.episode_id) for place in Place.objects.all()}

    def test_what_is_no_answer_is_refused(self, player, done, refused):
        reveal(player, done)
        for body in ({"place": 5, "ms": 1}, {"place": -1, "ms": 1}, {"place": 0}, {"ms": 1}, []):
            wrong = player.post(f"/api/studies/default/photos/{done.pk}/reveal/answer/", body)
            assert refused(wrong) == (400, "malformed"), body
            assert not Judgement.objects.exists()

    def test_only_what_was_shown_to_the_participant_can_be_judged(self, player, other_player, done, refused):
        assert refused(answer(player, done, 0)) == (409, "not_shown")
        reveal(player, done)
        assert refused(answer(other_player, done, 0)) == (409, "not_shown")

    def test_rows_are_never_changed(self, player, done):
        reveal(player, done)
        answer(player, done, 0)
        for model, change in ((Showing, {"position": 1}), (Place, {"index": 9}), (Judgement, {"answer": 1})):
            with pytest.raises(Error, match="never changed"), transaction.atomic():
                model.objects.update(**change)


def test_an_episode_knows_whether_its_player_had_seen_a_reveal(player, other_player, done, make_photo):
    Study.objects.update(reveal="each")
    reveal(player, done)
    later = make_photo(2)
    assert Episode.objects.get(pk=do_photo(player, later, 0.5)).saw_reveal
    assert not Episode.objects.get(pk=do_photo(other_player, later, 0.5)).saw_reveal
    assert not Episode.objects.get(steps__parameters__ev=0.5, photo=done).saw_reveal
