"""Which pictures are judged, and that those that look alike are alike."""

from tests.webapp.conftest import new_player
from tests.webapp.judging.conftest import judging_task, say, shown
from tests.webapp.judging.test_blindness import treat
from tests.webapp.ratings.conftest import store_play
from webapp.games.models import Episode


def test_excluded_practised_and_tried_pictures_are_not_shown(configure, study, make_photo):
    photo = make_photo()
    changes = ({"status": "excluded", "exclusion_reason": "x"}, {"tutorial": True}, {"preview": True},
               {"repeat": True}, {"attention": True}, {"contract_version": 0})  # fmt: skip
    for number, change in enumerate(changes):
        Episode.objects.filter(pk=store_play(study, photo, f"p{number}", 1.0).pk).update(**change)
    configure(judging_task(makers=["person"]))
    assert shown(new_player())["trials"] == []


def test_what_comes_later_is_added_until_something_is_answered(configure, study, make_photo):
    photo = make_photo(1)
    configure(judging_task(trials=6, makers=["person"]))
    player = new_player()
    store_play(study, photo, "first", 1.0)
    assert len(shown(player)["trials"]) == 1
    store_play(study, photo, "second", 1.1)
    trials = shown(player)["trials"]
    assert len(trials) == 2
    say(player, trials[0])
    store_play(study, photo, "third", 1.2)
    assert len(shown(player)["trials"]) == 1


def test_steps_and_decimals_that_change_no_pixel_change_no_byte(configure, make_photo):
    photo = make_photo()
    treat(photo, "somebody", "human", [("exposure", {"ev": 1.0})])
    treat(photo, "agent:a", "agent", [("exposure", {"ev": 1.0000000116860974}), ("contrast", {"amount": 0.0})])
    configure(judging_task(trials=2, makers=["person", "agent"]))
    player = new_player()
    trials = shown(player)["trials"]
    files = {b"".join(player.get(trial["pictures"][0]).streaming_content) for trial in trials}
    assert (len(trials), len(files)) == (2, 1)
