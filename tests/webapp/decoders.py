"""What stands in for the decoder in a process to which it is sent, and imports this module alone."""

import os
import resource
import time
from pathlib import Path

import numpy as np

from editing.photos.photo_error import NotEnoughMemory
from webapp.photos.decoding import Decoded, NotSaved, SourceFile, decode


def telling(source: SourceFile, previews: Path, options: object) -> Decoded:
    """Stands in for `decode`: tells its limit in what it raises."""
    raise NotSaved(f"limit {resource.getrlimit(resource.RLIMIT_DATA)[0]}")


def hungry(source: SourceFile, previews: Path, options: object, *, megabytes: int) -> Decoded:
    """Stands in for `decode`: takes so much memory first."""
    try:
        np.ones(megabytes << 20, np.uint8)
    except MemoryError:
        with (source.path.parent / "attempts").open("a") as file:
            file.write("x")
        raise NotEnoughMemory from None
    return decode(source, previews)


def dying(source: SourceFile, previews: Path, options: object) -> Decoded:
    """Stands in for `decode`: leaves half a preview behind and dies."""
    (previews / ".half.unfinished").write_bytes(b"half")
    os._exit(1)


def endless(source: SourceFile, previews: Path, options: object) -> Decoded:
    """Stands in for `decode`: never ends."""
    (previews / ".half.unfinished").write_bytes(b"half")
    while True:
        time.sleep(60)
