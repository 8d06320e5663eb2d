"""Deleting files for certain: what a bucket that is away does not delete, the worker does later."""

import logging
import time
from collections.abc import Sequence
from functools import partial

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.types import JSONValue

from webapp.storage.site_file import SiteFile, site_storage

DELETE_FILES = "delete_files"  # the worker's task
_logger = logging.getLogger(__name__)


def delete_once_stored(*files: SiteFile, folder: str = "") -> None:
    """Delete files, and a folder with all in it, once the transaction is stored, as `delete_or_retry` does."""
    transaction.on_commit(partial(delete_or_retry, *files, folder=folder))


def delete_or_retry(*files: SiteFile, folder: str = "") -> None:
    """Delete files, and a folder with all in it, now; where that fails, the worker tries until it is done."""
    names = [file.name for file in files]
    asked = time.time_ns()
    try:
        delete_files(names, folder, asked)
    except OSError as error:
        _logger.error("%s cannot be deleted, which the worker tries again: %s", ", ".join([*names, folder]), error)
        task = app.configure_task(DELETE_FILES, queue="downloads")
        task.defer(names=list[JSONValue](names), folder=folder, asked=asked)


def delete_files(names: Sequence[str], folder: str, asked: int) -> None:
    """Delete files, and a folder with all in it.

    Args:
        asked: in ns since 1970. Files that were written since are others, and stay.

    Raises:
        OSError: that cannot be done.
    """
    for name in names:
        file = SiteFile(name)
        try:
            is_meant = file.state()[1] <= asked
        except FileNotFoundError:
            continue
        if is_meant:
            file.delete()
    if folder:
        site_storage().delete_folder(folder)
