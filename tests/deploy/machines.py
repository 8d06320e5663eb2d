"""Machines of the tests' own: a Debian in a folder, into which one goes by chroot, or which systemd boots.

They are made where they can be made: by root, on Debian, with mmdebstrap. Of this machine they get the configuration of
pip, npm and apt.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.documentation.pages import blocks

USER = "player"
SHARED = "/srv/shared"
PATIENCE = 300  # seconds for a machine to start or to shut down, however busy this one is
LIMIT = 3600  # seconds for anything that is run there: what would hang fails
PORTS = (80, 443, 5432, 8000)  # on which a booted machine may listen
# Whoever boots a machine holds it: of two on one network, one would find the ports taken.
NETWORK = Path(tempfile.gettempdir()) / "safelight-machines.lock"
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


class BareMachine:
    """A Debian in a folder.

    Attributes:
        shared: a folder of this machine beside it, which is SHARED there while it is booted.
        mounted: folders of this machine that it reads under the same names, such as an index of packages.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shared = folder.with_suffix(".shared")
        self.mounted: list[str] = []

    def install(self, packages: str) -> None:
        """Install the release of this machine, and packages, with commas between them."""
        release = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
        if release["ID"] != "debian":
            pytest.skip("a bare machine is made on Debian")
        configuration = output("apt-config", "dump")
        options = re.findall(r"^Acquire::(?:https?::|Check-).+(?=;$)", configuration, re.M)
        output(
            *(*ISOLATED, "mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}"),
            *(f"--aptopt={option}" for option in options),
            *(release["VERSION_CODENAME"], str(self.folder), *filter(os.path.exists, SOURCES)),
        )
        self.run("useradd --create-home --shell /bin/sh " + USER, "/")

    def configure(self) -> None:
        """Let the package managers ask where those of this machine ask."""
        settings = output(sys.executable, "-m", "pip", "config", "list")
        named = re.findall(r"(file://)?(/[^\s']+)", settings)
        # The pages of an index link to what lies beside it.
        folders = {Path(path).parent if is_index else Path(path) for is_index, path in named}
        self.mounted = sorted(str(folder) for folder in folders if folder.is_dir())
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
        chroot = ("--userspec", f"{user}:{user}", str(self.folder), *_environment(user))
        command = (*ISOLATED, "sh", "-euc", ENTER, "sh", str(self.folder), *self.mounted, "--", *chroot)
        return output(*command, "sh", "-euc", f"cd {folder}\n{script}")

    @contextmanager
    def booted(self, *, forgets: bool) -> Iterator["BootedMachine"]:
        """Let systemd boot it, on the network of this machine, once no other one is booted.

        Args:
            forgets: whether nothing of what happens meanwhile is kept in its own folder.
        """
        if shutil.which("systemd-nspawn") is None:
            pytest.skip("a machine is booted by systemd-nspawn (Debian: systemd-container)")
        # No folder of this machine but its own can be written there: a system that starts empties its /tmp, say.
        self.shared.mkdir(exist_ok=True)
        options = [f"--bind={self.shared}:{SHARED}", *(f"--bind-ro={folder}" for folder in self.mounted)]
        if forgets:
            options.append("--volatile=overlay")
        name = f"safelight-{time.monotonic_ns()}"  # of letters, digits and hyphens alone
        command = ["systemd-nspawn", "--boot", f"--directory={self.folder}", f"--machine={name}", *options]
        # Neither a manager of machines nor a unit of the host's systemd, which need not run.
        command += ["--register=no", "--keep-unit", "--resolv-conf=off"]
        log = self.folder.with_suffix(".log")
        with (
            _network_to_itself(),
            log.open("wb") as said,
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as process,
        ):
            try:
                yield BootedMachine(_first_process(process, log))
            finally:
                process.terminate()  # it shuts the machine down
                try:
                    process.wait(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()


class BootedMachine:
    """A machine whose systemd runs."""

    def __init__(self, leader: int) -> None:
        self._bash = (*_entering(leader), "bash", "-euo", "pipefail", "-c")

    def run(self, script: str) -> str:
        """What a script says there, by root; an `AssertionError` with all of it if it fails."""
        return output(*self._bash, f"cd /root\n{script}")

    def fails(self, script: str) -> str:
        """What a script says there that must fail."""
        done = _ended(*self._bash, f"cd /root\n{script}")
        assert done.returncode != 0, done.stdout
        return done.stdout


@contextmanager
def _network_to_itself() -> Iterator[None]:
    """Wait until no other machine is booted; skip the test where a program has one of PORTS."""
    with NETWORK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for port in PORTS:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("0.0.0.0", port))  # noqa: S104
                except OSError:
                    pytest.skip(f"a booted machine shares this one's network, where port {port} is taken")
        yield


