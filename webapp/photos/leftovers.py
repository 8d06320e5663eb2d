"""What killed uploads and writers have left behind: deleted when it is a day old."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from webapp.photos.models import ORIGINALS, PREVIEWS
from webapp.photos.thumbnails import THUMBNAILS
from webapp.photos.transport import PACKED_PREVIEWS
from webapp.storage.site_file import SCRATCH

_DAY = 24 * 3600  # seconds: nobody writes to a file for so long without a change


def delete_leftovers() -> None:
    """Delete what was last changed a day ago, of uploads, and of drafts beside what they were to become."""
    long_ago = time.time() - _DAY
    for path in _unfinished():
        with suppress(OSError):  # another process has just done it
            if path.lstat().st_mtime >= long_ago:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _unfinished() -> Iterator[Path]:
    """Yield what waits in the folders of uploads and of work, and what is hidden, as drafts are, beside finished files.

    All of it is this machine's: in a bucket nothing is there by halves.
    """
    data = Path(settings.DATA_DIR)
    for folder in (Path(settings.FILE_UPLOAD_TEMP_DIR), data / SCRATCH):
        if folder.is_dir():
            yield from folder.iterdir()
    for name in (PREVIEWS, ORIGINALS, THUMBNAILS, PACKED_PREVIEWS):
        yield from (data / name).glob(".*")
