"""Larger previews of photos that came before there were any: made later, from the file that was kept."""

import logging
from collections.abc import Callable

from django.db import transaction
from django.db.models import Q

from editing.photos.photo_error import PhotoError
from editing.photos.preview import LONG_EDGE
from editing.processes import Crashed, Stopped, run_isolated
from webapp.photos.decoding import ReadOtherwise, large_preview_name, make_large_preview
from webapp.photos.models import Photo
from webapp.photos.storing import lock_files
from webapp.storage.site_file import scratch

LIMIT = 15 * 60  # seconds that a photo may take
_logger = logging.getLogger(__name__)


def next_without_large_preview(after: str = "") -> Photo | None:
    """Return the first photo, by its SHA-256, that has more pixels than its preview, no larger one, and its file."""
    larger = Photo.objects.filter(Q(width__gt=LONG_EDGE) | Q(height__gt=LONG_EDGE), pk__gt=after)
    photos = larger.filter(large_preview_sha256="", removed_at=None).exclude(original_suffix="").order_by("pk")
    usable = (photo for photo in photos if photo.original.exists() and not photo.would_be_read_otherwise)
    return next(usable, None)


def add_large_preview(photo: Photo, should_stop: Callable[[], bool]) -> None:
    """Make a photo's larger preview, in a process of its own; where it cannot be made, the log says why.

    Raises:
        Stopped: it was to stop.
    """
    try:
        with scratch() as folder:
            files = photo.original.fetch(folder), photo.preview.fetch(folder)
            sha256 = run_isolated(
                make_large_preview, *files, photo.reading, folder, should_stop=should_stop, limit=LIMIT
            )
            photo.large_preview_sha256 = sha256
            photo.large_preview.take(folder / large_preview_name(sha256))
    except ReadOtherwise:
        photo.note_comparison(reads_otherwise=True)
        return
    except (PhotoError, Crashed, OSError, Stopped) as error:
        if should_stop():
            raise
        _logger.warning("%s gets no larger preview: %s", photo, error or "it took too long")
        return
    _store(photo)


def _store(photo: Photo) -> None:
    """Write down a larger preview; one of a photo that was changed or removed meanwhile is deleted."""
    with transaction.atomic():
        lock_files()
        same = Photo.objects.filter(pk=photo.pk, preview_sha256=photo.preview_sha256, removed_at=None)
        same.update(large_preview_sha256=photo.large_preview_sha256)
        if not Photo.objects.filter(large_preview_sha256=photo.large_preview_sha256).exists():
            photo.large_preview.delete()
