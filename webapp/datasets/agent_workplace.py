"""Where the worker's agents play: one at a time on the whole site, in a folder that is empty before and after."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

# Of Postgres's advisory locks: the worker whose agent plays holds it.
LOCK = 0xA6E7


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other worker's agent plays, nor begins to in this block. A lock that ends with its worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        is_alone = cursor.fetchone() == (True,)
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Where photos and play lie meanwhile; what a worker left there that was killed is deleted."""
    folder = Path(settings.DATA_DIR) / "agent"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
