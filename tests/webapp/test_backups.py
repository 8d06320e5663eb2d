"""Backups: what is in them, that they come back whole, and that damage is recognised and named."""

import errno
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from webapp.backups import making, postgres, store
from webapp.backups.models import BackupRun, last_success
from webapp.backups.restoring import check
from webapp.backups.store import BackupError, Store
from webapp.photos.models import Photo
from webapp.photos.storing import remove
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


def test_whatever_is_damaged_is_named(photo, backups, quick):
    name, _ = back_up()
    for part, damage in product(("{name}/database.dump", "{name}/settings", "files/*/*"), (cut, change, Path.unlink)):
        check(Store(backups), name)
        path = next(backups.glob(part.format(name=name)))
        whole = path.read_bytes()
        damage(path)
        said = "missing" if damage is Path.unlink else "damaged"
        with pytest.raises(BackupError, match=rf"{path.relative_to(backups)} \(.*\) is {said}"):
            check(Store(backups), name)
        path.write_bytes(whole)


def test_a_damaged_file_that_was_deleted_is_written_anew(photo, backups, quick, at):
    at(days=1)
    back_up()
    damaged = next(backups.glob("files/*/*"))
    damaged.unlink()
    at(days=0)
    name, _ = back_up()
    check(Store(backups), name)
    assert damaged.is_file()


def test_a_manifest_that_is_damaged_is_not_believed(photo, backups, quick):
    name, _ = back_up()
    for part, content, said in (
        (store.MANIFEST, b"{}", "is damaged: its manifest is not what was written"),
        (store.DIGEST, b"", "is damaged: its manifest is not what was written"),
        (store.MANIFEST, None, "is half-written: its manifest is missing"),
    ):
        path = backups / name / part
        whole = path.read_bytes()
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BackupError, match=said):
            check(Store(backups), name)
        # And what only it names is not taken for nobody's.
        Store(backups).delete_old(datetime.now(UTC))
        assert kept_files(backups)
        path.unlink(missing_ok=True)
        path.write_bytes(whole)


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


@pytest.fixture
def make_key(tmp_path, settings):
    """Makes a key for which backups are encrypted from then on; returns the file of its private part."""
    if shutil.which("age") is None:
        pytest.skip("age is missing (Debian: age)")

    def make(name="key"):
        key = tmp_path / name
        subprocess.run(["age-keygen", "--output", key], check=True, capture_output=True)
        said = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True)
        settings.BACKUP_RECIPIENT = said.stdout.strip()
        return key

    return make


def test_encrypted_backups_are_read_by_the_private_key_alone(photo, make_key, backups):
    key = make_key()
    call_command("backup")
    stored = [path for path in backups.rglob("*") if path.is_file() and path.suffix == ".age"]
    assert len(stored) == 2 + len(kept_files(backups))
    assert all(path.read_bytes().startswith(b"age-encryption.org") for path in stored)
    with pytest.raises(CommandError, match="name the file of its private key"):
        call_command("drill")
    call_command("drill", identity=key)
    assert last_success(BackupRun.Kind.DRILL) is not None


def test_the_weekly_drill_does_nothing_where_the_site_cannot_read_its_backups(
    photo, make_key, backups, settings, capsys
):
    key = make_key()
    call_command("drill", if_readable=True)
    assert "their private key is elsewhere" in capsys.readouterr().out
    assert not BackupRun.objects.exists()
    settings.BACKUP_IDENTITY = str(key)
    with pytest.raises(CommandError, match="there is no backup"):
        call_command("drill", if_readable=True)


def test_nothing_that_is_to_be_encrypted_lies_open_among_backups(photo, make_key, backups, monkeypatch):
    make_key()
    dump, where = postgres.dump, []
    monkeypatch.setattr(postgres, "dump", lambda snapshot, path: (where.append(path), dump(snapshot, path)))
    back_up()
    assert not where[0].is_relative_to(backups)


