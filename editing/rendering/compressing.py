"""Parts of a file compressed on all cores, and written in their order."""

import os
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from numpy.typing import NDArray

from editing.photos.open_photo import PART_ROWS

# A photo's differences hold no repetitions but runs: the search for others takes twice the time and gains nothing.
LEVEL, STRATEGY = 1, zlib.Z_RLE
MOST_THREADS = 8  # what is held grows with them, and no disk is faster
_Result = TypeVar("_Result")


def compressed_parts(strips: Iterable[NDArray[Any]], compress: Callable[[NDArray[Any]], _Result]) -> Generator[_Result]:
    """`compress` of each PART_ROWS rows (the last may have fewer), in order.

    strips: a picture's rows from the top, each of a multiple of PART_ROWS rows but the last. As many parts are
    compressed at a time as there are processors, and a few are held.
    """
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(threads, "deflate") as executor:
        for strip in strips:
            for top in range(0, len(strip), PART_ROWS):
                waiting.append(executor.submit(compress, strip[top : top + PART_ROWS]))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
        for done in waiting:
            yield done.result()
