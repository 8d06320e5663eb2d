"""Files in a bucket of S3, played through by a local server of its protocol."""

import io
import logging
import os
from pathlib import Path

import boto3
import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from moto.server import ThreadedMotoServer

from tests.webapp.conftest import BRIGHTER, write_events
from tests.webapp.downloads.downloading import ask, fetched, forget_jobs, run_worker, url
from webapp.backups import making
from webapp.backups.store import Store
from webapp.configuration import file_storage
from webapp.datasets.building import build, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.leaving import JOURNAL, read_journal
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.storage.checks import check_bucket
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import SiteFile
from webapp.storage.unreachable import StorageUnreachable
from webapp.studies.models import Participation, Study
from webapp.studies.withdrawing import withdraw

KEYS = {"access_key": "name", "secret_key": "secret"}


@pytest.fixture(scope="module")
def server():
    """A server that speaks the protocol of S3, for this module."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def bucket(server, settings, tmp_path):
    """The site's files lie in a folder of an empty bucket, which is returned."""
    s3 = boto3.resource(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="name", aws_secret_access_key="secret"
    )
    made = s3.Bucket(tmp_path.name.replace("_", "-").lower())
    made.create()
    use(settings, f"{made.name}/site", server)
    yield made
    made.objects.all().delete()
    made.delete()
    s3.meta.client.close()


def use(settings, bucket, endpoint):
    """Let the site have its files in a bucket."""
    entry = file_storage(bucket, endpoint, "us-east-1", KEYS["access_key"], KEYS["secret_key"])
    settings.S3_BUCKET = bucket
    settings.STORAGES = settings.STORAGES | {"default": entry}


def keys(bucket):
    return {Path(summary.key).parts[1] for summary in bucket.objects.all()}


def move(settings, folder):
    """Go on as another machine, whose disk has nothing."""
    folder.mkdir()
    settings.DATA_DIR = folder


class TestFiles:
    def test_a_file_is_read_written_named_and_deleted(self, bucket, tmp_path):
        file, folder = SiteFile("previews/a.npy"), tmp_path / "here"
        folder.mkdir()
        assert not file.exists()
        with pytest.raises(FileNotFoundError):
            file.open()
        with pytest.raises(FileNotFoundError):
            file.fetch(folder)
        file.write(b"one")
        (folder / "b").write_bytes(b"another")
        file.take(folder / "b")
        assert file.read() == b"another"
        assert file.state()[0] == 7
        assert not (folder / "b").exists()
        assert file.fetch(folder).read_bytes() == b"another"
        assert [summary.key for summary in bucket.objects.all()] == ["site/previews/a.npy"]
        file.delete()
        file.delete()
        assert not file.exists()

    def test_any_part_of_it_is_read_as_of_a_file_on_the_disk(self, bucket):
        content = np.random.default_rng(1).bytes(1_000_000)
        SiteFile("datasets/1/1.zip").write(content)
        with SiteFile("datasets/1/1.zip").open() as file:
            assert file.seek(0, os.SEEK_END) == len(content)
            for start, size in ((0, 10), (999_990, 100), (300_000, 400_000), (299_000, 5), (299_005, 700_995)):
                file.seek(start)
                assert file.read(size) == content[start : start + size]
            assert file.read(1) == b""

    def test_a_file_that_is_replaced_while_it_is_read_is_not_mixed(self, bucket):
        file = SiteFile("exports/1.zip")
        file.write(b"a" * 600_000)
        with file.open() as reading:
            reading.read(10)
            file.write(b"b" * 600_000)
            reading.seek(500_000)
            with pytest.raises(OSError, match="PreconditionFailed"):
                reading.read(10)

    def test_what_breaks_off_as_it_is_sent_is_not_there(self, bucket, monkeypatch, tmp_path):
        class Broken(io.BytesIO):
            def read(self, size=-1):
                raise OSError("the disk is broken")

        monkeypatch.setattr("webapp.storage.site_file.ContentFile", lambda _: _file(Broken(b"1234")))
        with pytest.raises(OSError, match="broken"):
            SiteFile("previews/a.npy").write(b"1234")
        assert keys(bucket) == set()


def _file(content):
    from django.core.files.base import File

    return File(content)


