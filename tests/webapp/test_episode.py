"""GET /api/episodes/{uuid}/"""

from uuid import uuid4

CAST = ("player", "photo")


def url(events):
    return f"/api/episodes/{events[0]['episode']}/"


def test_it_works(player, photo, played):
    player.send(photo, played)
    response = player.get(url(played))
    assert response.status_code == 200
    assert response.json() == {
        "id": played[0]["episode"],
        "photo": photo.pk,
        "study": "default",
        "status": "submitted",
        "next_seq": 7,
        "steps": [
            {"filter": "exposure", "parameters": {"ev": 1.5}},
            {"filter": "contrast", "parameters": {"amount": 0.25}},
        ],
        "events": played,
    }


def test_another_players_episode_is_not_found(player, other_player, photo, played, refused):
    player.send(photo, played)
    assert refused(other_player.get(url(played))) == (404, "not_found")


def test_who_has_not_joined_finds_none(player, stranger, photo, played, refused):
    player.send(photo, played)
    assert refused(stranger.get(url(played))) == (404, "not_found")


def test_an_unknown_episode_is_not_found(player, refused):
    assert refused(player.get(f"/api/episodes/{uuid4()}/")) == (404, "not_found")
    assert refused(player.get("/api/episodes/7/")) == (404, "not_found")
