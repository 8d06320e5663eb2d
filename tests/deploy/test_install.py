"""deploy/install on a fresh Debian whose systemd is booted, as docs/deploy.md says it; and what is done there then.

Only the network is spared: the clone is made outside (`git clone`), and is of another commit in place of `git pull`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.machines import SHARED, BareMachine, BootedMachine, bare_machine, block, output

# A server's Debian has systemd; the page has git installed.
PACKAGES = "systemd-sysv,dbus,git,ca-certificates"
NAME = "localhost"  # which leads there without a name server
CLONE = "/opt/safelight"
SERVICES = ("safelight.service", "safelight-worker.service", "postgresql@15-main.service", "nginx.service")
EXPOSURE = 1.5
IMPORT_PHOTOS = f"""
{CLONE}/.venv/bin/python - <<'END'
import numpy as np
from pathlib import Path
folder = Path("/srv/photos")
folder.mkdir(mode=0o755)
for number in range(4):
    np.save(folder / f"{{number}}.npy", np.random.default_rng(number).random((64, 96, 3), dtype=np.float32) * 0.1)
END
{CLONE}/deploy/manage import_photos /srv/photos --transfer linear
"""
READY = """
for _ in {1..600}; do
    [ "$(curl --silent --insecure --max-time 5 https://localhost/readyz || true)" != ok ] || exit 0
    sleep 0.5
done
systemctl status --no-pager 'safelight*' nginx 'postgresql*'; exit 1
"""
# A process of nginx's that was told to end may still answer once.
GONE = """
for _ in {1..60}; do
    curl --silent --insecure --max-time 5 --output /dev/null https://localhost/readyz || exit 0
    sleep 0.5
