"""manage.py export_dataset and manage.py import_trajectories"""

from copy import deepcopy
from uuid import UUID, uuid5

import pyarrow.parquet as pq
import pytest
import yaml
from django.core.management import CommandError, call_command

from editing.game.filters import FILTERS, VERSION
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot, write_snapshot
from learning.agent.training_data import player_digest
from learning.comparison.overlap import find_overlaps
from learning.comparison.sides import choose_players, read_play
from tests.learning.snapshots import Play, photo_sha256, write
from tests.webapp.conftest import BRIGHTER, default_study, new_photo, new_player, write_events
from tests.webapp.site_files import previews_folder
from webapp.datasets.exporting import photo_row
from webapp.games.models import Episode, Event, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.models import Study, StudyPhoto

GAMMA = {"step": 0, "filter": "gamma", "parameters": {"gamma": 2.0}}
TABLES = ("episodes", "steps", "events", "photos")


@pytest.fixture(scope="module")
def play_once(made_once):
    """Two photos, one played to the end, one begun, for all tests."""
    with made_once():
        study = default_study()
        photos = [new_photo(study, 1, licence="CC0 1.0", attribution="Ada"), new_photo(study, 2)]
        new_player().send(photos[0], write_events(*BRIGHTER, ("submit", {})))
        new_player().send(photos[1], write_events(*BRIGHTER))
        yield photos


@pytest.fixture
def play(play_once, db):
    """The two photos."""
    return deepcopy(play_once)


def export(tmp_path, name="export", **options):
    call_command("export_dataset", output=tmp_path / name, **options)
    return read_snapshot(tmp_path / name)


def empty_the_database(settings, tmp_path):
    for model in (Step, Episode, StudyPhoto, Photo, Participant):
        model.objects.all().delete()
    assert not Event.objects.exists()
    settings.DATA_DIR = tmp_path / "another site"


