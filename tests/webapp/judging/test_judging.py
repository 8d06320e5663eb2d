"""Tasks of judging: who is given what, the answers, what counts, and that nothing is lost."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.utils import timezone

from tests.webapp.conftest import Player, new_player
from tests.webapp.judging.conftest import JUDGING, MAKERS, judge_all, judging_task, picture, say, shown
from tests.webapp.ratings.conftest import do_photo
from webapp.games.models import Episode
from webapp.judging.models import Picture, ShownPicture, Trial
from webapp.judging.pictures import draw_some
from webapp.photos.storing import remove
from webapp.ratings.models import Judgement, Showing
from webapp.studies.entries import outcome_of
from webapp.studies.leases import accept, is_full, reject
from webapp.studies.models import Participation, Study
from webapp.studies.withdrawing import withdraw


@pytest.fixture
def judge(configure, judged_photos):
    """Somebody who is to rate three pictures."""
    configure(judging_task(trials=3))
    return new_player()


def counted():
    """How often each picture is counted, which must be how many trials that are held show it."""
    held = Counter(ShownPicture.objects.filter(trial__is_held=True).values_list("picture", flat=True))
    assert {row.pk: row.taken for row in Picture.objects.all() if row.taken} == held
    return sorted(Picture.objects.exclude(maker="task").values_list("taken", flat=True))


class TestTrials:
    def test_it_works(self, judge):
        given = shown(judge)
        assert (given["task"], given["kind"], given["done"], len(given["trials"])) == ("judged", "rating", 0, 3)
        assert judge.next().json()["elsewhere"] == "/play/default/judging/"
        trial = given["trials"][0]
        assert (trial["width"], trial["height"], len(trial["pictures"])) == (96, 64, 1)
        assert picture(judge, trial).format == "WEBP"
        assert say(judge, trial, 4, 1234).json() == {"left": 2}
        row = Judgement.objects.get()
        assert (row.kind, row.answer, row.ms, row.showing.task) == ("rating", 4, 1234, "judged")
        assert shown(judge)["done"] == 1
        assert [left["id"] for left in shown(judge)["trials"]] == [left["id"] for left in given["trials"][1:]]

    def test_each_maker_comes_as_often_and_no_photo_twice_while_there_are_others(self, configure, judged_photos):
        configure(judging_task(trials=3))
        for _ in range(4):
            new_player()
        for participation in Participation.objects.all():
            pictures = Picture.objects.filter(shown__trial__participation=participation)
            assert sorted(pictures.values_list("maker", flat=True)) == sorted(MAKERS)
            assert len(set(pictures.values_list("photo", flat=True))) == 3
        assert (sum(counted()), max(counted())) in ((12, 1), (12, 2))

    def test_what_one_made_oneself_is_not_judged(self, configure, study, judged_photos):
        task = judging_task(trials=4, makers=["person"])
        configure({"kind": "play"}, task)
        player = new_player()
        for photo in judged_photos:
            do_photo(player, photo, 0.9)
        own = Participation.objects.get()
        judge_all(player)
        assert not Trial.objects.filter(shown__picture__episode__participant=own.participant).exists()
        assert Trial.objects.count() == 4
        assert own.completed is None
        own.refresh_from_db()
        assert own.completed

    def test_of_two_pictures_both_show_one_photo_and_have_two_makers(self, configure, judged_photos):
        configure(judging_task("pair", trials=4))
        player = new_player()
        for trial in Trial.objects.all():
            pictures = [row.picture for row in trial.shown.all()]
            assert len({picture.photo_id for picture in pictures}) == 1
            assert len({picture.maker for picture in pictures}) == 2
        assert [len(trial["pictures"]) for trial in shown(player)["trials"]] == [2] * 4

    def test_of_two_of_which_a_person_made_one_just_one_is_a_persons(self, configure, judged_photos):
        configure(judging_task("turing_pair", trials=8))
        new_player()
        for trial in Trial.objects.all():
            assert sum(row.picture.maker == "person" for row in trial.shown.all()) == 1

    def test_pictures_of_other_studies_are_judged(self, study, judged_photos):
        Study.objects.create(
            slug="elsewhere", title="Elsewhere", state="open", consent_text="", reveal="off",
            tasks=[judging_task(trials=6, studies=["default"])],
        )  # fmt: skip
        player = Player("elsewhere")
        assert player.join().status_code == 200
        assert len(player.post("/api/studies/elsewhere/judging/", {}).json()["trials"]) == 6


class TestRepeatsAndAttention:
    def test_repeats_are_flagged_the_other_way_round_and_count_nowhere(self, configure, judged_photos):
        configure(judging_task("pair", trials=4, repeat_share=0.5, repeat_distance=1))
        player = new_player()
        assert judge_all(player) == 6
        repeats = Showing.objects.filter(repeat=True)
        assert repeats.count() == 2
        for repeat in repeats:
            places = [place.maker for place in repeat.places.all()]
            first = Showing.objects.filter(repeat=False, photo=repeat.photo).get(
                places__index=0, places__maker=places[1], position__lt=repeat.position
            )
            assert [place.maker for place in first.places.all()] == places[::-1]
        assert sum(counted()) == 8

    def test_an_attention_item_is_asked_and_answered_as_all_others(self, configure, judged_photos):
        item = {"photo": judged_photos[0].pk, "answers": [2], "instruction": {"en": "Choose 2.", "de": "Wählen Sie 2."}}
        dark = {"photo": judged_photos[1].pk, "answers": [1, 2],
                "steps": [[{"filter": "exposure", "parameters": {"ev": -3.5}}]]}  # fmt: skip
        configure(judging_task(trials=2, attention_items=[item, dark]))
        player = new_player()
        trials = shown(player)["trials"]
        assert sorted(trial["instruction"] for trial in trials) == ["", "", "", "Choose 2."]
        assert all(set(trial) == set(trials[0]) for trial in trials)
        for trial in trials:
            assert picture(player, trial).size == (96, 64)
            say(player, trial, 2 if trial["instruction"] else 5)
        assert Showing.objects.filter(attention=True).count() == 2
        assert Showing.objects.get(failed=True).photo == judged_photos[1]
        assert outcome_of(Participation.objects.get()) == "attention"


class TestAnswers:
    def test_the_same_again_changes_nothing_and_another_is_refused(self, judge, refused):
        trial = shown(judge)["trials"][0]
        first = say(judge, trial, 3)
        assert say(judge, trial, 3, ms=5).json() == first.json()
        assert refused(say(judge, trial, 4)) == (409, "conflict")
        assert Judgement.objects.get().ms == 900

    @pytest.mark.parametrize(
        ("kind", "values"),
        [("rating", (0, 6)), ("pair", (-1, 2)), pytest.param("turing", (-1, 2), marks=pytest.mark.long)],
    )
    def test_what_is_no_answer_is_refused(self, configure, judged_photos, refused, kind, values):
        configure(judging_task(kind, trials=2))
        player = new_player()
        first, *_ = shown(player)["trials"]
        for value in values:
            assert refused(say(player, first, value)) == (400, "malformed"), value
            assert not Judgement.objects.exists()

    def test_anothers_trial_is_as_if_it_were_not_there(self, judge, refused):
        trial = shown(judge)["trials"][0]
        other = new_player()
        assert refused(say(other, trial)) == (404, "not_found")
        assert refused(other.get(trial["pictures"][0])) == (404, "not_found")

    def test_who_has_judged_all_has_done_all(self, judge):
        assert judge_all(judge) == 3
        assert Participation.objects.get().completed
        assert judge.next().json()["end"] == "/play/default/end/"
        assert shown(judge)["task"] == ""

    def test_a_closed_study_takes_the_answers_that_wait_and_shows_nothing_more(self, judge, refused):
        trial = shown(judge)["trials"][0]
        study = Study.objects.get()
        study.state = "closed"
        study.save()
        assert refused(judge.post(JUDGING, {})) == (403, "study_closed")
        assert say(judge, trial).status_code == 200

    def test_rows_are_never_changed(self, judge):
        assert say(judge, shown(judge)["trials"][0]).status_code == 200
        with pytest.raises(Error, match="never changed"), transaction.atomic():
            Judgement.objects.update(answer=5)


class TestPlaces:
    @pytest.fixture
    def limited(self, configure, judged_photos):
        """Twelve pictures, each to be judged once, three by each person: for four people."""
        return configure(judging_task(trials=3, judgements_per_picture=1))

    def test_each_is_judged_as_often_as_is_wanted_and_the_fifth_is_told_that_it_is_full(self, limited, refused):
        for _ in range(4):
            judge_all(new_player())
        assert counted() == [1] * 12
        assert is_full(limited)
        assert refused(Player().join()) == (410, "study_full")
        assert Participation.objects.count() == 4

    def test_what_lapses_is_given_to_others_and_who_comes_late_is_surplus(self, limited):
        late = new_player()
        trials = shown(late)["trials"]
        Trial.objects.update(expires=timezone.now() - timedelta(seconds=1))
        for _ in range(4):
            shown(new_player())
        assert counted() == [1] * 12
        assert say(late, trials[0]).status_code == 200
        assert Showing.objects.get(key=trials[0]["id"]).surplus
        assert counted() == [1] * 12

    def test_robots_and_researchers_take_no_place(self, limited, researcher):
        robot = Player()
        assert robot.join("robot").status_code == 200
        assert researcher.join().status_code == 200
        assert judge_all(robot) == judge_all(researcher) == 3
        assert sum(counted()) == 0
        assert Showing.objects.filter(preview=True).count() == 3

    def test_who_is_rejected_frees_their_places_and_takes_them_again(self, limited):
        judge_all(new_player())
        participation = Participation.objects.get()
        reject(participation, "no effort")
        assert sum(counted()) == 0
        accept(participation)
        assert sum(counted()) == 3

    def test_of_a_photo_that_is_removed_nothing_is_asked_and_who_has_no_other_is_done(self, judge, judged_photos):
        trials = shown(judge)["trials"]
        own = ShownPicture.objects.values_list("trial", "picture__photo")
        photos = {str(trial): photo for trial, photo in own}
        gone = next(photo for photo in judged_photos if photo.pk == photos[trials[0]["id"]])
        for trial in trials:
            if photos[trial["id"]] != gone.pk:
                say(judge, trial)
        assert {photos[trial["id"]] for trial in shown(judge)["trials"]} == {gone.pk}
        remove(gone)
        assert Participation.objects.get().completed


class TestErasing:
    def test_who_withdraws_leaves_nothing_and_others_are_not_asked_about_their_pictures(
        self, configure, study, judged_photos, django_capture_on_commit_callbacks
    ):
        configure(judging_task(trials=4, makers=["person"]))
        maker = new_player()
        own = Participation.objects.get()
        Episode.objects.filter(participant__pseudonym="person-0").update(participant=own.participant)
        other = new_player()
        trials = shown(other)["trials"]
        assert len(trials) == 4
        assert draw_some() > 0
        say(maker, shown(maker)["trials"][0])
        say(other, trials[0])
        theirs = Trial.objects.exclude(participation=own)
        with django_capture_on_commit_callbacks(execute=True):
            withdraw(own)
        assert theirs.count() == 3
        assert not Showing.objects.exclude(participant=Participation.objects.get().participant).exists()
        assert Picture.objects.filter(maker="person").count() == 3
        counted()
        judge_all(other)
        assert Participation.objects.get().completed
