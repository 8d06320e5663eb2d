"""Decoding many photos on several processes, a few at a time, so that memory stays bounded."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from editing.photos.photo_error import PhotoError
from editing.photos.read_options import ReadOptions
from editing.processes import Crashed, each_by_processes
from webapp.photos.decoding import Decoded, SourceFile, decode


def decode_all(
    sources: Iterable[SourceFile], previews: Path, options: ReadOptions, processes: int
) -> Iterator[tuple[SourceFile, Decoded | PhotoError]]:
    """What became of each photo, in the order in which they are done; `each_by_processes` says how.

    At most ``processes`` photos are in memory at once.
    """
    function = partial(_decoded, previews=previews, options=options)
    for source, result in each_by_processes(function, sources, processes):
        if isinstance(result, Crashed):
            yield source, PhotoError("the decoder crashed, or ran out of memory, on this file")
        else:
            yield source, result


def _decoded(source: SourceFile, *, previews: Path, options: ReadOptions) -> Decoded | PhotoError:
    try:
        return decode(source, previews, options)
    except PhotoError as error:
        return error