class TestExport:
    def test_it_works(self, play, tmp_path, capsys):
        snapshot = export(tmp_path)
        counts = {"episodes": 1, "steps": 2, "events": 7, "photos": 2, "participations": 2}
        assert snapshot.manifest["rows"] == counts
        assert "1 episodes, 2 steps, 7 events, 2 photos" in capsys.readouterr().out
        episode = next(rows(snapshot.episodes))
        assert (episode["player_kind"], episode["study"], episode["step_count"]) == ("human", "default", 2)
        assert [step["filter"] for step in rows(snapshot.steps)] == ["exposure", "contrast"]
        for photo in play:
            copy = snapshot.preview_path(photo.preview_sha256)
            assert copy.read_bytes() == photo.preview.path.read_bytes()

    def test_it_survives_a_photo_that_is_removed_meanwhile(self, play, tmp_path, monkeypatch):
        def row_of_a_photo_that_is_removed_now(photo):
            photo.preview.path.unlink()
            return photo_row(photo)

        contents = [photo.preview.path.read_bytes() for photo in play]
        monkeypatch.setattr("webapp.datasets.exporting.photo_row", row_of_a_photo_that_is_removed_now)
        snapshot = export(tmp_path)
        assert [snapshot.preview_path(photo.preview_sha256).read_bytes() for photo in play] == contents
        assert list(previews_folder().iterdir()) == []

    def test_consents_are_peoples_programs_that_play_give_none(self, play, stranger, opened, tmp_path):
        stranger.join("robot")
        stranger.send(play[0], opened)
        assert Episode.objects.filter(participant__kind="robot").exists()
        snapshot = export(tmp_path, status=["open", "submitted"])
        assert snapshot.episodes.num_rows == 3
        assert snapshot.manifest["consents"] == {"default": {"1": 2}}

    def test_the_card_names_rows_and_licences(self, play, tmp_path):
        export(tmp_path)
        card = (tmp_path / "export" / "README.md").read_text()
        assert "Ada (CC0 1.0)" in card
        assert "1 by human players" in card

    def test_the_card_names_each_table_for_hugging_face(self, play, tmp_path):
        Study.objects.filter(slug="default").update(data_licence="CC BY 4.0")
        snapshot = export(tmp_path, study="default")
        front = yaml.safe_load((tmp_path / "export" / "README.md").read_text().split("---\n")[1])
        assert front["license"] == "cc-by-4.0"
        assert [config["config_name"] for config in front["configs"]] == list(snapshot.manifest["rows"])
        for config in front["configs"]:
            assert (tmp_path / "export" / config["data_files"][0]["path"]).is_file()

    def test_the_status_selects(self, play, tmp_path):
        assert export(tmp_path, "open", status=["open"]).manifest["rows"]["episodes"] == 1
        assert export(tmp_path, "all", status=["all"]).manifest["rows"]["events"] == 13

    def test_the_study_selects(self, play, tmp_path, make_photo):
        other = Study.objects.create(slug="other", title="Other", state="open")
        make_photo(3, into=other)
        assert export(tmp_path, "other", study="other").manifest["rows"] == {
            "episodes": 0,
            "steps": 0,
            "events": 0,
            "photos": 1,
        }
        assert export(tmp_path, "default", study="default").photos.num_rows == 2

    def test_submitted_play_on_a_removed_photo_is_there_and_the_photo_is_named(
        self, play, tmp_path, capsys, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            remove(play[0])
        snapshot = export(tmp_path)
        assert snapshot.manifest["rows"]["episodes"] == 1
        assert snapshot.manifest["photos_removed"] == [play[0].pk]
        assert snapshot.manifest["episodes_left_out"] == {}
        assert "Photos removed from the site since then: 1." in capsys.readouterr().out
        assert "since they were played: 1;" in (tmp_path / "export" / "README.md").read_text()

    def test_other_play_on_a_removed_photo_is_left_out_and_counted(
        self, play, tmp_path, capsys, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            remove(play[1])
        snapshot = export(tmp_path, status=["all"])
        assert snapshot.manifest["rows"]["episodes"] == snapshot.manifest["rows"]["photos"] == 1
        assert snapshot.manifest["photos_removed"] == []
        assert "Episodes left out: 1 on a removed photo that nobody submitted." in capsys.readouterr().out

    def test_a_folder_that_holds_something_is_refused_and_left_alone(self, play, tmp_path):
        (tmp_path / "note.txt").touch()
        with pytest.raises(CommandError, match="not empty"):
            call_command("export_dataset", output=tmp_path)

    def test_an_unknown_study_is_refused(self, study, tmp_path):
        with pytest.raises(CommandError, match="there is no study 'nope'"):
            call_command("export_dataset", output=tmp_path / "export", study="nope")
        assert not (tmp_path / "export").exists()

    def test_a_lost_preview_is_one_line_and_nothing_is_written(self, play, tmp_path):
        play[0].preview.path.unlink()
        with pytest.raises(CommandError, match="No such file"):
            call_command("export_dataset", output=tmp_path / "export")
        assert not (tmp_path / "export").exists()


class TestImport:
    def test_a_round_trip_gives_the_same_rows_and_the_same_bytes(self, play, tmp_path, settings, capsys):
        first = export(tmp_path, "first", status=["all"])
        empty_the_database(settings, tmp_path)
        call_command("import_trajectories", tmp_path / "first")
        assert "2 photos, 2 players, 2 episodes, 2 steps, 13 events" in capsys.readouterr().out
        second = export(tmp_path, "second", status=["all"])
        for table in TABLES:
            assert getattr(second, table).equals(getattr(first, table))
            paths = [tmp_path / name / f"{table}.parquet" for name in ("first", "second")]
            assert pq.read_table(paths[0]).equals(pq.read_table(paths[1]))
        for photo in Photo.objects.all():
            assert photo.preview.path.read_bytes() == first.preview_path(photo.preview_sha256).read_bytes()

    def test_what_is_here_already_is_skipped(self, play, tmp_path, capsys):
        export(tmp_path)
        call_command("import_trajectories", tmp_path / "export")
        assert "imported 0 photos, 0 players, 0 episodes" in capsys.readouterr().out
        assert Episode.objects.count() == 2

    def test_an_agents_play_keeps_its_seed_events_and_probabilities(self, play, tmp_path):
        edit(export(tmp_path), tmp_path / "agent", as_agents)
        call_command("import_trajectories", tmp_path / "agent")
        episode = Episode.objects.get(participant__kind="agent")
        assert episode.participant.pseudonym == "agent:one"
        assert (episode.seed, episode.sample, episode.checkpoint_hash) == (7, 0, "f" * 64)
        assert episode.steps.first().probabilities["exposure"] == 0.125
        assert [event.kind for event in episode.events.all()] == [
            *("start", "choose", "adjust", "goto", "choose", "adjust", "submit")
        ]

    def test_an_agent_that_the_reveal_does_not_show_is_said_to_be_so(self, play, study, tmp_path, capsys):
        edit(export(tmp_path), tmp_path / "agent", as_agents)
        call_command("import_trajectories", tmp_path / "agent")
        assert "The reveal of default shows agent:pretrained, not agent:one: " in capsys.readouterr().out
        study.agent = "agent:one"  # as it stands in the rows
        study.save()
        call_command("import_trajectories", tmp_path / "agent")
        assert "The reveal" not in capsys.readouterr().out

    def test_a_study_that_is_not_here_is_made_closed(self, play, tmp_path):
        edit(export(tmp_path), tmp_path / "agent", as_agents, {"study": "elsewhere"})
        call_command("import_trajectories", tmp_path / "agent")
        study = Study.objects.get(slug="elsewhere")
        assert not study.open
        assert study.playable.count() == 1

    def test_a_study_that_is_here_gets_no_photos(self, play, study, tmp_path, settings):
        export(tmp_path)
        empty_the_database(settings, tmp_path)
        call_command("import_trajectories", tmp_path / "export")
        assert Episode.objects.get().study == study
        assert not study.photos.exists()

    def test_a_preview_that_is_not_what_its_name_says_is_refused_and_nothing_is_stored(self, play, tmp_path, settings):
        snapshot = export(tmp_path)
        forged, other = (snapshot.preview_path(photo.preview_sha256) for photo in play)
        empty_the_database(settings, tmp_path)
        forged.write_bytes(other.read_bytes())
        with pytest.raises(CommandError, match="is not what its name says"):
            call_command("import_trajectories", tmp_path / "export")
        assert not Photo.objects.exists()
        assert not previews_folder().exists()

    def test_a_preview_that_is_here_is_never_written(self, play, tmp_path):
        export(tmp_path)
        Episode.objects.all().delete()
        StudyPhoto.objects.all().delete()
        Photo.objects.all().delete()
        before = [photo.preview.path.stat() for photo in play]
        call_command("import_trajectories", tmp_path / "export")
        assert Photo.objects.count() == 2
        assert [photo.preview.path.stat() for photo in play] == before

    @pytest.mark.long
    def test_play_on_a_photo_that_was_removed_here_can_be_exported_again(
        self, play, tmp_path, django_capture_on_commit_callbacks
    ):
        export(tmp_path, "first")
        Episode.objects.all().delete()
        with django_capture_on_commit_callbacks(execute=True):
            for photo in play:
                remove(photo)
        assert not play[0].preview.path.exists()
        call_command("import_trajectories", tmp_path / "first")
        assert [photo.preview.path.exists() for photo in play] == [True, False]
        assert export(tmp_path, "second").manifest["photos_removed"] == [play[0].pk]

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [({"study": "no name!"}, "no name of a study"), ({"checkpoint_hash": "f" * 65}, "does not fit")],
    )
    def test_a_row_that_does_not_fit_stores_nothing(self, play, tmp_path, changes, reason):
        edit(export(tmp_path), tmp_path / "agent", as_agents, changes)
        with pytest.raises(CommandError, match=reason):
            call_command("import_trajectories", tmp_path / "agent")
        assert not Participant.objects.filter(kind="agent").exists()
        assert Study.objects.count() == 1

    def test_a_player_of_another_kind_is_refused(self, play, tmp_path):
        edit(export(tmp_path), tmp_path / "robot", as_agents, {"player_kind": "robot", "player": "human-name"})
        Participant.objects.create(pseudonym="human-name", kind="human")
        with pytest.raises(CommandError, match="human-name is a human, not a robot"):
            call_command("import_trajectories", tmp_path / "robot")

    def test_a_photo_with_another_preview_is_refused(self, play, tmp_path):
        export(tmp_path)
        Photo.objects.filter(pk=play[0].pk).update(preview_sha256="0" * 64)
        with pytest.raises(CommandError, match="here with another preview"):
            call_command("import_trajectories", tmp_path / "export")

    def test_a_folder_that_is_no_snapshot_is_refused(self, study, tmp_path):
        with pytest.raises(CommandError, match=r"no manifest\.json"):
            call_command("import_trajectories", tmp_path)

    def test_a_snapshot_that_lost_a_step_is_refused(self, play, tmp_path):
        steps = export(tmp_path).steps
        pq.write_table(steps.slice(0, 1), tmp_path / "export" / "steps.parquet")
        with pytest.raises(CommandError, match=r"episodes\.parquet, row 0: step_count is 2"):
            call_command("import_trajectories", tmp_path / "export")


def edit(snapshot, directory, change, *arguments):
    """Write a changed copy of a snapshot."""
    tables = {name: list(rows(getattr(snapshot, name))) for name in TABLES}
    change(tables, *arguments)
    previews = {row["preview_sha256"]: snapshot.preview_path(row["preview_sha256"]) for row in tables["photos"]}
    write_snapshot(directory, **tables, previews=previews, manifest={})


def as_agents(tables, changes=None):
    """The same steps as an agent would have played them, with the events that `safelight play` writes."""
    new = "00000000-0000-4000-8000-000000000001"
    actions = [("start", {})]
    for row in tables["steps"]:
        choice = {"step": row["index"], "filter": row["filter"]}
        actions += [("goto", {"step": row["index"]})] if row["index"] else []
        actions += [("choose", choice), ("adjust", choice | {"parameters": row["parameters"]})]
    tables["events"] = [
        {"id": str(uuid5(UUID(new), str(seq))), "episode": new, "seq": seq, "kind": kind}
        | {"step": None, "filter": None, "parameters": None, "ms": 0, "contract_version": VERSION}
        | fields
        for seq, (kind, fields) in enumerate([*actions, ("submit", {})])
    ]
    for row in tables["episodes"]:
        row |= {"id": new, "player": "agent:one", "player_kind": "agent", "seed": 7, "sample": 0}
        row |= {"checkpoint_hash": "f" * 64, **(changes or {})}
    for row in tables["steps"]:
        row |= {"episode": new, "probabilities": dict.fromkeys(FILTERS, 0.125)}


def test_what_an_imported_agent_was_trained_on_is_in_the_sites_export_and_refuses_a_number(play, tmp_path):
    people = export(tmp_path, "before").episodes.column("player").to_pylist()
    taught = {"photos": [photo_sha256("elsewhere")], "players": [player_digest(people[0])]}
    folder = write(
        tmp_path / "play",
        [Play("agent:taught", "sea", row={"checkpoint_hash": "c" * 64})],
        trained_on={"c" * 64: taught},
    )
    call_command("import_trajectories", folder)
    snapshot = export(tmp_path, "after")
    assert snapshot.trained_on == {"c" * 64: taught}
    side, others = choose_players(read_play([snapshot.directory]))
    overlap = find_overlaps(side, others, read_play([snapshot.directory]).trained_on)["taught"]
    assert overlap.refused
    assert overlap.people == 1
