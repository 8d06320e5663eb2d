"""Exports from the desk, and receipts."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.webapp.desk.test_studies import post, text
from webapp.datasets.models import PreparedExport
from webapp.datasets.old_exports import KEPT, delete_old_exports
from webapp.datasets.prepared_exports import prepare
from webapp.studies.models import Participation
from webapp.studies.withdrawing import withdraw

EXPORTS = "/desk/studies/default/exports/"


@pytest.fixture
def asked(viewer, player, photo, played):
    """A viewer has asked for an export of a study in which one photo was handed in."""
    player.send(photo, played)
    assert post(viewer, f"{EXPORTS}ask/", statuses=["submitted"])["Location"] == EXPORTS
    return PreparedExport.objects.get()


def test_it_is_written_by_the_worker_and_downloaded(viewer, asked):
    assert "queued" in text(viewer.get(EXPORTS))
    assert viewer.get(f"{EXPORTS}{asked.pk}.zip").status_code == 404
    prepare(asked.pk)
    assert "1 episode" in text(viewer.get(f"{EXPORTS}list/"))
    file = viewer.get(f"{EXPORTS}{asked.pk}.zip")
    assert file["Content-Disposition"] == f'attachment; filename="default-{asked.asked:%Y-%m-%d}.zip"'
    names = zipfile.ZipFile(io.BytesIO(file.getvalue())).namelist()
    folder = f"default-{asked.asked:%Y-%m-%d}"
    assert {f"{folder}/{name}" for name in ("episodes.parquet", "events.parquet", "manifest.json")} <= set(names)
    log = text(viewer.get("/desk/studies/default/log/"))
    assert "asked for an export: submitted" in log
    assert "downloaded the export" in log


def test_asking_puts_it_into_the_queue(asked):
    from procrastinate.contrib.django.models import ProcrastinateJob

    job = ProcrastinateJob.objects.get(task_name="prepare_export")
    assert job.args == {"export": asked.pk}


def test_nothing_chosen_is_refused(viewer, study):
    answer = post(viewer, f"{EXPORTS}ask/")
    assert answer.status_code == 400
    assert "required" in text(answer)


def test_what_went_wrong_is_said(viewer, asked, settings):
    settings.DATA_DIR.mkdir(exist_ok=True)
    (settings.DATA_DIR / "exports").touch()
    prepare(asked.pk)
    assert PreparedExport.objects.get().state == "failed"
    assert "File exists" in text(viewer.get(EXPORTS))


def test_it_goes_after_some_days(asked, django_capture_on_commit_callbacks):
    prepare(asked.pk)
    assert delete_old_exports() == 0
    PreparedExport.objects.update(asked=timezone.now() - KEPT - timedelta(hours=1))
    assert delete_old_exports() == 1
    assert not asked.file.path.exists()


def test_it_goes_as_somebody_withdraws(asked, django_capture_on_commit_callbacks):
    prepare(asked.pk)
    assert asked.file.path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(Participation.objects.get(preview=False))
    assert not PreparedExport.objects.exists()
    assert not asked.file.path.exists()


def test_one_that_was_being_written_as_somebody_withdrew_does_not_appear(asked, monkeypatch):
    from webapp.datasets import prepared_exports

    write = prepared_exports._write

    def write_as_somebody_withdraws(row):
        count = write(row)
        PreparedExport.objects.all().delete()
        return count

    monkeypatch.setattr(prepared_exports, "_write", write_as_somebody_withdraws)
    prepare(asked.pk)
    assert not asked.file.path.exists()


def test_receipts_add_up(viewer, player, photo, played):
    player.send(photo, played)
    page = viewer.get("/desk/studies/default/receipts/")
    assert "All 1 add up." in text(page)
    assert page.context["receipts"][0].events == len(played)
