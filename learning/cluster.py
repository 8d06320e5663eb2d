"""Work on many machines: a Dask cluster, by the address of its scheduler.

The cluster is the user's: a scheduler, and workers with this program installed, which see the photos and the folder for
results under the same paths. A worker that dies is left to Dask, which gives its work to others.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from editing.processes import Crashed

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items that each thread of the cluster has waiting: the scheduler holds no more, however many there are.
AHEAD = 4
CONNECT_SECONDS = 10
# Dask starts a worker that died anew, which takes seconds.
WORKERLESS_SECONDS = 60
POLL_SECONDS = 5
CONTINUE = "Then give the same command again: what is done stays done."


class ClusterError(RuntimeError):
    """A cluster cannot be used; the message is one line."""


def each_on_cluster(
    function: Callable[[Item], Result], items: Iterable[Item], scheduler: str
) -> Iterator[tuple[Item, Result | Crashed]]:
    """Yield each item and what the function makes of it on a cluster, as they are done.

    ``Crashed`` stands for an item on which several workers died, one after the other.

    Args:
        function: one that can be pickled; so must the items.
        scheduler: an address, such as ``tcp://10.0.0.7:8786``.

    Raises:
        ClusterError: if there is no such scheduler, it has no workers or loses all of them, or one of them has another
            version.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise ClusterError("the extra 'cluster' is not installed: pip install 'safelight[cluster]'") from None
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ClusterError(f"{scheduler}: no Dask scheduler answers there") from error
    with client:
        places = AHEAD * _check_workers(client, scheduler)
        remaining = iter(items)
        waiting = {client.submit(function, item, pure=False): item for item in islice(remaining, places)}
        suspects: list[Item] = []
        patience = _Patience(client, scheduler)
        while waiting:
            for future in patience.first_done(waiting):
                item = waiting.pop(future)
                try:
                    yield item, patience.result(future)
                except KilledWorker:
                    suspects.append(item)
                for following in islice(remaining, 1):
                    waiting[client.submit(function, following, pure=False)] = following
        # Dask blames all that a dying worker had, be it not begun: each is tried again, alone.
        for item in suspects:
            future = client.submit(function, item, pure=False)
            try:
                yield item, patience.result(future)
            except KilledWorker:
                yield item, Crashed("the workers that had it crashed, or ran out of memory, on it")


class _Patience:
    """Waiting for a cluster as long as there is something to wait for.

    Dask itself waits for workers without end.

    Its methods raise:
        ClusterError: if the scheduler is gone, or has had no workers for ``WORKERLESS_SECONDS``.
    """

    def __init__(self, client: Any, scheduler: str) -> None:
        self._client = client
        self._scheduler = scheduler

    def first_done(self, futures: Iterable[Any]) -> set[Any]:
        """Return those that are done, once some are."""
        from distributed import wait

        futures = list(futures)
        workerless_since: float | None = None
        while True:
            try:
                with self._client.as_current():
                    done: Any = wait(futures, POLL_SECONDS, "FIRST_COMPLETED")  # type: ignore[no-untyped-call]
                return set(done.done)
            except TimeoutError:
                pass
            except CancelledError:
                raise ClusterError(f"{self._scheduler}: the scheduler is gone; start it again. {CONTINUE}") from None
            if self._client.nthreads():
                workerless_since = None
            elif workerless_since is None:
                workerless_since = monotonic()
            elif monotonic() - workerless_since > WORKERLESS_SECONDS:
                start = f"start some by: dask worker {self._scheduler}"
                raise ClusterError(f"{self._scheduler}: all its workers are gone; {start}. {CONTINUE}")

    def result(self, future: Any) -> Any:
        """Return what a future comes to, or raise what its function raised."""
        while True:
            self.first_done([future])
            try:
                return future.result(timeout=POLL_SECONDS)
            except TimeoutError:
                if future.status == "error":
                    raise
                # It was done by a worker that has gone since, and is done anew by another.


def on_all_machines(path: Path) -> Path:
    """Return a path as workers find it: a whole one. A name of what ships with the program stays a name."""
    return path.resolve() if path.exists() or path.is_absolute() or len(path.parts) > 1 else path


def _check_workers(client: Any, scheduler: str) -> int:
    """Return how many threads the workers have in all.

    Raises:
        ClusterError: if there are none, or a worker's version is not this one's.
    """
    threads: int = sum(client.nthreads().values())
    if not threads:
        raise ClusterError(f"{scheduler}: this scheduler has no workers; start some by: dask worker {scheduler}")
    own = _version()
    try:
        versions = client.run(_version)
    except ModuleNotFoundError:
        raise ClusterError(f"{scheduler}: a worker has no safelight installed") from None
    for worker, other in versions.items():
        if other != own:
            raise ClusterError(f"{scheduler}: the worker {worker} has safelight {other}, this is {own}")
    return threads


def _version() -> str:
    return version("safelight")
