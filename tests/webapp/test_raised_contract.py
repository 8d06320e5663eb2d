"""A new version of the filters comes to a site with play by the one before: nothing of it is lost, and it is told."""

import pytest
from django.core.management import call_command

import safelight as library
from editing.game import filters
from editing.game.filters import VERSION
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from learning.comparison.sides import choose_players, read_play
from learning.imitation.preferences import read_preferences
from learning.photos.sets import list_results
from tests.command_line import safelight, safelight_output
from webapp.games.models import Episode, Event, Step
from webapp.games.pictures import finished_picture
from webapp.participants.models import Participant

CAST = ("player", "other_player", "photo")

GAMMA = {"step": 0, "filter": "gamma", "parameters": {"gamma": 2.0}}
OLD = f"1 episode by version {VERSION} of the filters: they are not "


@pytest.fixture
def old(player, photo, played):
    """The id of an episode that was handed in before the version was raised, and drawn by then."""
    assert player.send(photo, played).status_code == 200
    finished_picture(Episode.objects.get(), "small")
    return played[0]["episode"]


@pytest.fixture
def raised(old, other_player, photo, events, new_version):
    """The version of today; another player has handed in an episode by it."""
    version = {"contract_version": new_version()}
    actions = [("start", {}), ("choose", {"step": 0, "filter": "gamma"}), ("adjust", GAMMA), ("submit", {})]
    newer = events(*((kind, fields | version) for kind, fields in actions))
    call_command("migrate", verbosity=0)
    assert other_player.send(photo, newer).json()["status"] == "submitted"
    return version["contract_version"]


@pytest.fixture
def exported(raised, tmp_path):
    """An export of all that."""
    call_command("export_dataset", output=tmp_path / "export")
    return tmp_path / "export"


class TestTheSite:
    def test_lists_and_shows_what_is_old_and_draws_nothing_of_it_anew(self, old, raised, researcher):
        assert old in researcher.get("/desk/studies/default/episodes/").content.decode()
        page = researcher.get(f"/desk/studies/default/episodes/{old}/").content.decode()
        assert f"version {VERSION} of the filters" in page
        assert "Exposure +" in page
        assert "step by step" not in page
        picture = f"/desk/studies/default/episodes/{old}.webp"
        drawn = researcher.get(picture)
        assert drawn.status_code == 200
        assert b"".join(drawn.streaming_content).startswith(b"RIFF")
        finished_picture(Episode.objects.get(pk=old), "small").delete()
        assert researcher.get(picture).status_code == 404

    def test_counts_it_for_its_player(self, old, raised, player):
        assert player.next().json()["progress"] == {"done": 1, "total": 1}

    def test_keeps_what_was_open_and_exports_it(self, player, photo, opened, new_version, tmp_path):
        player.send(photo, opened)
        new_version()
        call_command("migrate", verbosity=0)
        call_command("export_dataset", output=tmp_path / "export", status=["all"])
        snapshot = read_snapshot(tmp_path / "export")
        assert [(row["status"], row["contract_version"]) for row in rows(snapshot.episodes)] == [("abandoned", VERSION)]
        assert snapshot.events.num_rows == len(opened)

    def test_lets_go_on_with_what_was_open_where_the_old_version_is_known(
        self, player, photo, played, new_version, monkeypatch
    ):
        monkeypatch.setattr(filters, "EARLIER_ALIKE", frozenset({VERSION}))
        player.send(photo, played[:3])
        version = new_version()
        call_command("migrate", verbosity=0)
        assert len(player.next().json()["episode"]["events"]) == 3
        last = [event | {"contract_version": version} for event in played[-1:]]
        assert player.send(photo, [*played[3:-1], *last]).json()["status"] == "submitted"


class TestAnExport:
    def test_holds_old_and_new_and_says_the_version_of_each(self, old, raised, exported):
        snapshot = read_snapshot(exported)
        by_version = {row["contract_version"]: row for row in rows(snapshot.episodes)}
        assert by_version.keys() == {VERSION, raised}
        assert by_version[VERSION]["id"] == old
        assert [row["filter"] for row in rows(snapshot.steps) if row["episode"] == old] == ["exposure", "contrast"]
        assert snapshot.manifest["contract_version"] == raised
        assert snapshot.manifest["contract_versions"] == {str(VERSION): 1, str(raised): 1}
        assert snapshot.manifest["episodes_left_out"] == {}

    def test_is_loaded_and_only_what_is_new_is_drawn(self, old, exported):
        data = library.load(exported)
        assert [step.filter for step in data.steps_of(old)] == ["exposure", "contrast"]
        with pytest.raises(ValueError, match=f"was played by version {VERSION} of the filters"):
            data.edited(old)
        with pytest.warns(UserWarning, match=OLD + "used"):
            assert len(data.torch()) == 1

    def test_is_valid_and_says_what_was_not_replayed(self, exported):
        said = safelight_output("dataset", "validate", exported)
        assert OLD + "replayed" in said
        assert "nothing is wrong" in said

    @pytest.mark.long
    def test_is_described_split_and_merged_with_its_versions(self, exported, raised, tmp_path):
        assert f"{VERSION}: 1" in safelight_output("dataset", "info", exported)
        safelight_output("dataset", "merge", exported, "-o", tmp_path / "merged")
        counts = read_snapshot(tmp_path / "merged").manifest["contract_versions"]
        assert counts == {str(VERSION): 1, str(raised): 1}

    @pytest.mark.long
    def test_is_compared_without_what_is_old_and_that_is_said(self, exported, raised):
        side, _ = choose_players(read_play([exported]), ("people",))
        assert [[step.filter for step in episode.steps] for episode in side.episodes] == [["gamma"]]
        assert side.left_out == {f"played by version {VERSION} of the filters; this is version {raised}": 1}

    @pytest.mark.long
    def test_gives_pictures_and_preferences_of_what_is_new_alone(self, exported, raised):
        with pytest.warns(UserWarning, match=OLD + "used"):
            assert [[step.filter for step in result.steps] for result in list_results(exported)] == [["gamma"]]
        found = read_preferences(exported)
        assert found.episodes == 1
        assert found.left_out[f"played by version {VERSION} of the filters; this is version {raised}"] == 1

    @pytest.mark.long
    def test_draws_no_episode_that_is_old(self, old, exported, tmp_path):
        result = safelight("dataset", "render", exported, old, "-o", tmp_path / "figure.svg")
        assert result.exit_code == 1
        assert f"was played by version {VERSION} of the filters" in result.output

    def test_is_imported_without_what_is_old_and_that_is_said(self, exported, capsys):
        for model in (Step, Event, Episode, Participant):
            model.objects.all().delete()
        capsys.readouterr()
        call_command("import_trajectories", exported)
        assert OLD + "imported" in capsys.readouterr().out
        assert Episode.objects.count() == 1
