"""A figure, how two things are timed against each other, and a process for each part."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from statistics import median
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Figure:
    """A measured number: ``value`` in ``unit``, as a ratio against what ``against`` says."""

    value: float
    unit: str
    against: str
    note: str = ""


def ratio(
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    *,
    runs: int = 7,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Return the median, over runs in turn, of the time of ``ours`` over that of ``theirs``.

    The two alternate, so that a machine that slows down or speeds up does so for both. CPU seconds by default: another
    process on the same core does not count.
    """
    ours()
    theirs()
    return median(seconds(ours, clock) / seconds(theirs, clock) for _ in range(runs))


def seconds(call: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds a call, of as many calls as take at least 50 ms together, so that the clock's grain does not matter."""
    calls, start = 0, clock()
    while calls == 0 or clock() - start < 0.05:
        call()
        calls += 1
    return (clock() - start) / calls


def measure_alone(module: str) -> dict[str, Figure]:
    """Measure the part in `module`, see ``alone``."""
    return alone(_measure, module)


def alone(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a fresh process: what was loaded and allocated before changes nothing.

    Raises what the function raises, or `BrokenProcessPool` if its process dies.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def _measure(module: str) -> dict[str, Figure]:
    figures: dict[str, Figure] = import_module(module).measure()
    return figures
