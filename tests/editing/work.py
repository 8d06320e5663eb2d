"""What fresh processes do in ``test_processes``: apart from pytest, which takes each of them longest to import."""

import os
import signal
import subprocess
import time
from pathlib import Path


def doubled(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def marked(item: tuple[Path, int]) -> int:
    folder, number = item
    (folder / str(number)).touch()
    until = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    return number


def refusing(number: int) -> int:
    raise ValueError(f"no {number}")


def begun() -> None:
    os.environ["BEGUN"] = "yes"


def environment(name: str) -> str | None:
    return os.environ.get(name)


def slowest_first(number: int) -> int:
    time.sleep(0.2 / (number + 1))
    return number


def allocated(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def starting_another(pid_file: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        pid_file.write_text(str(other.pid))
        other.wait()


def count_companions(item: int, folder: Path) -> int:
    """How many are in work now, this one among them."""
    own = folder / f"at work {item}"
    own.touch()
    count = len(list(folder.glob("at work *")))
    own.unlink()
    return count


def wait_for_another(item: str, folder: Path) -> bool:
    """Whether the other of two comes to work while this one is there."""
    (folder / item).touch()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if (folder / "a").exists() and (folder / "b").exists():
            return True
        time.sleep(0.01)
    return False
