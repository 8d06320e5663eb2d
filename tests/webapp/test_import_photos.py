"""manage.py import_photos, and the decoding of many photos behind it."""

import os
import shutil

import pytest
from django.core.management import CommandError, call_command

from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO
from tests.webapp.crashing_photos import Bomb, Bystander
from tests.webapp.site_files import previews_folder
from webapp.photos import decoding
from webapp.photos.decoding import Decoded, SourceFile, decode_all
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.models import Study


@pytest.fixture
def folder(tmp_path, picture):
    """Two photos, one of them further down."""
    folder = tmp_path / "holiday"
    (folder / "day two").mkdir(parents=True)
    (folder / "beach.png").write_bytes(picture(1))
    (folder / "day two" / "harbour.png").write_bytes(picture(2))
    return folder


def decode_in_process(monkeypatch):
    """Let imports decode in this process: new ones take seconds to start."""

    def decode_here(sources, previews, options, processes):
        for source in sources:
            try:
                yield source, decoding.decode(source, previews, options)
            except PhotoError as error:
                yield source, error

    def compare_here(readings, processes):
        for source, preview, stored in readings:
            yield source, decoding._difference((source, preview, stored))

    monkeypatch.setattr("webapp.studies.photos.decode_all", decode_here)
    monkeypatch.setattr("webapp.studies.photos.compare_all", compare_here)


@pytest.fixture
def in_process(monkeypatch):
    """Decodes in this process."""
    decode_in_process(monkeypatch)


def test_it_works(study, folder, capsys):
    call_command("import_photos", folder, licence="CC0 1.0", attribution="Ada", processes=1)
    assert sorted(study.playable.values_list("name", "licence", "attribution")) == [
        ("beach.png", "CC0 1.0", "Ada"),
        ("harbour.png", "CC0 1.0", "Ada"),
    ]
    assert all(photo.preview.path.is_file() for photo in Photo.objects.all())
    assert "2 added; the study 'default' has 2 photos" in capsys.readouterr().out


