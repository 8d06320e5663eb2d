"""Photos that were read with the wrong options: seen at once, and decoded again until they are played."""

import io
from uuid import uuid4

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command

from editing.photos.preview import load_preview
from tests.webapp.site_files import previews_folder
from tests.webapp.test_import_photos import decode_in_process
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Study
from webapp.studies.photos import add_photo

CAST = ("researcher",)
LIGHT = 0.02  # linear, as dark photos are


@pytest.fixture
def linear_tiff(tmp_path):
    """A 16-bit TIFF of linear light that does not say so, as FiveK's are: read as sRGB it is nearly black."""
    path = tmp_path / "linear.tif"
    noise = np.random.default_rng(0).random((64, 96, 3)) * 0.01
    tifffile.imwrite(path, ((LIGHT + noise) * 65535).astype(np.uint16), photometric="rgb")
    return path


@pytest.fixture
def misread(study, linear_tiff):
    """The photo of that file, read as sRGB."""
    return add_photo(study, linear_tiff).photo


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """Decodes in this process: new ones take seconds to start."""
    decode_in_process(monkeypatch)


def mean_light(photo):
    return float(load_preview(photo.preview.path).mean())


class TestWarnings:
    def test_a_nearly_black_file_without_a_profile_is_warned_of_and_counted(self, study, linear_tiff, capsys):
        call_command("import_photos", linear_tiff)
        said = capsys.readouterr()
        assert f"{linear_tiff}: it is nearly black: 100 % of its pixels are below 1/255" in said.err
        assert "it has no profile (16 bits), and was taken as sRGB" in said.err
        assert "1 of them are nearly black" in said.out
        assert "1 of them have 16 bits or floating point and no profile" in said.out

    def test_what_is_declared_or_states_its_colours_is_not_warned_of(self, study, linear_tiff, photo_file, capsys):
        call_command("import_photos", linear_tiff, photo_file(1), transfer="linear")
        said = capsys.readouterr()
        assert "of them" not in said.out
        assert str(linear_tiff) not in said.err

    def test_floating_point_without_a_profile_is_warned_of(self, study, tmp_path, capsys):
        tifffile.imwrite(tmp_path / "float.tif", np.full((64, 96, 3), 0.3, np.float32), photometric="rgb")
        np.save(tmp_path / "light.npy", np.full((64, 96, 3), 0.2, np.float32))
        call_command("import_photos", tmp_path / "float.tif", tmp_path / "light.npy")
        said = capsys.readouterr()
        assert "float.tif: it has no profile (floating point), and was taken as linear light" in said.err
        assert "light.npy: it has no profile (float32), and was taken as linear light" in said.err

    def test_the_page_says_what_an_import_said(self, researcher, misread):
        assert (
            "Look: it is nearly black: 100 % of its pixels"
            in researcher.get("/desk/studies/default/photos/").content.decode()
        )


class TestContactSheet:
    def test_it_shows_each_photo_twice_and_what_is_said_of_it(self, study, linear_tiff, photo_file, tmp_path, capsys):
        broken, sheet = tmp_path / "a<b>.jpg", tmp_path / "sheet.html"
        broken.touch()
        with pytest.raises(CommandError, match="1 of 3"):
            call_command("import_photos", linear_tiff, photo_file(1), broken, sheet=sheet)
        page = sheet.read_text()
        assert page.count("data:image/webp;base64,") == 4
        assert "it is nearly black" in page
        assert "a&lt;b&gt;.jpg" in page
        assert "it is empty (0 bytes)" in page
        assert f"contact sheet: {sheet}" in capsys.readouterr().out

    @pytest.mark.parametrize("name", ["sheet.jpg", "nowhere/sheet.html"])
    def test_another_kind_of_file_is_refused_before_anything_is_imported(self, study, linear_tiff, tmp_path, name):
        with pytest.raises(CommandError, match=r"ends in \.html"):
            call_command("import_photos", str(linear_tiff), f"--sheet={tmp_path / name}")
        assert not Photo.objects.exists()


class TestByCommand:
    def test_an_unplayed_photo_is_decoded_again_with_other_options(
        self, study, misread, linear_tiff, capsys, django_capture_on_commit_callbacks
    ):
        before = misread.preview.path
        with django_capture_on_commit_callbacks(execute=True):
            call_command("import_photos", linear_tiff, again=True, transfer="linear")
        assert "1 decoded again" in capsys.readouterr().out
        photo = study.playable.get()
        assert mean_light(photo) == pytest.approx(LIGHT + 0.005, rel=0.02)
        assert photo.decoding["options"] == {"transfer": "linear", "primaries": "auto"}
        assert list(previews_folder().iterdir()) == [photo.preview.path]
        assert before != photo.preview.path

    def test_without_being_asked_it_stays_and_the_way_is_said(self, misread, linear_tiff, capsys):
        call_command("import_photos", linear_tiff, transfer="linear")
        assert "nobody has played it: it can be decoded again" in capsys.readouterr().err
        misread.refresh_from_db()
        assert mean_light(misread) < 0.01

    @pytest.mark.parametrize("how", ["opened", "played"])
    def test_one_that_was_played_or_begun_stays_with_the_reason(
        self, misread, linear_tiff, player, request, capsys, how
    ):
        player.send(misread, request.getfixturevalue(how))
        call_command("import_photos", linear_tiff, again=True, transfer="linear")
        said = capsys.readouterr()
        assert "people have played it, so that it is not decoded again" in said.err
        assert "1 here already" in said.out
        misread.refresh_from_db()
        assert mean_light(misread) < 0.01

    def test_a_removed_photo_that_nobody_played_comes_back_as_it_is_decoded_now(
        self, study, misread, linear_tiff, django_capture_on_commit_callbacks
    ):
        from webapp.photos.storing import remove

        with django_capture_on_commit_callbacks(execute=True):
            remove(misread)
        call_command("import_photos", linear_tiff, again=True, transfer="linear")
        assert mean_light(study.playable.get()) > 0.01


