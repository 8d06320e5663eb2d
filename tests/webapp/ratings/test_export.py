"""Judgements in an export."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.schemas import InvalidSnapshot
from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import new_player
from tests.webapp.ratings.conftest import do_photo
from webapp.games.models import Episode
from webapp.ratings.models import Place

CAST = ("player", "photo")


@pytest.fixture
def judged(player, photo, agent_plays):
    """The player has chosen the second of three pictures of the one photo."""
    agent_plays(photo)
    do_photo(new_player(), photo, 1.0)
    do_photo(player, photo, 0.5)
    address = f"/api/studies/default/photos/{photo.pk}/reveal/"
    player.post(address, {})
    assert player.post(f"{address}answer/", {"place": 1, "ms": 900}).status_code == 200


def export(tmp_path, name="export"):
    call_command("export_dataset", output=tmp_path / name)
    return read_snapshot(tmp_path / name)


def test_it_works(judged, photo, tmp_path):
    snapshot = export(tmp_path)
    assert snapshot.manifest["rows"]["judgements"] == 1
    row = next(rows(snapshot.judgements))
    assert row["episodes"] == [str(place.episode_id) for place in Place.objects.order_by("index")]
    assert (row["kind"], row["answer"], row["ms"], row["photo"]) == ("favourite", 1, 900, photo.pk)
    assert row["player"] == Episode.objects.get(steps__parameters__ev=0.5).participant.pseudonym
    assert "judgements.parquet" in (tmp_path / "export" / "README.md").read_text()


def test_without_judgements_there_is_no_such_file(player, photo, played, tmp_path):
    player.send(photo, played)
    snapshot = export(tmp_path)
    assert not (tmp_path / "export" / "judgements.parquet").exists()
    assert snapshot.judgements.num_rows == 0
    assert "judgements" not in (tmp_path / "export" / "README.md").read_text()


def test_a_judgement_of_an_episode_that_is_left_out_is_left_out(judged, tmp_path):
    Episode.objects.filter(participant__kind="agent").update(status="abandoned")
    assert export(tmp_path).judgements.num_rows == 0


def test_a_wrong_judgement_is_refused_by_name(judged, tmp_path):
    table = export(tmp_path).judgements
    for change, reason in (
        ({"answer": 7}, "the answer is place 7, of 3 from 0"),
        ({"episodes": ["nobody's"], "makers": [], "answer": 0}, "there is no episode nobody's"),
        ({"episodes": []}, "names the episodes"),
        ({"makers": ["person"]}, "makers has 1 names, of 3 pictures"),
        ({"kind": "whim"}, "kind is 'whim'"),
        ({"photo": "0" * 64}, "there is no photo 000"),
        ({"ms": -1}, "ms is -1"),
    ):
        wrong = table.to_pylist()[0] | change
        pq.write_table(pa.Table.from_pylist([wrong], schema=table.schema), tmp_path / "export" / "judgements.parquet")
        with pytest.raises(InvalidSnapshot, match=f"judgements.parquet, row 0: .*{reason}"):
            read_snapshot(tmp_path / "export")
