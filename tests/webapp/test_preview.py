"""GET /api/photos/{sha256}/preview/1/"""

import numpy as np

from editing.photos.preview_transport import unpack_preview
from webapp.photos.storing import remove


def url(photo):
    return f"/api/photos/{photo.pk}/preview/1/"


def content(response):
    return b"".join(response.streaming_content)


def test_it_works(player, photo):
    response = player.get(url(photo))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/octet-stream"
    preview = unpack_preview(content(response))
    np.testing.assert_array_equal(preview, np.load(photo.preview_path))
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
    photo.preview_path.write_bytes(photo.preview_path.read_bytes()[:1000])
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


def test_a_researcher_sees_every_photo(researcher, make_photo):
    response = researcher.get(url(make_photo(into=None)))
    assert response.status_code == 200
    assert content(response)


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
    photo.preview_path.unlink()
    assert refused(player.get(url(photo))) == (410, "photo_removed")
    assert researcher.get(f"/photos/{photo.pk}/game.webp").status_code == 404
