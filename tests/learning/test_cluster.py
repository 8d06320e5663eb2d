"""`--scheduler`: photos developed and read on a Dask cluster, of two processes here, of which one is killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import dask
import numpy as np
import pytest
from distributed import LocalCluster
from PIL import Image

from editing.game.rules import Step
from editing.photos.read_options import AUTO
from editing.processes import Crashed
from editing.rendering.writing import Output
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from editing.trajectories.steps_file import StepsFile
from learning.cluster import ClusterError, each_on_cluster
from learning.developing import SameSteps, develop_all, plan, sidecar_of, total
from tests.command_line import safelight, safelight_output
from tests.forked import FORKED

COUNT = 12


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers, each in a process that has torch already."""
    with (
        pytest.MonkeyPatch.context() as patch,
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
    ):
        for module in ("nanny", "process"):
            patch.setattr(f"distributed.{module}.get_mp_context", lambda: FORKED)
        with LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as started:
            yield started


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    random = np.random.default_rng(0)
    for index in range(COUNT):
        np.save(tmp_path / "photos" / f"{index:02}.npy", random.random((60, 90, 3), dtype=np.float32))
    return tmp_path / "photos"


def minus_one(number: int) -> int:
    if number == 3:
        # Dask starts no worker anew that dies before it has heard that it runs.
        sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
    return number - 1


def slow(number: int) -> int:
    sleep(0.2)
    return number


def test_photos_are_developed_by_the_workers_of_a_cluster(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    jobs = plan(sorted(photos.iterdir())[:3], tmp_path / "out", Output(), 1)
    decision = SameSteps(StepsFile((Step("exposure", {"ev": 0.5}),)))
    options = {"protocol": "tcp://", "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    with LocalCluster(n_workers=1, processes=False, **options) as cluster:
        done = total(develop_all(jobs, decision, Output(), AUTO, scheduler=cluster.scheduler_address))
    assert (done.made, done.failures) == (3, ())
    assert all(sidecar_of(job.destinations[0]).exists() for job in jobs)


@pytest.mark.long
def test_every_photo_is_developed_though_a_process_is_killed_in_the_middle(
    cluster: LocalCluster, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    jobs = plan(sorted(photos.iterdir()), out, Output(), 1)
    decision = SameSteps(StepsFile((Step("exposure", {"ev": 0.5}),)))
    outcomes = develop_all(jobs, decision, Output(), AUTO, scheduler=cluster.scheduler_address)
    first = next(outcomes)
    os.kill(cluster.workers[0].pid, signal.SIGKILL)
    whole = total([first, *outcomes])
    # What the killed process had finished and not told is made already for the one that takes its work over.
    assert whole.made + whole.already_made == COUNT
    assert whole.failures == ()
    for job in jobs:
        assert sidecar_of(job.destinations[0]).exists()
        with Image.open(job.destinations[0]) as picture:
            picture.load()
            assert picture.size == (90, 60)
    again = total(develop_all(jobs, decision, Output(), AUTO, scheduler=cluster.scheduler_address))
    assert (again.made, again.already_made) == (0, COUNT)


@pytest.mark.long
def test_the_commands_work_on_a_cluster_by_relative_paths(
    cluster: LocalCluster, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    common = ("photos", "--agent", "pretrained", "--scheduler", cluster.scheduler_address)
    assert f"{COUNT} pictures made" in safelight_output("develop", *common, "-o", "out")
    assert f"{COUNT} games on {COUNT} photos" in safelight_output("play", *common, "-o", "play")
    safelight_output("play", "photos", "--agent", "pretrained", "-o", "here")
    played = [
        [(row["filter"], row["parameters"]) for row in rows(read_snapshot(Path(name)).steps)]
        for name in ("play", "here")
    ]
    assert played[0] == played[1]


@pytest.mark.long
def test_an_item_that_kills_every_process_is_given_up_and_the_others_are_done(cluster: LocalCluster) -> None:
    results = dict(each_on_cluster(minus_one, range(6), cluster.scheduler_address))
    assert isinstance(results.pop(3), Crashed)
    assert results == {number: number - 1 for number in (0, 1, 2, 4, 5)}


@pytest.mark.long
def test_a_cluster_that_loses_all_its_workers_or_its_scheduler_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("learning.cluster.POLL_SECONDS", 0.1)
    monkeypatch.setattr("learning.cluster.WORKERLESS_SECONDS", 0)
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        LocalCluster(
            n_workers=1, processes=False, protocol="tcp://", dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as lost,
    ):
        results = each_on_cluster(slow, range(100), lost.scheduler_address)
        next(results)
        lost.scale(0)
        with pytest.raises(ClusterError, match=r"all its workers are gone; start some .* what is done stays done"):
            list(results)
        lost.scale(1)
        lost.wait_for_workers(1)  # type: ignore[no-untyped-call]
        results = each_on_cluster(slow, range(100), lost.scheduler_address)
        next(results)
        lost.sync(lost.scheduler.close)
        with pytest.raises(ClusterError, match="the scheduler is gone"):
            list(results)


def test_no_scheduler_and_no_workers_are_said_in_words(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.cluster.CONNECT_SECONDS", 1)
    result = safelight(
        "develop", photos, "--agent", "pretrained", "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1"
    )
    assert result.exit_code == 1
    assert "tcp://127.0.0.1:1: no Dask scheduler answers there" in result.output
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1") as empty,
        pytest.raises(ClusterError, match="has no workers"),
    ):
        list(each_on_cluster(minus_one, [1], empty.scheduler_address))
