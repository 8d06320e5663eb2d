"""Going back to any second by PostgreSQL's log: the commands of docs/deploy.md, on a Debian that is booted for that."""

import re
import time

import pytest

from tests.deploy.machines import BootedMachine, bare_machine, block

# Its services are stopped and started; what they are is nothing to PostgreSQL.
SITE = """
for name in safelight safelight-worker; do
    printf '[Service]\\nExecStart=sleep infinity\\n' >/etc/systemd/system/$name.service
done
install -D /dev/stdin /opt/safelight/deploy/manage <<<'#!/bin/sh'
systemctl daemon-reload
systemctl start safelight safelight-worker
"""
RECOVERED = """
for _ in {1..600}; do
    [ "$(runuser -u postgres -- psql -XAtc 'SELECT pg_is_in_recovery()' || true)" != f ] || exit 0
    sleep 0.5
done
tail --lines 40 /var/log/postgresql/postgresql-15-main.log; exit 1
"""


def query(booted: BootedMachine, statement: str) -> str:
    """What PostgreSQL answers, once it does."""
    return booted.run(f"""
for _ in {{1..120}}; do
    if runuser -u postgres -- psql -XAqtd postgres -c "{statement}" 2>/tmp/why; then exit 0; fi
    sleep 0.5
done
cat /tmp/why; exit 1""").strip()


def files(booted: BootedMachine, folder: str) -> list[str]:
    return booted.run(f"ls {folder}").split()


@pytest.mark.long
def test_what_was_deleted_after_a_moment_is_back_by_the_commands_of_the_page() -> None:
    with bare_machine("systemd-sysv,dbus,postgresql") as machine, machine.booted(forgets=False) as booted:
        booted.run(SITE + block("archive_mode"))
        query(booted, "CREATE TABLE play AS SELECT generate_series(1, 1000) AS number")
        for age in range(6):  # as of the weeks before
            booted.run(block("pg_basebackup"))
            # By its name, not by the date, which may be another by now.
            booted.run(f"cd /var/backups/base && mv $(ls | tail --lines 1) 2020-01-0{age + 1}")
            query(booted, "INSERT INTO play SELECT 1000; SELECT pg_switch_wal()")
        booted.run(block("pg_basebackup"))
        bases = files(booted, "/var/backups/base")
        assert bases[:3] == ["2020-01-04", "2020-01-05", "2020-01-06"]
        assert len(bases) == 4
        # The log begins with what the oldest of them needs, whole and compressed.
        needed = booted.run(f"grep -oP 'file \\K\\w+' /var/backups/base/{bases[0]}/backup_label").strip()
        kept = files(booted, "/var/backups/wal")
        assert min(name for name in kept if re.fullmatch(r"\w+\.gz", name)) == f"{needed}.gz"
        booted.run("gzip --test /var/backups/wal/*.gz")

        moment = query(booted, "SELECT clock_timestamp()")
        time.sleep(1)
        query(booted, "DELETE FROM play")
        go_back = re.sub(r"(?m)^moment=.*$", f"moment='{moment}'", block("recovery.signal"))
        go_back = re.sub(r"(?m)^base=\S+", f"base=/var/backups/base/{bases[-1]}", go_back)
        booted.run(go_back)
        assert query(booted, "SELECT count(*) FROM play") == "1006"
        booted.run(RECOVERED)
        booted.run(block("rm /etc/postgresql"))
        booted.run("systemctl is-active safelight safelight-worker")
        # And on from there.
        query(booted, "INSERT INTO play VALUES (0)")
