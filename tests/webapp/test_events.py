"""POST /api/episodes/{uuid}/events/"""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from webapp.games.models import Episode, Event, Step
from webapp.photos.storing import remove

CAST = ("player", "other_player", "photo")
EXPOSURE = {"filter": "exposure", "parameters": {"ev": 1.5}}
CONTRAST = {"filter": "contrast", "parameters": {"amount": 0.25}}


def test_it_works(player, photo, played):
    response = player.send(photo, played)
    assert response.status_code == 200
    episode_id = played[0]["episode"]
    assert response.json() == {
        "episode": episode_id,
        "status": "submitted",
        "next_seq": 7,
        "steps": [EXPOSURE, CONTRAST],
    }
    episode = Episode.objects.get(pk=episode_id)
    assert (episode.status, episode.step_count, episode.duration_ms) == ("submitted", 2, 600)
    assert [event.to_json() for event in episode.replayable_events()] == played
    steps = Step.objects.filter(episode=episode).values("index", "filter", "parameters", "ms_spent")
    assert list(steps) == [{"index": 0, "ms_spent": 200, **EXPOSURE}, {"index": 1, "ms_spent": 200, **CONTRAST}]


def test_events_may_come_one_by_one(player, photo, played):
    for event in played:
        response = player.send(photo, [event])
        assert response.json()["next_seq"] == event["seq"] + 1
    assert response.json()["status"] == "submitted"
    assert Event.objects.count() == len(played)


def test_a_batch_sent_twice_answers_as_the_first_time_and_stores_nothing_twice(player, photo, played):
    first, rest = played[:3], played[3:]
    answers = [player.send(photo, first).json(), player.send(photo, rest).json()]
    assert [player.send(photo, first).json(), player.send(photo, rest).json()] == answers
    assert Event.objects.count() == len(played)
    assert Step.objects.count() == 2


def test_of_an_overlapping_batch_only_the_new_events_are_stored(player, photo, played):
    player.send(photo, played[:4])
    assert player.send(photo, played[2:]).json()["status"] == "submitted"
    assert Event.objects.count() == len(played)


def test_a_step_left_at_neutral_is_no_step_of_the_trajectory(player, photo, events):
    batch = events(
        ("start", {}),
        ("choose", {"step": 0, "filter": "exposure"}),
        ("adjust", {"step": 0, **EXPOSURE}),
        ("goto", {"step": 1}),
        ("choose", {"step": 1, "filter": "gamma"}),
        ("submit", {}),
    )
    player.send(photo, batch)
    assert Episode.objects.get().step_count == 1
    assert Step.objects.get().filter == "exposure"


def test_a_resumed_episode_is_flagged(player, photo, opened, events):
    player.send(photo, opened)
    more = events(("resume", {}), ("submit", {}), episode=opened[0]["episode"], first=len(opened))
    player.send(photo, more)
    assert Episode.objects.get().resumed


def test_a_photo_may_be_left_as_it_is_where_the_study_allows_it(player, study, photo, events, refused):
    untouched = events(("start", {}), ("submit", {}))
    assert refused(player.send(photo, untouched)) == (400, "nothing_to_submit")
    study.allow_untouched = True
    study.save()
    assert player.send(photo, untouched).json()["status"] == "submitted"


# Each is refused at its event, by its name, and nothing of the batch is stored.
REFUSALS = {
    "unknown_filter": {"filter": "sepia"},
    "unknown_parameter": {"parameters": {"stops": 1.0}},
    "out_of_range": {"parameters": {"ev": 4.0}},
    "no_step_here": {"step": 2},
    "unknown_kind": {"kind": "paint"},
    "malformed": {"ms": -1},
}


def test_an_event_that_the_rules_refuse_is_named_and_nothing_is_stored(player, photo, played, refused):
    for code, change in REFUSALS.items():
        response = player.send(photo, [*played[:2], played[2] | change, *played[3:]])
        assert refused(response) == (400, code)
        assert response.json()["error"]["seq"] == 2
        assert not Episode.objects.exists(), code


def test_a_gap_is_refused(player, photo, played, refused):
    assert refused(player.send(photo, played[1:])) == (409, "gap")
    player.send(photo, played[:2])
    assert refused(player.send(photo, played[3:])) == (409, "gap")
    assert refused(player.send(photo, [*played[2:4], *played[5:]])) == (409, "gap")
    assert Event.objects.count() == 2


def test_a_stale_contract_version_is_refused(player, photo, played, refused):
    for event in played:
        event["contract_version"] = 0
    assert refused(player.send(photo, played)) == (409, "stale_contract")


def test_a_submitted_episode_takes_no_more_events(player, photo, played, events, refused):
    player.send(photo, played)
    more = events(("reset", {}), episode=played[0]["episode"], first=len(played))
    assert refused(player.send(photo, more)) == (409, "closed")