done
exit 1
"""
# All processes of a unit, ten times in ten seconds, whatever it is at.
KILL = """
for _ in {1..10}; do systemctl kill --signal=KILL --kill-whom=all UNIT || true; sleep 1; done
for _ in {1..600}; do [ "$(systemctl is-active UNIT || true)" != active ] || break; sleep 0.5; done
systemctl is-active UNIT || { journalctl --no-pager --unit UNIT | tail --lines 40; exit 1; }
"""
# Made by hand, as the page told it before there was deploy/install: units alone, Postgres by a password.
LAYOUT_OF_BEFORE = f"""
cd {CLONE}
systemctl stop safelight safelight-worker
rm -r /etc/systemd/system/safelight*.service /etc/systemd/system/safelight*.service.d
rm -r /etc/systemd/system/*.service.d/safelight.conf /var/backups/safelight
cp {SHARED}/layout/safelight*.service {SHARED}/layout/safelight*.timer /etc/systemd/system/
cd /
setpriv --reuid postgres --regid postgres --init-groups \\
    psql -c "ALTER ROLE safelight NOCREATEDB PASSWORD 'p-w'" postgres
url=postgresql://safelight:p-w@127.0.0.1:5432/safelight
sed -i "s|^DATABASE_URL=.*|DATABASE_URL=\\"$url\\"|" /etc/safelight/environment
systemctl daemon-reload
systemctl start safelight safelight-worker
"""
# The units of then.
COMMIT_OF_BEFORE = "916d83a"


@dataclass(frozen=True)
class Server:
    """A Debian with the clone, on which deploy/install has run once."""

    machine: BareMachine
    said: str

    def play(self, episodes: int, seed: int) -> None:
        """Let robots play through nginx with TLS, each of which verifies what the site has of it."""
        command = [sys.executable, "-m", "learning.command_line", "robots", "--url", f"https://{NAME}"]
        certificate = str(self.machine.folder / "etc/safelight/tls/own.pem")
        done = subprocess.run(
            [*command, "--episodes", str(episodes), "--seed", str(seed)],
            env=os.environ | {"SSL_CERT_FILE": certificate},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{episodes} episodes by" in done.stdout


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    """A server that was installed, and is shut down."""
    with bare_machine(PACKAGES) as machine:
        output("git", "clone", "--quiet", str(root), f"{machine.folder}{CLONE}")
        with machine.booted(forgets=False) as booted:
            said = booted.run(f"{CLONE}/deploy/install {NAME}")
        yield Server(machine, said)


def episodes(booted: BootedMachine) -> int:
    """How many episodes the site has."""
    query = "from webapp.games.models import Episode; print(Episode.objects.filter(status='submitted').count())"
    said = booted.run(f'{CLONE}/deploy/manage shell --verbosity 0 --command "{query}"')
    return int(said.strip().splitlines()[-1])


def settings(booted: BootedMachine) -> str:
    """What the file of settings has."""
    return booted.run("cat /etc/safelight/environment")


@pytest.mark.long
def test_a_fresh_server_plays_is_safe_and_comes_back_whatever_is_killed(server: Server) -> None:
    assert re.search(r"Researcher's login: researcher   password: \S+", server.said)
    assert server.said.endswith(f"Safelight is at https://{NAME}/\n")
    with server.machine.booted(forgets=True) as booted:
        booted.run(READY)
        booted.run(IMPORT_PHOTOS)
        server.play(episodes=3, seed=0)
        assert episodes(booted) == 3
        before = settings(booted)

        for service in (name for name in SERVICES if name.startswith("safelight")):
            said = booted.run(f"systemd-analyze security --no-pager {service}")
            exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
            assert exposure is not None, said
            assert float(exposure[1]) <= EXPOSURE
        # What systemd says of these alone, not of Debian's own units.
        assert "safelight" not in booted.run("systemd-analyze verify /etc/systemd/system/safelight*.service 2>&1")
        assert "no issues" in booted.run(f"{CLONE}/deploy/manage check --deploy 2>&1")

        # Plain http leads to TLS, and only what is the site's own is served there.
        head = booted.run(f"curl --silent --head http://{NAME}/play/default/")
        assert f"Location: https://{NAME}/play/default/" in head
        assert "strict-transport-security" in booted.run(f"curl --silent --insecure --head https://{NAME}/").lower()

        for service in SERVICES:
            booted.run(KILL.replace("UNIT", service))
        booted.run(READY)
        server.play(episodes=1, seed=1)
        assert episodes(booted) == 4

        # Again: nothing that is there changes, and nothing is installed that the settings do without.
        booted.run("dpkg --remove postgresql")
        again = booted.run(f"{CLONE}/deploy/install")
        booted.run("! dpkg --status postgresql | grep -q '^Status: install ok'")
        assert "The account 'researcher' exists" in again
        assert settings(booted) == before
        assert episodes(booted) == 4
        assert "this is the server of localhost" in booted.fails(f"{CLONE}/deploy/install elsewhere.example")
        elsewhere = booted.fails(f"{CLONE}/deploy/install --database postgresql://other/site")
        assert "edit DATABASE_URL" in elsewhere

        booted.run(f"cd {CLONE}\n" + block("remove_second_factor").replace("ada", "researcher"))
        booted.run(f"cd {CLONE}\n" + block("BACKUP_DIR="))
        booted.run("systemctl start safelight-backup && systemctl start safelight-drill")
        booted.run("[ $(ls --directory /srv/backups/2* | wc --lines) = 2 ]")
        before = settings(booted)
        left = booted.run(f"{CLONE}/deploy/uninstall")
        assert "/var/lib/safelight-site" in left
        assert "/srv/backups" in left
        booted.run("! systemctl is-active safelight safelight-worker")
        booted.run(GONE)
        booted.run(f"{CLONE}/deploy/install")
        assert settings(booted) == before
        assert episodes(booted) == 4
        booted.run("[ $(ls --directory /srv/backups/2* | wc --lines) = 2 ]")
        server.play(episodes=1, seed=2)  # on photos that are there still


@pytest.mark.long
def test_a_server_that_is_lost_is_back_on_an_empty_one_from_its_backup(server: Server) -> None:
    backups = f"{SHARED}/backups"
    of_the_page, from_backup = (
        f"cd {CLONE}\n" + text.replace("retouch.example.org", NAME).replace("/srv/backups", backups)
        for text in (block("deploy/backup --list"), block("deploy/restore --folder"))
    )
    with server.machine.booted(forgets=True) as booted:
        booted.run(READY)
        booted.run(IMPORT_PHOTOS)
        server.play(episodes=3, seed=0)
        key = re.search("SECRET_KEY=.*", settings(booted))
        assert key is not None
        assert "comes back whole" in booted.run(of_the_page.partition("deploy/restore")[0])
        # As the timers do it: with the services' rights.
        booted.run("systemctl start safelight-backup.service && systemctl start safelight-drill.service")
        log = booted.run("journalctl --unit safelight-drill --output cat --no-pager")
        assert "comes back whole" in log
        booted.run(f"cp --recursive --preserve=mode /var/backups/safelight {backups}")
    with server.machine.booted(forgets=True) as booted:
        booted.run(READY)
        assert episodes(booted) == 0
        booted.run(f"chown --recursive safelight: {backups}")
        # A file is damaged: nothing is replaced, and the site serves on.
        damaged = booted.run(f"ls {backups}/*/database.dump | tail --lines 1").strip()
        booted.run(f"cp {damaged} /root/dump && truncate --size=-1 {damaged}")
        said = booted.fails(f"{CLONE}/deploy/restore --folder {backups}")
        assert "Nothing was replaced" in said
        assert "database.dump) is damaged" in said
        booted.run(READY)
        booted.run(f"cat /root/dump > {damaged}")
        # Into folders elsewhere; the last line of the settings has no end.
        booted.run("printf 'DATA_DIR=/srv/data\nBACKUP_DIR=/srv/own' >>/etc/safelight/environment")
        said = booted.run(from_backup)
        assert "all compared" in said
        booted.run("test -d /srv/own/2*")
        assert "no journal of withdrawals" in said
        booted.run(READY)
        assert episodes(booted) == 3
        assert f"\nBACKUP_DIR=/srv/own\n{key[0]}\n" in settings(booted)
        assert settings(booted).count("SECRET_KEY=") == 1
        server.play(episodes=1, seed=1)
        assert episodes(booted) == 4
        # Somebody plays here now: that is not replaced by mistake.
        assert "is in use" in booted.fails(f"{CLONE}/deploy/restore --folder {backups}")
        journal = "/srv/data/erasures.jsonl"
        booted.run(f"install --owner safelight --mode 0600 /dev/null {journal}")
        assert "0 withdrew again" in booted.run(f"{CLONE}/deploy/restore --folder {backups} --replace")
        booted.run(READY)
        assert episodes(booted) == 3
        assert "safelight_before_" in booted.run("cd / && setpriv --reuid postgres --clear-groups psql -Atl")


