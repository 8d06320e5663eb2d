"""Jobs are stored under the names of their tasks: those that an older version of the site has queued are done."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinatePeriodicDefer

from tests.webapp.downloads.downloading import ask, fetched, states
from webapp.downloads.models import Download

# As the site stored them while its tasks were named after their functions: the name, the queueing lock.
OLD_PERIODIC = [
    ("webapp.downloads.tasks.keep_house", "keep house"),
    ("webapp.datasets.tasks.let_agent_play", "agent plays"),
]
OLD_DOWNLOAD = "webapp.downloads.tasks.develop_download"


def insert_job(task_name: str, arguments: dict[str, int], queueing_lock: str, status: str = "todo") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, status) "
            "VALUES ('downloads', %s, 0, NULL, %s, %s, %s) RETURNING id",
            [task_name, queueing_lock, json.dumps(arguments), status],
        )
        (job,) = cursor.fetchone()
    return int(job)


@pytest.fixture
def queue_of_today(player, finished):
    """A download, and what is done every minute, queued under the old names; then the site is updated."""
    ask(player, finished)
    row = Download.objects.get()
    ProcrastinateJob.objects.all()._raw_delete("default")
    row.job = insert_job(OLD_DOWNLOAD, {"download": row.pk}, f"download {row.pk}")
    row.save()
    for name, lock in OLD_PERIODIC:
        job = insert_job(name, {"timestamp": 0}, lock)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id, periodic_id) "
                "VALUES (%s, 0, %s, '')",
                [name, job],
            )
    call_command("migrate", verbosity=0)
    return row


def test_jobs_queued_under_the_old_names_are_done(player, finished, queue_of_today, work, caplog):
    assert ProcrastinatePeriodicDefer.objects.count() == 2
    work()
    assert states(player, finished) == {"jpeg": "ready"}
    assert fetched(player, finished)[:2] == b"\xff\xd8"
    old = [OLD_DOWNLOAD, *(name for name, _ in OLD_PERIODIC)]
    assert not ProcrastinateJob.objects.filter(task_name__in=old).exists()
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


@pytest.mark.long
def test_what_a_dead_worker_has_left_under_the_old_name_is_taken_up(player, finished, queue_of_today, work):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = %s", [OLD_DOWNLOAD])
    Download.objects.update(state="working")
    work(cleaning_up=True)
    assert states(player, finished) == {"jpeg": "ready"}


def test_new_jobs_are_stored_under_names_that_no_move_of_a_file_changes(player, finished):
    ask(player, finished)
    assert ProcrastinateJob.objects.get().task_name == "develop_download"
    names = {task.name for task in app.tasks.values() if not task.name.startswith(("builtin:", "procrastinate."))}
    ours = "develop_download clean_up let_agent_play make_large_previews forget_identities lapse_payments poll_prolific"
    later = "prepare_export compare_export build_version take_up_versions draw_judged_pictures measure_episodes"
    last = "convert_version make_personal_agents analyse_power delete_files"
    assert names == {*ours.split(), *later.split(), *last.split()}
