"""The agent that comes with Safelight plays the photos that wait for it: webapp.datasets.agent_play, and the worker."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings as site
from django.db import connection
from django.utils import timezone

from editing.processes import Crashed, Stopped
from tests.webapp.downloads.downloading import forget_jobs, run_worker
from webapp.configuration import postgres_address
from webapp.datasets import agent_play, agent_workplace, learning_command
from webapp.datasets.agent_play import play_some
from webapp.datasets.models import MOST_TRIES, AgentFailure
from webapp.datasets.tasks import let_agent_play
from webapp.games.models import Episode
from webapp.studies.models import Study
from webapp.studies.photos import take_out

PLAYING = """
import django, signal
django.setup()
from webapp.datasets import agent_play
def begun(*arguments, **options):
    print("playing", flush=True)
    signal.pause()
agent_play.run_isolated = begun
agent_play.play_some(lambda: False)
"""


def never():
    return False


def played():
    return set(Episode.objects.filter(participant__pseudonym="agent:pretrained").values_list("photo", flat=True))


@pytest.fixture
def here(monkeypatch, study):
    """The real command plays in this process, which has torch once and for all; what was done besides can be said."""
    meanwhile = []

    def run(function, *arguments, should_stop, limit):
        function(*arguments)
        for act in meanwhile:
            act()

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(agent_play, "run_isolated", run)
    return meanwhile


@pytest.fixture
def no_play(monkeypatch):
    """Whoever lets the agent play fails."""

    def refuse(*arguments, **options):
        raise AssertionError("the agent plays")

    monkeypatch.setattr(agent_play, "run_isolated", refuse)


@pytest.mark.long
def test_the_worker_lets_it_play_what_waits(transactional_db, player, make_photo, settings, monkeypatch):
    photos = [make_photo(seed) for seed in (1, 2)]
    monkeypatch.setattr(agent_play, "BATCH", 1)
    try:
        let_agent_play.configure(queueing_lock="at once").defer(timestamp=0)
        run_worker()
        assert played() == {photo.pk for photo in photos}
        first = Episode.objects.filter(photo=photos[0]).get()
        assert (first.status, first.seed, first.sample, len(first.checkpoint_hash)) == ("submitted", 0, 0, 64)
        assert (first.participant.kind, first.step_count) == ("agent", 5)
        step = first.steps.first()
        assert step.probabilities[step.filter] == max(step.probabilities.values())
        assert first.events.count() == 16
        assert player.next().json()["progress"] == {"done": 0, "total": 2}
        assert not (settings.DATA_DIR / "agent").exists()
    finally:
        forget_jobs()


def test_many_photos_are_played_a_few_at_a_time_and_one_that_is_added_later_alone(here, make_photo, monkeypatch):
    monkeypatch.setattr(agent_play, "BATCH", 2)
    for seed in range(3):
        make_photo(seed)
    assert play_some(never)
    before = set(Episode.objects.values_list("pk", flat=True))
    assert len(played()) == len(before) == 2
    make_photo(3)
    assert not play_some(never)
    assert (len(played()), Episode.objects.count()) == (4, 4)
    assert before < set(Episode.objects.values_list("pk", flat=True))
    assert not play_some(never)
    assert Episode.objects.count() == 4


@pytest.mark.parametrize("fields", [{"state": "closed"}, {"reveal": "off"}, {"agent": ""}, {"agent": "first"}])
def test_it_plays_only_where_it_is_shown(no_play, photo, fields):
    Study.objects.update(**fields)
    assert not play_some(never)


def test_play_that_a_researcher_has_excluded_is_not_played_again(here, photo, monkeypatch):
    play_some(never)
    Episode.objects.update(status="excluded", exclusion_reason="by hand")
    monkeypatch.setattr(agent_play, "_play", None)
    assert not play_some(never)


def test_a_photo_without_its_preview_waits(no_play, photo):
    photo.preview.path.unlink()
    assert not play_some(never)
    assert not AgentFailure.objects.exists()


@pytest.mark.long
def test_a_photo_that_it_cannot_play_keeps_none_from_the_others_and_is_given_up(here, make_photo, caplog):
    damaged, *others = (make_photo(seed) for seed in range(3))
    damaged.preview.path.write_bytes(damaged.preview.path.read_bytes()[:500])
    assert play_some(never)
    assert played() == set()
    while play_some(never):
        pass
    assert played() == {photo.pk for photo in others}
    failure = AgentFailure.objects.get()
    assert (failure.photo, failure.tries) == (damaged, 2)
    assert "damaged" in failure.reason
    assert f"agent:pretrained cannot play {damaged.name} of Open study: " in caplog.text
    for _ in range(MOST_TRIES):
        AgentFailure.objects.update(tried=timezone.now() - timedelta(days=1))
        play_some(never)
    assert AgentFailure.objects.get().tries == MOST_TRIES
    assert AgentFailure.objects.get().next_try is None


def test_what_was_given_up_is_tried_again_once_its_row_is_deleted_in_the_admin(here, photo, admin_client):
    failed = AgentFailure.objects.create(
        study=Study.objects.get(), photo=photo, tries=MOST_TRIES, reason="no memory", tried=timezone.now()
    )
    play_some(never)
    assert played() == set()
    assert "no memory" in admin_client.get("/admin/datasets/agentfailure/").content.decode()
    admin_client.post(f"/admin/datasets/agentfailure/{failed.pk}/delete/", {"post": "yes"})
    play_some(never)
    assert played() == {photo.pk}


def test_between_two_tries_it_waits_longer_and_longer(study, photo):
    failure = AgentFailure(study=study, photo=photo, tried=timezone.now())
    pauses = []
    for failure.tries in range(1, MOST_TRIES):
        pauses.append(round((failure.next_try - failure.tried).total_seconds() / 60))
    assert pauses == [0, 5, 20, 80]


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Crashed(), "ran out of memory"), (Stopped(), "too long"), (OSError("disk full"), "disk full")],
)
def test_a_play_that_ends_badly_is_written_down(study, photo, monkeypatch, error, reason):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(agent_play, "run_isolated", fail)
    assert play_some(never)  # once more, alone
    assert reason in AgentFailure.objects.get().reason


def test_a_worker_that_is_stopped_leaves_nothing(study, photo, monkeypatch, settings):
    def stopped(*arguments, **options):
        raise Stopped

    monkeypatch.setattr(agent_play, "run_isolated", stopped)
    assert not play_some(lambda: True)
    assert not AgentFailure.objects.exists()
    assert not Episode.objects.exists()
    assert not (settings.DATA_DIR / "agent").exists()


@pytest.mark.long
def test_a_worker_that_is_killed_leaves_what_the_next_one_does(transactional_db, here, photo, settings):
    environment = os.environ | {
        "DATA_DIR": str(settings.DATA_DIR),
        "DATABASE_URL": postgres_address(connection.settings_dict),
    }
    environment["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
    command = [sys.executable, "-c", PLAYING]
    with subprocess.Popen(command, cwd=site.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "playing\n"
        assert not play_some(never)  # one at a time
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (settings.DATA_DIR / "agent").exists()
    assert not Episode.objects.exists()
    while not played():  # until Postgres has noticed
        play_some(never)
    assert played() == {photo.pk}
    assert not (settings.DATA_DIR / "agent").exists()


def test_two_workers_never_play_at_once(no_play, photo):
    with psycopg.connect(postgres_address(connection.settings_dict)) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [agent_workplace.LOCK])
        assert not play_some(never)


def test_a_photo_that_is_taken_out_meanwhile_gets_no_play(here, study, make_photo):
    kept, withdrawn = make_photo(1), make_photo(2)
    here.append(lambda: take_out(study, withdrawn))
    assert play_some(never)
    assert not Episode.objects.exists()
    here.clear()
    assert not play_some(never)
    assert played() == {kept.pk}


@pytest.mark.long
def test_the_same_play_under_another_study_is_no_reason_to_try_for_ever(here, study, photo):
    play_some(never)
    Study.objects.filter(pk=study.pk).update(slug="renamed", state="closed")
    same_name = Study.objects.create(slug=study.slug, title="Another", state="open")
    same_name.photos.add(photo)
    while play_some(never):
        pass
    failure = AgentFailure.objects.get()
    assert (failure.study, failure.tries) == (same_name, 2)


def test_without_the_learning_extra_its_place_is_left_out_which_is_said_once(
    no_play, study, photo, monkeypatch, caplog
):
    monkeypatch.setattr(learning_command, "find_spec", {}.get)
    agent_play._say_what_is_missing.cache_clear()
    for _ in range(2):
        assert not play_some(never)
    assert caplog.text.count("its place in the reveal is left out: pip install '.[learn]'") == 1
    assert not AgentFailure.objects.exists()
