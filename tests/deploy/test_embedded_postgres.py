"""The embedded PostgreSQL: it starts wherever it was left off, and lets nobody in by accident."""

import os
import signal
import socket
import threading
from pathlib import Path

import psycopg
import pytest

from webapp.local import embedded_postgres, postgres_programs
from webapp.local.embedded_postgres import Cluster
from webapp.local.postgres_programs import PostgresError


def answer(url: str, query: str = "SELECT 1") -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split("\n")[0])


def test_it_works(cluster: Cluster) -> None:
    url = cluster.start()
    assert url == cluster.url()
    assert answer(url, "SHOW server_encoding") == "UTF8"
    assert answer(url, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C.UTF-8"


def test_a_second_start_finds_the_server_that_runs(cluster: Cluster) -> None:
    url, server = cluster.start(), postmaster(cluster)
    assert cluster.start() == url
    assert postmaster(cluster) == server


def test_data_outlive_a_stop(cluster: Cluster) -> None:
    with psycopg.connect(cluster.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    cluster.stop()
    assert cluster.url() is None
    assert answer(cluster.start(), "SELECT number FROM kept") == 7


def test_stopping_twice_is_no_error(cluster: Cluster) -> None:
    cluster.stop()
    cluster.stop()
    assert cluster.url() is None


def test_nobody_enters_without_the_password(cluster: Cluster) -> None:
    url = cluster.start()
    password = (cluster.directory / "password").read_text()
    for wrong in (url.replace(password, "guess"), url.replace(f":{password}", "")):
        with pytest.raises(psycopg.OperationalError, match=r"password|fe_sendauth"):
            psycopg.connect(wrong)
    assert (cluster.directory / "password").stat().st_mode & 0o077 == 0
    assert cluster.directory.stat().st_mode & 0o077 == 0


def test_it_listens_on_the_loopback_alone(cluster: Cluster) -> None:
    url = cluster.start()
    assert answer(url, "SHOW listen_addresses") == "127.0.0.1"
    assert answer(url, "SHOW unix_socket_directories") == str(cluster.directory)
    with psycopg.connect(url) as connection:
        assert connection.info.host == str(cluster.directory)
        port = connection.info.port
    with psycopg.connect(url, host="127.0.0.1", port=port) as connection:
        assert connection.info.host == "127.0.0.1"


@pytest.mark.long
def test_where_no_socket_can_lie_it_is_found_by_its_port(cluster: Cluster) -> None:
    other = Cluster(cluster.directory.with_name("a folder"), durable=False)
    url = other.start()
    try:
        assert answer(url, "SHOW unix_socket_directories") == ""
        assert "@127.0.0.1:" in url
    finally:
        other.stop()


def test_a_stale_file_that_names_a_strangers_process_is_no_server(cluster: Cluster) -> None:
    cluster.start()
    lines = (cluster.data / "postmaster.pid").read_text().split("\n")
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert cluster.url() is None
    assert answer(cluster.start()) == 1


def test_a_server_that_was_killed_comes_back_at_its_address(cluster: Cluster) -> None:
    url = cluster.start()
    os.kill(postmaster(cluster), signal.SIGKILL)
    assert cluster.start() == url
    assert answer(url) == 1


@pytest.mark.long
def test_a_port_that_was_taken_since_is_not_used(cluster: Cluster) -> None:
    with psycopg.connect(cluster.start()) as connection:
        port = connection.info.port
    cluster.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        url = cluster.start()
        assert answer(url) == 1
        assert f":{port}/" not in url


def test_starts_at_the_same_time_give_one_server(cluster: Cluster) -> None:
    cluster.stop()
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.append(cluster.start())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 3
    assert len(set(urls)) == 1


def test_the_last_one_out_stops_the_server(cluster: Cluster) -> None:
    cluster.stop()
    with cluster.running() as url:
        with cluster.running() as same:
            assert same == url
        assert answer(url) == 1
    assert cluster.url() is None


def test_a_fresh_database_is_empty(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.fresh_database("demo")) as connection:
        connection.execute("CREATE TABLE old ()")
    assert answer(cluster.fresh_database("demo"), "SELECT to_regclass('old')") is None


def test_data_of_another_major_version_are_refused_in_one_line(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.stop()
    monkeypatch.setattr(postgres_programs, "version", lambda: "99.1.0")
    monkeypatch.setattr(postgres_programs, "prepare", lambda _: None)
    with pytest.raises(PostgresError, match=r"was made by PostgreSQL \d+, installed is 99: install embedded-postgres"):
        cluster.start()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PostgresError, match=r"^Postgres cannot use .*/file.*: .*$"):
        Cluster(tmp_path / "file" / "postgres" / "site").start()


def test_the_command_line_names_its_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        embedded_postgres.main(["run"])
    assert ended.value.code == 2
    assert "takes a command behind a --" in capsys.readouterr().err
