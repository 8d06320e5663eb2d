"""A vote in which somebody's own agent stands beside what other people made: which would you have made?"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import TestCase

from tests.webapp.conftest import Player, new_photo, new_player
from tests.webapp.judging.conftest import picture, say, shown
from tests.webapp.personal_agents.conftest import agent_of, allow, make_agents, participation_of
from tests.webapp.ratings.conftest import do_photo, store_play
from tests.webapp.test_withdrawing import withdraw
from webapp.datasets.answer_rows import task_judgements
from webapp.judging.models import Picture, Trial
from webapp.judging.pictures import judged_picture
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent
from webapp.photos.models import Photo
from webapp.ratings.models import Judgement
from webapp.studies.models import Participation
from webapp.studies.retention import anonymise
from webapp.studies.task_order import have_room

QUESTION = {"en": "Which would you have made?", "de": "Welches hätten Sie gemacht?"}
VOTE = {"kind": "pair", "name": "vote", "makers": ["person", "personal_agent"], "trials": 3, "question": QUESTION}


@dataclass(frozen=True)
class Asked:
    """Somebody who has done all ten photos, and is to vote; other people have done them, too."""

    voter: Player
    photos: list[Photo]


@pytest.fixture(scope="module")
def vote_once(made_once):
    """A study that asks for the vote after play, for all tests."""
    with made_once():
        study = allow()
        study.change({"tasks": [{"kind": "play"}, VOTE], "reveal": "end"})
        study.full_clean()
        study.save()
        voter, photos = new_player(), [new_photo(study, seed) for seed in range(10)]
        for photo in photos:
            store_play(study, photo, "somebody", 1.0)
            do_photo(voter, photo, 0.5)
        yield Asked(voter, photos)


@pytest.fixture
def vote(vote_once, study):
    """That study."""
    return study


@pytest.fixture
def ten(vote_once, db):
    """Its photos."""
    return deepcopy(vote_once.photos)


@pytest.fixture
def voter(vote_once, db):
    """The one who is to vote."""
    return vote_once.voter.copy()


def test_the_own_agents_picture_stands_beside_another_persons(voter, asked):
    make_agents()
    judging = shown(voter)
    assert (judging["task"], judging["question"], len(judging["trials"])) == ("vote", QUESTION["en"], 3)
    trial = judging["trials"][0]
    makers = [row.picture.maker for row in Trial.objects.get(pk=trial["id"]).shown.order_by("index")]
    assert sorted(makers) == ["person", "personal_agent"]
    for index in (0, 1):
        assert picture(voter, trial, index).size == (trial["width"], trial["height"])
    answer = makers.index("personal_agent")
    assert say(voter, trial, answer).status_code == 200
    (row,) = task_judgements([participation_of(voter).study])
    place = row.showing.places.get(index=row.answer)
    assert (place.maker, place.episode) == ("personal_agent", None)


@pytest.mark.long
def test_the_own_agents_picture_stands_beside_what_the_person_made_and_nobody_else_sees_either(vote, voter, asked, ten):
    vote.change({"tasks": [{"kind": "play"}, {**VOTE, "makers": ["self", "personal_agent"]}]})
    vote.save()
    other = new_player()
    for photo in ten:
        do_photo(other, photo, 1.5)
    make_agents()
    for judge in (voter, other):
        me = participation_of(judge)
        trials = shown(judge)["trials"]
        assert len(trials) == 3
        for trial in trials:
            pictures = {row.picture.maker: row.picture for row in Trial.objects.get(pk=trial["id"]).shown.all()}
            assert pictures["self"].episode.participant == me.participant
            assert pictures["personal_agent"].personal.agent.participation == me
    assert say(voter, shown(voter)["trials"][0], 0).status_code == 200
    (row,) = task_judgements([participation_of(voter).study])
    assert {place.maker for place in row.showing.places.all()} == {"self", "personal_agent"}


def assert_goes_on_without(player):
    """Nothing is shown, and all is done."""
    judging = shown(player)
    assert (judging["being_made"], judging["trials"]) == (False, [])
    assert participation_of(player).completed is not None
    assert shown(player)["task"] == ""


def test_the_page_waits_for_an_agent_that_is_being_made_but_not_for_ever(voter, asked, monkeypatch):
    waiting = shown(voter)
    assert (waiting["task"], waiting["being_made"], waiting["trials"]) == ("vote", True, [])
    assert participation_of(voter).completed is None
    monkeypatch.setattr("webapp.personal_agents.people.WAIT", timedelta())
    assert_goes_on_without(voter)


def test_who_has_no_agent_goes_on_without_the_vote(vote, ten):
    ModelOfPeople.objects.all().delete()
    player = new_player()
    for photo in ten:
        do_photo(player, photo, 0.5)
    assert_goes_on_without(player)


def test_an_agent_that_failed_is_not_waited_for(voter):
    PersonalAgent.objects.create(participation=participation_of(voter), state="failed")
    assert_goes_on_without(voter)


def test_nobody_is_shown_anothers_agent(voter, asked, ten):
    make_agents()
    other = new_player()
    for photo in ten:
        do_photo(other, photo, 1.5)
    make_agents()
    trials = shown(other)["trials"]
    own = {row.picture.personal.agent for trial in trials for row in Trial.objects.get(pk=trial["id"]).shown.all()
           if row.picture.personal}  # fmt: skip
    assert own == {agent_of(other)}
    assert set(Picture.objects.exclude(personal=None).values_list("personal__agent", flat=True)) > {agent_of(other).pk}


@pytest.mark.parametrize(
    "how",
    [
        "withdrawing",
        *(pytest.param(how, marks=pytest.mark.long) for how in ("the retention date", "the model goes")),
    ],
)
def test_its_pictures_go_from_the_vote_with_the_agent(voter, researcher, asked, how):
    make_agents()
    first, *_ = shown(voter)["trials"]
    say(voter, first, 0)
    drawn = judged_picture(Picture.objects.exclude(personal=None).filter(shown__trial=first["id"]).get())
    participation = participation_of(voter)
    with TestCase.captureOnCommitCallbacks(execute=True):
        if how == "withdrawing":
            withdraw(voter)
        elif how == "the retention date":
            anonymise(participation.pk)
        else:
            PersonalAgent.objects.all().delete()
    assert not Picture.objects.exclude(personal=None).exists()
    assert not Trial.objects.exists()
    assert not drawn.exists()
    # What was said of it stays, unless its person goes.
    assert Judgement.objects.count() == (0 if how == "withdrawing" else 1)
    assert Participation.objects.filter(pk=participation.pk).exists() == (how != "withdrawing")
    if how == "the model goes":
        assert shown(voter)["task"] in ("vote", "")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"personal_agents": False}, "personal agents are not allowed"),
        ({"tasks": [{**VOTE, "studies": ["another"]}]}, "leave studies out"),
        ({"tasks": [{**VOTE, "makers": ["self", "untouched"], "studies": ["another"]}]}, "leave studies out"),
        ({"tasks": [{**VOTE, "makers": ["self", "person"]}]}, "name one"),
    ],
)
def test_it_is_asked_only_where_it_can_be_answered(vote, changes, message):
    vote.change(changes)
    with pytest.raises(ValidationError, match=message):
        vote.full_clean()


def test_a_wanted_number_of_judgements_counts_what_is_for_everybody(vote, voter, asked, ten):
    make_agents()
    vote.change({"tasks": [{"kind": "play"}, {**VOTE, "judgements_per_picture": 1}]})
    vote.save()
    shown(voter)
    assert have_room(vote, "")
    Picture.objects.filter(maker="person").update(taken=1)
    assert Picture.objects.filter(maker="personal_agent", taken=0).exists()
    assert not have_room(vote, "")
