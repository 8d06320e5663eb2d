"""The tutorial: people begin with it once, on a photo that is of no study, and it never counts."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection

from editing.photos.preview_transport import unpack_preview
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from webapp.datasets.exporting import export
from webapp.datasets.importing import import_snapshot
from webapp.datasets.selection import Selection
from webapp.games.models import Episode
from webapp.photos import practice
from webapp.photos.models import Photo
from webapp.photos.practice import practice_photo
from webapp.studies.models import Study, StudyPhoto


@pytest.fixture(autouse=True)
def with_tutorial(study):
    """The study begins with the tutorial, whose photo was painted when the first visitor asked for it."""
    practice_photo()
    study.tutorial = True
    study.save()
    return study


@pytest.fixture
def again():
    """The same actions as another episode."""

    def copy(events):
        episode = str(uuid4())
        return [event | {"id": str(uuid4()), "episode": episode} for event in events]

    return copy


def practise(player, events):
    return player.send(practice_photo(), events)


def test_a_person_begins_with_it_once_and_goes_on_with_the_photos(player, photo, played):
    offer = player.next().json()
    assert offer["tutorial"] == {"skippable": False}
    assert offer["photo"]["id"] == practice_photo().pk != photo.pk
    assert offer["progress"] == {"done": 0, "total": 1}
    assert practise(player, played).json()["status"] == "submitted"
    assert Episode.objects.get().tutorial
    offer = player.next().json()
    assert offer["tutorial"] is None
    assert offer["photo"]["id"] == photo.pk
    assert offer["progress"] == {"done": 0, "total": 1}


def test_it_goes_on_where_the_player_left_it(player, photo, opened):
    practise(player, opened)
    offer = player.next().json()
    assert offer["tutorial"] == {"skippable": False}
    assert offer["episode"] == {"id": opened[0]["episode"], "events": opened}


def test_who_has_been_through_it_can_do_so_again_and_skip_it(player, photo, played, opened, again):
    practise(player, played)
    offer = player.next("?practice=true").json()
    assert offer["tutorial"] == {"skippable": True}
    assert offer["photo"]["id"] == practice_photo().pk
    practise(player, opened)
    assert player.next().json()["photo"]["id"] == photo.pk
    assert player.send(photo, again(played)).json()["status"] == "submitted"


def test_practice_and_play_stand_open_side_by_side(player, photo, opened, again, refused):
    practise(player, opened)
    assert player.send(photo, again(opened)).json()["status"] == "open"
    assert refused(practise(player, again(opened))) == (409, "other_episode_open")


def test_robots_and_studies_without_it_go_without(stranger, player, photo, with_tutorial, refused, played):
    stranger.join("robot")
    assert stranger.next().json()["tutorial"] is None
    with_tutorial.tutorial = False
    with_tutorial.save()
    assert player.next().json()["photo"]["id"] == photo.pk


def test_who_has_played_before_the_study_had_it_is_not_held_up(player, photo, opened):
    player.send(photo, opened)
    assert player.next().json()["episode"]["id"] == opened[0]["episode"]


def test_who_has_practised_in_one_study_is_not_asked_to_in_another(player, played):
    practise(player, played)
    other = Study.objects.create(slug="other", title="Another", state="open", consent_text="")
    player.study = other.slug
    player.join()
    assert player.next().json()["tutorial"] is None


def test_its_photo_is_for_all_to_see_and_of_no_study(client, make_photo):
    response = client.get("/api/practice/")
    assert response["Location"] == f"/api/photos/{practice_photo().pk}/preview/1/"
    preview = unpack_preview(b"".join(client.get(response["Location"]).streaming_content))
    assert np.array_equal(preview, np.load(practice_photo().preview.path))
    assert client.get(f"/api/photos/{make_photo(2).pk}/preview/1/").status_code == 404
    assert not StudyPhoto.objects.filter(photo=practice_photo()).exists()


@pytest.mark.django_db(transaction=True)
def test_its_photo_is_painted_once_however_many_come_first(monkeypatch):
    painted, paint = [], practice._painted
    Photo.objects.all().delete()  # the fixture's

    def ask(_):
        try:
            return practice_photo().pk
        finally:
            connection.close()

    monkeypatch.setattr(practice, "_painted", lambda: painted.append(1) or paint())
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert painted == [1]


def test_its_photo_is_painted_anew_when_it_is_lost(client, db):
    first = practice_photo()
    first.preview.path.unlink()
    assert practice_photo() == first
    assert first.preview.path.is_file()


def test_a_site_that_cannot_keep_its_photo_says_so(player, settings, tmp_path, refused):
    settings.DATA_DIR = tmp_path / "a file"
    settings.DATA_DIR.write_text("")
    Photo.objects.all().delete()
    assert refused(player.get("/api/studies/default/next/")) == (503, "photos_away")


def test_the_start_page_does_not_count_it(player, photo, played):
    practise(player, played)
    assert "1 photo to play" in player.get("/").content.decode()


def test_an_export_leaves_it_out_unless_asked_and_then_flags_it(player, photo, played, again, tmp_path):
    practise(player, played)
    player.send(photo, again(played))
    snapshot = export(tmp_path / "play", Selection(None, ("submitted",)))
    assert [row["photo"] for row in rows(snapshot.episodes)] == [photo.pk]
    assert [row["sha256"] for row in rows(snapshot.photos)] == [photo.pk]
    assert snapshot.manifest["episodes_left_out"] == {"of the tutorial": 1}
    assert snapshot.manifest["consents"] == {"default": {"1": 1}}
    export(tmp_path / "all", Selection(None, ("submitted",), tutorials=True))
    snapshot = read_snapshot(tmp_path / "all")
    flags = {row["photo"]: row["tutorial"] for row in rows(snapshot.episodes)}
    assert flags == {photo.pk: False, practice_photo().pk: True}


def test_an_import_makes_its_photo_none_of_a_study(player, photo, played, tmp_path):
    practise(player, played)
    snapshot = export(tmp_path / "all", Selection(None, ("submitted",), tutorials=True))
    Episode.objects.all().delete()
    StudyPhoto.objects.all().delete()
    Photo.objects.all().delete()
    Study.objects.update(slug="elsewhere")
    assert import_snapshot(snapshot)["episodes"] == 1
    assert Episode.objects.get().tutorial
    assert not StudyPhoto.objects.exists()