def test_a_later_backup_for_another_key_leaves_the_earlier_ones_as_they_were(
    photo, make_key, backups, quick, at, tmp_path
):
    keys = []
    for days in (2, 1):
        at(days)
        keys.append(make_key(f"key {days}"))
        back_up()
    for name, key in zip(Store(backups).names(), keys, strict=True):
        readable = Store(backups, identity=key)
        manifest = check(readable, name)
        for number, file in enumerate(manifest.files):
            readable.read(name, manifest, file, tmp_path / f"read {number}")


def test_an_encrypted_file_that_was_only_touched_is_not_stored_again(photo, make_key, backups, quick, at):
    make_key()
    at(days=1)
    first, _ = back_up()
    kept = kept_files(backups)
    photo.preview.path.touch()
    at(days=0)
    second, _ = back_up()
    assert kept_files(backups) == kept
    for name in (first, second):
        check(Store(backups), name)


def test_two_photos_with_one_preview_are_backed_up_whole(photo, make_photo, make_key, backups, quick):
    other = make_photo(2)
    Photo.objects.filter(pk=other.pk).update(preview_sha256=photo.preview_sha256)
    make_key()
    name, manifest = back_up()
    check(Store(backups), name)
    assert len({file.path for file in manifest.files}) == len(manifest.files)


def test_encrypted_backups_of_before_are_read_and_kept(photo, make_key, backups, quick):
    key = make_key()
    name, manifest = back_up()
    # Their files lay under the SHA-256 of what was encrypted.
    for file in manifest.files:
        before = backups / "files" / file.sha256[:2] / f"{file.sha256}.age"
        before.parent.mkdir(exist_ok=True)
        Store(backups).path_of(name, manifest, file).rename(before)
    Store(backups).delete_old(datetime.now(UTC))
    check(Store(backups, identity=key), name)


def test_a_backup_for_which_there_is_no_room_leaves_nothing_and_the_next_deletes_old_ones_first(
    photo, settings, backups, quick, at, monkeypatch
):
    settings.BACKUP_DAYS = 7
    for days in (30, 20):
        at(days)
        back_up()
    newest = Store(backups).names()[-1]

    def find_no_room(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device", "file")

    at(days=0)
    monkeypatch.setattr(Store, "finish", find_no_room)
    with pytest.raises(BackupError, match="file cannot be written or read: No space left on device"):
        back_up()
    assert (Store(backups).names(), Store(backups).unfinished()) == ([newest], [])
    assert not list(backups.glob(f"{store.UNFINISHED}*"))
    check(Store(backups), newest)


def test_a_photo_that_was_removed_lacks_nothing(photo, backups, quick, capsys):
    remove(photo)
    assert not photo.preview.exists()
    call_command("backup")
    assert "lost" not in capsys.readouterr().err


def test_the_site_keeps_its_database_where_another_cannot_take_its_place(photo, monkeypatch):
    site = connection.settings_dict["NAME"]
    stand_in = f"{site}_stand_in"
    postgres.create(stand_in)
    try:
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "NAME", stand_in)
            with pytest.raises(psycopg.errors.InvalidCatalogName):
                postgres.take_its_place("there_is_none", f"{stand_in}_before")
        with postgres.connected(stand_in) as there:
            assert there.execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.drop(stand_in)
        postgres.drop(f"{stand_in}_before")


def test_postgres_own_programs_connect_as_the_site_does(photo, tmp_path, monkeypatch):
    # Which has no TLS here, or not even the programs have.
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "sslmode", "require")
    with pytest.raises(BackupError, match=r"pg_dump failed: .* SSL"):
        postgres.dump("", tmp_path / "dump")


def test_what_there_is_can_be_listed(photo, backups, quick, capsys):
    name, _ = back_up()
    call_command("backup", "--list")
    assert capsys.readouterr().out.startswith(f"{name}: ")
    call_command("backup", "--check", "newest")
    assert f"{name} is whole" in capsys.readouterr().out
    assert json.loads((backups / name / store.MANIFEST).read_text())["format"] == "safelight-backup"
