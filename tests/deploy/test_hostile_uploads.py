"""Pictures that are made to take all memory, sent four of each kind at once to a real gunicorn."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx
import numpy as np
import pytest
import pyvips

import bench.dng
from webapp.local.embedded_postgres import Cluster, free_port
from webapp.local.serve import GUNICORN_SETTINGS, ROOT

EDGE = 12640  # of the largest square below the limit of 160 million pixels
MEGABYTE = 1 << 20
PATIENCE = 1500  # seconds
PASSWORD = "correct horse battery"
MAKE_RESEARCHER = (
    "from django.contrib.auth.models import User; "
    f"User.objects.create_user('ada', password={PASSWORD!r}, is_staff=True, is_superuser=True)"
)


def flat(width: int, height: int, level: int) -> pyvips.Image:
    picture = pyvips.Image.black(width, height, bands=3) + level
    return picture.cast("uchar").copy(interpretation="srgb")


def png(path: Path, level: int) -> None:
    """As large as may be, in half a megabyte; every second one interlaced, so that it is decoded whole."""
    flat(EDGE, EDGE, level).pngsave(str(path), compression=9, interlace=level % 2 == 1)


def webp(path: Path, level: int) -> None:
    """As large as WebP and the limit allow, in some hundred bytes."""
    flat(16383, 9766, level).webpsave(str(path), lossless=True, effort=0)


def tiff(path: Path, level: int) -> None:
    """Tiles as large as the picture, and sizes that no file has."""
    flat(EDGE // 16 * 16, EDGE // 16 * 16, level).tiffsave(
        str(path), tile=True, tile_width=EDGE // 16 * 16, tile_height=EDGE // 16 * 16, compression="deflate"
    )
    if level % 2:
        content = bytearray(path.read_bytes())
        for tag in (256, 257):  # width and height
            entry = re.search(re.escape(tag.to_bytes(2, "little")) + rb"[\x03\x04]\0\x01\0\0\0", content)
            assert entry is not None
            content[entry.start() + 2] = 4  # a number of 32 bits
            content[entry.end() : entry.end() + 4] = (2_000_000_000).to_bytes(4, "little")
        path.write_bytes(content)


def dng(path: Path, level: int) -> None:
    """One of 64 megapixels, or one that claims sixty thousand squared."""
    size = (60_000, 60_000) if level % 2 else None
    light = np.full((96, 128, 3) if level % 2 else (6528, 9824, 3), level / 255, np.float32)
    path.write_bytes(bench.dng.dng(light, 1, size))


KINDS: dict[str, Callable[[Path, int], None]] = {".png": png, ".webp": webp, ".tif": tiff, ".dng": dng}


@dataclass
class Memory:
    """The largest resident memory, in bytes, of any web process, and of all decoders together."""

    server: int
    web: int = 0
    decoders: int = 0
    _end: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look, until the end."""
        while not self._end.wait(0.05):
            children: dict[int, list[int]] = {}
            resident: dict[int, int] = {}
            for status in Path("/proc").glob("[0-9]*/status"):
                try:
                    fields = dict(re.findall(r"^(\w+):\s+(\d+)", status.read_text(), re.M))
                except OSError:
                    continue
                children.setdefault(int(fields["PPid"]), []).append(int(fields["Pid"]))
                resident[int(fields["Pid"])] = int(fields.get("VmRSS", 0)) * 1024
            workers = children.get(self.server, [])
            decoders = [each for worker in workers for each in _descendants(children, worker)]
            self.web = max(self.web, *(resident[worker] for worker in workers), 0)
            self.decoders = max(self.decoders, sum(resident[decoder] for decoder in decoders))

    def end(self) -> None:
        self._end.set()


def _descendants(children: dict[int, list[int]], process: int) -> list[int]:
    found = children.get(process, [])
    return [*found, *(each for child in found for each in _descendants(children, child))]


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The address of a site with a researcher, and the process that serves it."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": cluster.fresh_database("hostile"),
        "DATA_DIR": str(tmp_path / "data"),
        "DECODING_SECONDS": "600",  # a busy machine is no reason to refuse
    }
    for arguments in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", MAKE_RESEARCHER]):
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "--config", str(GUNICORN_SETTINGS), "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def log_in(address: str) -> httpx.Client:
    client = httpx.Client(base_url=address, timeout=PATIENCE)
    until = time.monotonic() + 60
    while True:
        try:
            client.get("/login/")
            break
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.1)
    form = {"login": "ada", "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    assert client.post("/login/", data=form).status_code == HTTPStatus.FOUND
    return client


@pytest.mark.long
def test_no_web_process_grows_and_decoders_stay_within_their_memory(site: tuple[str, int], tmp_path: Path) -> None:
    address, server = site
    files = [tmp_path / f"{level}{suffix}" for suffix in KINDS for level in range(100, 104)]
    for path in files:
        KINDS[path.suffix](path, int(path.stem))
    client = log_in(address)
    waits: list[int] = []

    def upload(path: Path) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while True:
            headers = {"X-CSRFToken": client.cookies["csrftoken"]}
            with path.open("rb") as file:
                response = client.post("/api/photos/", files={"file": (path.name, file)}, headers=headers)
            if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > until:
                return response
            waits.append(int(response.headers["Retry-After"]))
            time.sleep(waits[-1])

    memory = Memory(server)
    watching = threading.Thread(target=memory.watch)
    watching.start()
    try:
        with ThreadPoolExecutor(len(files)) as senders:
            responses = dict(zip(files, senders.map(upload, files), strict=True))
    finally:
        memory.end()
        watching.join()
    print(f"web {memory.web / MEGABYTE:.0f} MB, decoders {memory.decoders / MEGABYTE:.0f} MB, {len(waits)} waits")
    for path, response in responses.items():
        print(path.name, response.status_code, response.text[:160])
    assert memory.web < 400 * MEGABYTE
    assert memory.decoders < 3000 * MEGABYTE
    assert waits
    for path, response in responses.items():
        if path.suffix in (".png", ".webp") or (path.suffix == ".dng" and int(path.stem) % 2 == 0):
            assert response.status_code == HTTPStatus.CREATED, (path.name, response.text)
        else:
            assert response.status_code == HTTPStatus.BAD_REQUEST, (path.name, response.text)
            assert response.json()["error"]["code"] == "unreadable"
    assert client.get("/healthz").text == "ok\n"
