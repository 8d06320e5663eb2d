"""The photos' own files: kept for pictures at full size, once each, and deleted with the photo."""

import os

import pytest
from django.core.management import CommandError, call_command

from editing.photos.photo_error import PhotoError
from tests.webapp.site_files import originals_folder, previews_folder
from webapp.photos.decoding import NotSaved, SourceFile, decode
from webapp.photos.models import Photo
from webapp.photos.storing import NotStored, keep_original, remove, store
from webapp.studies.photos import add_photo


def kept():
    return {path.name for path in originals_folder().iterdir()} if originals_folder().exists() else set()


@pytest.fixture
def bare(study, photo_file):
    """A photo without its original."""
    return store(decode(SourceFile.read(photo_file(7)), previews_folder()))[0]


def test_it_works(bare, photo_file):
    keep_original(bare, SourceFile.read(photo_file(7)))
    photo = Photo.objects.get()
    assert photo.original_suffix == ".png"
    assert photo.original.path.read_bytes() == photo_file(7).read_bytes()
    assert kept() == {f"{photo.pk}.png"}


def test_it_is_kept_once_and_again_when_it_was_lost(bare, photo_file):
    keep_original(bare, SourceFile.read(photo_file(7)))
    first = bare.original.path.stat()
    keep_original(bare, SourceFile.read(photo_file(7)))
    assert bare.original.path.stat() == first
    bare.original.path.unlink()
    assert not bare.has_original
    keep_original(bare, SourceFile.read(photo_file(7)))
    assert bare.has_original


@pytest.mark.parametrize(
    ("name", "suffix"), [("UP.PNG", ".png"), ("shot.CR2", ".cr2"), ("shot", ".raw"), ("a.b ", ".raw")]
)
def test_its_suffix_tells_how_it_is_read_again(bare, photo_file, tmp_path, name, suffix):
    source = photo_file(7).rename(tmp_path / name)
    keep_original(bare, SourceFile.read(source))
    assert bare.original_suffix == suffix


def test_a_site_that_keeps_none_keeps_none(bare, photo_file, settings):
    settings.KEEP_ORIGINALS = False
    keep_original(bare, SourceFile.read(photo_file(7)))
    assert not bare.original_suffix
    assert not kept()


def test_a_photo_of_unknown_reading_keeps_none(bare, photo_file):
    bare.decoding = {"decoder": "of an agent's snapshot"}
    keep_original(bare, SourceFile.read(photo_file(7)))
    assert not kept()


def test_a_file_that_changed_meanwhile_is_not_kept(bare, photo_file, picture):
    source = SourceFile.read(photo_file(7))
    source.path.write_bytes(picture(8))
    with pytest.raises(NotStored, match="it changed while it was read"):
        keep_original(bare, source)
    assert not kept()
    assert not Photo.objects.get().original_suffix


def test_a_file_that_changed_before_it_is_decoded_is_refused(study, photo_file, picture):
    source = SourceFile.read(photo_file(7))
    source.path.write_bytes(picture(8))
    with pytest.raises(PhotoError, match="it changed while it was read"):
        decode(source, previews_folder())


def test_a_folder_that_cannot_be_written_to_is_one_line(bare, photo_file):
    originals_folder().touch()
    with pytest.raises(NotSaved, match=r"^no original can be saved in .*originals: "):
        keep_original(bare, SourceFile.read(photo_file(7)))


def test_removing_a_photo_that_nobody_played_deletes_it(photo, django_capture_on_commit_callbacks):
    assert kept()
    with django_capture_on_commit_callbacks(execute=True):
        remove(photo)
    assert not kept()
    assert not Photo.objects.get().original_suffix


def test_removing_a_photo_that_was_handed_in_keeps_it(player, photo, played, django_capture_on_commit_callbacks):
    player.send(photo, played)
    with django_capture_on_commit_callbacks(execute=True):
        remove(photo)
    assert photo.original.path.exists()


def test_a_photo_with_a_twin_in_play_loses_its_own_file_alone(
    study, photo_file, tmp_path, django_capture_on_commit_callbacks
):
    twin = tmp_path / "twin.png"
    twin.write_bytes(photo_file(7).read_bytes() + b"\0")
    photos = [add_photo(study, source).photo for source in (photo_file(7), twin)]
    assert photos[0].preview_sha256 == photos[1].preview_sha256
    with django_capture_on_commit_callbacks(execute=True):
        remove(photos[0])
    assert kept() == {f"{photos[1].pk}.png"}
    assert photos[0].preview.path.exists()


class TestImporting:
    @pytest.fixture
    def folder(self, tmp_path, picture):
        folder = tmp_path / "holiday"
        folder.mkdir()
        (folder / "beach.png").write_bytes(picture(1))
        return folder

    def test_it_is_kept_or_not_and_brought_by_a_later_import(self, study, folder):
        call_command("import_photos", folder, originals=False, processes=1)
        assert not kept()
        call_command("import_photos", folder, processes=1)
        assert kept() == {f"{Photo.objects.get().pk}.png"}

    def test_a_full_disk_ends_it_in_one_line_and_it_can_go_on(self, study, folder):
        originals_folder().parent.mkdir(parents=True, exist_ok=True)
        originals_folder().touch()
        with pytest.raises(CommandError, match=r"^no original can be saved in .*originals: .*run it again to go on$"):
            call_command("import_photos", folder, processes=1)
        originals_folder().unlink()
        call_command("import_photos", folder, processes=1)
        assert kept()
        assert study.playable.count() == 1

    def test_a_file_named_in_no_encoding_is_kept_too(self, study, folder):
        (folder / "beach.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
        call_command("import_photos", folder, processes=1)
        assert kept() == {f"{Photo.objects.get().pk}.png"}
