"""Comparisons from the desk: asked for by an export, worked out by the worker, and kept and gone with the export."""

import shutil
from pathlib import Path

import pytest

from tests.learning.snapshots import Play, write
from tests.webapp.desk.test_exports import EXPORTS, asked  # noqa: F401 (a fixture)
from tests.webapp.desk.test_studies import post, text
from webapp.datasets import command_jobs
from webapp.datasets.building import build, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.comparing import compare_export
from webapp.datasets.learning_command import CommandFailed
from webapp.datasets.models import Comparison, PreparedExport
from webapp.datasets.prepared_exports import prepare
from webapp.datasets.taking_up import take_up_jobs
from webapp.studies.models import Participation
from webapp.studies.withdrawing import withdraw


@pytest.fixture
def comparison(viewer, asked):  # noqa: F811
    """A viewer has asked for a comparison by an export of one person's play."""
    prepare(asked.pk)
    assert post(viewer, f"{EXPORTS}{asked.pk}/compare/")["Location"] == EXPORTS
    return Comparison.objects.get()


def test_asking_puts_it_into_the_queue_once(viewer, comparison):
    from procrastinate.contrib.django.models import ProcrastinateJob

    post(viewer, f"{EXPORTS}{comparison.export_id}/compare/")
    job = ProcrastinateJob.objects.get(task_name="compare_export")
    assert job.args == {"comparison": comparison.pk}
    assert "comparison queued" in text(viewer.get(EXPORTS))
    assert viewer.get(f"{EXPORTS}{comparison.export_id}/report.html").status_code == 404


@pytest.mark.long
def test_a_comparison_of_one_person_says_why_it_cannot_be_made(viewer, comparison):
    compare_export(comparison.pk, lambda: False)
    reason = "only one person has played; how far people are apart takes two on the same photo"
    assert reason in text(viewer.get(EXPORTS))


def test_why_it_cannot_be_made_is_said_and_it_can_be_asked_for_again(viewer, comparison, monkeypatch):
    def fail(*arguments, **options):
        raise CommandFailed("only one person has played")

    monkeypatch.setattr(command_jobs, "run_isolated", fail)
    compare_export(comparison.pk, lambda: False)
    page = text(viewer.get(EXPORTS))
    assert "only one person has played" in page
    assert "Compare agents with people" in page
    post(viewer, f"{EXPORTS}{comparison.export_id}/compare/")
    assert Comparison.objects.get().state == "queued"


@pytest.mark.long
def test_its_report_is_read_on_the_desk_and_goes_with_the_export(
    viewer, comparison, tmp_path, django_capture_on_commit_callbacks
):
    people = [Play(name, photo) for name in ("ann", "bob") for photo in ("sea", "hill")]
    snapshot = write(tmp_path / "play", [*people, Play("agent:one", "sea"), Play("agent:one", "hill")])
    shutil.make_archive(str(comparison.export.file.path.with_suffix("")), "zip", tmp_path, snapshot.name)
    compare_export(comparison.pk, lambda: False)
    row = Comparison.objects.get()
    assert row.state == "ready", row.reason
    assert row.answer
    assert row.answer in text(viewer.get(EXPORTS))
    page = viewer.get(f"{EXPORTS}{row.export_id}/report.html")
    assert "<h1>How like people is one?</h1>" in page.getvalue().decode()
    assert "sandbox" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in viewer.get(EXPORTS)["Content-Security-Policy"]
    report = row.file.path
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(Participation.objects.get(preview=False))
    assert not PreparedExport.objects.exists()
    assert not report.exists()


def test_one_whose_worker_has_died_is_taken_up(comparison):
    from procrastinate.contrib.django.models import ProcrastinateJob

    ProcrastinateJob.objects.all()._raw_delete("default")
    Comparison.objects.update(state="working", attempt=1)
    take_up_jobs()
    assert Comparison.objects.get().state == "queued"
    assert ProcrastinateJob.objects.get(task_name="compare_export").args == {"comparison": comparison.pk}


def test_one_by_a_version_is_kept_with_the_version_and_goes_with_it(
    viewer, player, photo, played, study, monkeypatch, django_capture_on_commit_callbacks
):
    assert player.send(photo, played).status_code == 200
    version = new_version(study, Choice())
    build(version.pk)
    page = f"/desk/studies/default/versions/{version.number}/"
    assert post(viewer, f"{page}compare/")["Location"] == page
    assert "state-queued" in text(viewer.get(page))
    assert viewer.get(f"{page}report.html").status_code == 404

    def write_report(function, arguments, **options):
        report = Path(arguments[-1])
        report.mkdir()
        (report / "report.html").write_text("<h1>How like people?</h1>")
        (report / "comparison.json").write_text('{"answer": "One scores 0.40.", "planning": ""}')

    monkeypatch.setattr(command_jobs, "run_isolated", write_report)
    row = Comparison.objects.get()
    compare_export(row.pk, lambda: False)
    row.refresh_from_db()
    assert row.state == "ready", row.reason
    assert "One scores 0.40." in text(viewer.get(page))
    assert viewer.get(f"{page}report.html").getvalue() == b"<h1>How like people?</h1>"
    report = row.file.path
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(Participation.objects.get(preview=False))
    assert not Comparison.objects.exists()
    assert not report.exists()


def test_the_settings_say_how_many_people_and_photos_it_takes(editor, comparison):
    settings = EXPORTS.replace("exports", "configure")
    assert "hasty, careful, colourful and moody robots, and an agent that scores" in text(editor.get(settings))
    assert "this study’s own comparison" not in text(editor.get(settings))
    Comparison.objects.update(state="ready", answer="On 40 photos, one scores 0.40. About 96 people would do.")
    assert "On 40 photos, one scores 0.40. About 96 people would do." in text(editor.get(settings))
