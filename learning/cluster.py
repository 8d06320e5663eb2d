"""Work on many machines: a Dask cluster, by the address of its scheduler.

The cluster is the user's: a scheduler, and workers with this program installed, which see the photos and the folder for
results under the same paths. A worker that dies is left to Dask, which gives its work to others.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from editing.processes import Crashed

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items that each thread of the cluster has waiting: the scheduler holds no more, however many there are.
AHEAD = 4
CONNECT_SECONDS = 10


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
        ClusterError: if there is no such scheduler, it has no workers, or one of them has another version.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
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
        completed: Any = as_completed(waiting, loop=client.loop)  # type: ignore[no-untyped-call]
        suspects: list[Item] = []
        for future in completed:
            item = waiting.pop(future)
            try:
                yield item, future.result()
            except KilledWorker:
                suspects.append(item)
            for following in islice(remaining, 1):
                added = client.submit(function, following, pure=False)
                waiting[added] = following
                completed.add(added)
        # Dask blames all that a dying worker had, be it not begun: each is tried again, alone.
        for item in suspects:
            try:
                yield item, client.submit(function, item, pure=False).result()
            except KilledWorker:
                yield item, Crashed("the workers that had it crashed, or ran out of memory, on it")


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
