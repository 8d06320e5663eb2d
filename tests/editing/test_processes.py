"""Work in processes of its own: what crashes there takes nobody's work along."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from editing import processes
from editing.processes import AHEAD, Crashed, Stopped, each_by_processes, run_isolated
from tests.editing.work import (
    allocated,
    begun,
    count_companions,
    doubled,
    environment,
    marked,
    refusing,
    slowest_first,
    starting_another,
    wait_for_another,
)

PROGRAM = """
import os, time
from editing.processes import each_by_processes
def sleepy(item):
    print(os.getpid(), flush=True)
    time.sleep(60)
if __name__ == "__main__":
    list(each_by_processes(sleepy, [1], 1))
"""


@pytest.fixture(autouse=True)
def _fresh_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program has them."""
    monkeypatch.setattr(processes, "SPAWN", get_context("spawn"))


def test_every_item_has_its_result() -> None:
    assert dict(each_by_processes(doubled, range(5), 2)) == {number: 2 * number for number in range(5)}


def test_a_process_that_dies_costs_its_own_item_alone() -> None:
    results = dict(each_by_processes(doubled, [1, 2, 13, 3, 4], 2))
    assert isinstance(results.pop(13), Crashed)
    assert results == {number: 2 * number for number in (1, 2, 3, 4)}


def test_items_are_done_side_by_side(tmp_path: Path) -> None:
    items = [(tmp_path, 0), (tmp_path, 1)]
    assert dict(each_by_processes(marked, items, 2)) == {items[0]: 0, items[1]: 1}


def test_results_come_in_the_order_of_their_items_if_asked() -> None:
    outcomes = list(each_by_processes(slowest_first, range(6), 2, ordered=True))
    assert outcomes == [(number, number) for number in range(6)]


def test_a_crash_keeps_the_order() -> None:
    outcomes = list(each_by_processes(doubled, [1, 13, 2, 3], 2, ordered=True))
    assert [number for number, _ in outcomes] == [1, 13, 2, 3]
    assert isinstance(outcomes[1][1], Crashed)
    assert [result for _, result in outcomes if not isinstance(result, Crashed)] == [2, 4, 6]


@pytest.mark.parametrize(("ordered", "ahead"), [(False, 2), (True, 2 * AHEAD)])
def test_items_are_read_as_results_are_taken(ordered: bool, ahead: int) -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5 * AHEAD):
            read.append(number)
            yield number

    for taken, _ in enumerate(each_by_processes(abs, items(), 2, ordered=ordered)):
        assert len(read) <= taken + 1 + ahead
    assert len(read) == 5 * AHEAD


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


def never() -> bool:
    return False


def test_a_function_is_called_in_a_process_of_its_own(tmp_path: Path) -> None:
    run_isolated(os.mkdir, tmp_path / "made", should_stop=never, limit=60)
    assert (tmp_path / "made").is_dir()


def test_what_the_function_returns_is_returned() -> None:
    assert run_isolated(doubled, 21, should_stop=never, limit=60) == 42


def test_memory_is_limited_beyond_what_an_interpreter_takes() -> None:
    assert run_isolated(allocated, 50, should_stop=never, limit=60, memory=100 << 20) == 50 << 20
    with pytest.raises(MemoryError):
        run_isolated(allocated, 150, should_stop=never, limit=60, memory=100 << 20)


def test_what_the_process_has_started_ends_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with pytest.raises(Stopped):
        run_isolated(starting_another, pid_file, should_stop=lambda: bool(_text(pid_file)), limit=60)
    until = time.monotonic() + 30
    while _is_running(int(_text(pid_file))):
        assert time.monotonic() < until
        time.sleep(0.01)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_the_function_raises_is_raised_with_where_it_came_from() -> None:
    with pytest.raises(ValueError, match="invalid literal") as raised:
        run_isolated(int, "seven", should_stop=never, limit=60)
    assert "Traceback" in raised.value.__notes__[0]


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(Crashed):
        run_isolated(os._exit, 3, should_stop=never, limit=60)


def test_work_that_takes_too_long_or_is_not_wanted_any_more_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Stopped):
        run_isolated(time.sleep, 60, should_stop=never, limit=0.1)
    with pytest.raises(Stopped):
        run_isolated(time.sleep, 60, should_stop=lambda: True, limit=60)
    assert time.monotonic() - began < 30


def test_no_more_work_at_once_than_memory_suffices_for_and_one_at_least(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "available_memory", lambda: 100)
    function = partial(count_companions, folder=tmp_path)
    alone = dict(each_by_processes(function, range(4), 2, memory=lambda _: 60))
    assert alone == dict.fromkeys(range(4), 1)
    too_large = dict(each_by_processes(function, range(2), 2, memory=lambda _: 1000))
    assert too_large == dict.fromkeys(range(2), 1)
    beside = dict(each_by_processes(partial(wait_for_another, folder=tmp_path), "ab", 2, memory=lambda _: 50))
    assert beside == {"a": True, "b": True}


def test_the_memory_of_a_container_counts_where_it_has_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_CGROUP", tmp_path)
    machine = processes.available_memory()
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("20\n")
    assert machine is not None
    assert processes.available_memory() == pytest.approx(machine, rel=0.5)
    (tmp_path / "memory.max").write_text("100\n")
    assert processes.available_memory() == 80
