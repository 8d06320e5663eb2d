"""`make run`: what it says before anything is started, and that it starts and stops everything."""

import io
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import OperationalError, connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from webapp.local import guard, kept_processes
from webapp.local import serve as serving
from webapp.local.embedded_postgres import Cluster, free_port
from webapp.local.kept_processes import KeptPostgres, KeptProcess
from webapp.local.serve import ServeError, address, bring_in_photos, check_photos, check_port
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.models import DEFAULT, Study


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the program with these arguments, to its end by a mistake; returns what it says."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["serve", *arguments])
        monkeypatch.setattr(serving, "stop_on_signals", lambda: None)
        # A server that would be reachable is not needed: this must be told before Postgres is asked.
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        assert serving.main() == 1
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    return run


def test_a_port_in_use_is_one_line_that_names_another(serve: Callable[..., str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        advice = f"stop what uses it, or choose another: make run PORT={port + 1}"
        assert serve("--port", str(port)) == f"Error: Port {port} of 127.0.0.1 is in use: {advice}\n"


def test_a_port_that_is_none_and_a_strangers_address_are_refused() -> None:
    with pytest.raises(ServeError, match="PORT=70000 is no port"):
        check_port("127.0.0.1", 70000)
    with pytest.raises(
        ServeError, match=r"^Cannot listen on 192\.0\.2\.1 port 8000 \(.*\): choose another HOST or PORT$"
    ):
        check_port("192.0.2.1", 8000)


def test_a_free_port_is_fine() -> None:
    check_port("127.0.0.1", 0)


def test_a_folder_without_photos_is_one_line(serve: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / ".hidden.jpg").write_bytes(b"")
    said = serve("--port", "0", "--photos", str(tmp_path))
    assert said.startswith(f"Error: PHOTOS={tmp_path}")
    assert said.count("\n") == 1


def test_a_folder_that_is_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match=r"^PHOTOS=.*nowhere.*$"):
        check_photos(tmp_path / "nowhere")


def test_a_postgres_that_does_not_answer_is_one_line(
    serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*, clear: bool) -> bool:
        raise OperationalError("connection failed: Connection refused\nIs the server running?")

    monkeypatch.setattr("webapp.local.preparing.prepare_start", away)
    said = serve("--port", "0")
    assert said.startswith("Error: Postgres is not reachable at ")
    assert "(Connection refused)" in said
    assert said.count("\n") == 1


@pytest.mark.long
def test_a_postgres_that_is_away_is_one_line(root: Path) -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    command = [sys.executable, "-m", "webapp.local.serve", "--port", "0"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert "Postgres is not reachable at 127.0.0.1:1" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.django_db
class TestPhotosOfTheFirstStart:
    """What is brought in where nothing can be played, and nobody names photos."""

    @pytest.fixture(autouse=True)
    def _own_data(self, settings: Any, tmp_path: Path, db: None) -> None:
        settings.DATA_DIR = tmp_path
        # A test with transactions of its own leaves the database without the study that a migration made.
        Study.objects.get_or_create(slug=DEFAULT, defaults={"title": "Open study", "state": "open"})

    def test_demo_photos_come_once_and_those_that_were_taken_out_of_play_stay_out(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bring_in_photos()
        assert "4 demo photos" in capsys.readouterr().out
        bring_in_photos()
        assert capsys.readouterr().out == ""
        for photo in Photo.objects.all():
            remove(photo)
        bring_in_photos()
        assert not Photo.objects.filter(removed_at=None).exists()

    def test_they_come_back_where_a_clone_was_deleted_but_not_its_database(self, tmp_path: Path) -> None:
        bring_in_photos()
        before = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")}
        shutil.rmtree(tmp_path)
        bring_in_photos()
        assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")} == before
        assert {path.parts[0] for path in before} == {"originals", "previews"}
        assert Photo.objects.count() == 4


def test_the_address_is_one_that_a_browser_takes() -> None:
    assert address("127.0.0.1", 8000) == "http://127.0.0.1:8000/"
    assert address("0.0.0.0", 8001) == "http://127.0.0.1:8001/"  # noqa: S104
    assert address("::1", 8000) == "http://[::1]:8000/"


def test_a_closed_terminal_ends_the_program_through_its_finally_blocks() -> None:
    program = (
        "import os, signal, sys; from webapp.local.serve import stop_on_signals; stop_on_signals()\n"
        "try: os.kill(os.getpid(), signal.SIGHUP); signal.pause()\n"
        "finally: print('tidied up')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "tidied up\n"
    assert done.returncode in (1, 130, -signal.SIGINT)


@pytest.fixture
def empty(cluster: Cluster) -> str:
    """The address of a database in which there is nothing."""
    return cluster.fresh_database("serve")


@pytest.fixture
def migrated(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a copy of the tests' own database: migrations take half a minute."""
    name, original = "test_serve", connection.settings_dict["TEST"]["TEMPLATE"] or connection.settings_dict["NAME"]
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(original))
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        connection.close()  # nobody may be there while it is copied
        cursor.execute(drop)
        cursor.execute(copy)
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        cursor.execute(drop)


@pytest.mark.parametrize(
    ("before", "played"),
    [
        pytest.param("migrated", 0, id="migrated"),
        pytest.param("empty", 4, id="empty, until an agent has played all", marks=pytest.mark.long),
    ],
)
def test_it_starts_with_photos_to_play_and_a_signal_stops_it(
    root: Path, request: pytest.FixtureRequest, tmp_path: Path, before: str, played: int
) -> None:
    port = free_port()
    of_an_older_site = tmp_path / "static" / "play.0123456789ab.js"
    of_an_older_site.parent.mkdir()
    of_an_older_site.touch()
    database = request.getfixturevalue(before)
    environment = os.environ | {"DATABASE_URL": database, "DATA_DIR": str(tmp_path), "WEB_CONCURRENCY": "1"}
    command = [sys.executable, "-m", "webapp.local.serve", "--port", str(port)]
    with (
        psycopg.connect(database, autocommit=True) as site,
        subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            said = list(itertools.takewhile(lambda line: "Safelight is at" not in line, process.stdout))
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read().decode()
            while workers(site) != 1 or agents(site) < played:
                time.sleep(0.1)
            process.terminate()
            assert "Stopped." in process.stdout.read()
            assert process.wait() == 0
        finally:
            process.kill()
        assert workers(site) == 0
        photos = site.execute("SELECT licence, sha256 || original_suffix FROM photos_photo").fetchall()
    assert "password: " in "".join(said)
    assert "/play/default/" in page
    assert not of_an_older_site.exists()
    assert {licence for licence, _ in photos} == {"CC0 1.0", "Public domain"}
    assert {name for _, name in photos} == {path.name for path in (tmp_path / "originals").iterdir()}
    check_port("127.0.0.1", port)


Connection = psycopg.Connection[tuple[Any, ...]]


def workers(site: Connection) -> int:
    """How many workers have said that they are there, and not that they go."""
    return count(site, "SELECT count(*) FROM procrastinate_workers")


def agents(site: Connection) -> int:
    """How many of the demo photos the agent has played."""
    return count(site, "SELECT count(*) FROM games_episode WHERE checkpoint_hash <> ''")


def count(site: Connection, query: LiteralString) -> int:
    ((number,),) = site.execute(query)
    return int(number)


def test_a_worker_that_dies_is_said_to_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("webapp.local.kept_processes._FIRST_PAUSE", 0.1)
    ends_once = (
        "import os, sys, time\n"
        "if not os.path.exists(sys.argv[1]): open(sys.argv[1], 'w'); sys.exit('no database')\n"
        "time.sleep(600)"
    )
    worker = KeptProcess("The worker", "-c", ends_once, str(tmp_path / "has begun"))
    try:
        first = worker.process
        first.wait(timeout=60)
        worker.tend()
        time.sleep(0.1)
        worker.tend()
        assert worker.process.pid != first.pid
        assert worker.process.poll() is None
    finally:
        worker.stop()
    assert worker.process.poll() is not None
    assert capfd.readouterr().err == "no database\nThe worker ended (1); it is started again in 0.1 s.\n"


class DeadCluster:
    """In place of a Postgres that has ended, until it is started."""

    address: str | None = None

    def url(self) -> str | None:
        return self.address

    def start(self) -> None:
        self.address = "postgresql://"


def test_a_postgres_that_has_ended_is_said_to_and_started_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kept_processes, "_FIRST_PAUSE", 0.01)
    cluster = DeadCluster()
    postgres = KeptPostgres(cluster)
    postgres.tend()
    assert cluster.url() is None
    time.sleep(0.01)
    for _ in range(2):
        postgres.tend()
        assert cluster.url() == "postgresql://"
    assert capsys.readouterr().err == "Postgres ended; it is started again in 0.01 s.\n"


@pytest.mark.long
def test_a_postgres_that_dies_is_said_to_and_started_again_at_its_address(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kept_processes, "_FIRST_PAUSE", 0.1)
    address_before = cluster.start()
    postgres = KeptPostgres(cluster)
    postgres.tend()
    assert capfd.readouterr().err == ""
    os.kill(postmaster(cluster), signal.SIGKILL)
    while cluster.url() is not None:  # it ends in a moment
        time.sleep(0.05)
    while cluster.url() != address_before:
        postgres.tend()
        time.sleep(0.05)
    assert capfd.readouterr().err == "Postgres ended; it is started again in 0.1 s.\n"
    with psycopg.connect(address_before) as server:
        assert count(server, "SELECT 1") == 1


def test_what_does_not_stay_is_started_again_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(kept_processes.time, "monotonic", lambda: now)
    restarting = kept_processes.Restarting("It")
    pauses = []
    for _ in range(7):
        assert not restarting.is_due("")
        began = now
        while not restarting.is_due(""):
            now += 1
        pauses.append(now - began)
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    now += 61
    assert not restarting.is_due("")
    now += 2
    assert restarting.is_due("")


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


GUARDED = """
import subprocess, sys, time
from pathlib import Path
from webapp.local.embedded_postgres import Cluster
from webapp.local.kept_processes import guarded
cluster = Cluster(Path(sys.argv[1]))
with cluster.running(), guarded(cluster) as guard:
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    guard([other.pid])
    print(other.pid, flush=True)
    time.sleep(600)
"""


def test_the_guard_ends_what_it_was_told_of_last_and_postgres(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.start()
    with subprocess.Popen(["sleep", "600"]) as before, subprocess.Popen(["sleep", "600"]) as other:
        reaper = threading.Thread(target=other.wait)  # the guard waits for it to be gone
        reaper.start()
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{before.pid}\n{other.pid}\n"))
        try:
            guard.main([str(cluster.directory)])
            assert before.poll() is None
        finally:
            for process in (before, other):
                process.kill()
            reaper.join()
        assert other.returncode == -signal.SIGTERM
    assert cluster.url() is None


@pytest.mark.long
def test_what_it_has_started_ends_when_it_is_killed(root: Path, cluster: Cluster) -> None:
    cluster.stop()
    command = [sys.executable, "-c", GUARDED, str(cluster.directory)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        other = int(process.stdout.readline())
        process.kill()
    until = time.monotonic() + 60
    while is_running(other) or cluster.url() is not None:
        assert time.monotonic() < until
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
