"""What judging and questionnaires have come to, for researchers."""

import pytest

from tests.webapp.conftest import new_player
from tests.webapp.judging.conftest import judging_task, say, shown
from tests.webapp.questionnaires.conftest import AFTER, answer
from webapp.judging.models import ShownPicture
from webapp.judging.results import task_results
from webapp.questionnaires.results import question_results
from webapp.studies.leases import reject
from webapp.studies.models import Participation

MARKS = {"person": 4, "agent": 5, "untouched": 1}


def makers(trial):
    rows = ShownPicture.objects.filter(trial=trial["id"]).order_by("index")
    return [row.picture.maker for row in rows]


def judge_by(player, decide):
    for trial in shown(player)["trials"]:
        assert say(player, trial, decide(makers(trial))).status_code == 200


def test_ratings_are_summed_up_by_maker(configure, judged_photos):
    study = configure(judging_task(trials=3, judgements_per_picture=1, repeat_share=0.4))
    for _ in range(2):
        judge_by(new_player(), lambda names: MARKS[names[0]])
    (result,) = task_results(study)
    assert {(row.maker, row.shown, row.mean) for row in result.makers} == {
        ("person", 2, 4), ("agent", 2, 5), ("untouched", 2, 1),
    }  # fmt: skip
    assert (result.judges, result.judgements, result.pictures, result.filled) == (2, 6, 12, 6)
    assert (result.repeats, result.same) == (2, 2)


@pytest.mark.parametrize("kind", ["pair", pytest.param("turing_pair", marks=pytest.mark.long)])
def test_of_two_it_is_the_share_that_was_chosen(configure, study, judged_photos, kind):
    study = configure(judging_task(kind, makers=["person", "agent"], trials=2, repeat_share=0.5))
    judge_by(new_player(), lambda names: names.index("person"))
    (result,) = task_results(study)
    assert {(row.maker, row.mean) for row in result.makers} == {("person", 1), ("agent", 0)}
    assert (result.judgements, result.repeats, result.same) == (2, 1, 1)


def test_of_a_question_of_makers_it_is_the_share_taken_for_a_person(configure, judged_photos):
    study = configure(judging_task("turing", makers=["person", "agent"], trials=2))
    judge_by(new_player(), lambda names: int(names[0] == "person"))
    (result,) = task_results(study)
    assert {(row.maker, row.mean) for row in result.makers} == {("person", 0), ("agent", 1)}


def test_who_was_rejected_and_who_only_tried_is_left_out(configure, judged_photos, researcher):
    study = configure(
        judging_task(trials=3), {"kind": "questionnaire", "name": "after"}, questionnaires={"after": AFTER}
    )
    careless = new_player()
    assert researcher.join().status_code == 200
    for player in (careless, researcher):
        judge_by(player, lambda _: 1)
        assert answer(player, "after", {"remarks": "none"}).status_code == 200
    reject(Participation.objects.get(preview=False), "no effort")
    (result,) = task_results(study)
    assert (result.judges, result.makers) == (0, ())
    assert question_results(study) == []


def test_answers_are_counted_by_question(configure, study):
    study = configure({"kind": "questionnaire", "name": "after"}, questionnaires={"after": AFTER})
    for said in ("none", "none", "über"):
        assert answer(new_player(), "after", {"remarks": said}).status_code == 200
    (result,) = question_results(study)
    assert (result.questionnaire, result.question, result.answers) == ("after", "remarks", 3)
    assert result.counts == {'"none"': 2, '"über"': 1}
