"""/api/studies/{slug}/profile/"""

from copy import deepcopy

import pytest

from tests.webapp.conftest import BRIGHTER, default_study, new_photo, write_events
from tests.webapp.ratings.conftest import do_photo, store_play
from webapp.studies.models import Study

CAST = ("player",)
PROFILE = "/api/studies/default/profile/"


@pytest.fixture(scope="module")
def five_once(made_once, cast):
    """As many photos as a comparison takes, for all tests."""
    with made_once():
        yield [new_photo(default_study(), seed) for seed in range(1, 6)]


@pytest.fixture
def five(five_once, db):
    """Those photos."""
    return deepcopy(five_once)


@pytest.fixture
def other_plays(study):
    """Stores another person's episode on a photo."""

    def play(photo, ev, name="other"):
        return store_play(study, photo, name, ev)

    return play


def test_it_works(player, other_plays, five, agent_plays):
    for photo in five:
        player.send(photo, write_events(*BRIGHTER, ("submit", {})))
        other_plays(photo, 1.0)
        other_plays(photo, -2.0, "third")
        agent_plays(photo, ev=3.5)
    response = player.get(PROFILE)
    assert response.status_code == 200
    you, others, agent = (response.json()[whose] for whose in ("you", "others", "agent"))
    assert (you["pictures"], others["pictures"], agent["pictures"]) == (5, 10, 5)
    assert you["shares"] == {"exposure": 1, "contrast": 1}
    assert you["places"] == {"exposure": 1, "contrast": 2}
    assert (you["steps"], others["steps"]) == (2, 1)
    assert others["brightness"] < you["brightness"] < agent["brightness"] <= 1
    assert (others["photos"], agent["photos"]) == (5, 5)
    assert others["you"] == agent["you"] == you


def test_others_are_compared_on_the_same_photos_each_counted_once(player, other_plays, five, make_photo):
    for photo in five:
        do_photo(player, photo, 1.0)
        other_plays(photo, 1.0)
    # What the player alone did, and one photo that many others did too, shift no comparison.
    do_photo(player, make_photo(6), -3.5)
    for name in ("third", "fourth"):
        other_plays(five[0], 1.0, name)
    styles = player.get(PROFILE).json()
    others, on_the_same = styles["others"], styles["others"]["you"]
    assert (others["photos"], others["pictures"], on_the_same["pictures"], styles["you"]["pictures"]) == (5, 7, 5, 6)
    assert others["brightness"] == pytest.approx(on_the_same["brightness"], abs=1e-9)
    assert others["warmth"] == pytest.approx(on_the_same["warmth"], abs=1e-9)
    assert styles["you"]["brightness"] < on_the_same["brightness"] - 0.01


def test_on_fewer_than_five_common_photos_nothing_is_said(player, other_plays, five, agent_plays):
    for photo in five:
        do_photo(player, photo, 0.5)
    for photo in five[:4]:
        other_plays(photo, 1.0)
        agent_plays(photo)
    styles = player.get(PROFILE).json()
    assert styles["you"]["pictures"] == 5
    assert styles["others"] is styles["agent"] is None
    other_plays(five[4], 1.0)
    assert player.get(PROFILE).json()["others"]["photos"] == 5


def test_a_warmer_picture_is_said_to_be_warmer(player, five, agent_plays):
    step = {"step": 0, "filter": "white_balance"}
    warmer = step | {"parameters": {"temperature": 0.5, "tint": 0.0}}
    for photo in five:
        player.send(photo, write_events(("start", {}), ("choose", step), ("adjust", warmer), ("submit", {})))
        agent_plays(photo, ev=0.1)
    styles = player.get(PROFILE).json()
    assert styles["you"]["warmth"] > styles["agent"]["warmth"] + 0.05


def test_others_are_left_out_until_the_study_shows_them(player, other_plays, five, make_photo, agent_plays):
    for photo in five:
        other_plays(photo, 1.0)
        agent_plays(photo)
        do_photo(player, photo, 0.5)
    last = make_photo(6)
    styles = player.get(PROFILE).json()
    assert styles["you"]["pictures"] == 5
    assert styles["others"] is styles["agent"] is None
    Study.objects.update(reveal="each")
    assert player.get(PROFILE).json()["others"]["pictures"] == 5
    Study.objects.update(reveal="off")
    do_photo(player, last, 0.5)
    assert player.get(PROFILE).json()["others"] is None


def test_it_is_compared_with_the_agent_that_the_study_shows(player, five, agent_plays):
    for photo in five:
        agent_plays(photo)
        agent_plays(photo, "agent:first")
        do_photo(player, photo, 0.5)
    assert player.get(PROFILE).json()["agent"]["pictures"] == 5
    Study.objects.update(agent="")
    assert player.get(PROFILE).json()["agent"] is None


def test_who_has_done_nothing_has_no_style_yet(player, photo):
    assert player.get(PROFILE).json() == {"you": None, "others": None, "agent": None}


def test_only_the_photos_that_the_player_did_are_compared(player, other_plays, five, make_photo):
    Study.objects.update(reveal="each")
    for photo in five:
        do_photo(player, photo, 0.5)
    for photo in (*five, make_photo(6)):
        other_plays(photo, 1.0)
    assert player.get(PROFILE).json()["others"]["pictures"] == 5


def test_a_picture_left_as_it_was_counts(player, photo):
    Study.objects.update(allow_untouched=True)
    player.send(photo, write_events(("start", {}), ("submit", {})))
    you = player.get(PROFILE).json()["you"]
    assert (you["steps"], you["shares"]) == (0, {})


def test_a_photo_whose_preview_is_lost_is_passed_over(player, five):
    kept, lost, *_ = five
    do_photo(player, kept, 0.5)
    do_photo(player, lost, 0.5)
    lost.preview.path.unlink()
    assert player.get(PROFILE).json()["you"]["pictures"] == 1


def test_strangers_have_none(stranger, photo, refused):
    assert refused(stranger.get(PROFILE)) == (401, "not_joined")
