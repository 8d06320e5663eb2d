"""The table of participations in an export: what is known of who took part, and nothing that singles them out."""

from io import StringIO

import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.reading import open_snapshot
from tests.webapp.test_recruitment import come, play_all, recruit
from webapp.studies.leases import reject
from webapp.studies.models import Participation


@pytest.fixture
def recruited(db):
    """The study, with two photos, two people for each, and a recruiter."""
    return recruit()


def participations(tmp_path, **options):
    call_command("export_dataset", output=tmp_path / "export", stdout=StringIO(), **options)
    return list(rows(open_snapshot(tmp_path / "export").participations))


def test_each_participation_has_a_row_with_its_numbers(recruited, built, tmp_path):
    player, _ = come()
    play_all(player)
    reject(Participation.objects.get(), "no effort")
    come({"PROLIFIC_PID": "other"})
    first, second = sorted(participations(tmp_path), key=lambda row: row["excluded"])
    assert (first["completed"], first["events"], first["excluded"], first["window"]) == (None, 0, False, None)
    assert (second["excluded"], second["exclusion_reason"], second["consent_version"]) == (True, "no effort", 1)
    assert second["configuration"] >= 1
    assert second["completed"] >= second["joined"]


def test_where_play_is_left_out_there_is_no_receipt(recruited, built, tmp_path):
    player, _ = come()
    play_all(player)
    (row,) = participations(tmp_path, status=["open"])
    assert (row["episodes"], row["events"], row["events_sha256"]) == (None, None, None)


def test_the_window_is_coarse_and_the_last_one(player, photo, events, tmp_path):
    sizes = [("view", {"parameters": {"viewport_width": width}}) for width in (1600.0, 390.0)]
    choice = {"step": 0, "filter": "exposure"}
    steps = [("choose", choice), ("adjust", choice | {"parameters": {"ev": 1.0}}), ("submit", {})]
    player.send(photo, events(("start", {}), *sizes, *steps))
    (row,) = participations(tmp_path)
    assert (row["window"], row["episodes"], row["events"]) == ("small", 1, 6)
