"""GET /api/studies/{slug}/next/"""

from editing.game.filters import VERSION
from webapp.games.models import Episode
from webapp.photos.storing import remove

CAST = ("player",)


def test_it_works(player, make_photo):
    photo = make_photo(licence="CC0 1.0", attribution="Ada")
    response = player.next()
    assert response.status_code == 200
    assert response.json() == {
        "tutorial": None,
        "photo": {
            "id": photo.pk,
            "preview_url": f"/api/photos/{photo.pk}/preview/1/?{photo.preview_sha256[:16]}",
            "large_preview_url": None,
            "width": 96,
            "height": 64,
            "licence": "CC0 1.0",
            "attribution": "Ada",
        },
        "following": None,
        "episode": None,
        "instruction": "",
        "progress": {"done": 0, "total": 1},
        "task": "play",
        "elsewhere": "",
        "end": "",
        "contract_version": VERSION,
    }


def test_every_photo_comes_once_and_then_none(player, make_photo, events):
    photos = {photo.pk: photo for photo in map(make_photo, range(4))}
    for done in range(4):
        answer = player.next().json()
        assert answer["progress"] == {"done": done, "total": 4}
        photo = photos.pop(answer["photo"]["id"])
        steps = events(("start", {}), ("choose", {"step": 0, "filter": "black_white"}), *BLACK, ("submit", {}))
        assert player.send(photo, steps).json()["status"] == "submitted"
    assert player.next().json()["photo"] is None
    assert player.next().json()["progress"] == {"done": 4, "total": 4}


BLACK = [("adjust", {"step": 0, "filter": "black_white", "parameters": {"amount": 1.0}})]


def test_the_order_is_the_players_own_and_stays_when_photos_are_added(player, make_photo):
    photos = [make_photo(seed) for seed in range(6)]
    first = player.next().json()["photo"]["id"]
    assert player.next().json()["photo"]["id"] == first
    remove(next(photo for photo in photos if photo.pk != first))
    assert player.next().json()["photo"]["id"] == first


def test_players_get_different_orders(study, make_photo):
    from webapp.games.assignment import assign
    from webapp.participants.models import Participant

    for seed in range(6):
        make_photo(seed)
    players = [Participant(pseudonym=f"player-{number}") for number in range(12)]
    assert len({assign(study, player, ()).photos[0].pk for player in players}) > 1


def test_an_open_episode_comes_first_with_its_events(player, make_photo, opened):
    photos = [make_photo(seed) for seed in range(5)]
    begun = next(photo for photo in photos if photo.pk != player.next().json()["photo"]["id"])
    player.send(begun, opened)
    answer = player.next().json()
    assert answer["photo"]["id"] == begun.pk
    assert answer["episode"] == {"id": opened[0]["episode"], "events": opened}


def test_what_follows_is_told_and_not_settled(player, make_photo, opened):
    photos = {photo.pk: photo for photo in map(make_photo, range(3))}
    answer = player.next().json()
    now, following = photos[answer["photo"]["id"]], photos[answer["following"]["id"]]
    assert now != following
    assert (
        answer["following"]["preview_url"] == f"/api/photos/{following.pk}/preview/1/?{following.preview_sha256[:16]}"
    )
    player.send(now, opened)
    assert player.next().json()["following"]["id"] == following.pk
    assert Episode.objects.count() == 1
    remove(following)
    assert player.next().json()["following"]["id"] not in (now.pk, following.pk)


def test_what_follows_an_open_episode_is_another_photo(player, make_photo, opened):
    photos = [make_photo(seed) for seed in range(3)]
    first = player.next().json()["photo"]["id"]
    begun = next(photo for photo in photos if photo.pk != first)
    player.send(begun, opened)
    assert player.next().json()["following"]["id"] == first


def test_nothing_follows_the_last_photo(player, photo, opened):
    player.send(photo, opened)
    assert player.next().json()["following"] is None


def test_a_study_without_photos_has_none_to_play(player):
    assert player.next().json()["photo"] is None


def test_who_has_not_joined_is_refused(stranger, photo, refused):
    assert refused(stranger.next()) == (401, "not_joined")


def test_who_joined_another_study_is_refused(player, refused):
    from webapp.studies.models import Study

    Study.objects.create(slug="other", title="Other", state="open")
    player.study = "other"
    assert refused(player.next()) == (401, "not_joined")


def test_a_closed_study_gives_no_new_photo_but_lets_people_finish(player, study, photo, opened, refused):
    study.state = "closed"
    study.save()
    assert refused(player.next()) == (403, "study_closed")
    study.state = "open"
    study.save()
    player.send(photo, opened)
    study.state = "closed"
    study.save()
    assert player.next().json()["episode"]["id"] == opened[0]["episode"]


def test_an_unknown_study_is_not_found(player, refused):
    assert refused(player.get("/api/studies/nope/next/")) == (404, "not_found")


def test_a_photo_whose_preview_is_lost_is_passed_over_and_logged_once(player, make_photo, caplog):
    photos = [make_photo(seed) for seed in range(3)]
    first = next(photo for photo in photos if photo.pk == player.next().json()["photo"]["id"])
    first.preview.path.unlink()
    for _ in range(2):
        assert player.next().json()["photo"]["id"] not in (None, first.pk)
    assert [record.levelname for record in caplog.records if first.name in record.message] == ["ERROR"]


def test_no_episode_is_given_up_while_the_previews_are_away(player, photo, opened, refused):
    player.send(photo, opened)
    away = photo.preview.path.rename(photo.preview.path.with_suffix(".away"))
    assert refused(player.next()) == (503, "photos_away")
    away.rename(photo.preview.path)
    assert player.next().json()["episode"]["id"] == opened[0]["episode"]


def test_an_episode_whose_preview_is_lost_gives_way_to_the_next_photo(player, make_photo, opened, played):
    lost, other = make_photo(1), make_photo(2)
    player.send(lost, opened)
    lost.preview.path.unlink()
    answer = player.next().json()
    assert (answer["photo"]["id"], answer["episode"]) == (other.pk, None)
    assert player.send(other, played).json()["status"] == "submitted"
    assert Episode.objects.get(pk=opened[0]["episode"]).exclusion_reason == "preview lost"


def test_without_any_preview_there_is_nothing_to_play(player, photo):
    photo.preview.path.unlink()
    assert player.next().json()["photo"] is None
