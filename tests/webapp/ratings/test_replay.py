"""/episodes/{id}/ and /api/episodes/{id}/replay/"""

from uuid import uuid4

import numpy as np
import pytest

from editing.photos.preview_transport import unpack_preview
from tests.webapp.ratings.conftest import do_photo
from webapp.games.models import Episode
from webapp.photos.storing import remove
from webapp.studies.models import Study

CAST = ("player", "photo")


def replay(player, episode):
    return player.get(f"/api/episodes/{episode}/replay/")


def status(player, address):
    """The status of the answer, which is read to its end."""
    response = player.get(address)
    b"".join(response)
    return response.status_code


@pytest.fixture(autouse=True)
def _built(settings, tmp_path):
    (tmp_path / "dist").mkdir()
    for name in ("replay", "reveal", "profile"):
        (tmp_path / "dist" / f"{name}.js").write_text("")
        (tmp_path / "dist" / f"{name}.css").write_text("")
    settings.STATICFILES_DIRS = [tmp_path / "dist"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def episode(player, photo):
    """Done by the player, one step of exposure."""
    return do_photo(player, photo, 0.5)


def test_it_works(player, episode, photo):
    answer = replay(player, episode).json()
    assert answer["steps"] == [{"filter": "exposure", "parameters": {"ev": 0.5}, "probability": None}]
    assert answer["player"] == Episode.objects.get().participant.pseudonym
    assert (answer["own"], answer["study"], answer["handed_in"]) == (True, "Open study", True)
    preview = unpack_preview(b"".join(player.get(answer["photo"]["preview_url"]).streaming_content))
    assert np.array_equal(preview, np.load(photo.preview.path))
    page = player.get(f"/episodes/{episode}/")
    assert page.status_code == 200
    assert f'data-episode="{episode}"' in page.content.decode()


def test_an_agents_says_how_sure_it_was(researcher, photo, agent_plays):
    episode = agent_plays(photo)
    episode.steps.update(probabilities={"exposure": 0.75, "contrast": 0.25})
    assert replay(researcher, episode.pk).json()["steps"][0]["probability"] == 0.75


def test_others_see_it_only_where_the_study_allows_it(other_player, stranger, researcher, episode, refused):
    addresses = [f"/api/episodes/{episode}/replay/", f"/api/episodes/{episode}/replay/preview/"]
    for visitor in (other_player, stranger):
        for address in addresses:
            assert refused(visitor.get(address)) == (404, "not_found")
        assert visitor.get(f"/episodes/{episode}/").status_code == 404
    for address in (*addresses, f"/episodes/{episode}/"):
        assert status(researcher, address) == 200
    Study.objects.update(public_replays=True)
    for visitor in (other_player, stranger):
        for address in (*addresses, f"/episodes/{episode}/"):
            assert status(visitor, address) == 200
        assert not replay(visitor, episode).json()["own"]
    # The photo by itself stays with those who have joined.
    photo = Episode.objects.get().photo
    assert refused(stranger.get(f"/api/photos/{photo.pk}/preview/")) == (404, "not_found")


@pytest.mark.parametrize("fields", [{"tutorial": True}, {"status": "excluded"}, {"status": "open"}])
def test_what_was_not_handed_in_for_good_is_not_for_everybody(player, stranger, episode, refused, fields):
    Study.objects.update(public_replays=True)
    Episode.objects.update(**fields)
    assert refused(replay(stranger, episode)) == (404, "not_found")
    steps = [{"filter": "exposure", "parameters": {"ev": 0.5}, "probability": None}]
    assert replay(player, episode).json()["steps"] == steps


def test_an_episode_that_is_not_there_is_not_found(player, study, refused):
    missing = uuid4()
    assert refused(replay(player, missing)) == (404, "not_found")
    assert player.get(f"/episodes/{missing}/").status_code == 404


def test_an_episode_of_other_filters_says_so(player, episode, refused):
    Episode.objects.update(contract_version=0)
    assert refused(replay(player, episode)) == (409, "other_version")


def test_a_removed_photo_is_not_shown(player, episode, photo, refused):
    remove(photo)
    assert refused(replay(player, episode)) == (410, "photo_removed")
    assert refused(player.get(f"/api/episodes/{episode}/replay/preview/")) == (410, "photo_removed")


def test_the_pages_after_play_are_served(client, study):
    for page in ("reveal", "profile"):
        assert client.get(f"/play/default/{page}/").status_code == 200
        assert client.get(f"/play/nope/{page}/").status_code == 404
