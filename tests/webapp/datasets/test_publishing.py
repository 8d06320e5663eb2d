"""A version on the desk, over the API and in public: what it passes before, how it is sent, who may watch samples."""

import base64
import hashlib
import io
import re
from copy import deepcopy

import pytest
from django.utils import timezone
from PIL import Image

from editing.formats.about import Publication, about
from editing.formats.datasheet import datasheet
from tests.webapp.conftest import Player, default_study, new_player
from tests.webapp.datasets.conftest import built_version, hand_in, names_in
from tests.webapp.desk.test_studies import post, text
from tests.webapp.site_files import made_of
from webapp.datasets.building import build
from webapp.datasets.choosing import Choice
from webapp.datasets.gate import checks
from webapp.datasets.models import DatasetVersion
from webapp.datasets.samples import SAMPLES, allows_adaptations
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.studies.members import Role
from webapp.studies.models import Participation
from webapp.studies.tokens import ApiToken
from webapp.studies.withdrawing import withdraw

CAST = ("researcher",)
EXPORTS = "/desk/studies/default/exports/"
VERSION = "/desk/studies/default/versions/1/"
TEXTS = {"description": "Five steps at most.", "licence": "CC BY 4.0", "doi": "10.5281/zenodo.1"}


@pytest.fixture
def owner(researcher):
    """Ada's browser: she owns the default study."""
    return researcher


@pytest.fixture(scope="class")
def crowd(made_once, played_once, cast):
    """Three more people, so that there are five, for all tests of a class."""
    with made_once():
        for _ in range(3):
            hand_in(new_player(), played_once.photos[0])
        yield


@pytest.fixture(scope="class")
def published_once(made_once, crowd, cast):
    """A version with a public page."""
    with made_once():
        version = built_version(default_study())
        publish(cast["researcher"].copy(), version)
        version.refresh_from_db()
        yield version


@pytest.fixture
def published(published_once, db):
    """That version."""
    return deepcopy(published_once)


def publish(owner, version):
    """Confirm all that is asked, and publish a version."""
    confirmed = [question.name for check in checks(version) for question in check.questions]
    answer = post(owner, f"{VERSION}publish/", confirmed=confirmed, **TEXTS)
    assert answer["Location"] == "/data/default/1/", text(answer)


class TestDesk:
    def test_it_is_asked_for_built_and_downloaded(self, owner, photos):
        form = {"kinds": ["human"], "statuses": ["submitted"], "leave_out": ["preview"], "smallest_cell": 5}
        assert post(owner, "/desk/studies/default/versions/ask/", **form)["Location"] == EXPORTS
        version = DatasetVersion.objects.get()
        assert "queued" in text(owner.get(EXPORTS))
        build(version.pk)
        version.refresh_from_db()
        assert Choice.from_json(version.choice).kinds == ("human",)
        assert "3 episodes" in text(owner.get("/desk/studies/default/versions/list/"))
        file = owner.get("/desk/studies/default/versions/1.zip")
        assert file["Content-Disposition"] == 'attachment; filename="default-v1.zip"'
        assert "default-v1/events.parquet" in names_in(file.getvalue())
        page = text(owner.get(VERSION))
        assert version.files["events.parquet"]["sha256"] in page
        assert "<dt>Leave out episodes</dt><dd>by researchers who tried the study</dd>" in page

    def test_one_that_failed_says_why_and_is_tried_again(self, owner, photos, make_version, settings):
        version = make_version()
        DatasetVersion.objects.update(state="failed", reason="The disk of the server is full.")
        version.file.path.unlink()
        assert "The disk of the server is full." in text(owner.get(EXPORTS))
        assert post(owner, f"{VERSION}retry/")["Location"] == EXPORTS
        build(version.pk)
        assert "3 episodes" in text(owner.get(EXPORTS))

    def test_few_people_cannot_be_published(self, owner, photos, make_version):
        make_version()
        answer = post(owner, f"{VERSION}publish/", **TEXTS)
        assert answer.status_code == 409
        assert "There are 2 people in all." in text(answer)

    def test_what_is_not_published_is_not_there(self, photos, make_version):
        make_version()
        assert Player().get("/data/default/1/").status_code == 404
        assert Player().get("/data/default/1/archive.zip").status_code == 404


