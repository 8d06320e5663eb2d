"""Somebody withdraws after a release: tombstones, files that go, a successor, and a backup that is restored."""

import errno
import json
import os

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from editing.trajectories.tombstones import read_tombstones, tombstone
from tests.webapp.conftest import BRIGHTER, write_events
from webapp.datasets.building import build
from webapp.datasets.leaving import JOURNAL, Erasure, read_journal, write_journal
from webapp.datasets.models import DatasetVersion, Tombstone
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Participation, Withdrawal
from webapp.studies.withdrawing import withdraw


@pytest.fixture
def leave(django_capture_on_commit_callbacks):
    """Lets somebody withdraw."""

    def go(participation):
        with django_capture_on_commit_callbacks(execute=True):
            withdraw(participation)

    return go


@pytest.fixture
def leaving(photos):
    """Who will withdraw: the second who has joined, with one episode."""
    return Participation.objects.order_by("pk")[1]


def test_the_next_version_has_a_tombstone_by_which_old_rows_are_found(photos, leaving, leave, make_version, read):
    old = read(make_version())
    leave(leaving)
    successor = DatasetVersion.objects.get(number=2)
    build(successor.pk)
    successor.refresh_from_db()
    new = read(successor)
    dead = read_tombstones(new)
    found = {name for name in old.episodes.column("player").to_pylist() if tombstone("default", name) in dead}
    assert len(dead) == len(found) == 1
    assert found.isdisjoint(new.episodes.column("player").to_pylist())
    assert new.manifest["successor_of"] == 1
    assert new.manifest["rows"]["episodes"] == 2


@pytest.mark.long
def test_there_is_one_for_every_key(photos, leaving, leave, make_version):
    make_version()
    make_version(unlinkable=True)
    leave(leaving)
    assert Tombstone.objects.count() == 2
    assert Tombstone.objects.values("key").distinct().count() == 2


def test_files_go_manifest_and_checksums_stay(photos, leaving, leave, make_version):
    version = make_version()
    leave(leaving)
    before = version.files
    version.refresh_from_db()
    assert (version.state, version.file.path.exists()) == ("withdrawn", False)
    assert version.files == before
    assert version.manifest["rows"]["episodes"] == 3
    assert version.successor.number == 2


@pytest.mark.long
def test_one_version_follows_all_that_held_the_same(photos, leaving, leave, make_version):
    first, second = make_version(), make_version()
    leave(leaving)
    assert [version.number for version in DatasetVersion.objects.filter(state="queued")] == [3]
    for version in (first, second):
        version.refresh_from_db()
        assert version.successor.number == 3


@pytest.mark.long
def test_who_withdraws_next_leads_to_the_newest(photos, leaving, leave, make_version):
    first = make_version()
    leave(leaving)
    build(DatasetVersion.objects.get(number=2).pk)
    leave(Participation.objects.get())
    first.refresh_from_db()
    assert first.successor.number == 3


def test_versions_without_them_stay(photos, leave, make_version, player, make_photo):
    from tests.webapp.conftest import Player

    version = make_version()
    later = Player()
    assert later.join().status_code == 200
    later.send(make_photo(4), write_events(*BRIGHTER, ("submit", {})))
    leave(Participation.objects.order_by("pk").last())
    version.refresh_from_db()
    assert version.is_there
    assert DatasetVersion.objects.count() == 1


def test_one_that_was_being_built_never_appears_with_them(photos, leaving, leave, study, read, monkeypatch):
    from webapp.datasets import building
    from webapp.datasets.choosing import Choice

    version = building.new_version(study, Choice())
    pack = building.pack

    def pack_as_somebody_withdraws(folder, archive):
        pack(folder, archive)
        leave(leaving)

    monkeypatch.setattr(building, "pack", pack_as_somebody_withdraws)
    build(version.pk)
    version.refresh_from_db()
    assert (version.state, version.file.path.exists()) == ("queued", False)
    monkeypatch.setattr(building, "pack", pack)
    build(version.pk)
    version.refresh_from_db()
    assert version.state == "ready"
    assert read(version).manifest["rows"]["episodes"] == 2


def raise_disk_full(file: SiteFile, content: bytes) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def written() -> list[Erasure]:
    return list(read_journal(JOURNAL.read(), "it"))


class TestBackups:
    def test_who_had_withdrawn_withdraws_again(self, photos, leaving, leave, make_version):
        pseudonym, study, participant = leaving.pseudonym, leaving.study, leaving.participant
        leave(leaving)
        assert [row.study for row in written()] == ["default"]
        # As a backup of before would have it.
        Withdrawal.objects.all().delete()
        participant.save(force_insert=True)
        Participation.objects.create(study=study, participant=participant, pseudonym=pseudonym)
        call_command("replay_erasures")
        assert not Participation.objects.filter(pseudonym=pseudonym).exists()
        assert Withdrawal.objects.count() == 1
        assert Participation.objects.count() == 1

    @pytest.mark.long
    def test_tombstones_of_a_version_do_too(self, photos, leaving, leave, make_version, read):
        make_version()
        pseudonym, study, participant = leaving.pseudonym, leaving.study, leaving.participant
        leave(leaving)
        successor = DatasetVersion.objects.get(number=2)
        build(successor.pk)
        successor.refresh_from_db()
        path = read(successor).path("tombstones")
        assert pq.read_table(path).num_rows == 1
        participant.save(force_insert=True)
        Participation.objects.create(study=study, participant=participant, pseudonym=pseudonym)
        call_command("replay_erasures", path)
        assert not Participation.objects.filter(pseudonym=pseudonym).exists()

    def test_what_the_journal_lacks_is_added_every_night(self, photos, leaving, leave):
        leave(leaving)
        JOURNAL.delete()
        assert write_journal() == 1
        assert write_journal() == 0

    def test_who_leaves_while_the_disk_is_full_has_left_and_is_added_in_the_night(
        self, photos, leaving, leave, monkeypatch, caplog
    ):
        with monkeypatch.context() as patch:
            patch.setattr(SiteFile, "write", raise_disk_full)
            leave(leaving)
        assert "No space left" in caplog.text
        assert Withdrawal.objects.count() == 1
        assert not JOURNAL.exists()
        write_journal()
        assert len(written()) == 1

    def test_a_line_that_was_cut_off_is_written_again(self, photos, leaving, leave):
        leave(leaving)
        JOURNAL.write(JOURNAL.read()[:-20])
        assert written() == []
        write_journal()
        assert len(written()) == 1

    def test_what_is_no_journal_is_refused(self, study, tmp_path):
        (tmp_path / "other.jsonl").write_text(json.dumps({"a": 1}) + "\n")
        with pytest.raises(CommandError, match="line 1: not a line of a journal"):
            call_command("replay_erasures", tmp_path / "other.jsonl")
        with pytest.raises(CommandError, match="is not there"):
            call_command("replay_erasures")
