"""What killed uploads and writers have left behind: deleted when it is a day old."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from webapp.photos.models import originals_folder, previews_folder
from webapp.photos.thumbnails import thumbnails_folder
from webapp.photos.transport import packed_folder

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
    """Yield what waits in the folder of uploads, and what is hidden, as drafts are, where finished files lie."""
    if (uploads := Path(settings.FILE_UPLOAD_TEMP_DIR)).is_dir():
        yield from uploads.iterdir()
    for folder in (previews_folder(), originals_folder(), thumbnails_folder(), packed_folder()):
        yield from folder.glob(".*")
