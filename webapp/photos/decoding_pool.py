"""Decoding many photos on several processes, a few at a time, so that memory stays bounded."""

import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

from editing.photo import PhotoError
from webapp.photos.decoding import Decoded, decode

# Of each call of `decode`: the folder of previews, transfer and primaries.
_Options = tuple[Path, str, str]


def decode_all(
    paths: Iterable[Path], previews: Path, *, transfer: str, primaries: str, processes: int
) -> Iterator[tuple[Path, Decoded | PhotoError]]:
    """What became of each photo, in the order in which they are done.

    At most ``processes`` photos are in memory at once. ``paths`` is read as places become free. A process that dies
    takes the photos beside it along: each of them is decoded again alone, and fails only if it crashes alone.
    """
    options = (previews, transfer, primaries)
    remaining = iter(paths)
    running: dict[Future[Decoded], Path] = {}
    pool = _pool(processes)
    try:
        while True:
            while len(running) < processes and (path := next(remaining, None)) is not None:
                running[_submitted(pool, path, options)] = path
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            results = [(running.pop(future), _result(future)) for future in done]
            if any(isinstance(result, _Crash) for _, result in results):
                results += [(path, _result(future)) for future, path in running.items()]
                running.clear()
                pool.shutdown()
                results = [_judged_alone(path, result, options, len(results)) for path, result in results]
                pool = _pool(processes)
            yield from results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Crash(PhotoError):
    """The process died."""


def _pool(processes: int) -> ProcessPoolExecutor:
    # Fresh interpreters: a fork would share the command's connection to Postgres.
    context = get_context("spawn")
    return ProcessPoolExecutor(processes, context, _follow_parent)


def _follow_parent() -> None:
    """Make a worker end with the command, however that ends, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _submitted(pool: ProcessPoolExecutor, path: Path, options: _Options) -> Future[Decoded]:
    # Ctrl-C goes to every process of the terminal. Workers that start here must not hear it, not even before they get
    # to ignore it: they inherit that it is blocked.
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(decode, path, *options)
    except BrokenProcessPool as error:  # a process died since the last results came
        failed: Future[Decoded] = Future()
        failed.set_exception(error)
        return failed
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


def _result(future: Future[Decoded]) -> Decoded | PhotoError:
    try:
        return future.result()
    except PhotoError as error:
        return error
    except BrokenProcessPool:
        return _Crash("the decoder crashed, or ran out of memory, on this file")


def _judged_alone(
    path: Path, result: Decoded | PhotoError, options: _Options, companions: int
) -> tuple[Path, Decoded | PhotoError]:
    if not isinstance(result, _Crash) or companions == 1:
        return path, result
    with _pool(1) as pool:
        return path, _result(_submitted(pool, path, options))
