"""Work in processes of its own: one function, to its end or to a time limit, or many items by several processes.

What crashes, hangs or eats all memory there takes nothing along. Each process is a fresh interpreter, ends with the one
that started it, however that ends, and leaves Ctrl-C to it.
"""

import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Thread
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Fresh interpreters: a fork shares connections with its parent, and may hang where the parent has threads.
SPAWN = get_context("spawn")
_CGROUP = Path("/sys/fs/cgroup")
_POLL_INTERVAL = 0.25  # seconds
# How many items each process is given before their results are taken, where results come in order: enough that it has
# work while one of the others takes long.
AHEAD = 16


class Crashed(RuntimeError):
    """The process died: a crash of a library, or the system, which had no memory left, ended it."""


class Stopped(RuntimeError):
    """The work was given up: it was asked to stop, or took longer than it may."""


def follow_parent() -> None:
    """Make this process end with the one that started it, however that ends, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        if os.getpgrp() == os.getpid():  # what it has started ends with it
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Start processes in this block that are to follow their parent.

    Ctrl-C goes to every process of the terminal. They must not hear it, not even before they get to ignore it: they
    inherit that it is blocked.
    """
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


def run_isolated(
    function: Callable[..., Result],
    *arguments: Any,
    should_stop: Callable[[], bool],
    limit: float,
    memory: int | None = None,
    **options: Any,
) -> Result:
    """Call a function in a fresh process, of low priority, wait for its end, and return what it returned.

    Args:
        function: of a module; it is sent to the process, and so are its arguments and what it raises or returns.
        should_stop: asked again and again; when it says so, the process is ended.
        limit: the seconds that it may take.
        memory: the bytes that it may take, and each process that it starts, beyond what an interpreter takes at rest.

    Raises:
        Crashed: the process died; of a lack of memory, it may be.
        Stopped: it was ended.
        Exception: what the function raised.
    """
    receiving, sending = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_call, args=(sending, function, arguments, options, memory))
    until = time.monotonic() + limit
    with receiving:
        with interrupts_blocked():
            process.start()
        sending.close()
        try:
            while True:
                if should_stop() or time.monotonic() > until:
                    raise Stopped
                if receiving.poll(_POLL_INTERVAL):
                    break
            result: Result
            error, result = receiving.recv()
        except EOFError:
            raise Crashed("its process crashed, or ran out of memory") from None
        finally:
            _end(process)  # it has nothing left to do
    if error is not None:
        raise error
    return result


def _end(process: SpawnProcess) -> None:
    """End a process that calls a function, and what it has started, such as a decoder."""
    if process.pid is not None:
        with suppress(ProcessLookupError):  # it has no group yet, or is gone
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _call(
    sending: Connection,
    function: Callable[..., object],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    memory: int | None,
) -> None:
    os.setpgrp()  # so that it can be ended with all that it starts
    follow_parent()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to all of a service: the parent decides when this one ends
    os.nice(10)  # pages come first
    if memory is not None:
        _limit_memory(memory)
    result: object = None
    error: Exception | None = None
    try:
        result = function(*arguments, **options)
    except Exception as raised:
        raised.add_note(traceback.format_exc())  # which is lost on the way, else
        error = raised
    sending.send((error, result))


def _limit_memory(memory: int) -> None:
    """Let this process, and each that it starts, take so many bytes more than this one has now."""
    # The memory that is written to, not the address space: that counts files that are mapped, too.
    limit = _written_memory() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError):  # where the machine has no memory left, decoders go before what serves the pages
        Path("/proc/self/oom_score_adj").write_text("500")


def _written_memory() -> int:
    """Return the bytes that RLIMIT_DATA counts of this process; 0 on a system that does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:")), 0)


@dataclass(frozen=True)
class _Work(Generic[Item, Result]):
    """What is to be done, and how each process begins."""

    function: Callable[[Item], Result]
    begin: Callable[[], None]

    def pool(self, processes: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(processes, SPAWN, _begin, (self.begin,))

    def submitted(self, pool: ProcessPoolExecutor, item: Item) -> Future[Result]:
        try:
            with interrupts_blocked():  # workers start here
                return pool.submit(self.function, item)
        except BrokenProcessPool as error:  # a process died since the last results came
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed

    def result(self, future: Future[Result]) -> Result | Crashed:
        try:
            return future.result()
        except BrokenProcessPool:
            return Crashed("its process crashed, or ran out of memory, on it")

    def judged_alone(self, item: Item, result: Result | Crashed, companions: int) -> tuple[Item, Result | Crashed]:
        """Return the result, or what comes of the item alone, if one of several that were in work has crashed."""
        if not isinstance(result, Crashed) or companions == 1:
            return item, result
        with self.pool(1) as pool:
            return item, self.result(self.submitted(pool, item))


def available_memory() -> int | None:
    """Return how many bytes processes can take here without harm: of the machine, or of the container, the fewer.

    None on a system that does not tell.
    """
    amounts = []
    with suppress(OSError, ValueError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        amounts += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    with suppress(OSError, ValueError):  # "max" is no number: there is no limit
        limit, used = (int((_CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        amounts.append(max(limit - used, 0))
    return min(amounts, default=None)


def nothing() -> None:
    """Do nothing before the first item of a process."""


def each_by_processes(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    processes: int,
    begin: Callable[[], None] = nothing,
    *,
    ordered: bool = False,
    memory: Callable[[Item], int] | None = None,
) -> Generator[tuple[Item, Result | Crashed], None, None]:
    """Call a function on each item, and give what came of it, or its crash.

    ``items`` is read as results are taken: at most ``processes`` items are in work or wait to be taken, ``AHEAD`` times
    as many if they are ``ordered``. A process that dies takes the items beside it along: each of them is done again
    alone, and fails only if its process dies alone.

    Args:
        function: what is done; it is sent to the processes, and so are its arguments and results. What it raises is
            raised here, and ends the rest.
        begin: called once in each process, before its first item.
        ordered: whether results come in the order of their items, or as they are done.
        memory: about how many bytes a process takes with an item: as many are in work as fit, or one that does not.
    """
    work = _Work(function, begin)
    most = processes * AHEAD if ordered else processes
    limit = available_memory() if memory else None
    costed = ((item, memory(item) if memory and limit is not None else 0) for item in items)
    upcoming: tuple[Item, int] | None = None
    running: dict[Future[Result], tuple[Item, int]] = {}
    pool = work.pool(processes)
    try:
        while True:
            while len(running) < most and (upcoming := upcoming or next(costed, None)):
                if running and limit is not None and sum(cost for _, cost in (*running.values(), upcoming)) > limit:
                    break
                running[work.submitted(pool, upcoming[0])] = upcoming
                upcoming = None
            if not running:
                return
            done = [next(iter(running))] if ordered else wait(running, return_when=FIRST_COMPLETED).done
            results = [(running.pop(future)[0], work.result(future)) for future in done]
            if any(isinstance(result, Crashed) for _, result in results):
                results += [(item, work.result(future)) for future, (item, _) in running.items()]
                running.clear()
                pool.shutdown()
                results = [work.judged_alone(item, result, len(results)) for item, result in results]
                pool = work.pool(processes)
            yield from results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(begin: Callable[[], None]) -> None:
    follow_parent()
    begin()
