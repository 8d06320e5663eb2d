"""Files and folders that are there whole or not at all; the folder of caches."""

import glob
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_SUFFIX = ".unfinished"
_LONGEST_NAME = 200  # bytes; file systems hold names of 255


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file to write into, which takes the name ``path`` once the block ends.

    What stood under that name stands there until then. After an error nothing is left of the new file. Of several
    writers at once, in threads or processes, each writes a whole file, and the last to end gives the name.
    """
    with draft_beside(path) as draft:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


@contextmanager
def draft_beside(path: Path) -> Iterator[Path]:
    """Name a draft of the file ``path``, in its folder, for the block to write and to move to its final name.

    The name is nobody else's, and hidden. What still has it when the block ends is removed.
    """
    draft = path.with_name(f"{_draft_name(path)}{secrets.token_hex(4)}{_SUFFIX}")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(path: Path) -> None:
    """Remove what killed writers of the file ``path`` have left; only for who knows that nobody else writes it now."""
    for draft in path.parent.glob(f"{glob.escape(_draft_name(path))}*{_SUFFIX}"):
        draft.unlink(missing_ok=True)


def _draft_name(path: Path) -> str:
    """How the names of a file's drafts begin: hidden, and short enough where the file's own name is long."""
    name = os.fsencode(path.name)
    return f".{path.name}." if len(name) <= _LONGEST_NAME else f".{hashlib.sha256(name).hexdigest()}."


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, see ``atomic_file``."""
    with atomic_file(path) as file:
        file.write(content)


def cache_folder() -> Path:
    """Return Safelight's folder of caches: ``$SAFELIGHT_CACHE``, or by the XDG Base Directory Specification.

    Raises:
        RuntimeError: if the user has no home.
    """
    named = os.environ.get("SAFELIGHT_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "safelight"


def check_free(directory: Path) -> None:
    """Refuse a folder that holds something, so that nothing is overwritten.

    Raises:
        FileExistsError: naming the folder.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise FileExistsError(f"{directory} exists and is not empty: name a new folder, or remove it first")


@contextmanager
def new_folder(directory: Path) -> Iterator[Path]:
    """Make a folder to write into, which takes the name ``directory`` once the block ends; after an error none is left.

    Raises:
        FileExistsError: if ``directory`` holds something already.
    """
    check_free(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _folder_beside(directory) as draft:
        yield draft
        draft.replace(directory)


@contextmanager
def replaced_folder(directory: Path) -> Iterator[Path]:
    """Make a folder to write into, which takes the place of ``directory`` once the block ends; the old one is deleted.

    After an error the old one stands as it was.
    """
    directory = directory.resolve()
    with _folder_beside(directory) as draft:
        yield draft
        old = draft.with_name(f"{draft.name}.old")
        directory.rename(old)
        try:
            draft.rename(directory)
        except OSError:
            old.rename(directory)
            raise
    shutil.rmtree(old)


@contextmanager
def _folder_beside(directory: Path) -> Iterator[Path]:
    """Make a folder beside another, for the block to write into and to move, readable as the user's umask has it."""
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    # A temporary folder is private; a finished one is as the user's umask has it.
    umask = os.umask(0)
    os.umask(umask)
    try:
        draft.chmod(0o777 & ~umask)
        yield draft
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
