"""/api/studies/{slug}/profile/"""

from tests.webapp.conftest import new_player, write_events
from tests.webapp.ratings.conftest import do_photo
from webapp.studies.models import Study

PROFILE = "/api/studies/default/profile/"


def test_it_works(player, photo, played, agent_plays):
    player.send(photo, played)
    do_photo(new_player(), photo, 1.0)
    do_photo(new_player(), photo, -2.0)
    agent_plays(photo, ev=3.5)
    response = player.get(PROFILE)
    assert response.status_code == 200
    you, others, agent = (response.json()[whose] for whose in ("you", "others", "agent"))
    assert (you["pictures"], others["pictures"], agent["pictures"]) == (1, 2, 1)
    assert you["shares"] == {"exposure": 1, "contrast": 1}
    assert you["places"] == {"exposure": 1, "contrast": 2}
    assert (you["steps"], others["steps"]) == (2, 1)
    assert others["brightness"] < you["brightness"] < agent["brightness"] <= 1


def test_a_warmer_picture_is_said_to_be_warmer(player, photo, agent_plays):
    step = {"step": 0, "filter": "white_balance"}
    warmer = step | {"parameters": {"temperature": 0.5, "tint": 0.0}}
    player.send(photo, write_events(("start", {}), ("choose", step), ("adjust", warmer), ("submit", {})))
    agent_plays(photo, ev=0.1)
    styles = player.get(PROFILE).json()
    assert styles["you"]["warmth"] > styles["agent"]["warmth"] + 0.05


def test_others_are_left_out_until_the_study_shows_them(player, photo, make_photo, agent_plays):
    do_photo(new_player(), photo, 1.0)
    agent_plays(photo)
    do_photo(player, photo, 0.5)
    last = make_photo(2)
    styles = player.get(PROFILE).json()
    assert styles["you"]["pictures"] == 1
    assert styles["others"] is styles["agent"] is None
    Study.objects.update(reveal="each")
    assert player.get(PROFILE).json()["others"]["pictures"] == 1
    Study.objects.update(reveal="off")
    do_photo(player, last, 0.5)
    assert player.get(PROFILE).json()["others"] is None


def test_it_is_compared_with_the_agent_that_the_study_shows(player, photo, agent_plays):
    agent_plays(photo)
    agent_plays(photo, "agent:first")
    do_photo(player, photo, 0.5)
    assert player.get(PROFILE).json()["agent"]["pictures"] == 1
    Study.objects.update(agent="")
    assert player.get(PROFILE).json()["agent"] is None


def test_who_has_done_nothing_has_no_style_yet(player, photo):
    assert player.get(PROFILE).json() == {"you": None, "others": None, "agent": None}


def test_only_the_photos_that_the_player_did_are_compared(player, other_player, make_photo):
    common, foreign = make_photo(1), make_photo(2)
    Study.objects.update(reveal="each")
    do_photo(player, common, 0.5)
    do_photo(other_player, common, 1.0)
    do_photo(other_player, foreign, 3.5)
    assert player.get(PROFILE).json()["others"]["pictures"] == 1


def test_a_picture_left_as_it_was_counts(player, photo):
    Study.objects.update(allow_untouched=True)
    player.send(photo, write_events(("start", {}), ("submit", {})))
    you = player.get(PROFILE).json()["you"]
    assert (you["steps"], you["shares"]) == (0, {})


def test_a_photo_whose_preview_is_lost_is_passed_over(player, make_photo):
    kept, lost = make_photo(1), make_photo(2)
    do_photo(player, kept, 0.5)
    do_photo(player, lost, 0.5)
    lost.preview_path.unlink()
    assert player.get(PROFILE).json()["you"]["pictures"] == 1


def test_strangers_have_none(stranger, photo, refused):
    assert refused(stranger.get(PROFILE)) == (401, "not_joined")
