"""Robots take part in a study as a browser does, the whole way, and know at the end what the site must have of them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.utils import timezone

from bench.faults.checker import differences, read_stored
from bench.faults.journal import Journal, Recorded, read
from learning.robots.client import RobotError
from learning.robots.crowd import take_part
from learning.robots.temperaments import CAREFUL
from learning.robots.visitor import Manner, Visitor
from tests.webapp.conftest import default_study, new_photo
from webapp.datasets.receipts import receipts_of_study
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.photos.practice import practice_photo
from webapp.questionnaires.models import Answers
from webapp.studies.entries import code_for, outcome_of
from webapp.studies.models import Consent, Coverage, Identity, Lease, Participation, Study, Withdrawal

LINK = {"PROLIFIC_PID": "{robot}", "STUDY_ID": "s 1"}
ASKED = {"kind": "questionnaire"}
AGE = {"type": "dropdown", "name": "age", "choices": ["under 40", {"value": 40, "text": "40 or more"}]}
LIKED = {"type": "rating", "name": "liked"}
WHY = {"type": "comment", "name": "why"}
# The same for a second look, and no taste for the filter of the attention item.
QUICK = replace(CAREFUL, steps=(1, 2), favourites={"exposure": 50, "gamma": 50})


@pytest.fixture(scope="module")
def recruiting_once(made_once):
    """A study with a link, boxes to tick, a questionnaire, the tutorial, repeats and an attention item."""
    with made_once():
        recruit()
        yield


@pytest.fixture
def recruiting(recruiting_once, db, built):
    """That study."""
    return Study.objects.get()


def recruit():
    practice_photo()
    study = default_study()
    photos = [new_photo(study, seed) for seed in range(1, 5)]
    rule = {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1}
    study.change(
        {
            "tasks": [ASKED | {"name": "before"}, {"kind": "play"}, ASKED | {"name": "after"}],
            "questionnaires": {"before": {"elements": [AGE]}, "after": {"pages": [{"elements": [AGE, LIKED, WHY]}]}},
            "tutorial": True,
            "episodes_per_photo": 5,
            "photos_per_participant": 2,
            "repeat_share": 0.5,
            "attention_items": [{"photo": photos[3].pk, "instruction": {"en": "Make it black and white."}, **rule}],
            "entry_parameter": "PROLIFIC_PID",
            "entry_required": True,
            "completion_code": "DONE1",
            "attention_code": "CARELESS",
            "full_code": "FULL",
            "consent_boxes": ["I am 18 or older.", "I have read this & agree."],
        }
    )
    study.save()


@pytest.fixture
def site() -> Iterator[httpx.WSGITransport]:
    """The site in this process, in the test's own transaction: its connection is not closed after a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield httpx.WSGITransport(app=get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def robot(recruiting, site):
    """Makes a robot that comes by the recruiter's link."""

    def make(temperament=QUICK, number=0, transport=site, **manner: Any) -> Visitor:
        manner = {"entry": LINK, "configuration": recruiting.to_json(), "pauses": (0.0,) * 40} | manner
        wanted = Manner(temperaments=(temperament,), **manner)
        return Visitor("http://testserver", "default", transport, manner=wanted, number=number)

    return make


def test_a_robot_goes_the_whole_way_from_the_link_to_the_code_and_the_receipt_agrees(robot, recruiting):
    visitor = robot()
    visit = take_part(visitor)
    assert (visit.outcome, visit.code, len(visit.played)) == ("completed", "DONE1", 4)
    assert Participant.objects.get().kind == "robot"
    assert "[x] I have read this & agree." in Consent.objects.get().text
    assert Identity.objects.get().parameters == {"STUDY_ID": "s 1"}
    flags = Episode.objects.order_by("started").values_list("tutorial", "repeat", "attention")
    assert sorted(flags) == [(False, False, False)] * 2 + [
        (False, False, True),
        (False, True, False),
        (True, False, False),
    ]
    assert receipts_of_study(recruiting) == [visitor.receipt]
    # What robots play takes no place.
    assert not Coverage.objects.filter(taken__gt=0).exists()


@pytest.mark.long
def test_on_a_bad_network_and_from_device_to_device_all_is_there_once(robot, recruiting):
    visitors = [robot(number=number, faults=0.3) for number in range(2)]
    visits = [take_part(visitor, devices=0.5, seed=visitor._seed[1]) for visitor in visitors]
    assert [visit.code for visit in visits] == ["DONE1"] * 2
    assert Participation.objects.count() == Identity.objects.count() == 2
    expected = sorted((visitor.receipt for visitor in visitors), key=lambda receipt: receipt.player)
    assert receipts_of_study(recruiting) == expected


