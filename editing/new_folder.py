"""Folders that are written whole or not at all, and never over something."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_free(directory: Path) -> None:
    """Refuse a folder that holds something, so that nothing is overwritten.

    Raises:
        FileExistsError: naming the folder.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise FileExistsError(f"{directory} exists and is not empty: name a new folder, or remove it first")


@contextmanager
def new_folder(directory: Path) -> Iterator[Path]:
    """A folder to write into, which takes the name ``directory`` once the block ends; after an error nothing is left.

    Raises:
        FileExistsError: if ``directory`` holds something already.
    """
    check_free(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        yield unfinished
        # A temporary folder is private; a finished one is as the user's umask has it.
        umask = os.umask(0)
        os.umask(umask)
        unfinished.chmod(0o777 & ~umask)
        unfinished.replace(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
