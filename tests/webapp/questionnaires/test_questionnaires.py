"""Questionnaires before and after play: what is asked when, and that what is answered is stored once."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, transaction

from tests.webapp.conftest import BRIGHTER, Player, write_events
from tests.webapp.judging.conftest import judging_task
from tests.webapp.questionnaires.conftest import BEFORE, answer
from tests.webapp.ratings.conftest import do_photo, store_play
from webapp.questionnaires.models import Answers
from webapp.studies.models import Participation, Study

CAST = ("photo",)

ASK = "/api/studies/default/questionnaire/"


class TestOrder:
    def test_it_works(self, asked, photo, refused):
        first = asked.get(ASK).json()
        assert (first["name"], first["survey"]) == ("before", BEFORE)
        assert first["player"] == Participation.objects.get().participant.pseudonym
        offer = asked.next().json()
        assert (offer["task"], offer["photo"]) == ("questionnaire", None)
        assert offer["elsewhere"] == "/play/default/questionnaire/"
        assert answer(asked, "before", {"age": 34}).status_code == 200
        assert asked.get(ASK).json()["survey"] is None
        assert asked.next().json()["photo"]["id"] == photo.pk
        do_photo(asked, photo, 1.0)
        assert not Participation.objects.get().completed
        assert asked.get(ASK).json()["name"] == "after"
        assert answer(asked, "after", {}).status_code == 200
        assert Participation.objects.get().completed
        offer = asked.next().json()
        assert (offer["task"], offer["end"]) == ("", "/play/default/end/")
        assert {row.questionnaire: row.values for row in Answers.objects.all()} == {"before": {"age": 34}, "after": {}}

    def test_what_comes_later_is_refused_until_then(self, asked, photo, refused):
        assert refused(answer(asked, "after", {})) == (409, "other_task")
        assert refused(asked.send(photo, write_events(*BRIGHTER))) == (409, "other_task")
        assert not Answers.objects.exists()

    def test_pages_lead_to_what_comes_next(self, asked, photo, settings, tmp_path):
        for name in ("play", "questionnaire", "judging"):
            (tmp_path / f"{name}.js").touch()
        settings.STATICFILES_DIRS = [tmp_path]
        play, questions, judging = (f"/play/default/{page}" for page in ("", "questionnaire/", "judging/"))
        assert asked.get(play)["Location"] == asked.get(judging)["Location"] == questions
        assert asked.get(questions).status_code == 200
        answer(asked, "before", {})
        assert asked.get(questions)["Location"] == play
        do_photo(asked, photo, 1.0)
        answer(asked, "after", {})
        assert asked.get(play)["Location"] == asked.get(questions)["Location"] == "/play/default/end/"

    def test_who_has_done_all_is_given_nothing_more(self, asked, photo, make_photo):
        answer(asked, "before", {})
        do_photo(asked, photo, 1.0)
        answer(asked, "after", {})
        make_photo(2)
        assert asked.next().json()["task"] == ""

    def test_play_judging_and_questions_come_in_any_order(self, configure, study, photo):
        store_play(study, photo, "somebody", 1.0)
        after = {"kind": "questionnaire", "name": "after"}
        configure(judging_task(makers=["person", "untouched"], trials=2), after, reveal="off")
        player = Player()
        assert player.join().status_code == 200
        assert player.next().json()["task"] == "rating"
        for trial in player.post("/api/studies/default/judging/", {}).json()["trials"]:
            player.post(f"/api/studies/default/trials/{trial['id']}/", {"answer": 3, "ms": 1})
        assert player.next().json()["task"] == "questionnaire"
        answer(player, "after", {})
        assert Participation.objects.get().completed

    def test_conditions_have_tasks_of_their_own(self, configure, photo):
        conditions = [
            {"name": "asked", "changes": {"tasks": [{"kind": "questionnaire", "name": "after"}]}},
            {"name": "playing", "changes": {}},
        ]
        configure(conditions=conditions)
        tasks = set()
        for _ in range(2):
            player = Player()
            player.join()
            tasks.add(player.next().json()["task"])
        assert tasks == {"questionnaire", "play"}

    def test_who_has_answered_and_can_go_on_no_more_is_complete_when_the_study_closes(self, asked, study):
        other = Player()
        other.join()
        answer(asked, "before", {})
        study.refresh_from_db()
        study.state = "closed"
        study.save()
        assert [bool(row.completed) for row in Participation.objects.order_by("pk")] == [True, False]


class TestAnswers:
    def test_the_same_again_changes_nothing_and_others_are_refused(self, asked, refused):
        key = str(uuid4())
        first = answer(asked, "before", {"age": 34}, key)
        assert answer(asked, "before", {"age": 34}, key).json() == first.json() == {"key": key}
        assert refused(answer(asked, "before", {"age": 35}, key)) == (409, "conflict")
        assert refused(answer(asked, "before", {"age": 34})) == (409, "conflict")
        assert Answers.objects.get().values == {"age": 34}

    def test_a_key_that_somebody_else_has_used_is_refused(self, asked, refused):
        key = str(uuid4())
        other = Player()
        other.join()
        assert answer(asked, "before", {}, key).status_code == 200
        assert refused(answer(other, "before", {}, key)) == (409, "conflict")

    @pytest.mark.parametrize(
        "values", [{"age": 1, "experience-Comment": "much"}, {"is_adult": True}, {"experience": ["none", {"x": 1}]}]
    )
    def test_what_surveyjs_gives_is_taken_as_it_is(self, asked, values):
        assert answer(asked, "before", values).status_code == 200
        assert Answers.objects.get().values == values

    def test_what_was_not_asked_is_refused(self, asked, refused):
        for values in ({"height": 180}, {"age": "9" * 100_001}, [], None):
            assert refused(answer(asked, "before", values)) == (400, "malformed")
            assert not Answers.objects.exists()

    def test_there_is_no_other_questionnaire(self, asked, refused):
        assert refused(answer(asked, "other", {})) == (404, "not_found")
        assert refused(answer(asked, "play", {})) == (404, "not_found")

    def test_who_has_not_joined_is_not_asked(self, asked, stranger, refused):
        assert refused(stranger.get(ASK)) == (401, "not_joined")
        assert refused(answer(stranger, "before", {})) == (401, "not_joined")

    def test_the_language_is_kept(self, asked):
        asked.client.cookies["django_language"] = "de"
        answer(asked, "before", {})
        assert Answers.objects.get().language == "de"

    def test_rows_are_never_changed(self, asked):
        answer(asked, "before", {})
        with pytest.raises(Error, match="never changed"), transaction.atomic():
            Answers.objects.update(ms=1)


class TestConfiguration:
    @pytest.mark.parametrize(
        "tasks",
        [
            {},
            ["play"],
            [{"kind": "dance"}],
            [{"kind": "play", "name": "x"}],
            [{"kind": "play"}, {"kind": "play"}],
            [{"kind": "questionnaire", "name": "A b"}],
            [{"kind": "questionnaire", "name": "play"}],
            [{"kind": "questionnaire", "name": "missing"}],
            [{"kind": "questionnaire", "name": "before", "trials": 3}],
            [judging_task(makers=[])],
            [judging_task(makers=["nobody"])],
            [judging_task(makers=["person", "person"])],
            [judging_task(makers=["agent", "agent:pretrained"])],
            [judging_task("pair", makers=["person"])],
            [judging_task("turing", makers=["agent", "untouched"])],
            [judging_task(trials=0)],
            [judging_task(trials=True)],
            [judging_task(judgements_per_picture="5")],
            [judging_task(repeat_share=1.5)],
            [judging_task(question="How?")],
            [judging_task(studies=[])],
            [judging_task(colour="red")],
            [judging_task(attention_items=[{"photo": "a"}])],
            [judging_task(attention_items=[{"photo": "a" * 64, "answers": [9]}])],
            [judging_task(attention_items=[{"photo": "a" * 64, "answers": [1], "steps": [[], []]}])],
            [judging_task(attention_items=[{"photo": "a" * 64, "answers": [1], "steps": [[{"filter": "sepia"}]]}])],
        ],
    )
    def test_tasks_that_cannot_be_are_refused(self, study, tasks):
        assert wrong(study, tasks=tasks, questionnaires={"before": BEFORE}) == {"tasks"}

    @pytest.mark.parametrize(
        "survey",
        [[], {}, {"pages": []}, {"elements": [{"type": "html", "name": "x"}]},
         {"elements": [{"type": "file", "name": "x"}]}, {"elements": [{"type": "text", "name": "x" * 300_000}]}],
    )  # fmt: skip
    def test_questionnaires_that_cannot_be_are_refused(self, study, survey):
        assert wrong(study, questionnaires={"before": survey}) == {"questionnaires"}

    def test_a_reveal_that_tells_who_makes_what_before_it_is_judged_is_refused(self, study):
        assert wrong(study, tasks=[judging_task()], reveal="each") == {"tasks"}
        conditions = [{"name": "a", "changes": {"reveal": "each"}}, {"name": "b", "changes": {}}]
        assert wrong(study, tasks=[judging_task()], reveal="off", conditions=conditions) == {"conditions"}

    def test_what_fits_is_taken_and_is_fixed_once_somebody_has_joined(self, asked, study):
        study.refresh_from_db()
        study.full_clean()
        assert wrong(study, tasks=[{"kind": "play"}]) == {"tasks"}


def wrong(study, **settings):
    """The settings that a check refuses."""
    study = Study.objects.get(pk=study.pk)
    study.change(settings)
    with pytest.raises(ValidationError) as refusal:
        study.full_clean()
    return set(refusal.value.message_dict)