class TestByPage:
    @pytest.fixture
    def decode_again(self, researcher):
        """Asks for it as the page does."""

        def ask(photo, browser=researcher, **options):
            return browser.post(f"/api/studies/default/photos/{photo.pk}/", options)

        return ask

    def test_it_works(self, researcher, decode_again, misread, django_capture_on_commit_callbacks):
        assert 'class="button again"' in researcher.get("/desk/studies/default/photos/").content.decode()
        first = researcher.get(f"/photos/{misread.pk}/bright.webp")
        first_picture = first.getvalue()
        address = next_address(misread)
        with django_capture_on_commit_callbacks(execute=True):
            answer = decode_again(misread, transfer="linear")
        assert (answer.status_code, answer.json()["outcome"], answer.json()["note"]) == (200, "replaced", "")
        misread.refresh_from_db()
        assert misread.name == "linear.tif"
        assert mean_light(misread) > 0.01
        again = researcher.get(f"/photos/{misread.pk}/bright.webp", headers={"If-None-Match": first["ETag"]})
        assert again.getvalue() != first_picture
        unchanged = researcher.get(f"/photos/{misread.pk}/bright.webp", headers={"If-None-Match": again["ETag"]})
        assert unchanged.status_code == 304
        assert next_address(misread) != address

    def test_one_that_was_played_is_refused_with_the_reason(
        self, researcher, decode_again, misread, player, played, refused
    ):
        player.send(misread, played)
        answer = decode_again(misread, transfer="linear")
        assert refused(answer) == (409, "conflict")
        assert "people have played it" in answer.json()["error"]["message"]
        page = researcher.get("/desk/studies/default/photos/").content.decode()
        assert "Played: it stays as it is." in page
        assert 'class="button again"' not in page

    def test_the_shipped_agents_play_goes_and_is_played_anew(self, decode_again, misread, study):
        agent = Participant.objects.create(pseudonym="agent:pretrained", kind="agent")
        fields = {"study": study, "photo": misread, "status": "submitted", "contract_version": 1}
        Episode.objects.create(id=uuid4(), participant=agent, started=misread.added, **fields)
        assert decode_again(misread, transfer="linear").status_code == 200
        assert not Episode.objects.exists()

    def test_the_play_of_an_agent_of_ones_own_is_play(self, decode_again, misread, study, refused):
        agent = Participant.objects.create(pseudonym="agent:first", kind="agent")
        fields = {"study": study, "photo": misread, "status": "submitted", "contract_version": 1}
        Episode.objects.create(id=uuid4(), participant=agent, started=misread.added, **fields)
        assert refused(decode_again(misread, transfer="linear")) == (409, "conflict")

    @pytest.mark.parametrize("harm", ["lost", "damaged", "never kept"])
    def test_without_its_own_file_the_way_is_said(self, decode_again, misread, refused, harm):
        if harm == "lost":
            misread.original.path.unlink()
        elif harm == "damaged":
            misread.original.path.write_bytes(b"no photo")
        else:
            Photo.objects.update(original_suffix="")
        answer = decode_again(misread, transfer="linear")
        assert refused(answer) == (409, "conflict")
        assert "add the file once more" in answer.json()["error"]["message"]
        assert Photo.objects.count() == 1

    def test_an_upload_of_the_file_decodes_it_again_if_so_asked(self, researcher, misread, linear_tiff, study):
        token = researcher.client.cookies["csrftoken"].value
        for again, outcome in (("false", "known"), ("true", "replaced")):
            form = {"file": io.BytesIO(linear_tiff.read_bytes()), "transfer": "linear", "again": again}
            form["file"].name = "linear.tif"
            answer = researcher.client.post("/api/photos/", form, headers={"X-CSRFToken": token})
            assert answer.json()["outcome"] == outcome
        assert mean_light(study.playable.get()) > 0.01

    def test_options_that_the_file_cannot_have_are_refused(self, decode_again, misread, refused):
        assert refused(decode_again(misread, transfer="gamma")) == (400, "malformed")

    def test_players_cannot(self, decode_again, misread, player, refused):
        assert refused(decode_again(misread, player, transfer="linear")) == (403, "forbidden")

    def test_a_photo_of_another_study_is_not_found(self, decode_again, misread, refused):
        Study.objects.create(slug="other", title="Other", state="open")
        misread.studies.clear()
        assert refused(decode_again(misread, transfer="linear")) == (404, "not_found")


def next_address(photo):
    """Where browsers find its preview."""
    from webapp.studies.api import PhotoSerializer

    return PhotoSerializer(photo).data["preview_url"]
