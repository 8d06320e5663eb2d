"""A file that all machines of the site share, wherever the settings have it; nothing else knows where that is.

Names are paths, such as ``previews/<sha256>.npy``. A file is there whole or not at all, on a disk and in a bucket.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages

SCRATCH = "scratch"  # the folder in DATA_DIR of what programs work on


class SiteStorage(Protocol):
    """What the site asks of a storage: Django's interface, and what that lacks.

    All methods raise FileNotFoundError for what is not there, and other errors of OSError where nothing can be read or
    saved.
    """

    def open(self, name: str, mode: str = "rb") -> "File[bytes]": ...
    def save(self, name: str, content: "File[bytes]") -> str: ...
    def exists(self, name: str) -> bool: ...
    def delete(self, name: str) -> None: ...
    def path(self, name: str) -> str: ...

    def take(self, name: str, path: Path) -> None:
        """Move a finished file of this machine's to its place, in place of what was there."""

    def fetch(self, name: str, folder: Path) -> Path:
        """Put a copy, only to be read, into a folder of this machine's; return it."""

    def state(self, name: str) -> tuple[int, int]:
        """Return the bytes, and when it was written, in ns since 1970."""

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files in a folder, one after the other; none where there is no folder."""

    def delete_folder(self, folder: str) -> None:
        """Delete a folder and all in it."""

    def why_unusable(self, *, by_writing: bool) -> str:
        """Say why files cannot be read, or saved, in a sentence; empty where they can.

        Args:
            by_writing: whether that is tried by writing, in a bucket too.
        """


def site_storage() -> SiteStorage:
    """Return the storage that the settings name."""
    return cast(SiteStorage, storages["default"])


@dataclass(frozen=True)
class SiteFile:
    """A file by its name, whether it is there or not."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where it lies on the disk. Raises NotImplementedError in a bucket: only tests and local sites may ask."""
        return Path(site_storage().path(self.name))

    def state(self) -> tuple[int, int]:
        """Return its bytes, and when it was written, in ns since 1970. Raises FileNotFoundError."""
        return site_storage().state(self.name)

    def exists(self) -> bool:
        """Tell whether it is there."""
        return site_storage().exists(self.name)

    def open(self) -> BinaryIO:
        """Return it, to be read; it can be sought in. Raises FileNotFoundError."""
        return cast(BinaryIO, site_storage().open(self.name).file)

    def read(self) -> bytes:
        """Return what is in it. Raises FileNotFoundError."""
        with self.open() as file:
            return file.read()

    def write(self, content: bytes) -> None:
        """Write it, in place of what was there."""
        site_storage().save(self.name, ContentFile(content))

    def take(self, path: Path) -> None:
        """Move a finished file of this machine's here, in place of what was there."""
        site_storage().take(self.name, path)

    def fetch(self, folder: Path) -> Path:
        """Put a copy, only to be read, into a folder of this machine's, under its own name there; return it.

        Raises:
            FileNotFoundError: it is not there.
        """
        return site_storage().fetch(self.name, folder)

    def delete(self) -> None:
        """Delete it, if it is there."""
        site_storage().delete(self.name)


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder of this machine's, for what programs read or write that know files alone; deleted in the end.

    It lies in DATA_DIR, so that on a site without a bucket nothing is copied.
    """
    parent = Path(settings.DATA_DIR) / SCRATCH
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
