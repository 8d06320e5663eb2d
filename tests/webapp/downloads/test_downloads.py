"""/api/episodes/{uuid}/downloads/: finished pictures at full size, developed by a real worker."""

import hashlib
import io
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
import tifffile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.decoding import read_photo
from editing.photos.read_options import ReadOptions
from editing.rendering.writing import Output
from tests.webapp.conftest import BRIGHTER, write_events
from tests.webapp.downloads.downloading import ask, fetched, forget_jobs, jobs, reason, states, url
from tests.webapp.site_files import downloads_folder
from webapp.downloads.models import FILES, Download
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.models import Study
from webapp.studies.photos import add_photo, take_out

STEPS = [Step("exposure", {"ev": 1.5}), Step("contrast", {"amount": 0.25})]


class TestMaking:
    def test_it_works(self, player, finished, photo_file, work):
        asked = ask(player, finished)
        assert asked.status_code == 202
        assert asked.json() == {"format": "jpeg", "state": "queued", "reason": "", "url": None}
        work()
        answer = player.get(url(finished)).json()
        assert (answer["offered"], answer["reason"]) == (True, "")
        assert answer["downloads"] == [
            {"format": "jpeg", "state": "ready", "reason": "", "url": f"{url(finished)}jpeg/"}
        ]
        response = player.get(answer["downloads"][0]["url"])
        assert response["Content-Type"] == "image/jpeg"
        name = f"photo-{hashlib.sha256(photo_file(1).read_bytes()).hexdigest()[:8]}.jpg"
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert "private" in response["Cache-Control"]
        picture = Image.open(io.BytesIO(b"".join(response.streaming_content)))
        assert (picture.format, picture.size) == ("JPEG", (96, 64))
        assert not jobs().exists()

    @pytest.mark.long
    def test_two_formats_are_two_files_of_the_picture_that_was_handed_in(self, player, finished, photo_file, work):
        for file_format in ("tiff16", "png16"):
            ask(player, finished, file_format)
        work()
        assert states(player, finished) == {"tiff16": "ready", "png16": "ready"}
        wanted = apply_steps(read_photo(photo_file(1)).pixels, STEPS).clip(0, 1)
        found = tifffile.imread(io.BytesIO(fetched(player, finished, "tiff16"))) / 65535
        assert np.max(np.abs(found - wanted)) < 1e-3
        assert Image.open(io.BytesIO(fetched(player, finished, "png16"))).format == "PNG"

    def test_a_photo_is_read_again_as_it_was_read_at_first(self, work, player, study, photo_file, played):
        study.allow_downloads, study.agent = True, ""
        study.save()
        photo = add_photo(study, photo_file(3), ReadOptions("linear", "srgb")).photo
        player.send(photo, played)
        ask(player, played, "tiff16")
        work()
        wanted = apply_steps(read_photo(photo_file(3), ReadOptions("linear", "srgb")).pixels, STEPS).clip(0, 1)
        found = tifffile.imread(io.BytesIO(fetched(player, played, "tiff16"))) / 65535
        assert np.max(np.abs(found - wanted)) < 1e-3

    def test_asking_twice_gives_one_job_and_one_file(self, player, finished, work):
        assert [ask(player, finished).status_code for _ in range(2)] == [202, 202]
        assert jobs().filter(status="todo").count() == 1
        work()
        made = Download.objects.get().file.path.stat()
        assert ask(player, finished).status_code == 200
        work()
        assert Download.objects.get().file.path.stat() == made

    @pytest.mark.long
    def test_a_file_that_was_lost_is_made_again(self, player, finished, work, refused):
        ask(player, finished)
        work()
        Download.objects.get().file.path.unlink()
        assert refused(player.get(f"{url(finished)}jpeg/")) == (410, "expired")
        assert player.get(url(finished)).json()["downloads"] == []
        assert ask(player, finished).status_code == 202
        work()
        assert fetched(player, finished)

    def test_the_formats_are_those_that_can_be_developed(self):
        assert list(FILES) == Download.Format.values
        assert {name: Output(name).suffix for name in FILES} == {name: suffix for name, (suffix, _) in FILES.items()}


class TestWho:
    def test_a_researcher_has_every_episode_and_another_player_finds_none(
        self, player, other_player, stranger, researcher, finished, work, refused
    ):
        assert ask(researcher, finished).status_code == 202
        work()
        assert fetched(researcher, finished) == fetched(player, finished)
        for visitor in (other_player, stranger):
            assert refused(ask(visitor, finished)) == (404, "not_found")
            assert refused(visitor.get(url(finished))) == (404, "not_found")
            assert refused(visitor.get(f"{url(finished)}jpeg/")) == (404, "not_found")

    def test_an_unknown_episode_or_format_is_refused(self, player, finished, refused):
        assert refused(player.get(f"/api/episodes/{uuid4()}/downloads/")) == (404, "not_found")
        assert refused(ask(player, finished, "gif")) == (400, "malformed")
        assert refused(player.get(f"{url(finished)}gif/")) == (404, "not_found")
        assert refused(player.get(f"{url(finished)}jpeg/")) == (404, "not_found")

    def test_asking_needs_the_csrf_token(self, player, finished, refused):
        player.client.cookies["csrftoken"] = ""
        assert refused(ask(player, finished)) == (403, "csrf_failed")

    def test_too_many_requests_are_throttled(self, player, finished, refused, monkeypatch):
        monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"download": "1/min"})
        assert ask(player, finished).status_code == 202
        assert refused(ask(player, finished)) == (429, "throttled")


