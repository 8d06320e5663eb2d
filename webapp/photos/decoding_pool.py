"""Decoding many photos on several processes, a few at a time, so that memory stays bounded."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from editing.photo import PhotoError
from webapp.photos.decoding import Decoded, decode
from webapp.processes import SPAWN, follow_parent, interrupts_blocked

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
    return ProcessPoolExecutor(processes, SPAWN, follow_parent)


def _submitted(pool: ProcessPoolExecutor, path: Path, options: _Options) -> Future[Decoded]:
    try:
        with interrupts_blocked():  # workers start here
            return pool.submit(decode, path, *options)
    except BrokenProcessPool as error:  # a process died since the last results came
        failed: Future[Decoded] = Future()
        failed.set_exception(error)
        return failed


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