class TestGate:
    def test_each_photo_is_confirmed_by_itself(self, owner, crowd, photos, make_version):
        version = make_version()
        asked = [question.name for check in checks(version) for question in check.questions]
        of_photos = [name for name in asked if name.startswith("photo-")]
        assert len(of_photos) == 2
        answer = post(owner, f"{VERSION}publish/", confirmed=[name for name in asked if name != of_photos[0]], **TEXTS)
        assert answer.status_code == 409
        assert "1 to be confirmed yet" in text(answer)

    def test_photos_without_a_licence_stand_against_it_in_one_sentence(self, owner, crowd, photos, make_version):
        without = {photo.name for photo in photos[:2]}
        Photo.objects.filter(name__in=without).update(licence="")
        version = make_version()
        (problem,) = [each for check in checks(version) for each in check.problems if "no licence" in each]
        names, *_ = problem.partition(" have no licence")
        assert set(names.split(", ")) == without

    def test_exact_devices_stand_against_it(self, owner, crowd, make_version):
        version = make_version(Choice(exact_device=True))
        assert any("exact sizes" in problem for check in checks(version) for problem in check.problems)

    def test_own_words_must_be_read(self, crowd, make_version):
        asked = [
            question.name for check in checks(make_version(Choice(free_text=True))) for question in check.questions
        ]
        assert "words" in asked

    def test_changes_after_the_opening_are_listed_here_and_in_the_datasheet(self, study, crowd, make_version, read):
        study.minutes = 7
        study.save()
        version = make_version()
        notes = [note for check in checks(version) for note in check.notes]
        assert "Day 0: minutes" in notes
        assert re.search("Yes. Day 0: .*minutes", datasheet(about(read(version), Publication())))

    def test_smaller_groups_need_a_reason_which_the_list_shows(self, owner, crowd):
        form = {"kinds": ["human"], "statuses": ["submitted"], "smallest_cell": 2}
        refused = post(owner, "/desk/studies/default/versions/ask/", **form)
        assert refused.status_code == 400
        assert "Say why groups of 2 are large enough: 5 is usual." in text(refused)
        assert not DatasetVersion.objects.exists()
        reason = "The board of our faculty agreed (2026-14)."
        post(owner, "/desk/studies/default/versions/ask/", **form, smallest_cell_reason=reason)
        build(DatasetVersion.objects.get().pk)
        assert f"Why groups of 2 are enough: {reason}" in text(owner.get(VERSION))

    def test_photos_whose_licence_forbids_adaptations_are_no_samples(self, owner, crowd, photos, make_version):
        Photo.objects.filter(pk=photos[0].pk).update(licence="CC BY-ND 4.0")
        version = make_version()
        publish(owner, version)
        version.refresh_from_db()
        shown = Episode.objects.filter(pk__in=version.samples).values_list("photo", flat=True)
        assert list(shown) == [photos[1].pk]

    def test_a_version_without_samples_has_no_such_section(self, owner, crowd, photos, make_version):
        Photo.objects.update(licence="CC BY-NC-ND 4.0")
        version = make_version()
        publish(owner, version)
        assert "<h2>Samples</h2>" not in text(Player().get("/data/default/1/"))


