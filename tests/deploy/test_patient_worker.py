"""The worker in which connections that send nothing, or not all, hold up nobody."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from webapp.http.patient_worker import LARGEST_HEADERS, SMALL_BODY, has_arrived
from webapp.local.embedded_postgres import free_port

THREADS = 2
SETTINGS = f"""
from webapp.http import patient_worker
patient_worker.REQUEST_SECONDS = float({{seconds}})
wsgi_app = "tests.deploy.plain_site:application"
worker_class = "webapp.http.patient_worker.PatientWorker"
threads = {THREADS}
control_socket_disable = True
"""
PATIENCE = 60  # seconds until a test that waits has failed


def serving(root: Path, folder: Path, seconds: float) -> Iterator[int]:
    """Run gunicorn with two threads; its port."""
    port = free_port()
    (folder / "gunicorn.conf.py").write_text(SETTINGS.format(seconds=seconds))
    command = [sys.executable, "-m", "gunicorn", "--config", str(folder / "gunicorn.conf.py")]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    with subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}) as process:
        try:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    assert time.monotonic() < until
                    time.sleep(0.02)
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def port(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that waits for requests for longer than the tests take."""
    yield from serving(root, tmp_path_factory.mktemp("patient"), 600)


@pytest.fixture(scope="module")
def impatient_port(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that waits for requests for half a second."""
    yield from serving(root, tmp_path_factory.mktemp("impatient"), 0.5)


def connected(port: int, content: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(content)
    return client


def receive(client: socket.socket, last: bytes) -> bytes:
    """Return what comes up to those bytes."""
    content = b""
    while last not in content:
        received = client.recv(1000)
        assert received
        content += received
    return content


def echo(port: int, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/", body)
    content = connection.getresponse().read()
    connection.close()
    return content


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
    ],
    ids=["nothing", "half of the headers", "half of a small body"],
)
def test_connections_that_wait_hold_up_nobody(port: int, begun: bytes) -> None:
    with ExitStack() as waiting:
        clients = [waiting.enter_context(connected(port, begun)) for _ in range(20 * THREADS)]
        assert echo(port, b"here") == b"here"
        if begun.endswith(b"half"):  # and each is answered once the rest has come
            clients[7].sendall(b"whole")
            receive(clients[7], b"halfwhole")


def test_what_never_comes_is_not_waited_for(impatient_port: int) -> None:
    for begun in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n"):
        with connected(impatient_port, begun) as client:
            assert client.recv(1000) == b""


def test_a_kept_connection_takes_one_request_after_the_other(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for body in (b"one", b"2" * (SMALL_BODY + 1), b"", b"four"):
        connection.request("POST", "/", body)
        assert connection.getresponse().read() == body
    connection.close()


def test_requests_that_come_together_are_answered_in_turn(port: int) -> None:
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%b"
    with connected(port, request % b"one" + request % b"two") as client:
        content = receive(client, b"two")
    assert content.index(b"one") < content.index(b"two")


def test_who_waits_to_be_asked_for_the_body_is_asked(port: int) -> None:
    with connected(port, b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n") as client:
        receive(client, b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"body")
        receive(client, b"body")


def test_what_is_no_request_is_refused(port: int) -> None:
    with connected(port, b"no request\r\n\r\n") as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 400")


def test_a_request_has_arrived_when_a_thread_need_not_wait() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    assert not has_arrived(b"")
    assert not has_arrived((head % 3)[:-1])
    assert not has_arrived(head % 3 + b"ab")
    assert has_arrived(head % 3 + b"abc")
    assert has_arrived(head % (SMALL_BODY + 1))
    assert has_arrived(b"GET / HTTP/1.1\r\n\r\n")
    assert has_arrived(b"a" * (LARGEST_HEADERS + 1))