def no_downloads(photo):
    Study.objects.update(allow_downloads=False)


def photo_taken_out(photo):
    take_out(Study.objects.get(), photo)


def no_original(photo):
    Photo.objects.update(original_suffix="")


def original_lost(photo):
    photo.original.path.unlink()


REASONS = {
    no_downloads: (403, "no_downloads", "does not offer"),
    photo_taken_out: (410, "photo_removed", "withdrawn"),
    no_original: (409, "no_original", "not its original"),
    original_lost: (410, "original_lost", "missing on the server"),
}


class TestNotOffered:
    def test_it_says_why(self, player, photo, finished, work, refused):
        ask(player, finished)
        work()
        original = photo.original.path.read_bytes()
        for change, (status, code, word) in REASONS.items():
            with transaction.atomic():
                change(photo)
                answer = player.get(url(finished)).json()
                assert (answer["offered"], answer["downloads"]) == (False, []), change
                assert word in answer["reason"]
                assert refused(ask(player, finished)) == (status, code)
                assert refused(player.get(f"{url(finished)}jpeg/")) == (status, code)
                transaction.set_rollback(True)
            photo.original.path.write_bytes(original)
            assert player.get(url(finished)).json()["offered"]

    @pytest.mark.parametrize(
        "change",
        [
            photo_taken_out,
            original_lost,
            *(pytest.param(change, marks=pytest.mark.long) for change in (no_downloads, no_original)),
        ],
    )
    def test_what_changes_while_it_waits_is_the_reason_why_it_failed(self, player, photo, finished, work, change):
        ask(player, finished)
        change(photo)
        work()
        # A removed photo leaves nothing of itself.
        assert (change is photo_taken_out) == (not Download.objects.exists())
        if Download.objects.exists():
            assert REASONS[change][2] in reason()
        assert not downloads_folder().exists() or not list(downloads_folder().iterdir())

    def test_an_open_episode_has_none(self, player, study, photo, opened, refused):
        study.allow_downloads = True
        study.save()
        player.send(photo, opened)
        assert refused(ask(player, opened)) == (409, "not_submitted")

    def test_play_with_other_filters_has_none(self, player, finished, refused, new_version):
        new_version()
        assert refused(ask(player, finished)) == (409, "other_version")

    def test_a_removed_photo_takes_its_downloads_along(self, player, photo, finished, work):
        ask(player, finished)
        work()
        path = Download.objects.get().file.path
        assert path.exists()
        remove(photo)
        assert not Download.objects.exists()
        assert not path.exists()


def test_who_has_too_many_under_way_is_asked_to_wait(player, finished, work, settings, refused):
    settings.DOWNLOADS_AT_ONCE = 1
    assert ask(player, finished).status_code == 202
    assert ask(player, finished).status_code == 202  # the same one
    response = ask(player, finished, "png16")
    assert refused(response) == (429, "quota")
    assert "1 of your pictures" in response.json()["error"]["message"]
    assert response["Retry-After"] == "60"
    assert states(player, finished) == {"jpeg": "queued"}
    work()
    assert ask(player, finished, "png16").status_code == 202


@pytest.mark.long
def test_nobody_asks_for_more_than_a_days_quota(player, finished, work, settings, refused, researcher):
    settings.DOWNLOADS_PER_DAY = 1
    ask(player, finished)
    work()
    assert refused(ask(player, finished, "png16")) == (429, "quota")
    assert states(player, finished) == {"jpeg": "ready"}, (
        player.get(url(finished)).json(),
        list(Download.objects.values()),
    )
    assert ask(player, finished).status_code == 200
    assert ask(researcher, finished, "png16").status_code == 202
    Download.objects.update(asked=timezone.now() - timedelta(days=1, minutes=1))
    assert ask(player, finished, "tiff16").status_code == 202


def test_everybodys_first_goes_before_anybodys_second(player, other_player, finished, photo):
    theirs = write_events(*BRIGHTER, ("submit", {}))
    assert other_player.send(photo, theirs).status_code == 200
    for file_format in ("jpeg", "png16", "tiff16"):
        ask(player, finished, file_format)
    ask(other_player, theirs)
    rows = {row.job: (row.episode.participant_id, row.format) for row in Download.objects.all()}
    turns = [rows[job.pk] for job in jobs().order_by("-priority", "pk")]
    mine, other = (str(each["episode"]) for each in (finished[0], theirs[0]))
    first = {str(row.episode_id): row.episode.participant_id for row in Download.objects.all()}
    assert turns == [(first[mine], "jpeg"), (first[other], "jpeg"), (first[mine], "png16"), (first[mine], "tiff16")]
    forget_jobs()
