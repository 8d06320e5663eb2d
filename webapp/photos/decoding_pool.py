"""Decoding many photos on several processes, a few at a time, so that memory stays bounded."""

import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from editing.photo import PhotoError
from webapp.photos.decoding import Decoded, decode


def decode_all(
    paths: Iterable[Path], previews: Path, *, transfer: str, primaries: str, processes: int
) -> Iterator[tuple[Path, Decoded | PhotoError]]:
    """What became of each photo, in the order in which they are done.

    At most ``processes`` photos are in memory at once. ``paths`` is read as places become free.
    """
    remaining = iter(paths)
    running: dict[Future[Decoded], Path] = {}
    pool = _pool(processes)
    try:
        while True:
            while len(running) < processes and (path := next(remaining, None)) is not None:
                running[pool.submit(decode, path, previews, transfer, primaries)] = path
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            results = [(running.pop(future), _result(future)) for future in done]
            if any(isinstance(result, _Crash) for _, result in results):
                # A process that dies takes the pool with it: whatever was in it, all of it fails at once.
                results += [(path, _result(future)) for future, path in running.items()]
                running.clear()
                pool = _pool(processes)
            yield from results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Crash(PhotoError):
    """The process died, of this photo or of one beside it."""


def _pool(processes: int) -> ProcessPoolExecutor:
    # Fresh interpreters: a fork would share the command's connection to Postgres.
    context = get_context("spawn")
    # Ctrl-C goes to every process of the terminal; the command alone decides what to do about it.
    return ProcessPoolExecutor(processes, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _result(future: Future[Decoded]) -> Decoded | PhotoError:
    try:
        return future.result()
    except PhotoError as error:
        return error
    except BrokenProcessPool:
        return _Crash("the decoder crashed or ran out of memory on this file, or on one beside it; try it alone")