class TestManyMachines:
    def test_a_photo_that_one_machine_has_taken_in_is_played_on_another(
        self, bucket, photo, player, played, settings, tmp_path
    ):
        assert keys(bucket) == {"previews", "originals"}
        assert not any(path.is_file() for path in settings.DATA_DIR.rglob("*"))
        move(settings, tmp_path / "second")
        assert player.next().json()["photo"]["id"] == photo.pk
        response = player.get(reverse("preview", args=[photo.pk]))
        whole = b"".join(response.streaming_content)
        move(settings, tmp_path / "third")
        response = player.get(reverse("preview", args=[photo.pk]), headers={"Range": "bytes=100-"})
        assert response.status_code == 206
        assert b"".join(response.streaming_content) == whole[100:]
        assert player.send(photo, played).json()["status"] == "submitted"

    def test_a_removed_photo_is_deleted_in_the_bucket(self, bucket, photo, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            remove(photo)
        assert keys(bucket) == set()

    @pytest.mark.long
    def test_a_version_is_built_on_one_machine_and_sent_by_another_until_somebody_withdraws(
        self, bucket, photo, player, other_player, played, study, settings, tmp_path, django_capture_on_commit_callbacks
    ):
        for who in (player, other_player):
            assert who.send(photo, write_events(*BRIGHTER, ("submit", {}))).status_code == 200
        version = new_version(study, Choice())
        build(version.pk)
        version.refresh_from_db()
        move(settings, tmp_path / "second")
        assert version.is_there
        with django_capture_on_commit_callbacks(execute=True):
            withdraw(Participation.objects.first())
        assert "datasets" not in keys(bucket)
        move(settings, tmp_path / "third")
        assert len(list(read_journal(JOURNAL.read(), "it"))) == 1


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_picture_is_developed_on_one_machine_and_downloaded_from_another(
    bucket, photo, player, played, study, settings, tmp_path
):
    Study.objects.filter(pk=study.pk).update(allow_downloads=True, agent="")
    assert player.send(photo, played).json()["status"] == "submitted"
    ask(player, played)
    move(settings, tmp_path / "worker")
    run_worker()
    move(settings, tmp_path / "second")
    whole = fetched(player, played, "jpeg")
    part = player.get(f"{url(played)}jpeg/", headers={"Range": "bytes=10-19"})
    assert b"".join(part.streaming_content) == whole[10:20]
    forget_jobs()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_backup_of_a_bucket_comes_back_in_an_empty_one(bucket, photo, settings, tmp_path):
    settings.BACKUP_DIR = tmp_path / "backups"
    name, manifest = making.back_up(making.site_store())
    assert {file.path for file in manifest.files} == {photo.preview.name, photo.original.name}
    assert making.back_up.__module__  # a second one copies nothing that is there
    before = {name: SiteFile(name).read() for name in (photo.preview.name, photo.original.name)}
    bucket.objects.all().delete()
    call_command("restore", name, replace=True)
    assert {name: SiteFile(name).read() for name in before} == before
    assert Store(settings.BACKUP_DIR).names() == [name]


class TestAway:
    @pytest.fixture
    def away(self, bucket, settings):
        """Nobody answers where the bucket is said to be."""
        use(settings, "elsewhere", "http://127.0.0.1:1")

    def test_players_are_told_so_and_nothing_is_taken_for_lost(self, photo, player, played, away):
        response = player.get("/api/studies/default/next/")
        assert (response.status_code, response.json()["error"]["code"]) == (503, "photos_away")
        assert Photo.objects.filter(removed_at=None).count() == 1

    @pytest.mark.long
    def test_monitors_and_the_start_are_told_so(self, db, client, away, settings):
        settings.DATA_DIR.mkdir(exist_ok=True)
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert b"the bucket elsewhere does not answer" in answer.content
        (error,) = check_bucket()
        assert error.msg.startswith("S3_BUCKET cannot be used: the bucket elsewhere does not answer")

    @pytest.mark.long
    def test_a_bucket_that_is_not_there_is_named(self, bucket, server, settings):
        assert check_bucket() == []
        use(settings, "no-such-bucket", server)
        (error,) = check_bucket()
        assert "no-such-bucket answers NoSuchBucket" in error.msg

    @pytest.mark.long
    @pytest.mark.django_db(transaction=True)
    def test_what_could_not_be_deleted_is_deleted_by_the_worker_later(self, bucket, server, settings, study):
        old, new = SiteFile("exports/1.zip"), SiteFile("exports/2.zip")
        old.write(b"old")
        use(settings, "elsewhere", "http://127.0.0.1:1")
        delete_or_retry(old, new)
        use(settings, f"{bucket.name}/site", server)
        run_worker()
        assert keys(bucket) == set()
        forget_jobs()

    @pytest.mark.long
    def test_reading_says_that_it_is_away(self, away):
        with pytest.raises(StorageUnreachable, match="does not answer"):
            SiteFile("previews/a.npy").exists()
