"""`make run` and `make test` on a bare machine: a chroot with no more than README asks for.

It is made where one can be made: by root, on Debian, with mmdebstrap. Of this machine it gets the last commit, and the
configuration of pip, npm and apt.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.local.embedded_postgres import free_port

PACKAGES = "python3,python3-venv,make,git,ca-certificates"
USER = "player"
# A little of everything; `BARE_MACHINE_TESTS=tests` chooses all.
SOME_TESTS = (
    "tests/editing/game/test_rules.py tests/learning/metrics tests/webapp/test_pages.py tests/browser/test_german.py"
)
# What tells the package managers where to ask, and whom to trust.
FILES = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/npmrc", "/usr/etc/npmrc", "/etc/resolv.conf")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FILES_AT_HOME = (".config/pip", ".pip", ".npmrc")
VARIABLES = re.compile(r"pip_|npm_config_|node_extra_|ssl_cert_|\w+_proxy$", re.IGNORECASE)
SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources")

# In namespaces of its own: the mounts and the processes are gone when it ends, however it ends, and nobody else sees
# the mounts. So no removal of the folder can reach what is mounted there.
ISOLATED = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
ENTER = """
machine=$1; shift
mount -t proc proc "$machine/proc"
mount -t tmpfs -o mode=1777 shm "$machine/dev/shm"
while [ "$1" != -- ]; do
    mkdir -p "$machine$1"
    mount --bind -o ro "$1" "$machine$1"
    shift
done
shift
exec chroot "$@"
"""
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


class BareMachine:
    """A Debian in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mounted: list[str] = []

    def install(self) -> None:
        """Install the release of this machine, with the packages that README asks for."""
        release = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
        if release["ID"] != "debian":
            pytest.skip("a bare machine is made on Debian")
        configuration = _output("apt-config", "dump")
        options = re.findall(r"^Acquire::(?:https?::|Check-).+(?=;$)", configuration, re.M)
        _output(
            *(*ISOLATED, "mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}"),
            *(f"--aptopt={option}" for option in options),
            *(release["VERSION_CODENAME"], str(self.folder), *filter(os.path.exists, SOURCES)),
        )
        self.run("useradd --create-home --shell /bin/sh " + USER, "/")

    def configure(self) -> None:
        """Let the package managers ask where those of this machine ask."""
        settings = _output(sys.executable, "-m", "pip", "config", "list")
        named = re.findall(r"(file://)?(/[^\s']+)", settings)
        # The pages of an index link to what lies beside it.
        folders = {Path(path).parent if is_index else Path(path) for is_index, path in named}
        self._mounted = sorted(str(folder) for folder in folders if folder.is_dir())
        for path in {*FILES, CERTIFICATES, *(path for _, path in named if Path(path).is_file())}:
            self._copy(Path(path), path)
        for name in FILES_AT_HOME:
            for home in ("root", f"home/{USER}"):
                self._copy(Path.home() / name, f"{home}/{name}")

    def _copy(self, source: Path, destination: str) -> None:
        target = self.folder / destination.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, target)

    def run(self, script: str, folder: str, user: str = "root") -> str:
        """What a shell script says in a folder of the machine; an `AssertionError` with all of it if it fails."""
        home = "/root" if user == "root" else f"/home/{user}"
        variables = [f"{name}={value}" for name, value in os.environ.items() if VARIABLES.match(name)]
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        chroot = ("--userspec", f"{user}:{user}", str(self.folder), "env", "-i", f"HOME={home}", path, *variables)
        command = (*ISOLATED, "sh", "-euc", ENTER, "sh", str(self.folder), *self._mounted, "--", *chroot)
        return _output(*command, "sh", "-euc", f"cd {folder}\n{script}")


def _output(*command: str) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def machine() -> Iterator[BareMachine]:
    """A bare machine, which is gone afterwards."""
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        pytest.skip("a bare machine is made by root, with mmdebstrap")
    # Not pytest's own folder: an ordinary user must get to its home.
    folder = Path(tempfile.mkdtemp(prefix="safelight-machine-"))
    folder.chmod(0o755)
    machine = BareMachine(folder)
    # Whoever ends the tests, by whatever signal, is not left with gigabytes.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        machine.install()
        machine.configure()
        yield machine
    finally:
        assert str(folder) not in Path("/proc/self/mountinfo").read_text()
        shutil.rmtree(folder)
        signal.signal(signal.SIGTERM, before)


@pytest.mark.long
def test_the_two_commands_need_nothing_else_as_root_and_as_an_ordinary_user(machine: BareMachine, root: Path) -> None:
    # Root first: the tests then install the Chromium that they ask others to install.
    for user, home in (("root", "/root"), (USER, f"/home/{USER}")):
        clone = f"{home}/safelight"
        _output("git", "clone", "--quiet", str(root), f"{machine.folder}{clone}")
        machine.run(f"chown -R {user}:{user} {home}", "/")
        assert "\nStopped.\n" in machine.run(PLAY.format(port=free_port()), clone, user)
        tests = os.environ.get("BARE_MACHINE_TESTS", SOME_TESTS)
        said = machine.run(f"make test TESTS='{tests}'", clone, user)
        assert re.search(r"^\d+ passed", said, re.M)
