"""The site on one's own machine, from nothing to a page that plays: `make run`.

Without DATABASE_URL it runs the embedded Postgres and stops it again at the end; the data stay. The first start
brings in photos (the reader's own, else the demo photos) and makes a researcher. Beside the site runs a worker, which
develops pictures at full size and lets the agent play new photos.
"""

from __future__ import annotations

import argparse
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import NoReturn

from editing.photos.finding import find_photos
from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO, PRIMARIES, TRANSFERS, ReadOptions
from webapp.command_line import INTERRUPTED, unreachable
from webapp.local import embedded_postgres
from webapp.local.embedded_postgres import Cluster
from webapp.local.kept_processes import KeptPostgres, KeptProcess, guarded, working
from webapp.local.postgres_programs import PostgresError

ROOT = Path(__file__).resolve().parents[2]
GUNICORN_SETTINGS = ROOT / "deploy" / "gunicorn.conf.py"
_PATIENCE = 60  # seconds until a site that does not answer is given up


class ServeError(RuntimeError):
    """The site cannot be started; the message is one line that says why and what to do."""


def address(host: str, port: int) -> str:
    """Return the address to type into a browser."""
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def check_port(host: str, port: int) -> None:
    """Raise `ServeError` unless gunicorn will be able to listen there."""
    if not 0 <= port < 2**16:
        raise ServeError(f"PORT={port} is no port: choose one from 1024 to 65535")
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"stop what uses it, or choose another: make run PORT={port + 1}"
            raise ServeError(f"Port {port} of {host} is in use: {advice}") from None
        raise ServeError(
            f"Cannot listen on {host} port {port} ({error.strerror}): choose another HOST or PORT"
        ) from None


def check_photos(folder: Path) -> None:
    """Raise `ServeError` unless the folder holds something that may be a photo."""
    try:
        find_photos([folder])
    except (PhotoError, OSError) as error:
        advice = "name a folder with RAW, TIFF, PNG, JPEG, WebP or .npy files"
        raise ServeError(f"PHOTOS={folder}: {error} ({advice})") from None


def prepare(photos: Path | None = None, read_options: ReadOptions = AUTO, *, researcher: bool = True) -> None:
    """Bring the database, the static files, the photos and a researcher's account up to date. Uses DATABASE_URL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    try:
        django.setup()
        from webapp.local.preparing import prepare_start

        prepare_start(clear=True)
        if researcher:
            call_command("make_researcher")
    except (ImproperlyConfigured, CommandError) as error:
        raise ServeError(str(error)) from None
    except OperationalError as error:
        raise ServeError(unreachable(error)) from None

    bring_in_photos(photos, read_options)
    connections.close_all()


def bring_in_photos(photos: Path | None = None, read_options: ReadOptions = AUTO) -> None:
    """Import `photos`, a file or folder; without them the demo photos, where no other can be played."""
    from django.core.management import CommandError, call_command

    from webapp.photos.models import Photo

    try:
        if photos is not None:
            call_command("import_photos", str(photos), **asdict(read_options))
        elif _nothing_can_be_played():
            call_command("import_demo_photos")
    except CommandError as error:  # a photo that cannot be read is no reason not to play the others
        if error.returncode == INTERRUPTED:
            raise KeyboardInterrupt from None
        if not Photo.objects.exists():
            raise ServeError(str(error)) from None
        print(error, file=sys.stderr)


def _nothing_can_be_played() -> bool:
    """Whether no photo was ever brought in, or the files of all are lost.

    Root's database outlives a clone that is deleted with its files: the next clone at the same path finds it.
    """
    from webapp.photos.models import Photo, previews_are_away

    return not Photo.objects.exists() or (Photo.objects.filter(removed_at=None).exists() and previews_are_away())


@contextmanager
def serving(host: str, port: int) -> Iterator[KeptProcess]:
    """Run gunicorn for a `with` block, entered when the site answers."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    gunicorn = KeptProcess("gunicorn", "-m", "gunicorn", "--config", str(GUNICORN_SETTINGS), "--bind", bind)
    try:
        _wait_until_it_answers(gunicorn.process, host, port)
        yield gunicorn
    finally:
        gunicorn.stop()


def stop_on_signals() -> None:
    """Make SIGTERM and a closed terminal end the program as Ctrl-C does, through its `finally` blocks."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _wait_until_it_answers(gunicorn: subprocess.Popen[bytes], host: str, port: int) -> None:
    name = address(host, port).split("//")[1].rsplit(":", 1)[0].strip("[]")
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if gunicorn.poll() is not None:
            break
        connection = http.client.HTTPConnection(name, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            status = connection.getresponse().status
            if status < 500 or status == HTTPStatus.INSUFFICIENT_STORAGE:  # people can look, and it says so itself
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise ServeError("The site did not start: what gunicorn said stands above")


def _run(stack: ExitStack, cluster: Cluster | None, host: str, port: int) -> NoReturn:
    """Serve the site until somebody stops it; what ends by itself is started again."""
    guard = stack.enter_context(guarded(cluster))
    gunicorn = stack.enter_context(serving(host, port))
    guard([gunicorn.process.pid])
    print(f"\nSafelight is at {address(host, port)}  (Ctrl-C stops it, the data stay)\n", flush=True)
    # Only now, so that nobody waits for it who wants to play.
    worker = stack.enter_context(working())
    kept: list[KeptProcess | KeptPostgres] = [
        gunicorn,
        worker,
        *([KeptPostgres(cluster)] if cluster is not None else []),
    ]
    while True:
        guard([gunicorn.process.pid, worker.process.pid])
        for each in kept:
            each.tend()
        time.sleep(0.5)


def _folder(text: str) -> Path:
    return Path(text).expanduser()  # not every shell expands the ~ of make run PHOTOS=~/photos


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m webapp.local.serve", description="Run the site on this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--photos", type=_folder, help="a folder of photos to import, in place of the demo photos")
    parser.add_argument("--transfer", choices=TRANSFERS, default="auto")
    parser.add_argument("--primaries", choices=PRIMARIES, default="auto")
    return parser.parse_args()


def main() -> int:
    options = _arguments()
    stop_on_signals()
    if options.host not in ("127.0.0.1", "localhost", "::1"):
        everywhere = options.host in ("0.0.0.0", "::", "")  # noqa: S104
        os.environ.setdefault("ALLOWED_HOSTS", "*" if everywhere else f"{options.host},localhost,127.0.0.1")
    try:
        check_port(options.host, options.port)
        if options.photos:
            check_photos(options.photos)
        with ExitStack() as stack:
            cluster = None if os.environ.get("DATABASE_URL") else embedded_postgres.cluster()
            if cluster is not None:
                os.environ["DATABASE_URL"] = stack.enter_context(cluster.running())
            prepare(options.photos, ReadOptions(options.transfer, options.primaries))
            _run(stack, cluster, options.host, options.port)
    except KeyboardInterrupt:
        print("Stopped.")
        return 0
    except (ServeError, PostgresError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
