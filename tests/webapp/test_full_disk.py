"""A disk without room: uploads and thumbnails say so, health says what is wrong, and nothing is left by halves."""

import errno
import logging
import logging.config
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from tests.webapp.site_files import originals_folder, previews_folder
from webapp.http.disk_full import is_disk_full
from webapp.photos.leftovers import delete_leftovers
from webapp.photos.models import Photo


class Disk:
    """A disk of 2 MB that holds DATA_DIR and the folder of uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, leaving: int = 0) -> None:
        """Leave so many bytes of room."""
        with (self.folder / "ballast").open("wb", buffering=0) as file:
            with suppress(OSError):
                while True:
                    file.write(b"\0" * 4096)
            file.truncate(max(0, file.tell() - leaving))

    def files(self) -> set[str]:
        """The names of what lies there, but for what locks."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.parent.name != "decoding")
        return {path.name for path in paths} - {"ballast"}


@pytest.fixture
def disk(settings, tmp_path):
    """A small tmpfs, which only root can mount; the tests of one place below need none."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True).returncode != 0:
        pytest.skip("needs root, and the right to mount a tmpfs")
    try:
        settings.DATA_DIR = folder
        settings.FILE_UPLOAD_TEMP_DIR = folder / "uploads"
        settings.FILE_UPLOAD_TEMP_DIR.mkdir()
        yield Disk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def upload(study, picture):
    """Sends a picture of 18 kB as a browser's page does; its preview takes 37 kB."""

    def send(browser, seed=1):
        token = browser.client.cookies["csrftoken"].value
        data = {"file": SimpleUploadedFile("evening.png", picture(seed))}
        return browser.client.post("/api/photos/", data, headers={"X-CSRFToken": token})

    return send


def test_a_session_that_postgres_has_no_room_for_is_none_that_was_deleted(player, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("could not extend file") from psycopg.errors.DiskFull("No space left on device")

    player.client.raise_request_exception = False
    monkeypatch.setattr(Session, "save", fail)
    answer = player.join()
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "not_saved")


@pytest.mark.parametrize(
    "leaving",
    [
        pytest.param(0, id="the upload", marks=pytest.mark.long),
        pytest.param(32 << 10, id="its preview", marks=pytest.mark.long),
        pytest.param(72 << 10, id="its original"),
    ],
)
def test_an_upload_without_room_says_so_and_leaves_nothing(
    disk, researcher, upload, refused, study, caplog, leaving, django_capture_on_commit_callbacks
):
    disk.fill(leaving)
    with django_capture_on_commit_callbacks(execute=True):
        assert refused(upload(researcher)) == (507, "not_saved")
    assert study.playable.count() == 0
    assert not Photo.objects.filter(removed_at=None).exists()
    assert disk.files() == set()
    assert len([record for record in caplog.records if record.name.startswith("webapp")]) == 1
    assert all(record.exc_info is None for record in caplog.records)
    disk.fill(1 << 20)
    assert upload(researcher).status_code in (200, 201)
    assert study.playable.count() == 1


def test_health_says_that_nothing_can_be_saved(disk, client, db):
    assert client.get("/healthz").status_code == 200
    disk.fill()
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (507, b"Nothing can be saved: No space left on device\n")


def without_room(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_thumbnail_without_room_says_so(researcher, photo, monkeypatch):
    researcher.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("editing.files.os.fsync", without_room)  # where each file is finished that is written whole
        response = researcher.get(f"/photos/{photo.pk}/game.webp")
    assert response.status_code == 507
    assert "its disk is full" in response.content.decode()
    assert list((previews_folder().parent / "thumbnails").iterdir()) == []
    again = researcher.get(f"/photos/{photo.pk}/game.webp")
    assert again.status_code == 200
    again.close()


def test_the_log_has_one_line_on_a_full_disk(settings):
    handler = settings.LOGGING["handlers"]["console"]
    filters = [
        logging.config.DictConfigurator(settings.LOGGING).configure_filter(settings.LOGGING["filters"][name])
        for name in handler["filters"]
    ]
    try:
        without_room()
    except OSError as error:
        failure = (OSError, error, error.__traceback__)
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error: %s", ("/a\nb",), failure)
    assert all(each.filter(record) for each in filters)
    assert record.getMessage() == ("The disk is full ([Errno 28] No space left on device): Internal Server Error: /a b")
    assert record.exc_info is None
    answered = logging.LogRecord("django.request", logging.ERROR, "", 0, "Insufficient Storage: /", (), None)
    answered.status_code = 507
    assert not all(each.filter(answered) for each in filters)


def test_other_errors_are_no_full_disk():
    assert not is_disk_full(None)
    assert not is_disk_full(FileNotFoundError(errno.ENOENT, "gone"))
    assert not is_disk_full(ValueError())


def test_what_killed_uploads_have_left_is_deleted_after_a_day(settings, photo):
    two_days_ago = time.time() - 2 * 24 * 3600
    uploads = Path(settings.FILE_UPLOAD_TEMP_DIR)
    leftovers = [
        uploads / "tmpabc.upload.png",
        uploads / "tmpfolder" / "evening.dng",
        previews_folder() / ".a.npy.0123.unfinished",
        Path(settings.DATA_DIR) / "scratch" / "tmpabc" / "b.npy",
        originals_folder() / ".c.raw.0123.unfinished",
    ]
    for path in leftovers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    delete_leftovers()
    assert all(path.exists() for path in leftovers)
    for path in [*leftovers, *(path.parent for path in leftovers[1:4:2]), photo.preview.path, photo.original.path]:
        os.utime(path, (two_days_ago, two_days_ago))
    delete_leftovers()
    assert not any(path.exists() for path in leftovers)
    assert list(uploads.iterdir()) == []
    assert photo.has_preview
    assert photo.has_original
