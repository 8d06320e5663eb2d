"""Files in DATA_DIR, on this machine's disk or on a file system that several machines share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from editing.files import atomic_file


class Disk(FileSystemStorage):
    """A `SiteStorage` in DATA_DIR."""

    def __init__(self) -> None:
        """Files are replaced by those that take their names."""
        super().__init__(allow_overwrite=True)

    def path(self, name: str) -> str:
        """Return where a file lies, or would."""
        return str(Path(settings.DATA_DIR) / name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            for chunk in content.chunks():
                file.write(chunk)
        return name

    def take(self, name: str, path: Path) -> None:
        """Rename a file, once the disk has it."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(path)
        path.replace(target)
        _sync(target.parent)

    def fetch(self, name: str, folder: Path) -> Path:
        """Give the file a second name; copy it where the file system knows no such names."""
        source = Path(self.path(name))
        target = folder / source.name
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(source, target)
        return target

    def state(self, name: str) -> tuple[int, int]:
        """Return bytes and time of the last change."""
        status = Path(self.path(name)).stat()
        return status.st_size, status.st_mtime_ns

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files in a folder."""
        path = Path(self.path(folder))
        if path.is_dir():
            yield from (f"{folder}/{file.name}" for file in path.iterdir() if file.is_file())

    def delete_folder(self, folder: str) -> None:
        """Delete a folder and all in it."""
        shutil.rmtree(self.path(folder), ignore_errors=True)

    def why_unusable(self, **kwargs: Any) -> str:
        """Say nothing: who asks how the site is looks at the disk of DATA_DIR anyway, since all sites work on it."""
        return ""


def _sync(path: Path) -> None:
    """Let the disk have a file's content, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
