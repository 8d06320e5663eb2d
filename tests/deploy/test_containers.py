"""The Dockerfile and the compose file, built and started as docs/deploy.md says it, but by podman.

`docker compose up --build --detach` is there three commands; its base images may be made here.

Where no registry answers, a Debian by mmdebstrap stands in for each base image: of other versions than these, but
with the same programs. Not shown is that a service waits for another's health, which podman-compose leaves to who
starts them, nor that what ends is started again, which podman leaves to systemd here.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines import ISOLATED, VARIABLES, bare_machine, output

BASES = ("python:3.11-slim", "node:22-slim", "postgres:18")
PACKAGES = "python3,python3-pip,python3-venv,ca-certificates,postgresql,gosu"
# What the official images have under these names.
PREPARE = """
ln -s /usr/bin/python3 /usr/local/bin/python
ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
rm -rf /var/lib/postgresql/*
"""
# What the entrypoint of the official postgres does with its variables.
ENTRYPOINT = """#!/bin/sh
set -eu
export PGDATA=/var/lib/postgresql/data
install -d -o postgres -g postgres /run/postgresql
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    install -d -o postgres -g postgres -m 0700 "$PGDATA"
    printf %s "$POSTGRES_PASSWORD" > /run/password && chown postgres /run/password
    gosu postgres initdb --username="$POSTGRES_USER" --pwfile=/run/password --auth=scram-sha-256
    sed -i 's/^local.*/local all all trust/' "$PGDATA/pg_hba.conf"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    gosu postgres pg_ctl --wait --options='-c listen_addresses=' start
    gosu postgres createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    gosu postgres pg_ctl --wait stop
fi
exec gosu postgres postgres -c listen_addresses='*'
"""
# Fewer limits than podman asks for by itself: a container within a container may not raise its own.
ENGINE = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""
SETTINGS = {
    "SITE_URL": "https://retouch.example.org",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "POSTGRES_PASSWORD": "p@ss/w#rd:1%",
    "METRICS_TOKEN": "0123456789abcdef" * 2,
}
# On a network of its own, where port 8000 is free, and with processes that all end with it.
START = """
ip link set lo up
mount -t proc proc /proc
mount -t tmpfs run /run
compose() { podman-compose -p safelight -f deploy/compose.yaml "$@"; }
id() {
    podman ps --all --quiet --filter label=io.podman.compose.project=safelight \
        --filter label=com.docker.compose.service=$1
}
healthy() {
    for second in $(seq 180); do
        podman healthcheck run $(id $1) && return
        sleep 1
    done
    podman logs $(id $1)
    false
}
for service in database site; do
    compose up -d $service
    healthy $service
