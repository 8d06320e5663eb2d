"""POST /api/photos/ and DELETE /api/studies/{slug}/photos/{sha256}/"""

import hashlib
import io
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from editing.photos.preview import load_preview
from tests.webapp.conftest import Player
from webapp.games.models import Episode
from webapp.photos import isolated_decoding
from webapp.photos.models import Photo
from webapp.photos.storing import keep_previews, remove
from webapp.studies.members import Role, set_role
from webapp.studies.models import Study
from webapp.studies.photos import add_to_study

CAST = ("researcher",)

PHOTOS = "/api/photos/"


@pytest.fixture
def upload(study, picture):
    """Sends one file as a browser's page does."""

    def send(browser, content=None, name="evening.png", **fields):
        file = SimpleUploadedFile(name, picture(1) if content is None else content)
        token = browser.client.cookies["csrftoken"].value
        return browser.client.post(PHOTOS, {"file": file, **fields}, headers={"X-CSRFToken": token})

    return send


def another_study(owner):
    """A study besides the default one, of the same owner."""
    study = Study.objects.create(slug="other", title="Other", state="open")
    set_role(study, owner, Role.OWNER)
    return study


def npy(pixels):
    file = io.BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def png(size):
    file = io.BytesIO()
    Image.new("RGB", size, "grey").save(file, format="PNG")
    return file.getvalue()


def jpeg(mode):
    file = io.BytesIO()
    Image.new(mode, (96, 64), 128).save(file, format="JPEG")
    return file.getvalue()


def test_it_works(researcher, upload, picture, study):
    response = upload(researcher, licence="CC BY 4.0", attribution="Ada", primaries="srgb")
    assert response.status_code == 201
    sha256 = hashlib.sha256(picture(1)).hexdigest()
    assert response.json() == {
        "id": sha256,
        "name": "evening.png",
        "outcome": "added",
        "note": "",
        "width": 96,
        "height": 64,
        "thumbnail_url": f"/photos/{sha256}/game.webp",
    }
    photo = study.playable.get()
    assert (photo.pk, photo.name, photo.licence, photo.attribution) == (sha256, "evening.png", "CC BY 4.0", "Ada")
    assert load_preview(photo.preview.path).shape == (64, 96, 3)
    assert photo.decoding["options"] == {"transfer": "auto", "primaries": "srgb"}


def test_a_busy_server_says_when_to_send_it_again(researcher, upload, settings, study, refused, caplog):
    settings.DECODING_WAIT = 0.0
    with isolated_decoding._shares(isolated_decoding.SHARES):
        response = upload(researcher)
    assert refused(response) == (503, "busy")
    assert response["Retry-After"] == "10"
    assert study.playable.count() == 0
    assert upload(researcher).status_code == 201
    assert caplog.records == []  # nothing went wrong


def test_a_known_file_is_recognised_without_being_read(researcher, upload, settings):
    upload(researcher)
    settings.DECODING_WAIT = 0.0
    with isolated_decoding._shares(isolated_decoding.SHARES):
        assert upload(researcher).json()["outcome"] == "known"


def test_the_same_file_again_changes_nothing_and_says_so(researcher, upload):
    upload(researcher)
    again = upload(researcher, name="copy.png", transfer="linear")
    assert again.status_code == 200
    assert again.json()["outcome"] == "known"
    assert again.json()["name"] == "evening.png"
    assert "imported with --transfer auto" in again.json()["note"]
    assert Photo.objects.get().name == "evening.png"


def test_linear_values_are_taken_as_they_are(researcher, upload):
    pixels = np.full((64, 96, 3), 0.25, np.float32)
    assert upload(researcher, npy(pixels), "light.npy", transfer="linear").status_code == 201
    assert load_preview(Photo.objects.get().preview.path)[0, 0].tolist() == [0.25] * 3


# What the file holds, and a word of the reason that is given.
UNREADABLE = {
    "shot.CR2": (b"This is a text, not a photograph.", ""),
    "empty.jpg": (b"", "it is empty (0 bytes)"),
    "holes.npy": (npy(np.full((4, 6, 3), np.nan, np.float32)), ""),
    "cut.png": (b"\x89PNG\r\n\x1a\n\0\0", ""),
    "shot.nef": (jpeg("RGB"), "rename it"),
    "dot.png": (png((1, 1)), "too small to play, 1 × 1: its short edge needs 64 pixels"),
    "strip.png": (png((300, 3)), "too small"),
    "night.npy": (npy(np.zeros((64, 96, 3), np.float32)), "black all over"),
}