@pytest.mark.long
def test_what_was_installed_by_hand_and_the_commit_before_are_brought_up_to_date_with_their_data(
    server: Server, root: Path
) -> None:
    with server.machine.booted(forgets=True) as booted:
        booted.run(READY)
        booted.run(IMPORT_PHOTOS)
        layout = server.machine.shared / "layout"
        layout.mkdir()
        names = output("git", "-C", str(root), "ls-tree", "--name-only", COMMIT_OF_BEFORE, "deploy/").split()
        for name in names:
            if name.endswith((".service", ".timer")):
                text = output("git", "-C", str(root), "show", f"{COMMIT_OF_BEFORE}:{name}")
                (layout / Path(name).name).write_text(text)
        booted.run(LAYOUT_OF_BEFORE)
        booted.run(READY)
        server.play(episodes=1, seed=0)
        before = settings(booted)
        booted.run(f"{CLONE}/deploy/install")
        assert settings(booted) == before
        booted.run("grep -q PrivateUsers=yes <(systemctl cat safelight.service)")

        booted.run(f"cd {CLONE} && git checkout --quiet HEAD~1 && if [ -e deploy/install ]; then deploy/install; fi")
        server.play(episodes=1, seed=1)
        booted.run(f"cd {CLONE} && git checkout --quiet - && deploy/install")
        server.play(episodes=1, seed=2)
        assert episodes(booted) == 3