done
compose up -d worker
"""
ASK = """
ask() { curl -sS -H 'Host: retouch.example.org' -H 'X-Forwarded-Proto: https' "http://127.0.0.1:8000$1"; }
"""
LOOK = """
ask /play/default/consent/ | grep -q '<title>'
ask /api/studies/default/ | grep -q '"contract_version"'
podman exec $(id site) python manage.py make_researcher --name ada
podman exec $(id site) sh -c '! python -c "import torch" 2>/dev/null'
podman exec $(id site) sh -c 'test "$(id -un)" = safelight'
podman exec $(id worker) sh -c 'test "$METRICS_TOKEN" = 0123456789abcdef0123456789abcdef'
# A container that is started again knows what it knew.
podman restart --time 20 $(id site) >/dev/null
healthy site
podman exec $(id site) python manage.py make_researcher --name ada | grep -q 'ada'
test "$(podman inspect --format '{{.State.Running}} {{.RestartCount}}' $(id worker))" = 'true 0'
podman exec $(id site) python -c "import numpy; numpy.save('/tmp/photo.npy', numpy.full((64, 96, 3), 0.1, 'float32'))"
podman exec $(id site) python manage.py import_photos /tmp/photo.npy --transfer linear
previews=$(podman exec $(id site) sh -c 'cat /data/previews/*' | sha256sum)
"""
LOSE = """
podman stop --all --time 20 >/dev/null
compose down --volumes
test -z "$(podman volume ls --quiet)"
"""
LOOK_AGAIN = """
compose up -d site
healthy site
podman exec $(id site) python manage.py make_researcher --name ada | grep -q 'ada'
test "$(podman exec $(id site) sh -c 'cat /data/previews/*' | sha256sum)" = "$previews"
podman exec $(id site) python manage.py backup --list
podman stop --all --time 20 >/dev/null
"""
DOCKER = "docker compose --file deploy/compose.yaml"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An engine whose images and containers lie in a folder of its own, which is gone afterwards."""
    missing = [
        name for name in ("podman", "podman-compose", "runc", "iptables", "catatonit") if shutil.which(name) is None
    ]
    if missing and not (missing == ["catatonit"] and Path("/usr/libexec/podman/catatonit").exists()):
        pytest.skip(f"the containers are neither built nor started: there is no {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("the containers are neither built nor started: they are by root")
    storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{tmp_path}/images"\nrunroot = "{tmp_path}/run"\n'
    for name, variable, text in (
        ("containers.conf", "CONTAINERS_CONF", ENGINE),
        ("storage.conf", "CONTAINERS_STORAGE_CONF", storage),
    ):
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(variable, str(tmp_path / name))
    yield tmp_path
    for command in (["rm", "--all", "--force"], ["rmi", "--all", "--force"], ["volume", "rm", "--all", "--force"]):
        subprocess.run(["podman", *command], capture_output=True, check=False)
    subprocess.run(["umount", tmp_path / "images" / "overlay"], capture_output=True, check=False)
    shutil.rmtree(tmp_path / "images", ignore_errors=True)


def _stand_in(folder: Path) -> list[str]:
    """Import a Debian as the base images, and return the options by which a build asks the indexes of this machine."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("the containers are neither built nor started: no registry answers, and there is no Node here")
    node_modules = Path(node).resolve().parent.parent / "lib" / "node_modules"
    with bare_machine(PACKAGES) as machine:
        shutil.copy(Path(node).resolve(), machine.folder / "usr/local/bin/node")
        shutil.copytree(node_modules / "npm", machine.folder / "usr/local/lib/node_modules/npm", symlinks=True)
        entrypoint = machine.folder / "usr/local/bin/entrypoint"
        entrypoint.write_text(ENTRYPOINT)
        entrypoint.chmod(0o755)
        machine.run(PREPARE, "/")
        archive = folder / "base.tar"
        output("tar", "--create", f"--file={archive}", f"--directory={machine.folder}", ".")
        volumes = [f"--volume={path}:{path}:ro" for path in machine.mounted]
    variables = [f"--change=ENV {name}={value}" for name, value in os.environ.items() if VARIABLES.match(name)]
    for name in BASES:
        entry = ['--change=ENTRYPOINT ["/usr/local/bin/entrypoint"]'] if name.startswith("postgres") else []
        output("podman", "import", *variables, *entry, str(archive), f"docker.io/library/{name}")
    archive.unlink()
    return volumes


@pytest.mark.long
def test_the_image_is_built_and_the_site_its_worker_and_postgres_start(engine: Path, root: Path) -> None:
    answers = [subprocess.run(["podman", "pull", f"docker.io/library/{name}"], capture_output=True) for name in BASES]
    volumes = _stand_in(engine) if any(answer.returncode for answer in answers) else []
    clone = engine / "safelight"
    output("git", "clone", "--quiet", str(root), str(clone))
    example = (clone / "deploy" / "environment.example").read_text()
    (clone / "deploy" / ".env").write_text(example + "".join(f"{key}={value}\n" for key, value in SETTINGS.items()))
    options = " ".join(["--network=host", *volumes])
    compose = f"cd {clone} && podman-compose -p safelight -f deploy/compose.yaml"
    output("sh", "-euc", f"{compose} --podman-build-args='{options}' build")
    back_up, restore = _backed_up_and_back(clone / "docs" / "deploy.md")
    script = f"cd {clone}\n{START}{ASK}{LOOK}{back_up}{LOSE}{restore}{LOOK_AGAIN}"
    output(*ISOLATED, "--net", "sh", "-euc", script)


def _backed_up_and_back(page: Path) -> tuple[str, str]:
    """Return the commands of the page that back up, and those that restore, for podman-compose.

    It waits for nobody's health, so that the last, which starts all, is left out; and what it prints of its own would
    stand in a file before what a container prints.
    """
    blocks = page.read_text().split("```")[1::2]
    first = next(number for number, block in enumerate(blocks) if "manage.py drill" in block and DOCKER in block)
    back_up, restore = (
        re.sub(r"compose exec -T (\w+)", r"podman exec $(id \1)", block.removeprefix("sh").replace(DOCKER, "compose"))
        for block in blocks[first : first + 2]
    )
    database, *restored, last = restore.strip().splitlines()
    assert (database, last) == ("compose up --detach --wait database", "compose up --detach")
    return back_up, "\n".join(["compose up --detach database", "healthy database", *restored])
