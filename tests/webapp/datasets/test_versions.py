"""Numbered versions of a study's data: what they hold, that they are the same again, and what they never say."""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from editing.trajectories.checksums import file_problems
from editing.trajectories.columns import rows
from editing.trajectories.receipts import receipts_of
from tests.webapp.conftest import BRIGHTER, write_events
from tests.webapp.datasets.conftest import built_version, pseudonyms
from webapp.datasets.building import build_again, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.frozen import COARSE_PIXELS
from webapp.datasets.models import DatasetVersion
from webapp.games.models import Episode
from webapp.studies.models import Participation, Study

VIEW = ("view", {"parameters": {"viewport_width": 1439.0, "viewport_height": 877.0, "pixel_ratio": 2.5}})


class TestRows:
    def test_they_are_all_there_receipts_add_up_and_times_count_from_the_opening(self, photos, make_version, read):
        version = make_version()
        snapshot = read(version)
        assert (version.number, str(version)) == (1, "default-v1")
        assert snapshot.manifest["rows"] == {
            "episodes": 3,
            "steps": 6,
            "events": 21,
            "photos": 2,
            "participations": 2,
        }
        assert (snapshot.manifest["study"], snapshot.manifest["version"]) == ("default", 1)
        assert snapshot.manifest["selection"] == Choice().to_json()
        assert list(file_problems(snapshot)) == []
        receipts = receipts_of(snapshot)
        assert [receipt.problems for receipt in receipts] == [[], []]
        assert sum(receipt.events for receipt in receipts) == 21
        played = {str(episode.pk): episode.started for episode in Episode.objects.all()}
        for row in rows(snapshot.episodes):
            assert row["started"] - datetime(1970, 1, 1, tzinfo=UTC) == played[row["id"]] - version.key.opened

    def test_people_have_other_names_than_on_the_site_the_same_in_all_versions(self, study, photos, make_version, read):
        first, second = read(make_version()), read(make_version())
        own = set(first.episodes.column("player").to_pylist())
        assert own == set(second.episodes.column("player").to_pylist())
        assert own == set(first.participations.column("player").to_pylist())
        assert len(own) == 2
        for path in first.directory.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert not [name for name in pseudonyms(study) if name.encode() in content], path

    def test_an_unlinkable_version_has_names_and_ids_of_its_own(self, photos, make_version, read):
        first, other = read(make_version()), read(make_version(unlinkable=True))
        for table, column in (
            ("episodes", "player"),
            ("episodes", "id"),
            ("events", "id"),
            ("participations", "player"),
        ):
            mine = set(first.table(table).column(column).to_pylist())
            assert len(mine) == len(set(other.table(table).column(column).to_pylist()))
            assert mine.isdisjoint(other.table(table).column(column).to_pylist()), (table, column)
        assert not [problem for receipt in receipts_of(other) for problem in receipt.problems]

    def test_windows_are_coarse_unless_somebody_chooses_otherwise(self, player, make_photo, make_version, read):
        player.send(make_photo(3), write_events(("start", {}), VIEW, *BRIGHTER[1:], ("submit", {})))
        coarse = next(row for row in rows(read(make_version()).events) if row["kind"] == "view")["parameters"]
        assert coarse == {"viewport_width": 3.0 * COARSE_PIXELS, "viewport_height": 800.0, "pixel_ratio": 2.0}
        exact = read(make_version(Choice(exact_device=True)))
        assert next(row for row in rows(exact.events) if row["kind"] == "view")["parameters"] == VIEW[1]["parameters"]

    def test_people_whose_work_was_refused_are_left_out(self, study, photos, make_version, read):
        refused = Participation.objects.order_by("pk").last()
        Participation.objects.filter(pk=refused.pk).update(rejected=datetime.now(UTC), rejection_reason="Ada says no")
        assert read(make_version()).manifest["rows"]["participations"] == 1
        with_them = read(make_version(Choice(refused=True)))
        assert with_them.manifest["rows"]["participations"] == 2
        assert "Ada says no" not in str(with_them.participations.to_pylist())
        said = read(make_version(Choice(refused=True, free_text=True)))
        assert "Ada says no" in said.participations.column("exclusion_reason").to_pylist()


class TestAgain:
    def test_a_version_built_again_is_the_same_byte_for_byte(self, photos, player, make_version, make_photo):
        version = make_version()
        before = version.file.path.read_bytes()
        # What comes later is not of it.
        player.send(make_photo(3), write_events(*BRIGHTER, ("submit", {})))
        version.file.path.unlink()
        build_again(version)
        version.refresh_from_db()
        assert version.state == "ready"
        assert version.file.path.read_bytes() == before

    def test_one_that_would_come_out_otherwise_is_refused_by_name(self, study, photos, make_version):
        version = make_version()
        version.file.path.unlink()
        Episode.objects.filter(pk=Episode.objects.first().pk).update(status="excluded", exclusion_reason="too fast")
        build_again(version)
        version.refresh_from_db()
        assert version.state == "failed"
        assert "cannot be made again as it was: " in version.reason
        assert "episodes.parquet" in version.reason
        assert not version.file.path.exists()

    def test_the_next_one_has_the_next_number(self, photos, make_version):
        assert [make_version().number, make_version().number] == [1, 2]


class TestCommand:
    @pytest.mark.long
    def test_it_makes_a_version_and_writes_it_again(self, photos, tmp_path, capsys):
        call_command("export_dataset", study="default", new_version=True, output=tmp_path / "one")
        said = capsys.readouterr().out
        version = DatasetVersion.objects.get()
        assert "default-v1: 3 episodes, 6 steps, 21 events" in said
        assert version.files["archive"]["sha256"] in said
        version.file.path.unlink()
        call_command("export_dataset", study="default", version_number=1, output=tmp_path / "two")
        for path in (tmp_path / "one").rglob("*"):
            if path.is_file():
                assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()

    def test_what_is_chosen_is_in_the_manifest(self, photos, tmp_path):
        options = {"new_version": True, "leave_out": ["repeat"], "kind": ["human"], "failed_attention": 1}
        call_command("export_dataset", study="default", output=tmp_path / "one", **options)
        selection = json.loads((tmp_path / "one" / "manifest.json").read_text())["selection"]
        assert (selection["leave_out"], selection["kinds"], selection["failed_attention"]) == (["repeat"], ["human"], 1)

    def test_bad_requests_are_one_line(self, study, tmp_path):
        with pytest.raises(CommandError, match="has no version 7"):
            call_command("export_dataset", study="default", version_number=7, output=tmp_path / "x")
        with pytest.raises(CommandError, match="of one study"):
            call_command("export_dataset", new_version=True)
        with pytest.raises(CommandError, match="Say why groups of 2 are large enough"):
            call_command("export_dataset", study="default", new_version=True, smallest_cell=2)
        with pytest.raises(CommandError, match="name a folder"):
            call_command("export_dataset", study="default")


def test_a_study_without_play_gives_an_empty_version(study: Study, read):
    empty = Study.objects.create(slug="empty", title="Empty", state="open")
    assert read(built_version(empty)).manifest["rows"]["episodes"] == 0


def test_nobody_else_s_study_is_in_it(photos, study, make_version, read):
    other = Study.objects.create(slug="other", title="Other", state="open")
    version = new_version(other, Choice())
    assert version.number == 1
    assert version.key.study == other
