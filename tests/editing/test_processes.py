"""Processes that crash take nobody's work along."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from editing.processes import ProcessDied, each_by_processes

PROGRAM = """
import os, time
from editing.processes import each_by_processes
def sleepy(item):
    print(os.getpid(), flush=True)
    time.sleep(60)
if __name__ == "__main__":
    list(each_by_processes(sleepy, [1], 1))
"""


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


def test_every_item_has_its_result() -> None:
    assert dict(each_by_processes(doubled, range(5), 2)) == {number: 2 * number for number in range(5)}


def test_a_process_that_dies_costs_its_own_item_alone() -> None:
    results = dict(each_by_processes(doubled, [1, 2, 13, 3, 4], 2))
    assert isinstance(results.pop(13), ProcessDied)
    assert results == {number: 2 * number for number in (1, 2, 3, 4)}


def test_items_are_done_side_by_side(tmp_path: Path) -> None:
    items = [(tmp_path, 0), (tmp_path, 1)]
    assert dict(each_by_processes(marked, items, 2)) == {items[0]: 0, items[1]: 1}


def test_each_process_begins_as_it_is_told() -> None:
    assert list(each_by_processes(environment, ["BEGUN"], 1, begun)) == [("BEGUN", "yes")]


def test_what_an_item_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="no 7"):
        list(each_by_processes(refusing, [7], 1))


def test_a_worker_ends_with_its_parent_however_that_ends(root: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        os.kill(worker, signal.SIGINT)  # which is the command's to hear
        os.kill(worker, 0)
        parent.kill()
        # The pipe ends when the last process that holds it has: the worker, then.
        assert parent.stdout.read() == ""
