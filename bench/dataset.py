"""Data sets: an export of 40,000 episodes, 200,000 steps and a million events. Needs Postgres.

Beside it, in the same run, Postgres sends the same tables as text, unordered, to a program that throws them away.
"""

import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow.parquet as pq

import safelight
from bench.figures import Figure
from bench.large_study import fill
from editing.trajectories.validation import problems_of

EPISODES, PEOPLE, PHOTOS = 40_000, 200, 50
RUNS = 3
TABLES = ("games_episode", "games_step", "games_event")


def measure() -> dict[str, Figure]:
    """Measure how fast the export is, and how much memory its process takes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from webapp.configuration import postgres_address

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings.DATA_DIR = folder
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            _fill(folder)
            url = postgres_address(connection.settings_dict)
            return _export(folder, url) | _read(folder / "export-0")
        finally:
            teardown_databases(databases, verbosity=0)


def _fill(folder: Path) -> None:
    from django.core.management import call_command

    from webapp.photos.models import Photo
    from webapp.studies.models import Study

    (folder / "photos").mkdir()
    for number in range(PHOTOS):
        coarse = np.random.default_rng(number).random((8, 12, 3), dtype=np.float32) ** 2 * 0.15
        np.save(folder / "photos" / f"{number}.npy", np.kron(coarse, np.ones((16, 16, 1), np.float32)))
    options = {"transfer": "linear", "stdout": StringIO(), "stderr": StringIO()}
    call_command("import_photos", str(folder / "photos"), **options)
    study = Study.objects.get(slug="default")
    fill(study, list(Photo.objects.order_by("name")), people=PEOPLE, episodes=EPISODES)


def _export(folder: Path, url: str) -> dict[str, Figure]:
    ratios, exports, peaks = [], [], []
    os.environ |= {"DATABASE_URL": url, "DATA_DIR": str(folder)}
    rows = _copy()[1]
    for run in range(RUNS):
        with ProcessPoolExecutor(1, get_context("spawn")) as executor:
            seconds, peak = executor.submit(_export_once, folder / f"export-{run}").result()
        copied = _copy()[0]
        ratios.append(copied / seconds)
        exports.append(seconds)
        peaks.append(peak)
    note = f"{rows} rows in {median(exports):.1f} s; previews and checks are in it"
    return {
        "export.ratio_to_copy": Figure(
            median(ratios), "", "rows a second of COPY ... TO STDOUT of the same tables, as text, unordered", note
        ),
        "export.peak_mb": Figure(max(peaks), "MB", "", "the whole process of manage.py export_dataset"),
    }


def _read(export: Path) -> dict[str, Figure]:
    """Open the export without its events, and validate it whole."""
    ratios = []
    for _ in range(5):
        start = time.perf_counter()
        tables = _open(export)
        opened = time.perf_counter()
        for name, columns in tables.items():
            pq.read_table(export / f"{name}.parquet", columns=columns)
        ratios.append((opened - start) / (time.perf_counter() - opened))
    start = time.perf_counter()
    wrong = list(problems_of(export))
    seconds = time.perf_counter() - start
    assert not wrong, wrong  # noqa: S101 (else it was not read whole)
    events = pq.read_metadata(export / "events.parquet").num_rows
    note = f"{events} events, replayed; all rows, files and receipts are in it: {seconds:.0f} s"
    return {
        "dataset.open_over_parquet": Figure(
            median(ratios), "", "safelight.load without events over pyarrow reading the same columns", "at most 2"
        ),
        "dataset.validate_events_per_s": Figure(events / seconds, "/s", "", note),
    }


def _open(export: Path) -> dict[str, list[str]]:
    """Open an export and read all of its tables but that of the events; the columns of each."""
    data = safelight.load(export)
    tables = [data.episodes, data.steps, data.photos, data.judgements, data.answers, data.participations, data.agents]
    there = [table for table in tables if (export / f"{table.name}.parquet").is_file()]
    return {table.name: table.to_arrow().column_names for table in there}


def _copy() -> tuple[float, int]:
    """Let Postgres send the tables as text; seconds, and how many rows there were."""
    from django.db import connection

    start, rows = time.perf_counter(), 0
    with connection.cursor() as cursor:
        for table in TABLES:
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                rows += sum(1 for _ in copy)
    return time.perf_counter() - start, rows


def _export_once(folder: Path) -> tuple[float, float]:
    """Export in this fresh process; seconds without its start, and its peak of memory in MB."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    from django.core.management import call_command

    start = time.perf_counter()
    call_command("export_dataset", output=folder, study="default", stdout=StringIO())
    seconds = time.perf_counter() - start
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return seconds, int(peak.split()[1]) / 1024
