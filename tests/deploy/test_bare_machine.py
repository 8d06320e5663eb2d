"""`make run` and `make test` on a bare machine: a chroot with no more than README.md asks for, and the last commit."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machines import USER, BareMachine, bare_machine, output
from webapp.local.embedded_postgres import free_port

PACKAGES = "python3,python3-venv,make,git,ca-certificates"
# A little of everything; `BARE_MACHINE_TESTS=tests` chooses all.
SOME_TESTS = (
    "tests/editing/game/test_rules.py tests/learning/metrics tests/webapp/test_pages.py tests/browser/test_german.py"
)
PLAY = """
make run PORT={port} &
until python3 -c '
import urllib.request
page = urllib.request.urlopen("http://127.0.0.1:{port}/").read().decode()
assert "/play/default/" in page' 2>/dev/null; do
    kill -0 $!
    sleep 0.5
done
kill $!
wait $! || true
"""


@pytest.fixture
def machine() -> Iterator[BareMachine]:
    """A bare machine, which is gone afterwards."""
    with bare_machine(PACKAGES) as machine:
        yield machine


@pytest.mark.long
def test_the_two_commands_need_nothing_else_as_root_and_as_an_ordinary_user(machine: BareMachine, root: Path) -> None:
    # Root first: the tests then install the Chromium that they ask others to install.
    for user, home in (("root", "/root"), (USER, f"/home/{USER}")):
        clone = f"{home}/safelight"
        output("git", "clone", "--quiet", str(root), f"{machine.folder}{clone}")
        machine.run(f"chown -R {user}:{user} {home}", "/")
        assert "\nStopped.\n" in machine.run(PLAY.format(port=free_port()), clone, user)
        tests = os.environ.get("BARE_MACHINE_TESTS", SOME_TESTS)
        said = machine.run(f"make test TESTS='{tests}'", clone, user)
        assert re.search(r"^\d+ passed", said, re.M)
    # What docs/deploy.md has for who looks after a server.
    assert "var/sbom/python.cdx.json" in machine.run("make sbom EXTRAS=web,render", clone, user)
