"""GET /api/photos/{sha256}/preview/1/"""

import numpy as np
import pytest

from editing.photos.preview_transport import unpack_preview
from editing.photos.read_options import ReadOptions
from webapp.photos.storing import remove
from webapp.studies.photos import add_photo

CAST = ("player",)


def url(photo):
    return f"/api/photos/{photo.pk}/preview/1/"


def content(response):
    return b"".join(response.streaming_content)


def test_it_works(player, photo):
    response = player.get(url(photo))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/octet-stream"
    preview = unpack_preview(content(response))
    np.testing.assert_array_equal(preview, np.load(photo.preview.path))
    assert preview.shape == (64, 96, 3)


def test_it_is_packed_once(player, photo, monkeypatch):
    first = content(player.get(url(photo)))
    monkeypatch.setattr("webapp.photos.transport.pack_preview", None)
    assert content(player.get(url(photo))) == first


def test_it_comes_though_it_cannot_be_kept(player, photo, settings, caplog):
    (settings.DATA_DIR / "packed_previews").touch()
    assert unpack_preview(content(player.get(url(photo)))).shape == (64, 96, 3)
    assert "cannot be kept" in caplog.text


def test_nothing_packed_is_left_of_a_removed_photo(player, photo, settings, django_capture_on_commit_callbacks):
    content(player.get(url(photo)))
    assert len(list(settings.DATA_DIR.glob("packed_previews/*"))) == 1
    with django_capture_on_commit_callbacks(execute=True):
        remove(photo)
    assert list(settings.DATA_DIR.glob("packed_previews/*")) == []


def test_a_preview_that_is_damaged_is_refused_by_name(player, photo, refused):
    photo.preview.path.write_bytes(photo.preview.path.read_bytes()[:1000])
    assert refused(player.get(url(photo))) == (410, "photo_removed")


def test_it_is_kept_by_the_browser_for_good(player, photo):
    response = player.get(url(photo))
    content(response)
    assert "immutable" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    again = player.get(url(photo), headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_clients_that_want_another_type_get_it_all_the_same(player, photo):
    response = player.get(url(photo), headers={"Accept": "image/png"})
    assert response.status_code == 200
    assert content(response)


def test_a_researcher_sees_the_photos_of_their_studies_and_a_superuser_every_one(researcher, ada, make_photo):
    assert content(researcher.get(url(make_photo(1))))
    elsewhere = make_photo(2, into=None)
    assert researcher.get(url(elsewhere)).status_code == 404
    ada.is_superuser = True
    ada.save()
    assert content(researcher.get(url(elsewhere)))


def test_who_has_not_joined_does_not_see_it(stranger, photo, refused):
    assert refused(stranger.get(url(photo))) == (404, "not_found")


def test_a_photo_of_another_study_is_not_found(player, make_photo, refused):
    assert refused(player.get(url(make_photo(into=None)))) == (404, "not_found")


def test_an_unknown_photo_is_not_found(player, refused):
    assert refused(player.get(f"/api/photos/{'0' * 64}/preview/1/")) == (404, "not_found")


def test_a_removed_photo_is_gone(player, photo, refused, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        remove(photo)
    assert refused(player.get(url(photo))) == (410, "photo_removed")


def test_a_preview_that_is_lost_is_refused_by_name(player, researcher, photo, refused):
    photo.preview.path.unlink()
    assert refused(player.get(url(photo))) == (410, "photo_removed")
    assert researcher.get(f"/photos/{photo.pk}/game.webp").status_code == 404


def large_url(photo):
    return f"/api/photos/{photo.pk}/preview/large/1/"


@pytest.fixture
def large_photo(study, tmp_path):
    """A photo of more pixels than its preview has."""
    path = tmp_path / "large.npy"
    np.save(path, np.random.default_rng(3).random((72, 1500, 3), np.float32))
    return add_photo(study, path, ReadOptions("linear", "srgb")).photo


def test_larger_preview_is_offered_and_comes_packed(player, large_photo):
    assert (large_photo.preview_width, large_photo.preview_height) == (1024, 49)
    offered = player.get("/api/studies/default/next/").json()["photo"]
    assert offered["large_preview_url"].startswith(f"{large_url(large_photo)}?")
    response = player.get(large_url(large_photo))
    assert unpack_preview(content(response)).shape == (72, 1500, 3)
    assert "immutable" in response["Cache-Control"]
    assert player.get(large_url(large_photo), headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_photo_without_more_pixels_has_no_larger_preview(player, photo, refused):
    assert player.get("/api/studies/default/next/").json()["photo"]["large_preview_url"] is None
    assert refused(player.get(large_url(photo))) == (404, "not_found")


def test_larger_preview_goes_with_the_photo_and_comes_back_with_it(
    large_photo, tmp_path, study, django_capture_on_commit_callbacks
):
    path = large_photo.large_preview.path
    assert path.is_file()
    with django_capture_on_commit_callbacks(execute=True):
        remove(large_photo)
    assert not path.exists()
    assert add_photo(study, tmp_path / "large.npy", ReadOptions("linear", "srgb")).outcome == "restored"
    assert path.is_file()


def test_larger_preview_is_not_for_strangers(client, large_photo):
    assert client.get(large_url(large_photo)).status_code == 404
