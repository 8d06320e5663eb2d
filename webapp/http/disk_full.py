"""A disk that is full: telling it from errors of the site, in the log and to those who ask."""

import errno
import logging
import tempfile
from http import HTTPStatus
from pathlib import Path

import psycopg

_ERRORS = (errno.ENOSPC, errno.EDQUOT)
_PROBE_BYTES = 1 << 16


def is_disk_full(error: BaseException | None) -> bool:
    """Tell whether an error means that a disk, this machine's or that of Postgres, has no room left."""
    if isinstance(error, OSError):
        return error.errno in _ERRORS
    return error is not None and isinstance(error.__cause__, psycopg.errors.DiskFull)


def why_unwritable(folder: Path) -> str:
    """Say why nothing can be saved in a folder, by trying; empty where it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * _PROBE_BYTES)
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ""


class OneLine(logging.Filter):
    """Logs a full disk in one line, where other errors have their traceback, and once."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change what is said of a full disk; say nothing where the reason has been logged already."""
        error = record.exc_info[1] if record.exc_info else None
        if is_disk_full(error):
            record.msg = f"The disk is full ({error}): {' '.join(record.getMessage().split())}"
            record.args = record.exc_info = record.exc_text = None
            return True
        # Django's own line on an answer: whoever answers so has logged why.
        return getattr(record, "status_code", None) != HTTPStatus.INSUFFICIENT_STORAGE