def _first_process(nspawn: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until systemd runs, and return its process: other children of nspawn prepare the machine and end."""
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and nspawn.poll() is None:
        for number in filter(_is_apart, children.read_text().split()):
            command = (*_entering(int(number)), "systemctl", "is-system-running")
            state = subprocess.run(command, capture_output=True, text=True).stdout.strip()
            if state in ("starting", "running", "degraded"):
                return int(number)
        time.sleep(0.5)
    pytest.skip(f"systemd does not boot in a container here: {log.read_text(errors='replace')[-1000:]}")


def _is_apart(number: str) -> bool:
    """Tell whether a process is the first one of a machine of its own: nothing may ever be run in this one instead."""
    try:
        identities = re.search(r"^NSpid:(.*)$", Path(f"/proc/{number}/status").read_text(), re.M)
        elsewhere = Path(f"/proc/{number}/ns/mnt").readlink() != Path("/proc/self/ns/mnt").readlink()
    except OSError:  # it has ended
        return False
    return elsewhere and identities is not None and identities[1].split()[1:] == ["1"]


def _entering(leader: int) -> tuple[str, ...]:
    return ("nsenter", "--target", str(leader), "--all", *_environment("root"))


def _environment(user: str) -> tuple[str, ...]:
    home = "/root" if user == "root" else f"/home/{user}"
    variables = [f"{name}={value}" for name, value in os.environ.items() if VARIABLES.match(name)]
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return ("env", "-i", f"HOME={home}", path, *variables)


@contextmanager
def bare_machine(packages: str) -> Iterator[BareMachine]:
    """Make a machine with packages, which is gone after the `with` block."""
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        pytest.skip("a bare machine is made by root, with mmdebstrap")
    # Not pytest's own folder: an ordinary user must get to its home.
    folder = Path(tempfile.mkdtemp(prefix="safelight-machine-"))
    folder.chmod(0o755)
    machine = BareMachine(folder)
    # Whoever ends the tests, by whatever signal, is not left with gigabytes.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        machine.install(packages)
        machine.configure()
        yield machine
    finally:
        assert str(folder) not in Path("/proc/self/mountinfo").read_text()
        shutil.rmtree(folder)
        shutil.rmtree(machine.shared, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)
        signal.signal(signal.SIGTERM, before)


def block(words: str) -> str:
    """The commands of docs/deploy.md, of a block that has some words and is the only one that does."""
    (found,) = (block for block in blocks("docs/deploy.md", "sh") if words in block.text)
    return found.text


def output(*command: str) -> str:
    """What a command says; an `AssertionError` with all of it if it fails."""
    done = _ended(*command)
    assert done.returncode == 0, done.stdout
    return done.stdout


def _ended(*command: str) -> subprocess.CompletedProcess[str]:
    """A command that has ended, with all that it said; an `AssertionError` with that if it has not within LIMIT."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace")  # bytes, whatever `text` asks for
        raise AssertionError(f"It has not ended after {LIMIT} s. Until then it said: {said}") from late
