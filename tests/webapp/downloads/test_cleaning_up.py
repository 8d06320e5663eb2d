"""What the worker does every minute."""

import os
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.webapp.downloads.downloading import ask, jobs, reason, states
from tests.webapp.site_files import downloads_folder
from webapp.datasets.tasks import let_agent_play
from webapp.downloads.models import Download


@pytest.fixture
def die_at_work(transactional_db):
    """Leaves what a worker leaves that was killed while it developed."""

    def die():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name LIKE '%develop_download'")
        Download.objects.update(state="working")

    return die


def test_what_a_dead_worker_has_left_is_taken_up(player, finished, work, die_at_work):
    ask(player, finished)
    die_at_work()
    assert states(player, finished) == {"jpeg": "working"}
    work(cleaning_up=True)
    assert states(player, finished) == {"jpeg": "ready"}


def count_tries(before):
    """As procrastinate counts those that a job has behind it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [before])


@pytest.mark.long
def test_what_has_killed_its_worker_twice_is_taken_up_once_more(player, finished, work, die_at_work):
    ask(player, finished)
    count_tries(before=1)
    die_at_work()
    work(cleaning_up=True)
    assert states(player, finished) == {"jpeg": "ready"}


def test_what_kills_its_worker_is_given_up_the_third_time(player, finished, work, die_at_work):
    ask(player, finished)
    count_tries(before=2)
    die_at_work()
    work(cleaning_up=True)
    assert "too much for this server" in reason()
    assert jobs().get().status == "failed"
    assert ask(player, finished).status_code == 202
    work()
    assert states(player, finished) == {"jpeg": "ready"}


def test_what_is_done_every_minute_is_no_job_to_take_up(finished, work):
    waiting = [let_agent_play.configure(queueing_lock=name).defer(timestamp=0) for name in ("agent plays", "before it")]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', queueing_lock = 'agent plays' WHERE id = %s", waiting[1:]
        )
    work(cleaning_up=True)
    assert not ProcrastinateJob.objects.filter(pk__in=waiting, status__in=("todo", "doing")).exists()


@pytest.mark.long
def test_a_download_whose_job_is_gone_gets_a_new_one(player, finished, work):
    ask(player, finished)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    work(cleaning_up=True)
    assert states(player, finished) == {"jpeg": "ready"}


def test_old_downloads_are_deleted_and_can_be_asked_for_again(player, finished, work, settings):
    ask(player, finished)
    work()
    path = Download.objects.get().file.path
    Download.objects.update(finished=timezone.now() - timedelta(days=settings.DOWNLOAD_DAYS, hours=1))
    work(cleaning_up=True)
    assert not path.exists()
    assert states(player, finished) == {}
    assert ask(player, finished).status_code == 202


@pytest.mark.long
def test_drafts_that_nobody_finished_are_deleted_after_a_day(player, finished, work):
    ask(player, finished)
    work()
    kept = Download.objects.get().file.path
    drafts = [downloads_folder() / name for name in (".old", ".new")]
    two_days_ago = time.time() - 2 * 24 * 3600
    for draft in drafts:
        draft.touch()
    for path in (kept, drafts[0]):
        os.utime(path, (two_days_ago, two_days_ago))
    work(cleaning_up=True)
    assert sorted(downloads_folder().iterdir()) == sorted([kept, drafts[1]])
