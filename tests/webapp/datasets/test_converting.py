"""Versions in the forms of other programs: the size is said first, the worker makes them, they go with it."""

import hashlib
import io
import re
import zipfile
from copy import deepcopy
from pathlib import Path

import minari
import pandas as pd
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.webapp.conftest import Player, default_study, logged_in
from tests.webapp.datasets.conftest import built_version
from tests.webapp.desk.test_studies import post, text
from tests.webapp.site_files import made_of
from webapp.datasets import command_jobs, converting, learning_command
from webapp.datasets.building import MOST_ATTEMPTS
from webapp.datasets.converting import convert, sizes_of
from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.datasets.taking_up import take_up_jobs
from webapp.studies.members import Membership, Role
from webapp.studies.models import Participation
from webapp.studies.tokens import ApiToken
from webapp.studies.withdrawing import withdraw

CAST = ("researcher",)
VERSION = "/desk/studies/default/versions/1/"
FORMS = f"{VERSION}forms/"


def never() -> bool:
    """Nobody ends the worker."""
    return False


@pytest.fixture(scope="module")
def version_once(made_once, played_once):
    """A version of three episodes of two steps each."""
    with made_once():
        yield built_version(default_study())


@pytest.fixture
def version(version_once, study):
    """That version, as it is at first."""
    return deepcopy(version_once)


@pytest.fixture
def ask(researcher, version):
    """Asks for a form on the desk, as Ada."""

    def go(form, **options):
        answer = post(researcher, FORMS, form=form, **options)
        assert answer["Location"] == VERSION
        return ConvertedVersion.objects.get(version=version, form=form)

    return go


def test_the_size_is_said_before_anybody_asks(researcher, version):
    page = text(researcher.get(VERSION))
    sizes = sizes_of(version)
    # Nine pictures, uncompressed and padded.
    assert sizes["minari"] == pytest.approx(9 * 64 * 64 * 3 * 4 * 1.4, rel=0.01)
    assert re.search(r"with their pictures. About 607.\d\sKB", page), page
    assert sizes_of(version, most=1)["minari"] == sizes["minari"] // 3


def test_csv_is_made_by_the_worker_downloaded_and_resumed(researcher, ask):
    row = ask("csv")
    assert ProcrastinateJob.objects.get(task_name="convert_version").args == {"conversion": row.pk}
    assert "queued" in text(researcher.get(VERSION))
    assert researcher.get(f"{FORMS}csv.zip").status_code == 404
    convert(row.pk, never)
    row.refresh_from_db()
    assert row.state == "ready", row.reason
    assert row.sha256 in text(researcher.get(VERSION))
    content = researcher.get(f"{FORMS}csv.zip").getvalue()
    assert hashlib.sha256(content).hexdigest() == row.sha256
    first = researcher.get(f"{FORMS}csv.zip", headers={"Range": "bytes=0-99"})
    rest = researcher.get(f"{FORMS}csv.zip", headers={"Range": "bytes=100-", "If-Range": first["ETag"]})
    assert first.getvalue() + rest.getvalue() == content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert len(pd.read_csv(packed.open("default-v1-csv/steps.csv"))) == 6
        assert "default-v1-csv/codebook.csv" in packed.namelist()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_minari_is_made_of_so_many_episodes_as_are_asked_for(researcher, ask, tmp_path):
    row = ask("minari", most=2)
    convert(row.pk, never)
    row.refresh_from_db()
    assert row.state == "ready", row.reason
    content = io.BytesIO(researcher.get(f"{FORMS}minari.zip").getvalue())
    zipfile.ZipFile(content).extractall(tmp_path)
    assert minari.MinariDataset(tmp_path / "default-v1-minari" / "data").total_episodes == 2


def test_what_it_lacks_is_said_and_it_can_be_asked_for_again(researcher, ask, monkeypatch):
    row = ask("minari")
    monkeypatch.setattr(learning_command, "is_installed", lambda: False)
    convert(row.pk, never)
    assert "The learning extra is not installed on this server" in text(researcher.get(VERSION))
    assert ask("minari").state == "queued"


def test_a_disk_without_room_is_said_and_nothing_is_left(researcher, ask, version, monkeypatch):
    row = ask("csv")
    monkeypatch.setattr(converting, "sizes_of", lambda *_: {"csv": 10**15})
    convert(row.pk, never)
    row.refresh_from_db()
    assert (row.state, row.is_there) == ("failed", False)
    assert "take fewer episodes" in row.reason
    assert made_of(version) == []