@pytest.mark.usefixtures("in_process", "study")
class TestRunAgain:
    def test_the_same_photos_under_any_name_are_imported_once(self, folder, capsys):
        call_command("import_photos", folder)
        shutil.copy(folder / "beach.png", folder / "copy of beach.png")
        call_command("import_photos", folder)
        assert Photo.objects.count() == 2
        assert "3 here already" in capsys.readouterr().out

    def test_an_import_goes_on_where_it_stopped(self, folder, capsys):
        call_command("import_photos", folder / "beach.png")
        call_command("import_photos", folder)
        assert "1 added, 1 here already" in capsys.readouterr().out

    def test_other_options_for_a_known_photo_are_said_and_not_taken(self, folder, capsys):
        call_command("import_photos", folder)
        before = sorted(Photo.objects.values_list("preview_sha256", flat=True))
        call_command("import_photos", folder, transfer="linear")
        assert "beach.png: it is here already, imported with --transfer auto" in capsys.readouterr().err
        assert sorted(Photo.objects.values_list("preview_sha256", flat=True)) == before

    def test_a_known_photo_can_join_another_study(self, folder):
        call_command("import_photos", folder)
        other = Study.objects.create(slug="other", title="Other", state="open")
        call_command("import_photos", folder, study="other")
        assert other.playable.count() == 2

    def test_a_licence_fills_what_was_not_stated(self, folder, capsys):
        call_command("import_photos", folder / "beach.png")
        call_command("import_photos", folder, licence="CC0 1.0")
        call_command("import_photos", folder, licence="CC BY 4.0")
        assert set(Photo.objects.values_list("licence", flat=True)) == {"CC0 1.0"}
        assert "beach.png: its licence 'CC0 1.0' stayed as before" in capsys.readouterr().err

    def test_a_removed_photo_comes_back(self, folder, study):
        call_command("import_photos", folder)
        remove(Photo.objects.get(name="beach.png"))
        call_command("import_photos", folder)
        assert study.playable.count() == 2

    def test_a_photo_whose_preview_is_lost_comes_back(self, folder):
        call_command("import_photos", folder)
        lost = Photo.objects.get(name="beach.png").preview.path
        lost.unlink()
        call_command("import_photos", folder)
        assert lost.is_file()

    def test_a_file_name_that_is_no_text_is_imported_with_one_that_is(self, folder, capsys):
        (folder / "beach.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
        (folder / os.fsdecode(b"bro\xe9.png")).touch()
        with pytest.raises(CommandError, match="1 of 3"):
            call_command("import_photos", folder)
        assert Photo.objects.filter(name="caf\ufffd.png").exists()
        assert f"not imported {folder}/bro\ufffd.png: it is empty" in capsys.readouterr().err

    def test_an_interruption_keeps_what_is_done_and_says_how_to_go_on(self, folder, study, monkeypatch):
        from webapp.photos import storing
        from webapp.studies import photos

        def store_one(*args, **kwargs):
            if Photo.objects.exists():
                raise KeyboardInterrupt
            return storing.store(*args, **kwargs)

        monkeypatch.setattr(photos, "store", store_one)
        with pytest.raises(CommandError, match=r"interrupted: 1 added.*run it again") as interrupted:
            call_command("import_photos", folder)
        assert interrupted.value.returncode == 130
        assert study.playable.get().preview.path.is_file()


@pytest.mark.usefixtures("in_process")
class TestStoredBefore:
    """Photos that were read by an older version of the reading."""

    def test_those_that_would_be_read_otherwise_are_named_and_counted_and_stay_as_they_are(
        self, store_as_before, folder, capsys
    ):
        other, photo = store_as_before()
        alike, _ = store_as_before(reads_alike=True)
        before = photo.preview_sha256
        for _ in range(2):  # the second time, it is known
            call_command("import_photos", other, alike, folder / "beach.png")
            said = capsys.readouterr()
            assert f"{other}: it would be read otherwise by now (it was by version 1), and stays as it is" in said.err
            assert str(alike) not in said.err
            assert "1 of them would be read otherwise by now" in said.out
        photo.refresh_from_db()
        assert photo.preview_sha256 == before

    def test_each_is_read_once_more_to_be_compared_and_not_again(self, store_as_before, monkeypatch):
        paths = [store_as_before(reads_alike=alike)[0] for alike in (True, False)]
        compared = []
        compare = decoding._difference
        monkeypatch.setattr(decoding, "_difference", lambda reading: compared.append(reading) or compare(reading))
        for _ in range(2):
            call_command("import_photos", *paths)
        assert len(compared) == 2

    def test_one_that_would_be_refused_by_now_is_named_with_the_reason(self, store_as_before, monkeypatch, capsys):
        path, _ = store_as_before()
        damaged = PhotoError(f"{path.name}: its tiles are damaged")
        monkeypatch.setattr(decoding, "_difference", lambda _: damaged)
        call_command("import_photos", path)
        assert f"{path}: it would be refused by now: its tiles are damaged" in capsys.readouterr().err

    def test_the_comparison_of_many_is_made_by_processes(self, store_as_before):
        pairs = [store_as_before(reads_alike=alike) for alike in (True, False)]
        readings = [(SourceFile.read(path), photo.preview.path, photo.reading) for path, photo in pairs]
        results = {source.path: result for source, result in decoding.compare_all(readings, 2)}
        assert results[pairs[0][0]] is None
        assert isinstance(results[pairs[1][0]], decoding.ReadOtherwise)


@pytest.mark.usefixtures("in_process", "study")
class TestRefusals:
    def test_each_file_that_cannot_be_read_has_a_line_and_the_others_are_imported(self, folder, study, capsys):
        (folder / "broken.jpg").touch()
        (folder / "text.CR2").write_text("no photo")
        with pytest.raises(CommandError, match="2 of 4 files could not be imported"):
            call_command("import_photos", folder)
        said = capsys.readouterr().err
        assert f"not imported {folder}/broken.jpg: it is empty (0 bytes)" in said
        assert f"not imported {folder}/text.CR2: " in said
        assert study.playable.count() == 2

    def test_a_name_that_looks_like_markup_does_no_harm(self, folder, capsys):
        (folder / "[bold]odd[-red].jpg").touch()
        with pytest.raises(CommandError):
            call_command("import_photos", folder)
        assert "[bold]odd[-red].jpg" in capsys.readouterr().err

    def test_a_folder_without_photos(self, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(CommandError, match="no photos in"):
            call_command("import_photos", tmp_path / "empty")

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match="there is no such file or folder"):
            call_command("import_photos", tmp_path / "nowhere")

    def test_a_licence_longer_than_its_field(self, folder):
        with pytest.raises(CommandError, match=r"^--licence has 201 characters, the limit is 200$"):
            call_command("import_photos", folder, licence="x" * 201)

    def test_previews_that_cannot_be_saved_end_it_in_one_line(self, folder, settings):
        settings.DATA_DIR.mkdir(exist_ok=True)
        previews_folder().touch()
        with pytest.raises(CommandError, match=r"^no preview can be saved in .*previews: .*: 0 added; .* run it again"):
            call_command("import_photos", folder)
        assert not Photo.objects.exists()

    def test_an_unknown_study(self, folder):
        with pytest.raises(CommandError, match="there is no study 'nope': name one of default"):
            call_command("import_photos", folder, study="nope")


@pytest.fixture
def bomb(tmp_path):
    """A photo that kills the process that is to decode it."""
    bomb = Bomb("bomb.dng")
    bomb.deaths = tmp_path / "deaths"
    return bomb


def decoded(paths, processes):
    """What became of each path, on processes of their own."""
    sources = [SourceFile.read(path) if path.exists() else SourceFile(path, "", None) for path in paths]
    return {source.path: result for source, result in decode_all(sources, previews_folder(), AUTO, processes)}


@pytest.mark.long
def test_photos_beside_one_that_kills_its_decoder_are_decoded_all_the_same(folder, bomb):
    bystander = Bystander(folder / "beach.png")
    bystander.deaths = bomb.deaths
    paths = [bystander, bomb, folder / "day two" / "harbour.png"]
    results = decoded(paths, processes=2)
    assert "crashed" in str(results.pop(bomb))
    assert set(results) == {paths[0], paths[2]}
    assert all(isinstance(result, Decoded) for result in results.values())


def test_a_photo_that_kills_its_decoder_when_alone_is_not_tried_again(folder, bomb):
    paths = [bomb, folder / "beach.png"]
    results = decoded(paths, processes=1)
    assert "crashed" in str(results[bomb])
    assert isinstance(results[paths[1]], Decoded)
    assert bomb.deaths.read_text() == "x"
