"""Backups: what is in them, that they come back whole, and that damage is recognised and named."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from webapp.backups import making, postgres, store
from webapp.backups.models import BackupRun, last_success
from webapp.backups.restoring import check
from webapp.backups.store import BackupError, Store
from webapp.photos.models import Photo
from webapp.studies.models import StudyPhoto

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def backups(settings, tmp_path):
    """The folder of backups, apart from other tests'."""
    settings.BACKUP_DIR = tmp_path / "backups"
    return settings.BACKUP_DIR


@pytest.fixture
def quick(monkeypatch):
    """A dump that says nothing, where a test is about files."""
    monkeypatch.setattr(postgres, "dump", lambda _, path: path.write_bytes(b"dump"))


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of backups, to some days ago."""

    def set_(days):
        now = datetime.now(UTC) - timedelta(days=days)
        monkeypatch.setattr(making, "new_name", lambda: (now.strftime("%Y-%m-%dT%H-%M-%SZ"), now))

    return set_


def back_up():
    return making.back_up(making.site_store())


def kept_files(folder):
    return sorted(path.name for path in (folder / "files").glob("*/*"))


def test_a_backup_comes_back_whole_in_a_drill(photo, player, opened, backups, capsys):
    player.send(photo, opened)
    call_command("backup")
    (name,) = Store(backups).names()
    manifest = Store(backups).manifest(name)
    assert manifest.tables["games_event"].rows == len(opened)
    assert manifest.tables["photos_photo"].rows == 1
    assert "SECRET_KEY=" in (backups / name / "settings").read_text()
    call_command("drill")
    assert f"{name} comes back whole" in capsys.readouterr().out
    assert last_success(BackupRun.Kind.BACKUP) is not None
    assert last_success(BackupRun.Kind.DRILL) is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = current_database() || '_drill'")
        assert cursor.fetchone() == (0,)


def test_a_drill_sees_that_a_row_is_another(photo, backups, monkeypatch):
    call_command("backup")
    fill = postgres.restore

    def change(path, database):
        fill(path, database)
        with postgres.connected(database) as other:
            other.execute("UPDATE photos_photo SET name = name || '?'")

    monkeypatch.setattr(postgres, "restore", change)
    with pytest.raises(CommandError, match="differs from what was backed up, in photos_photo"):
        call_command("drill")
    assert last_success(BackupRun.Kind.DRILL) is None
    assert BackupRun.objects.filter(kind="drill").get().problem


def test_files_are_kept_once_for_all_backups(photo, make_photo, backups, at, quick):
    at(days=2)
    back_up()
    first = {path: path.stat().st_ino for path in (backups / "files").glob("*/*")}
    assert len(first) == len(kept_files(backups)) >= 2
    make_photo(2)
    at(days=1)
    _, manifest = back_up()
    assert len(kept_files(backups)) == len(manifest.files) == 2 * len(first)
    assert all(path.stat().st_ino == number for path, number in first.items())


def test_old_backups_go_with_the_files_that_only_they_have(photo, make_photo, settings, backups, at, quick):
    settings.BACKUP_DAYS = 7
    at(days=20)
    back_up()
    old = kept_files(backups)
    StudyPhoto.objects.all().delete()
    Photo.objects.all().delete()
    make_photo(2)
    at(days=1)
    name, _ = back_up()
    assert Store(backups).names() == [name]
    assert not set(old) & set(kept_files(backups))
    # However old, the newest stays.
    settings.BACKUP_DAYS = 0
    Store(backups).delete_old(datetime.now(UTC))
    assert Store(backups).names() == [name]


def test_a_backup_that_was_stopped_is_no_backup(photo, backups, quick, monkeypatch, at):
    def stop(*arguments):
        raise KeyboardInterrupt

    at(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "finish", stop)
        with pytest.raises(KeyboardInterrupt):
            back_up()
    (half,) = Store(backups).unfinished()
    assert Store(backups).names() == []
    with pytest.raises(BackupError, match=f"there is no backup in .*; {half} is half-written"):
        Store(backups).newest()
    with pytest.raises(BackupError, match=f"{half} is half-written: it was stopped before its end"):
        check(Store(backups), half)
    at(days=0)
    name, _ = back_up()
    assert (Store(backups).names(), Store(backups).unfinished()) == ([name], [])


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def change(path):
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


@pytest.mark.parametrize("damage", [cut, change, Path.unlink])
@pytest.mark.parametrize("part", ["{name}/database.dump", "{name}/settings", "files/*/*"])
def test_whatever_is_damaged_is_named(photo, backups, quick, damage, part):
    name, _ = back_up()
    check(Store(backups), name)
    path = next(backups.glob(part.format(name=name)))
    damage(path)
    said = "missing" if damage is Path.unlink else "damaged"
    with pytest.raises(BackupError, match=rf"{path.relative_to(backups)} \(.*\) is {said}"):
        check(Store(backups), name)


@pytest.mark.parametrize(
    ("part", "content", "said"),
    [
        (store.MANIFEST, b"{}", "is damaged: its manifest is not what was written"),
        (store.DIGEST, b"", "is damaged: its manifest is not what was written"),
        (store.MANIFEST, None, "is half-written: its manifest is missing"),
    ],
)
def test_a_manifest_that_is_damaged_is_not_believed(photo, backups, quick, part, content, said):
    name, _ = back_up()
    path = backups / name / part
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BackupError, match=said):
        check(Store(backups), name)
    # And what only it names is not taken for nobody's.
    Store(backups).delete_old(datetime.now(UTC))
    assert kept_files(backups)


def test_a_newer_form_is_refused(photo, backups, quick, monkeypatch):
    monkeypatch.setattr(store, "FORMAT_VERSION", 2)
    name, _ = back_up()
    monkeypatch.undo()
    with pytest.raises(BackupError, match="version 2, which this program cannot read"):
        Store(backups).manifest(name)


def test_a_photo_whose_file_is_lost_does_not_stop_the_backup(photo, backups, quick, capsys):
    photo.original.path.unlink()
    call_command("backup")
    assert "1 files of photos were lost before: originals/" in capsys.readouterr().err


def test_a_folder_that_cannot_be_used_is_one_line(settings, tmp_path, photo):
    (tmp_path / "file").touch()
    settings.BACKUP_DIR = tmp_path / "file" / "backups"
    with pytest.raises(CommandError, match=r"The backup failed: .* cannot be used: Not a directory"):
        call_command("backup")
    assert BackupRun.objects.get().problem


def test_two_at_once_are_refused(backups):
    with Store(backups).locked(), pytest.raises(BackupError, match="under way"):
        back_up()


def test_a_site_that_was_used_is_not_replaced(photo, backups, quick):
    back_up()
    with pytest.raises(CommandError, match=r"Nothing was replaced: the database .* is in use"):
        call_command("restore")


@pytest.mark.skipif(shutil.which("age") is None, reason="age is missing (Debian: age)")
def test_encrypted_backups_are_read_by_the_private_key_alone(photo, settings, backups, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["age-keygen", "--output", key], check=True, capture_output=True)
    settings.BACKUP_RECIPIENT = subprocess.run(
        ["age-keygen", "-y", key], check=True, capture_output=True, text=True
    ).stdout.strip()
    call_command("backup")
    stored = [path for path in backups.rglob("*") if path.is_file() and path.suffix == ".age"]
    assert len(stored) == 2 + len(kept_files(backups))
    assert all(path.read_bytes().startswith(b"age-encryption.org") for path in stored)
    with pytest.raises(CommandError, match="name the file of its private key"):
        call_command("drill")
    call_command("drill", identity=key)
    assert last_success(BackupRun.Kind.DRILL) is not None


def test_what_there_is_can_be_listed(photo, backups, quick, capsys):
    name, _ = back_up()
    call_command("backup", "--list")
    assert capsys.readouterr().out.startswith(f"{name}: ")
    call_command("backup", "--check", "newest")
    assert f"{name} is whole" in capsys.readouterr().out
    assert json.loads((backups / name / store.MANIFEST).read_text())["format"] == "safelight-backup"