def test_an_event_stored_with_other_content_is_a_conflict(player, photo, played, refused):
    player.send(photo, played[:3])
    played[1]["ms"] += 1
    response = player.send(photo, played)
    assert refused(response) == (409, "conflict")
    assert response.json()["error"]["seq"] == 1
    assert Event.objects.count() == 3


def test_another_players_episode_is_not_found(player, other_player, photo, opened, refused):
    player.send(photo, opened[:3])
    assert refused(other_player.send(photo, opened[3:])) == (404, "not_found")


def test_events_of_another_episode_are_refused(player, photo, opened, refused):
    assert refused(player.send(photo, opened, episode=str(uuid4()))) == (400, "malformed")


def test_an_episode_keeps_its_photo(player, make_photo, opened, refused):
    player.send(make_photo(1), opened[:2])
    assert refused(player.send(make_photo(2), opened[2:])) == (409, "conflict")


def test_a_second_tab_is_told_which_episode_is_open(player, make_photo, opened, events, refused):
    player.send(make_photo(1), opened)
    for seed in (1, 2):
        response = player.send(make_photo(seed), events(("start", {})))
        assert refused(response) == (409, "other_episode_open")
        assert response.json()["error"]["episode"] == opened[0]["episode"]


def test_a_photo_is_submitted_once(player, photo, played, events, refused):
    player.send(photo, played)
    assert refused(player.send(photo, events(("start", {})))) == (409, "already_played")


def test_a_photo_removed_in_mid_game_excludes_the_open_episode_alone(
    player, other_player, photo, opened, played, refused
):
    player.send(photo, opened)
    other_player.send(photo, played)
    remove(photo)
    more = opened[-1] | {"id": str(uuid4()), "seq": len(opened)}
    assert refused(player.send(photo, [more])) == (410, "photo_removed")
    assert Episode.objects.get(pk=opened[0]["episode"]).exclusion_reason == "photo removed"
    assert Episode.objects.get(pk=played[0]["episode"]).status == "submitted"
    assert other_player.send(photo, played).json()["status"] == "submitted"
    assert player.next().json()["photo"] is None


def test_a_removed_photo_cannot_be_begun(player, photo, opened, refused):
    remove(photo)
    assert refused(player.send(photo, opened)) == (410, "photo_removed")


def test_a_photo_outside_the_study_cannot_be_begun(player, make_photo, opened, refused):
    assert refused(player.send(make_photo(into=None), opened)) == (410, "photo_removed")


def test_a_closed_study_takes_no_new_episode(player, study, photo, opened, refused):
    player.send(photo, opened[:3])
    study.state = "closed"
    study.save()
    assert player.send(photo, opened[3:]).status_code == 200
    Episode.objects.all().delete()
    assert refused(player.send(photo, opened)) == (403, "study_closed")


def test_who_has_not_joined_is_refused(stranger, photo, opened, refused):
    assert refused(stranger.send(photo, opened)) == (401, "not_joined")


def test_a_request_without_the_csrf_token_is_refused(player, photo, opened, refused):
    player.client.cookies.pop("csrftoken")
    assert refused(player.send(photo, opened)) == (403, "csrf_failed")


def test_the_duration_is_the_latest_time_of_any_event(player, photo, played):
    played[3]["ms"] = 5000
    player.send(photo, played)
    assert Episode.objects.get().duration_ms == 5000


def test_a_repeated_batch_is_answered_as_the_first_time_whatever_the_study_allows_since(player, study, photo, events):
    study.allow_untouched = True
    study.save()
    untouched = events(("start", {}), ("submit", {}))
    first = player.send(photo, untouched).json()
    study.allow_untouched = False
    study.save()
    assert player.send(photo, untouched).json() == first


def test_a_wrong_envelope_is_refused(player, photo, opened, refused):
    for change in ({"events": []}, {"events": [{}] * 501}, {"photo": "x"}, {"study": "a\0"}, {"events": {}}):
        body = {"study": "default", "photo": photo.pk, "events": opened} | change
        answer = player.post(f"/api/episodes/{opened[0]['episode']}/events/", body)
        assert refused(answer) == (400, "malformed"), change


def test_the_database_refuses_to_change_an_event(player, photo, opened):
    player.send(photo, opened)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Event.objects.filter(seq=1).update(ms=7)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE games_event SET kind = 'undo'")


def test_numbers_of_a_view_are_the_same_when_they_are_sent_again(player, photo, events):
    numbers = [9e29, -1e22, 9007199254740993, 1e-30, 0.1 + 0.2, -0.0, 5]
    batch = events(("start", {}), *(("view", {"parameters": {"viewport_width": number}}) for number in numbers))
    first = player.send(photo, batch)
    again = player.send(photo, batch)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    stored = player.get(f"/api/episodes/{batch[0]['episode']}/").json()["events"][1:]
    assert [event["parameters"] for event in stored] == [{"viewport_width": float(number)} for number in numbers]
