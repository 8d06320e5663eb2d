"""Postgres goes away while the worker writes a version: none with a hole is listed, it says why, and is repeated."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from bench.large_study import EVENTS_OF_EPISODE, STEPS_OF_EPISODE
from editing.trajectories.checksums import file_problems
from editing.trajectories.reading import open_snapshot
from webapp.datasets.management.commands.export_dataset import unpack
from webapp.local.embedded_postgres import Cluster
from webapp.local.kept_processes import KeptProcess

EPISODES = 20_000
PATIENCE = 300  # seconds
FILL = f"""
import sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("import_photos", sys.argv[1], transfer="linear", verbosity=0)
from bench.large_study import fill
from webapp.datasets.building import new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.queueing import ask_to_build
from webapp.photos.models import Photo
from webapp.studies.models import Study
study = Study.objects.get(slug="default")
fill(study, list(Photo.objects.all()), people=20, episodes={EPISODES})
ask_to_build(new_version(study, Choice()))
"""
# What "Try again" on the desk does.
REPEAT = """
import django
django.setup()
from webapp.datasets.models import DatasetVersion
from webapp.datasets.queueing import ask_again
assert ask_again(DatasetVersion.objects.get())
"""
# `manage.py worker`, which tells more often how far it is.
WORKER = """
import django
django.setup()
from django.core.management import call_command
from webapp.datasets import building
building.HEARTBEAT = 0.02
call_command("worker")
"""


class Site:
    """A site whose worker is started again when it ends, as systemd does, and the one version of its study."""

    def __init__(self, root: Path, cluster: Cluster, data: Path) -> None:
        self.root, self.cluster, self.data = root, cluster, data

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run([sys.executable, "-c", program, *arguments], cwd=self.root, check=True)

    def version(self) -> dict[str, Any]:
        """Its row; empty while Postgres is away."""
        try:
            with psycopg.connect(self.cluster.url("export") or "", row_factory=dict_row) as connection:
                return connection.execute("SELECT * FROM datasets_datasetversion").fetchone() or {}
        except psycopg.OperationalError:
            return {}

    def wait(self, until: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait for a state of the version, and see at all times that it is whole where it is listed as ready."""
        end = time.monotonic() + PATIENCE
        while not until(version := self.version()):
            assert time.monotonic() < end, (what, version)
            assert version.get("state") != "ready", f"{what}, and it is ready"
            self.worker.tend()
            time.sleep(0.01)
        return version

    def __enter__(self) -> "Site":
        self.worker = KeptProcess("The worker", "-c", WORKER)
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop()

    def files(self) -> set[str]:
        """What lies where versions are."""
        return {path.name for path in (self.data / "datasets").rglob("*") if path.is_file()}


def kill(cluster: Cluster) -> None:
    os.kill(cluster._pid_file()[0], signal.SIGKILL)
    time.sleep(1)
    cluster.start()


def restart(cluster: Cluster) -> None:
    cluster._run(
        "pg_ctl",
        "restart",
        f"--pgdata={cluster.data}",
        f"--log={cluster.directory / 'log'}",
        "--mode=immediate",
        "--wait",
        "--timeout=60",
    )


@pytest.mark.long
@pytest.mark.parametrize("interrupt", [kill, restart])
def test_a_version_in_whose_midst_postgres_goes_away_says_so_and_is_whole_when_repeated(
    root: Path,
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: Callable[[Cluster], None],
) -> None:
    monkeypatch.setenv("DATABASE_URL", cluster.fresh_database("export"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "photos").mkdir()
    np.save(tmp_path / "photos" / "0.npy", np.random.default_rng(0).random((64, 96, 3), dtype=np.float32) * 0.1)
    site = Site(root, cluster, tmp_path / "data")
    site.run(FILL, str(tmp_path / "photos"))
    with site:
        rows = site.wait(lambda version: version.get("rows_done", 0) > EPISODES, "it streams")
        assert 0 < rows["rows_done"] < rows["rows_expected"]
        interrupt(cluster)
        failed = site.wait(lambda version: version.get("state") == "failed", "it says what happened")
        assert "connection to the database was lost" in failed["reason"]
        assert site.files() == set()
        site.run(REPEAT)
        site.wait(lambda version: version.get("state") == "ready", "it is repeated")
    assert site.files() == {"1.zip"}
    unpack(next((tmp_path / "data").rglob("1.zip")), tmp_path / "version")
    snapshot = open_snapshot(tmp_path / "version")
    assert list(file_problems(snapshot)) == []
    counts = {name: snapshot.manifest["rows"][name] for name in ("episodes", "steps", "events")}
    assert counts == {
        "episodes": EPISODES,
        "steps": EPISODES * STEPS_OF_EPISODE,
        "events": EPISODES * EVENTS_OF_EPISODE,
    }
