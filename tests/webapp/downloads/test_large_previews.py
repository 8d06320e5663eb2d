"""Photos of before there were larger previews get theirs from the worker, without a change to what is played on."""

import numpy as np
import pytest
from django.core.management import call_command
from procrastinate.contrib.django.models import ProcrastinateJob

from editing.photos.read_options import ReadOptions
from webapp.downloads.tasks import make_large_previews
from webapp.photos import large_previews
from webapp.photos.models import Photo
from webapp.studies.models import Study
from webapp.studies.photos import add_photo

LINEAR = ReadOptions("linear", "srgb")


def waiting():
    return ProcrastinateJob.objects.filter(task_name=make_large_previews.name)


@pytest.fixture
def old_photos(transactional_db, study, tmp_path, work):
    """Three photos with their files, as they were stored before there were larger previews; the largest edge is 1,500.

    A fourth has no more pixels than its preview.
    """
    Study.objects.update(agent="")
    for number, width in enumerate((1500, 1500, 1500, 200)):
        path = tmp_path / f"{number}.npy"
        np.save(path, np.random.default_rng(number).random((72, width, 3), np.float32))
        photo = add_photo(study, path, LINEAR).photo
        if photo.large_preview_sha256:
            photo.large_preview.path.unlink()
    before = {photo.pk: photo.large_preview_sha256 for photo in Photo.objects.all()}
    Photo.objects.update(large_preview_sha256="")
    return before


def stored():
    return {photo.pk: photo.large_preview_sha256 for photo in Photo.objects.all()}


def test_an_update_gives_old_photos_what_new_ones_have(old_photos, work):
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    assert waiting().count() == 1
    work()
    assert stored() == old_photos
    assert sorted(map(bool, old_photos.values())) == [False, True, True, True]
    assert all(photo.large_preview.path.is_file() for photo in Photo.objects.exclude(large_preview_sha256=""))
    call_command("migrate", verbosity=0)
    assert not waiting().exists()


@pytest.mark.long
def test_what_cannot_be_made_is_logged_and_keeps_none_from_the_others(old_photos, work, caplog, monkeypatch):
    damaged, lost, whole = Photo.objects.filter(width=1500).order_by("pk")
    damaged.original.path.write_bytes(b"\x93NUMPY damaged")
    lost.original.path.unlink()
    make_large_previews.defer()
    work()
    assert stored()[whole.pk] == old_photos[whole.pk]
    assert (stored()[damaged.pk], stored()[lost.pk]) == ("", "")
    assert f"{damaged.name} gets no larger preview: " in caplog.text


@pytest.mark.long
def test_a_photo_that_would_be_read_otherwise_keeps_its_preview_alone_and_is_not_tried_again(old_photos, work):
    photo = Photo.objects.filter(width=1500).order_by("pk").first()
    np.save(photo.original.path, np.full((72, 1500, 3), 0.5, np.float32))
    Photo.objects.filter(pk=photo.pk).update(decoding={**photo.decoding, "reading": 1})
    make_large_previews.defer()
    work()
    photo.refresh_from_db()
    assert (photo.large_preview_sha256, photo.would_be_read_otherwise) == ("", True)
    assert large_previews.next_without_large_preview() is None


def test_a_larger_preview_of_a_photo_that_is_removed_meanwhile_is_not_kept(old_photos, monkeypatch):
    photo = large_previews.next_without_large_preview()
    make = large_previews.run_isolated

    def remove_meanwhile(*arguments, **options):
        sha256 = make(*arguments, **options)
        Photo.objects.filter(pk=photo.pk).update(removed_at="2026-01-01T00:00Z")
        return sha256

    monkeypatch.setattr(large_previews, "run_isolated", remove_meanwhile)
    large_previews.add_large_preview(photo, lambda: False)
    assert stored()[photo.pk] == ""
    assert not photo.large_preview.path.exists()


def test_a_worker_that_is_stopped_leaves_the_photo_to_the_next(old_photos, work, monkeypatch):
    def stop(*arguments, **options):
        raise large_previews.Stopped

    with monkeypatch.context() as patch:
        patch.setattr(large_previews, "run_isolated", stop)
        with pytest.raises(large_previews.Stopped):
            large_previews.add_large_preview(large_previews.next_without_large_preview(), lambda: True)
    assert set(stored().values()) == {""}
