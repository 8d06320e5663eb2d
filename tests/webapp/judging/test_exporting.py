"""What was said of pictures and to questionnaires: in an export, in receipts, in one's own data."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.receipts import receipts_of
from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import Player, default_study, new_player
from tests.webapp.judging.conftest import give_tasks, judge_all, judging_task
from tests.webapp.questionnaires.conftest import AFTER, answer
from webapp.datasets.receipts import receipts_of_study
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.photos.storing import remove
from webapp.studies.models import Participation, Study


@pytest.fixture(scope="module")
def judge_once(made_once, judged_once):
    """Somebody who has judged three pictures, one of them twice, and answered two questions."""
    with made_once():
        after = {"kind": "questionnaire", "name": "after"}
        makers = ["expert", "agent", "untouched"]
        # What was stored without events, as an import would, is no person's play in an export.
        Participant.objects.filter(kind="human").update(kind="expert")
        Participant.objects.filter(pseudonym__startswith="agent:").update(kind="agent")
        task = judging_task(trials=3, repeat_share=0.34, makers=makers)
        give_tasks(default_study(), task, after, questionnaires={"after": AFTER})
        player = new_player()
        assert judge_all(player, 4) == 4
        assert answer(player, "after", {"remarks": 'It was "fine", über.'}).status_code == 200
        yield player


@pytest.fixture
def judge(judge_once, db):
    """That person's browser."""
    return judge_once.copy()


def export(tmp_path, name="export", **options):
    call_command("export_dataset", output=tmp_path / name, stdout=StringIO(), **options)
    return read_snapshot(tmp_path / name)


def test_judgements_and_answers_are_exported(judge, tmp_path):
    assert not Event.objects.exists()
    snapshot = export(tmp_path)
    judgements = list(rows(snapshot.judgements))
    assert [row["position"] for row in judgements] == list(range(4))
    assert {(row["kind"], row["task"], row["answer"]) for row in judgements} == {("rating", "judged", 4)}
    assert sum(row["repeat"] for row in judgements) == 1
    for row in judgements:
        (maker,), (episode,) = row["makers"], row["episodes"]
        assert (maker == "untouched") == (episode is None)
        assert maker in ("expert", "agent", "untouched")
    (said,) = rows(snapshot.answers)
    player = Participation.objects.get().participant.pseudonym
    assert (said["questionnaire"], said["question"], said["player"]) == ("after", "remarks", player)
    assert json.loads(said["answer"]) == 'It was "fine", über.'
    card = (tmp_path / "export" / "README.md").read_text()
    assert "`judgements.parquet`" in card
    assert "`answers.parquet`" in card


def test_receipts_count_them_here_and_from_an_export_alone(judge, study, tmp_path):
    (receipt,) = receipts_of_study(study)
    assert (receipt.complete, receipt.judgements, receipt.answers, receipt.problems) == (True, 4, 1, [])
    snapshot = export(tmp_path)
    assert receipts_of(snapshot) == [receipt]
    out = StringIO()
    call_command("receipts", "default", stdout=out)
    assert "4 judgements, 1 answers" in out.getvalue()


def test_a_judgement_of_a_picture_that_is_left_out_names_its_maker_alone(judge, tmp_path):
    Episode.objects.filter(participant__kind="agent").update(status="excluded", exclusion_reason="for the test")
    judgements = list(rows(export(tmp_path).judgements))
    assert len(judgements) == 4
    by_agents = [row for row in judgements if row["makers"] == ["agent"]]
    assert by_agents
    assert all(row["episodes"] == [None] for row in by_agents)
    assert receipts_of(read_snapshot(tmp_path / "export")) == receipts_of_study(Study.objects.get())


def test_a_removed_photo_that_was_judged_stays_in_exports(judge, judged_photos, tmp_path):
    for photo in judged_photos:
        Episode.objects.filter(photo=photo).update(status="excluded", exclusion_reason="for the test")
        remove(photo)
    assert export(tmp_path).judgements.num_rows == 4


def test_ones_own_data_have_both(judge):
    data = json.loads(judge.get("/play/default/mine.json").content)
    assert [(row["task"], row["answer"]) for row in data["judgements"]] == [("judged", 4)] * 4
    assert data["answers"][0]["answers"] == {"remarks": 'It was "fine", über.'}
    page = judge.get("/play/default/mine/").content.decode()
    assert "4 judgements of pictures" in page
    assert "1 answer to a questionnaire" in page


def test_a_study_that_only_judges_names_the_photos_of_the_other(study, judged_photos, tmp_path):
    Study.objects.create(
        slug="elsewhere", title="Elsewhere", state="open", consent_text="", reveal="off",
        tasks=[judging_task(trials=3, makers=["agent", "untouched"], studies=["default"])],
    )  # fmt: skip
    player = Player("elsewhere")
    assert player.join().status_code == 200
    for trial in player.post("/api/studies/elsewhere/judging/", {}).json()["trials"]:
        body = {"answer": 2, "ms": 5}
        assert player.post(f"/api/studies/elsewhere/trials/{trial['id']}/", body).status_code == 200
    snapshot = export(tmp_path, study="elsewhere")
    assert snapshot.judgements.num_rows == 3
    assert {row["photo"] for row in rows(snapshot.judgements)} <= {row["sha256"] for row in rows(snapshot.photos)}
