"""What all tests share: the folder of data beside the project, and the project's root."""

import fcntl
import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as site
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.test import TransactionTestCase
from hypothesis import settings
from numpy.typing import NDArray
from psycopg import sql
from pytest_django import DjangoDbBlocker

from editing import processes
from tests.forked import FORKED

ROOT = Path(__file__).parents[1]

# A busy machine is no defect. Every run draws other examples, so half as many as is usual are soon as many.
settings.register_profile("any machine", deadline=None, max_examples=50)
settings.load_profile("any machine")


# Their tests take ten seconds and more. Begun first, none of them is what all wait for in the end.
LONGEST = (
    "browser/test_three_ways.py",
    "browser/test_accessibility.py",
    "browser/test_desk.py",
    "deploy/test_serve.py",
    "learning/test_cluster.py",
    "learning/training/test_distributed.py",
    "learning/training/test_resume.py",
    "tests/test_loop.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests in front."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage in what the tests import, which stays: it would take a third of the time of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        # Hardly anything that a test makes is in a circle, and looking for those took a twentieth of all time.
        gc.set_threshold(50_000, 10, 100)
        gc.enable()


def pytest_unconfigure() -> None:
    """Look for garbage once at the end, as pytest has just done, and not twice: it takes seconds of each process."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The databases of the workers are copies of one, which the first of them to need one migrates."""
    database, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    if not (own := test["NAME"]):  # there is no other worker
        yield
        return
    folder, original = tmp_path_factory.getbasetemp().parent, f"test_{database}_original"
    made = folder / "original"

    @contextmanager
    def alone() -> Iterator[None]:
        with (folder / "original.lock").open("w") as lock, django_db_blocker.unblock():
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
            site.DATABASES[DEFAULT_DB_ALIAS]["NAME"] = connection.settings_dict["NAME"] = database

    with alone():
        if is_maker := not made.exists():
            test["NAME"] = original
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            made.touch()
    test.update(NAME=own, TEMPLATE=original)
    yield
    if is_maker:
        with alone():
            made.unlink()
            connection.settings_dict["NAME"] = original
            connection.creation.destroy_test_db(verbosity=0)


@cache
def _deletion() -> str:
    """The statements that empty the database, but for what migrations alone make: types of content and permissions."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    emptied = sorted(tables - {ContentType._meta.db_table, Permission._meta.db_table})
    return sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in emptied).as_string()


@pytest.fixture(autouse=True, scope="session")
def _tables_emptied_quickly() -> Iterator[None]:
    """After a test with transactions of its own the few rows that it has left are deleted.

    Django truncates, which makes each table and index anew, and then what migrations make: that takes ten times longer.
    """

    def empty_tables(test_case: TransactionTestCase) -> None:
        # Keys of other tables are looked at when all are empty.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_deletion())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the project."""
    return ROOT


@pytest.fixture(autouse=True, scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Path]:
    """What tests decode, and the fonts that Matplotlib finds, are not kept among the user's own files.

    Compiled pipelines are kept from one run of the tests to the next.
    """
    cache, pipelines = tmp_path_factory.mktemp("cache"), root / ".pytest_cache" / "pipelines"
    pipelines.mkdir(mode=0o700, parents=True, exist_ok=True)
    (cache / "pipelines").symlink_to(pipelines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAFELIGHT_CACHE", str(cache))
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
        yield cache


@pytest.fixture(autouse=True, scope="session")
def _processes_forked() -> Iterator[None]:
    """Work in processes of its own starts at once: a fresh interpreter has first to import what the work needs.

    `tests/editing/test_processes.py` sees to it that fresh ones do the same.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "SPAWN", FORKED)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data beside the project, which is not part of it: a test that needs it is skipped where it is missing."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the data in ../shared, which is not here")
    return folder


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have no drawings, which take two thirds of the time: for tests that look at something else."""
    from learning.comparison import plots

    class NoPlots:
        COLORS = plots.COLORS

        def __getattr__(self, name: str) -> Callable[..., str]:
            return lambda *_arguments: ""

    monkeypatch.setattr("learning.comparison.report.plots", NoPlots())


@pytest.fixture(scope="session")
def reference_step() -> Path:
    """One training step of the 2018 program: parameters, pixels, gradients and losses, as that program printed them.

    An ``.npz`` of the form that ``safelight check-reference`` reads.
    """
    return ROOT / "tests" / "fixtures" / "reference_step.npz"


@pytest.fixture(scope="session")
def awkward_colours() -> NDArray[np.float32]:
    """Some 200 colours (N, 3) at which filters go wrong: black, greys, near-greys, 1, above 1, saturated."""
    levels = (0.0, 1e-7, 1e-4, 9e-4, 0.001, 0.02, 0.125, 0.3, 0.5, 0.75, 0.999, 1.0, 1.3, 4.0)
    greys = [(v, v, v) for v in levels]
    near_greys = [(v, v * (1 + e), v * (1 - 2 * e)) for v in levels[3:] for e in (1e-6, 1e-4, 1e-2)]
    corners = [(r, g, b) for r in (0.0, 0.4, 1.0) for g in (0.0, 0.4, 1.0) for b in (0.0, 0.4, 1.0)]
    bright = [(r, g, b) for r in (0.2, 1.6) for g in (0.0, 2.5) for b in (0.7, 8.0)]
    drawn = np.random.default_rng(8).random((120, 3)) ** 2 * 1.2
    return np.array([*greys, *near_greys, *corners, *bright, *drawn.tolist()], dtype=np.float32)
