"""What interrupts a version that is being written: it is never listed with a hole, says why, and can be repeated."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from tests.webapp.datasets.conftest import play
from webapp.configuration import postgres_address
from webapp.datasets import building
from webapp.datasets.building import LOST_AFTER, MOST_ATTEMPTS, build, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.models import DatasetVersion
from webapp.datasets.taking_up import take_up
from webapp.photos.models import Photo
from webapp.studies.models import Study

ROOT = Path(__file__).parents[3]
BUILD = """
import sys, time
import django
django.setup()
from webapp.configuration import postgres_address
from webapp.datasets import building
def wait(folder, archive):
    print("packing", flush=True)
    time.sleep(60)
building.pack = wait
building.build(int(sys.argv[1]))
"""


@pytest.fixture
def photos(db) -> list[Photo]:
    """Two photos that two people have played, for a test that may have transactions of its own."""
    return play().photos


def left(settings) -> list[str]:
    folder = Path(settings.DATA_DIR) / "datasets"
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_midst_of_it_it_is_built_by_the_next_worker(photos, study, settings, monkeypatch):
    version = new_version(study, Choice())
    url = postgres_address(connection.settings_dict)
    environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(settings.DATA_DIR)}
    worker = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(version.pk)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "packing\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    version.refresh_from_db()
    assert (version.state, version.is_there) == ("working", False)
    assert left(settings), "the killed one leaves files aside"
    take_up()
    version.refresh_from_db()
    assert version.state == "working", "its heart may still beat"
    DatasetVersion.objects.update(heartbeat=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    take_up()
    version.refresh_from_db()
    assert version.state == "queued"
    build(version.pk)
    version.refresh_from_db()
    assert version.is_there
    assert left(settings) == ["1.zip"]


@pytest.mark.django_db(transaction=True)
def test_while_it_is_written_its_heart_beats(photos, study, monkeypatch):
    version = new_version(study, Choice())
    pack = building.pack

    def slow(folder, archive):
        before = DatasetVersion.objects.get(pk=version.pk).heartbeat
        deadline = time.monotonic() + 20
        while DatasetVersion.objects.get(pk=version.pk).heartbeat == before and time.monotonic() < deadline:
            time.sleep(0.02)
        seen = DatasetVersion.objects.get(pk=version.pk)
        assert seen.heartbeat > before
        assert (seen.rows_done > 0, seen.progress) == (True, 99)
        pack(folder, archive)

    monkeypatch.setattr(building, "pack", slow)
    monkeypatch.setattr(building, "HEARTBEAT", 0.05)
    build(version.pk)
    version.refresh_from_db()
    assert (version.state, version.progress) == ("ready", 100)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_postgres_ends_is_said_and_it_can_be_repeated(photos, study, settings, monkeypatch):
    version = new_version(study, Choice())
    url = postgres_address(connection.settings_dict)
    from webapp.datasets import exporting

    photo_row = exporting.photo_row

    def as_postgres_restarts(photo):
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return photo_row(photo)

    monkeypatch.setattr(exporting, "photo_row", as_postgres_restarts)
    build(version.pk)
    version.refresh_from_db()
    assert version.state == "failed"
    assert "connection to the database was lost" in version.reason
    assert left(settings) == []
    monkeypatch.setattr(exporting, "photo_row", photo_row)
    building.build_again(version)
    version.refresh_from_db()
    assert version.is_there


def test_a_full_disk_is_said_and_nothing_is_left(photos, study, settings, tmp_path):
    mounting = ["mount", "-t", "tmpfs", "-o", "size=200k", "none"]
    folder = Path(settings.DATA_DIR) / "datasets"
    folder.mkdir(parents=True)
    if os.getuid() or subprocess.run([*mounting, folder], capture_output=True, check=False).returncode:
        pytest.skip("needs root, and the right to mount a tmpfs")
    try:
        version = new_version(study, Choice())
        (folder / "ballast").write_bytes(b"\0" * 150_000)
        build(version.pk)
        version.refresh_from_db()
        assert (version.state, version.is_there) == ("failed", False)
        assert "disk of the server is full" in version.reason
        assert left(settings) == ["ballast"]
        (folder / "ballast").unlink()
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
    building.build_again(version)
    version.refresh_from_db()
    assert version.is_there


def test_one_at_which_workers_die_again_and_again_is_given_up(photos, study: Study):
    version = new_version(study, Choice())
    long_ago = timezone.now() - LOST_AFTER - timedelta(seconds=1)
    DatasetVersion.objects.update(state="working", attempt=MOST_ATTEMPTS, heartbeat=long_ago)
    take_up()
    version.refresh_from_db()
    assert version.state == "failed"
    assert "worker died at it" in version.reason


def test_one_whose_job_is_lost_is_queued_again(photos, study: Study):
    from procrastinate.contrib.django.models import ProcrastinateJob

    new_version(study, Choice())
    take_up()
    take_up()
    assert ProcrastinateJob.objects.filter(task_name="build_version").count() == 1