class TestPublic:
    def test_everybody_sees_the_page_and_can_download(self, published):
        stranger = Player()
        page = text(stranger.get("/data/default/1/"))
        for said in ("Five steps at most.", "CC BY 4.0", "https://doi.org/10.5281/zenodo.1", "Version 1"):
            assert said in page
        assert published.files["archive"]["sha256"] in page
        file = stranger.get("/data/default/1/archive.zip")
        assert hashlib.sha256(file.getvalue()).hexdigest() == published.files["archive"]["sha256"]

    def test_samples_replay_for_all_under_the_name_of_the_data(self, published, study):
        assert 0 < len(published.samples) <= SAMPLES
        names = set(Participation.objects.values_list("pseudonym", flat=True))
        for sample in published.samples:
            shown = Player().get(f"/api/episodes/{sample}/replay/")
            assert shown.status_code == 200
            assert shown.json()["player"] not in names
            assert len(shown.json()["player"]) == 32
            assert Player().get(f"/api/episodes/{sample}/replay/preview/").status_code == 200

    def test_samples_have_pictures_whose_alternative_texts_say_what_they_show(self, published):
        page = text(Player().get("/data/default/1/"))
        sample = published.samples[0]
        assert 'alt="picture 1.png, before any step"' in page
        assert re.search(r'alt="picture 1.png, after Exposure \+\d', page)
        assert "Photo: Ada, CC0 1.0; edited" in page
        for moment in ("before", "after"):
            answer = Player().get(f"/data/default/1/samples/{sample}-{moment}.webp")
            assert answer.status_code == 200
            assert Image.open(io.BytesIO(answer.getvalue())).size == (96, 64)
        other = Episode.objects.exclude(pk__in=published.samples).first().pk
        assert Player().get(f"/data/default/1/samples/{other}-after.webp").status_code == 404

    @pytest.mark.parametrize("change", [{"removed_at": timezone.now()}, {"licence": "CC BY-ND 4.0"}])
    def test_a_photo_that_is_removed_or_forbids_it_by_now_is_shown_no_more(self, published, change):
        sample = Episode.objects.get(pk=published.samples[0])
        assert Player().get(f"/data/default/1/samples/{sample.pk}-after.webp").getvalue()
        Photo.objects.filter(pk=sample.photo_id).update(**change)
        assert str(sample.pk) not in text(Player().get("/data/default/1/"))
        assert Player().get(f"/data/default/1/samples/{sample.pk}-after.webp").status_code == 404

    def test_each_file_is_downloaded_by_itself_with_its_checksum(self, published):
        page = text(Player().get("/data/default/1/"))
        for name, listed in published.files.items():
            if name == "archive":
                continue
            assert f'href="/data/default/1/files/{name}"' in page
            answer = Player().get(f"/data/default/1/files/{name}")
            assert hashlib.sha256(answer.getvalue()).hexdigest() == listed["sha256"]
            digest = base64.b64decode(answer["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":"))
            assert digest.hex() == listed["sha256"]
        for name in ("archive", "nothing.parquet", "..%2F2.zip"):
            assert Player().get(f"/data/default/1/files/{name}").status_code == 404

    def test_it_can_be_taken_down(self, owner, published):
        post(owner, f"{VERSION}publish/", down="yes")
        assert Player().get("/data/default/1/").status_code == 404
        assert made_of(published) == []
        assert Player().get(f"/api/episodes/{published.samples[0]}/replay/").status_code == 404

    def test_after_a_withdrawal_it_is_gone_and_names_what_follows(self, published, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            withdraw(Participation.objects.order_by("pk").last())
        assert made_of(published) == []
        for address in ("/data/default/1/", "/data/default/1/archive.zip", "/data/default/1/files/steps.parquet"):
            answer = Player().get(address)
            assert answer.status_code == 410
            assert "Version 2 follows it." in text(answer)
        assert published.files["archive"]["sha256"] in text(Player().get("/data/default/1/"))
        assert Player().get(f"/api/episodes/{published.samples[0]}/replay/").status_code == 404


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [("CC0 1.0", True), ("CC BY-SA 4.0", True), ("own work, ask Andy", True), ("", False), (" ", False)]
    + [(licence, False) for licence in ("CC BY-ND 4.0", "cc by-nc-nd", "Attribution-NoDerivatives", "CC BY ND")],
)
def test_a_photo_is_shown_edited_where_its_licence_allows_it(licence, allowed):
    assert allows_adaptations(licence) == allowed


class TestApi:
    @pytest.fixture
    def token(self, study, ada):
        """A viewer's token."""
        text = ApiToken.make(study, ada, "script", Role.EDITOR)[1]
        return {"Authorization": f"Bearer {text}"}

    def test_it_is_asked_for_and_read_by_token(self, owner, client, token, photos):
        url = "/api/studies/default/versions/"
        answer = client.post(url, {"choice": {"kinds": ["human"]}}, content_type="application/json", headers=token)
        assert answer.status_code == 202, answer.content
        assert answer.json()["state"] == "queued"
        assert client.get(f"{url}1/archive/", headers=token).status_code == 404
        build(DatasetVersion.objects.get().pk)
        told = client.get(f"{url}1/", headers=token).json()
        assert (told["state"], told["progress"], told["rows"]["episodes"]) == ("ready", 100, 3)
        assert [row["number"] for row in client.get(url, headers=token).json()] == [1]

    def test_a_download_that_broke_off_goes_on(self, owner, client, token, photos, make_version):
        version = make_version()
        url = "/api/studies/default/versions/1/archive/"
        first = client.get(url, headers=token | {"Range": "bytes=0-999"})
        rest = client.get(url, headers=token | {"Range": "bytes=1000-", "If-Range": first["ETag"]})
        assert (first.status_code, rest.status_code) == (206, 206)
        assert first.getvalue() + rest.getvalue() == version.file.path.read_bytes()

    def test_a_single_file_goes_on_where_it_broke_off(self, owner, client, token, photos, make_version):
        version = make_version()
        url = "/api/studies/default/versions/1/files/events.parquet"
        first = client.get(url, headers=token | {"Range": "bytes=0-999"})
        rest = client.get(url, headers=token | {"Range": "bytes=1000-", "If-Range": first["ETag"]})
        assert (first.status_code, rest.status_code) == (206, 206)
        content = first.getvalue() + rest.getvalue()
        assert hashlib.sha256(content).hexdigest() == version.files["events.parquet"]["sha256"]
        assert client.get(f"{url}.zip", headers=token).status_code == 404

    def test_of_who_has_withdrawn_it_is_gone(
        self, owner, client, token, photos, make_version, django_capture_on_commit_callbacks
    ):
        make_version()
        with django_capture_on_commit_callbacks(execute=True):
            withdraw(Participation.objects.order_by("pk").last())
        answer = client.get("/api/studies/default/versions/1/archive/", headers=token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
        assert "Version 2 follows it." in answer.json()["error"]["message"]

    def test_what_cannot_be_chosen_is_refused(self, owner, client, token, study):
        url = "/api/studies/default/versions/"
        for choice in ({"kinds": ["cats"]}, {"smallest_cell": 2}):
            answer = client.post(url, {"choice": choice}, content_type="application/json", headers=token)
            assert answer.status_code == 400
        assert not DatasetVersion.objects.exists()