@pytest.fixture
def in_no_time(monkeypatch):
    """Conversions give a file of one line, where a test is about what becomes of them."""

    def write(function, arguments, **options):
        (folder := Path(arguments[arguments.index("-o") + 1])).mkdir()
        (folder / "steps.csv").write_text("episode\n")

    monkeypatch.setattr(command_jobs, "run_isolated", write)


def test_it_goes_with_the_version(researcher, ask, in_no_time, version, django_capture_on_commit_callbacks):
    row = ask("csv")
    convert(row.pk, never)
    assert row.file.path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(Participation.objects.order_by("pk").last())
    assert made_of(version) == []
    assert not ConvertedVersion.objects.exists()
    assert researcher.get(f"{FORMS}csv.zip").status_code == 404


def test_one_that_is_written_as_somebody_withdraws_never_appears(ask, in_no_time, version, monkeypatch):
    row = ask("csv")
    pack = converting.pack

    def pack_as_somebody_withdraws(*arguments):
        pack(*arguments)
        withdraw(Participation.objects.order_by("pk").last())

    monkeypatch.setattr(converting, "pack", pack_as_somebody_withdraws)
    convert(row.pk, never)
    assert not ConvertedVersion.objects.exists()
    assert made_of(version) == []


def test_one_whose_worker_has_died_is_taken_up_and_not_for_ever(ask):
    row = ask("csv")
    take_up_jobs()
    assert ProcrastinateJob.objects.filter(task_name="convert_version").count() == 1
    ProcrastinateJob.objects.all()._raw_delete("default")
    ConvertedVersion.objects.update(state="working", attempt=1)
    take_up_jobs()
    assert ProcrastinateJob.objects.filter(task_name="convert_version").count() == 1
    ProcrastinateJob.objects.all()._raw_delete("default")
    ConvertedVersion.objects.update(attempt=MOST_ATTEMPTS)
    take_up_jobs()
    row.refresh_from_db()
    assert row.state == "failed"
    assert "worker died at it" in row.reason


def test_it_can_be_deleted_to_make_room(researcher, ask, in_no_time, django_capture_on_commit_callbacks):
    row = ask("csv")
    convert(row.pk, never)
    with django_capture_on_commit_callbacks(execute=True):
        post(researcher, f"{FORMS}csv/delete/")
    assert not row.file.path.exists()
    assert not ConvertedVersion.objects.exists()


def test_by_token_it_is_asked_for_and_downloaded(client, study, ada, in_no_time, version):
    headers = {"Authorization": f"Bearer {ApiToken.make(study, ada, 'script', Role.EDITOR)[1]}"}
    url = "/api/studies/default/versions/1/forms/"
    told = {row["form"]: row for row in client.get(url, headers=headers).json()}
    assert told["csv"]["state"] is None
    assert told["csv"]["about_bytes"] > 1000
    answer = client.post(url, {"form": "csv"}, content_type="application/json", headers=headers)
    assert answer.status_code == 202, answer.content
    assert client.get(f"{url}csv/", headers=headers).status_code == 404
    convert(ConvertedVersion.objects.get().pk, never)
    told = {row["form"]: row for row in client.get(url, headers=headers).json()}
    content = client.get(f"{url}csv/", headers=headers).getvalue()
    assert told["csv"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["csv"]["bytes"] == len(content)


def test_everybody_can_download_it_once_the_version_is_published(ask, in_no_time, version):
    convert(ask("csv").pk, never)
    assert Player().get("/data/default/1/forms/csv.zip").status_code == 404
    DatasetVersion.objects.update(published=version.stored)
    assert 'href="/data/default/1/forms/csv.zip"' in text(Player().get("/data/default/1/"))
    assert Player().get("/data/default/1/forms/csv.zip").getvalue()
    assert Player().get("/data/default/1/forms/minari.zip").status_code == 404


def test_viewers_can_download_but_not_ask(study, bob, ask, in_no_time):
    Membership.objects.create(study=study, user=bob, role=Role.VIEWER)
    viewer = logged_in(bob)
    convert(ask("csv").pk, never)
    assert viewer.get(f"{FORMS}csv.zip").getvalue()
    assert post(viewer, FORMS, form="minari").status_code == 403
    assert 'aria-label="Make it: Minari"' not in text(viewer.get(VERSION))
