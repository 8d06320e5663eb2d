"""The page of the desk that says how the site itself is."""

from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from webapp.backups.models import BackupRun, note
from webapp.desk.health import conditions


@pytest.fixture(autouse=True)
def _server(settings, study):
    """A server that has been up for a while: a worker, a backup and a drill."""
    settings.SITE_URL = "https://lab.example"
    settings.DATA_DIR.mkdir(exist_ok=True)
    beat(timedelta())
    for kind in BackupRun.Kind:
        note(kind, "2026-11-29T03-30-12Z")


Usage = namedtuple("Usage", "total used free")


def beat(ago):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [timezone.now() - ago])


def wrong():
    return {condition.name: condition.meaning for condition in conditions() if condition.meaning}


def text(response):
    return response.content.decode()


def test_where_all_is_well_it_says_so(researcher):
    page = text(researcher.get("/desk/health/"))
    assert "last done" in page
    assert "GB free" in page
    assert "problems" not in page
    assert "Something is wrong" not in text(researcher.get("/desk/"))


def test_what_is_wrong_is_said_on_the_desk_with_what_it_means(researcher, monkeypatch):
    beat(timedelta(minutes=5))
    monkeypatch.setattr("webapp.desk.health.why_unwritable", lambda _: "No space left on device")
    assert "Something is wrong with the site (disk, worker)" in text(researcher.get("/desk/"))
    page = text(researcher.get("/desk/health/"))
    assert "No photo, download or export can be saved." in page
    assert "Downloads and exports wait" in page


def test_a_full_disk_of_backups_is_seen_where_it_is_another_one(settings, monkeypatch):
    settings.BACKUP_DIR = settings.DATA_DIR / "backups"
    settings.BACKUP_DIR.mkdir()
    full = settings.BACKUP_DIR
    monkeypatch.setattr(
        "shutil.disk_usage", lambda folder: Usage(100, 100, 0) if folder == full else Usage(100, 0, 100)
    )
    assert wrong() == {}
    full = settings.BACKUP_DIR = Path("/dev/shm")  # noqa: S108
    assert settings.BACKUP_DIR.stat().st_dev != settings.DATA_DIR.stat().st_dev
    assert set(wrong()) == {"Disk of backups"}
    assert "Make room in /dev/shm" in wrong()["Disk of backups"]
    settings.BACKUP_DIR = settings.DATA_DIR / "none"
    assert wrong() == {}


def test_backups_that_are_old_or_have_failed_are_wrong():
    assert wrong() == {}
    BackupRun.objects.filter(kind="backup").update(finished=timezone.now() - timedelta(days=2))
    note(BackupRun.Kind.DRILL, "", "files/ab/abcd (previews/x) is damaged")
    assert set(wrong()) == {"Backup", "Drill"}
    assert "The last one failed: files/ab/abcd (previews/x) is damaged." in wrong()["Drill"]
    BackupRun.objects.all().delete()
    assert "if the disk breaks" in wrong()["Backup"].lower()


def test_a_drill_is_asked_for_only_where_the_site_can_read_its_backups(settings):
    BackupRun.objects.filter(kind="drill").delete()
    assert set(wrong()) == {"Drill"}
    settings.BACKUP_RECIPIENT = "age1"
    assert wrong() == {}
    assert "done on another server" in {condition.name: condition.state for condition in conditions()}["Drill"]
    settings.BACKUP_IDENTITY = "/etc/key"
    assert set(wrong()) == {"Drill"}


def test_on_ones_own_machine_nobody_asks_for_backups(settings):
    settings.SITE_URL = ""
    BackupRun.objects.all().delete()
    assert wrong() == {}


def test_a_job_that_waits_for_long_is_seen():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status) "
            "VALUES ('downloads', 'x', 0, '{}', 'todo') RETURNING id"
        )
        (job,) = cursor.fetchone()
        assert wrong() == {}
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '1 hour' WHERE job_id = %s", [job])
    assert "more than half an hour" in wrong()["Queue"]