@pytest.mark.parametrize("half_way", [True, pytest.param(False, marks=pytest.mark.long)])
def test_who_withdraws_leaves_nothing_and_cannot_come_back(robot, half_way):
    visitor = robot(faults=0 if half_way else 0.2)
    visit = take_part(visitor, withdraws=True, half_way=half_way)
    assert (visit.withdrew, visit.code) == (True, "" if half_way else "DONE1")
    assert Withdrawal.objects.get().completed is not half_way
    assert not Episode.objects.exists()
    assert not Event.objects.exists()
    with pytest.raises(RobotError, match="have withdrawn from this study"):
        visitor.join()


@pytest.mark.long
def test_what_goes_over_the_wire_agrees_with_what_is_stored_and_planted_faults_are_found(robot, site, tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(2):
        visitor = robot(number=number, transport=Recorded(site, journal, str(number)))
        take_part(visitor, withdraws=number == 1)
    started = robot(transport=Recorded(site, journal, "2"))
    started.join()
    journal.close()
    told = read(journal.path).values()
    assert len(journal.submitted) == 2 * 5

    def found() -> list[str]:
        with connection.cursor() as cursor:
            stored = read_stored(cursor)
        output = StringIO()
        with suppress(SystemExit):
            call_command("receipts", "default", stdout=output)
        stored.receipts = output.getvalue()
        return sorted(difference.kind for difference in differences(told, stored))

    assert found() == []
    Participation.objects.filter(pseudonym=started.player).update(completed=timezone.now())
    assert found() == ["false completion", "false receipt", "false receipt"]
    Participation.objects.update(completed=None)
    assert found() == ["false receipt", "false receipt", "forgotten completion"]
    lost = Event.objects.filter(episode__tutorial=False, kind="adjust").first()
    assert lost is not None
    lost.delete()
    assert "lost event" in found()
    Answers.objects.filter(questionnaire="before").delete()
    assert "lost answers" in found()
    Withdrawal.objects.all().delete()
    assert "lost or doubled withdrawal" in found()


def test_who_comes_when_it_is_full_is_told(robot, recruiting):
    recruiting.attention_items = []
    recruiting.episodes_per_photo = 1
    recruiting.save()
    for photo in recruiting.photos.all():
        Coverage.objects.create(study=recruiting, photo=photo, taken=1)
    assert take_part(robot()).outcome == "full"


@pytest.mark.long
def test_who_does_not_do_as_told_fails_attention_and_knows_it_and_keeps_to_what_is_offered(robot, recruiting):
    recruiting.change({"filters": ["gamma", "exposure"], "maximum_steps": 1})
    recruiting.save()
    visit = take_part(robot(replace(CAREFUL, obedient=False)))
    assert (visit.outcome, visit.code) == ("attention", "CARELESS")
    assert Lease.objects.get(failed=True).purpose == "attention"
    played = Episode.objects.filter(tutorial=False)
    assert {step.filter for episode in played for step in episode.steps.all()} <= {"gamma", "exposure"}
    assert {episode.step_count for episode in played} == {1}
    own = Participation.objects.get()
    assert code_for(recruiting, outcome_of(own) or "full") == visit.code


@pytest.mark.long
def test_what_is_wrong_with_a_site_is_said_by_whatever_a_robot_knows(robot):
    def says(message):
        return pytest.raises(RobotError, match=message)

    visitor = robot()
    visitor.join()
    visitor.answer_questionnaires()
    visitor.play_next()
    with says("was given the code ''; 'DONE1' is due"):
        visitor.finish()
    with says("has done all, and the site says that something is missing"):
        visitor.verify()
    visitor.has_done_all = False
    visitor.verify()
    known, visitor.histories = visitor.histories, []
    with says("that it never sent"):
        visitor.verify()
    visitor.histories = known
    answered, visitor.answered = visitor.answered, []
    with says("has other answers of"):
        visitor.verify()
    visitor.answered = answered
    Identity.objects.update(parameters={})
    with says("of the link of"):
        visitor.verify()
    Event.objects.get(seq=1).delete()
    with says("as it was sent: lost: 1$"):
        visitor.verify()


def test_a_lost_consent_and_a_second_participation_under_one_id_are_said(robot):
    visitor = robot()
    visitor.join()
    Consent.objects.all().delete()
    with pytest.raises(RobotError, match="does not have the consent"):
        visitor.verify()
    Identity.objects.all().delete()
    Participant.objects.update(key=None)
    with pytest.raises(RobotError, match="on another device"):
        visitor.change_device()
