"""How large a study must be, by its own play so far: asked for among its settings, worked out by the worker."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from learning.comparison import power
from tests.webapp.conftest import BRIGHTER, write_events
from tests.webapp.desk.test_studies import post, text
from webapp.datasets import command_jobs, learning_command, power_analysis
from webapp.datasets.building import MOST_ATTEMPTS
from webapp.datasets.models import PowerAnalysis
from webapp.datasets.power_analysis import analyse, pilot_of
from webapp.datasets.taking_up import take_up_jobs
from webapp.games.models import Episode
from webapp.studies.models import Participation
from webapp.studies.withdrawing import withdraw

SETTINGS = "/desk/studies/default/configure/"
PLAN = "/desk/studies/default/plan/"


def never() -> bool:
    """Nobody ends the worker."""
    return False


@pytest.fixture
def pilot(editor, player, other_player, make_photo, monkeypatch):
    """Two people have handed in the same photo, one of them brighter than the other; two are enough here."""
    monkeypatch.setattr(power_analysis, "LEAST_PEOPLE", 2)
    photo = make_photo(1)
    for who, edits in ((player, BRIGHTER), (other_player, BRIGHTER[:4])):
        assert who.send(photo, write_events(*edits, ("submit", {}))).status_code == 200


@pytest.fixture
def analysis(editor, pilot):
    """An editor has asked for it."""
    assert post(editor, PLAN)["Location"] == SETTINGS
    return PowerAnalysis.objects.get()


@pytest.fixture
def here(monkeypatch):
    """Commands run in this process, and draw few studies."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(power, "DRAWS", 4)
    monkeypatch.setattr(command_jobs, "run_isolated", lambda function, arguments, **_: function(arguments))


def test_it_takes_some_people_who_have_played(editor, pilot, study, monkeypatch):
    monkeypatch.setattr(power_analysis, "LEAST_PEOPLE", 3)
    assert "It takes 3 people who have handed in pictures; 2 have so far." in text(editor.get(SETTINGS))
    post(editor, PLAN)
    assert not PowerAnalysis.objects.exists()


def test_practice_is_no_pilot(pilot, study):
    assert (pilot_of(study).people, pilot_of(study).episodes) == (2, 2)
    Episode.objects.filter(study=study).update(tutorial=True)
    assert pilot_of(study).people == 0


def test_asking_puts_it_into_the_queue_once(editor, analysis):
    post(editor, PLAN)
    job = ProcrastinateJob.objects.get(task_name="analyse_power")
    assert job.args == {"analysis": analysis.pk}
    page = text(editor.get(SETTINGS))
    assert "state-queued" in page
    assert "The worker makes it" in page


def test_it_is_worked_out_by_the_studys_own_play_and_shown_among_its_settings(editor, analysis, here):
    analyse(analysis.pk, never)
    analysis.refresh_from_db()
    assert analysis.state == "ready", analysis.reason
    assert (analysis.result["people"], analysis.result["who"], analysis.episodes) == (2, "people", 2)
    page = text(editor.get(SETTINGS))
    assert "2 pictures that people handed in, of which 2 people and 1 photo count." in page
    assert "The agent is one fitted curve, which scores" in page
    assert "That is a small pilot" in page
    smallest = min(analysis.result["designs"], key=lambda design: design["episodes"])
    assert f"{smallest['people']}, {smallest['photos']} × {smallest['treatments']}" in page
    post(editor, PLAN)
    assert PowerAnalysis.objects.get().state == "queued"


def test_why_it_cannot_be_made_is_said_and_it_can_be_asked_for_again(editor, analysis, monkeypatch):
    monkeypatch.setattr(learning_command, "is_installed", lambda: False)
    analyse(analysis.pk, never)
    assert "The learning extra is not installed on this server" in text(editor.get(SETTINGS))
    post(editor, PLAN)
    assert PowerAnalysis.objects.get().state == "queued"


@pytest.mark.long
def test_it_is_deleted_as_somebody_withdraws_and_one_that_is_made_meanwhile_never_appears(
    editor, analysis, here, monkeypatch
):
    run = command_jobs.run_isolated

    def run_as_somebody_withdraws(function, arguments, **options):
        run(function, arguments, **options)
        withdraw(Participation.objects.order_by("pk").last())

    monkeypatch.setattr(command_jobs, "run_isolated", run_as_somebody_withdraws)
    analyse(analysis.pk, never)
    assert not PowerAnalysis.objects.exists()
    assert "Found from" not in text(editor.get(SETTINGS))


@pytest.mark.long
def test_a_worker_that_is_to_end_leaves_it_to_the_next(analysis, monkeypatch):
    def stop(*arguments, **options):
        raise command_jobs.Stopped

    monkeypatch.setattr(command_jobs, "run_isolated", stop)
    analyse(analysis.pk, lambda: True)
    analysis.refresh_from_db()
    assert analysis.state == "queued"
    analyse(analysis.pk, never)
    analysis.refresh_from_db()
    assert analysis.state == "failed"
    assert "more than an hour" in analysis.reason


def test_one_whose_worker_has_died_is_taken_up_and_not_for_ever(analysis):
    take_up_jobs()
    assert ProcrastinateJob.objects.filter(task_name="analyse_power").count() == 1
    ProcrastinateJob.objects.all()._raw_delete("default")
    PowerAnalysis.objects.update(state="working", attempt=1)
    take_up_jobs()
    assert ProcrastinateJob.objects.filter(task_name="analyse_power").count() == 1
    ProcrastinateJob.objects.all()._raw_delete("default")
    PowerAnalysis.objects.update(attempt=MOST_ATTEMPTS)
    take_up_jobs()
    analysis.refresh_from_db()
    assert analysis.state == "failed"
    assert "worker died at it" in analysis.reason
