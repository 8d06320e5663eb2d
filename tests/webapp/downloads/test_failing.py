"""What becomes of downloads that cannot be made."""

import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason, JobContext
from procrastinate.jobs import Job

from editing.processes import Crashed
from tests.webapp.downloads.downloading import ask, jobs, reason, states, url
from tests.webapp.site_files import downloads_folder
from webapp.desk.metrics import Site
from webapp.downloads.models import Download
from webapp.downloads.tasks import FAILED_JOBS_HOURS, develop_download


class TestFailing:
    @pytest.mark.long
    def test_an_original_that_cannot_be_read_is_said_and_can_be_tried_again(self, player, photo, finished, work):
        whole = photo.original.path.read_bytes()
        photo.original.path.write_bytes(whole[: len(whole) // 2])
        ask(player, finished)
        work()
        answer = player.get(url(finished)).json()["downloads"][0]
        assert (answer["state"], answer["url"]) == ("failed", None)
        assert answer["reason"].startswith("The original cannot be developed: this PNG is damaged")
        assert photo.pk not in answer["reason"]
        photo.original.path.write_bytes(whole)
        assert ask(player, finished).status_code == 202
        assert states(player, finished) == {"jpeg": "queued"}
        work()
        assert states(player, finished) == {"jpeg": "ready"}

    @pytest.mark.long
    def test_a_folder_that_cannot_be_written_to_is_said(self, player, finished, work):
        downloads_folder().touch()
        ask(player, finished)
        work()
        assert "its disk may be full" in reason()

    def test_a_picture_that_kills_its_process_is_said(self, player, finished, work, monkeypatch):
        monkeypatch.setattr("webapp.downloads.tasks.run_isolated", dying)
        ask(player, finished)
        work()
        assert "too much for this server" in reason()

    def test_a_fault_of_ours_is_said_without_its_details(self, player, finished, work, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr("webapp.downloads.tasks.run_isolated", faulty)
            ask(player, finished)
            work()
        assert reason() == "The server failed at it. Its log says why."
        assert jobs().get().status == "failed"
        assert ask(player, finished).status_code == 202
        work()
        assert states(player, finished) == {"jpeg": "ready"}

    @pytest.mark.long
    def test_a_job_that_fails_is_counted_for_a_day(self, player, finished, work, monkeypatch):
        alerts = (Path(settings.BASE_DIR) / "deploy" / "prometheus-alerts.yml").read_text()
        assert 'expr: safelight_jobs{status="failed"} > 0\n' in alerts
        monkeypatch.setattr("webapp.downloads.tasks.run_isolated", faulty)
        ask(player, finished)
        work()
        assert counted_jobs() == {"failed": 1}
        age_jobs(hours=FAILED_JOBS_HOURS - 1)
        work(cleaning_up=True)
        assert counted_jobs() == {"failed": 1}
        age_jobs(hours=2)
        work(cleaning_up=True)
        assert counted_jobs() == {}


def counted_jobs():
    samples = (sample for metric in Site().collect() for sample in metric.samples if sample.name == "safelight_jobs")
    return {sample.labels["status"]: sample.value for sample in samples}


def age_jobs(hours):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - make_interval(hours => %s)", [hours])


def dying(*arguments, **options):
    raise Crashed


def faulty(*arguments, **options):
    raise AssertionError("a secret detail")


@pytest.mark.long
def test_a_worker_that_is_stopped_puts_back_what_it_is_at(player, finished, work, refused):
    ask(player, finished)
    row = Download.objects.get()
    stopped = JobContext(
        app=app,
        job=Job(id=row.job, queue="downloads", lock=None, queueing_lock=None, task_name="develop_download"),
        abort_reason=lambda: AbortReason.SHUTDOWN,
        start_timestamp=time.time(),
    )
    with pytest.raises(JobAborted):
        develop_download(stopped, download=row.pk)
    assert states(player, finished) == {"jpeg": "queued"}
    work()
    assert states(player, finished) == {"jpeg": "ready"}