@pytest.mark.parametrize(
    "name",
    [name if name in ("shot.CR2", "empty.jpg") else pytest.param(name, marks=pytest.mark.long) for name in UNREADABLE],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason_alone(researcher, upload, refused, settings, name):
    content, word = UNREADABLE[name]
    response = upload(researcher, content, name)
    assert refused(response) == (400, "unreadable")
    assert word in response.json()["error"]["message"]
    assert name not in response.json()["error"]["message"]
    assert str(settings.FILE_UPLOAD_TEMP_DIR) not in response.json()["error"]["message"]
    assert not Photo.objects.exists()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_cmyk_and_grey_become_rgb_or_are_refused_by_name(researcher, upload, mode):
    response = upload(researcher, jpeg(mode), "odd.jpg")
    assert response.status_code == 201 or response.json()["error"]["code"] == "unreadable"


def test_a_long_name_does_no_harm(researcher, upload):
    assert upload(researcher, name="ä" * 240 + ".png").status_code == 201


def test_too_large_a_file_is_refused_before_it_is_read(researcher, upload, refused, settings):
    settings.MAXIMUM_PHOTO_BYTES = 1000
    assert refused(upload(researcher)) == (413, "too_large")


def test_nothing_to_add_is_refused(researcher, refused):
    token = researcher.client.cookies["csrftoken"].value
    response = researcher.client.post(PHOTOS, {"transfer": "auto"}, headers={"X-CSRFToken": token})
    assert refused(response) == (400, "malformed")


def test_unknown_options_and_studies_are_refused(researcher, upload, refused):
    assert refused(upload(researcher, transfer="gamma")) == (400, "malformed")
    assert refused(upload(researcher, study="nope")) == (404, "not_found")


def test_a_player_cannot_add_a_photo(player, upload, refused, settings):
    assert refused(upload(player)) == (403, "forbidden")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert refused(upload(player)) == (413, "too_large")


def test_a_user_who_is_no_researcher_cannot_add_a_photo(player, carol, upload, refused):
    player.client.force_login(carol)
    assert refused(upload(player)) == (403, "forbidden")


def test_adding_needs_the_csrf_token(researcher, upload, refused):
    researcher.client.cookies["csrftoken"] = ""
    assert refused(upload(researcher)) == (403, "csrf_failed")


def delete(browser, photo, study="default"):
    token = browser.client.cookies["csrftoken"].value
    return browser.client.delete(f"/api/studies/{study}/photos/{photo.pk}/", headers={"X-CSRFToken": token})


def test_removing_takes_a_photo_out_of_one_study_alone(
    researcher, ada, player, photo, opened, refused, django_capture_on_commit_callbacks
):
    other = another_study(ada)
    add_to_study(other, photo)
    player.send(photo, opened)
    elsewhere = Player("other")
    elsewhere.join()
    theirs = [event | {"id": str(uuid4()), "episode": "0" * 32} for event in opened]
    theirs = [event | {"episode": str(UUID(event["episode"]))} for event in theirs]
    assert elsewhere.send(photo, theirs).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert delete(researcher, photo).status_code == 204
    statuses = {episode.study.slug: episode.status for episode in Episode.objects.all()}
    assert statuses == {"default": "excluded", "other": "open"}
    more = opened[-1] | {"id": str(uuid4()), "seq": len(opened)}
    assert refused(player.send(photo, [more])) == (410, "photo_removed")
    assert other.playable.get() == photo
    assert photo.preview.path.exists()
    assert refused(delete(researcher, photo)) == (404, "not_found")
    with django_capture_on_commit_callbacks(execute=True):
        assert delete(researcher, photo, "other").status_code == 204
    photo.refresh_from_db()
    assert photo.removed_at is not None
    assert not photo.preview.path.exists()


def test_a_known_photo_that_is_new_in_the_study_is_said_to_be(researcher, ada, upload, photo, study):
    another_study(ada)
    assert upload(researcher, study="other").json()["outcome"] == "linked"
    assert upload(researcher, study="other").json()["outcome"] == "known"


def test_what_is_typed_fills_what_was_not_stated_of_a_known_photo(researcher, upload):
    upload(researcher, licence="CC0 1.0")
    again = upload(researcher, licence="CC BY 4.0", attribution="Ada").json()
    assert again["note"] == "its licence 'CC0 1.0' stayed as before"
    photo = Photo.objects.get()
    assert (photo.licence, photo.attribution) == ("CC0 1.0", "Ada")


def test_a_closed_study_takes_no_photo(researcher, upload, refused, study):
    Study.objects.filter(pk=study.pk).update(state="closed")
    assert refused(upload(researcher)) == (409, "study_closed")


def test_previews_that_cannot_be_saved_are_said(researcher, upload, refused, settings):
    settings.DATA_DIR.mkdir(exist_ok=True)
    (settings.DATA_DIR / "previews").touch()
    assert refused(upload(researcher)) == (507, "not_saved")


def test_removing_works(
    researcher, player, other_player, photo, opened, played, django_capture_on_commit_callbacks, study
):
    player.send(photo, opened)
    other_player.send(photo, played)
    assert researcher.get(f"/photos/{photo.pk}/game.webp").getvalue()
    with django_capture_on_commit_callbacks(execute=True):
        assert delete(researcher, photo).status_code == 204
    assert not study.playable.exists()
    assert photo.name not in researcher.get("/desk/studies/default/photos/").content.decode()
    assert researcher.get(f"/photos/{photo.pk}/game.webp").status_code == 404
    statuses = {str(episode.pk): episode.status for episode in Episode.objects.all()}
    assert statuses == {opened[0]["episode"]: "excluded", played[0]["episode"]: "submitted"}


def test_a_removed_photo_keeps_its_preview_as_long_as_there_is_submitted_play(
    researcher, player, make_photo, opened, played, django_capture_on_commit_callbacks
):
    submitted, begun = make_photo(1), make_photo(2)
    player.send(submitted, played)
    player.send(begun, opened)
    with django_capture_on_commit_callbacks(execute=True):
        for photo in (submitted, begun):
            delete(researcher, photo)
    assert submitted.preview.path.exists()
    assert not begun.preview.path.exists()


def test_a_preview_that_another_photo_has_too_is_kept(researcher, upload, picture, django_capture_on_commit_callbacks):
    upload(researcher)
    upload(researcher, picture(1) + b"\0", "twin.png")
    first, second = Photo.objects.all()
    assert first.preview_sha256 == second.preview_sha256
    with django_capture_on_commit_callbacks(execute=True):
        delete(researcher, first)
    assert second.preview.path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        delete(researcher, second)
    assert not second.preview.path.exists()


def test_a_removed_photo_comes_back_as_it_was_or_not_at_all(
    researcher, upload, photo, refused, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        delete(researcher, photo)
    assert refused(upload(researcher, transfer="linear")) == (409, "conflict")
    assert upload(researcher).json()["outcome"] == "restored"
    assert photo.preview.path.exists()


def test_a_photo_whose_preview_is_lost_comes_back_when_it_is_added_again(researcher, upload, photo, refused):
    photo.preview.path.unlink()
    assert refused(upload(researcher, transfer="linear")) == (409, "conflict")
    assert upload(researcher).status_code == 200
    assert photo.preview.path.exists()


def test_a_preview_that_is_deleted_before_its_row_is_stored_is_a_conflict(
    researcher, upload, photo, refused, monkeypatch, django_capture_on_commit_callbacks
):
    def keep_slowly(*arguments):
        keep_previews(*arguments)
        with django_capture_on_commit_callbacks(execute=True):
            remove(photo)

    monkeypatch.setattr("webapp.studies.photos.keep_previews", keep_slowly)
    photo.preview.path.unlink()
    assert refused(upload(researcher)) == (409, "conflict")
    assert Photo.objects.get().removed_at is not None


def test_removing_twice_is_not_found(researcher, photo, refused):
    delete(researcher, photo)
    assert refused(delete(researcher, photo)) == (404, "not_found")


def test_a_player_cannot_remove_a_photo(player, photo, refused):
    assert refused(delete(player, photo)) == (403, "forbidden")
    assert photo.preview.path.exists()
