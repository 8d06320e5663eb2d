"""The photos' source files, kept so that what people made of them can be developed at full size."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from editing.files import draft_beside
from editing.photos.finding import IMAGE_SUFFIXES, RAW_SUFFIXES
from webapp.photos.decoding import CHANGED, NotSaved, SourceFile
from webapp.photos.models import Photo, originals_folder
from webapp.photos.storing import NotStored, lock_files


def keep_original(photo: Photo, source: SourceFile) -> None:
    """Keep a copy of the photo's source file, unless it is here already or the site keeps none (KEEP_ORIGINALS).

    The copy appears whole or not at all. A photo of which nobody knows how it was read keeps none either: it could
    not be read again in the same way.

    Raises:
        NotSaved: the folder cannot be made or written to.
        NotStored: the file was changed since its SHA-256 was taken.
    """
    if not settings.KEEP_ORIGINALS or "options" not in photo.decoding:
        return
    if photo.original_suffix and photo.original_path.is_file():
        return
    folder = originals_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft_beside(folder / photo.pk) as draft:
            shutil.copyfile(source.path, draft)
            if source.has_changed:
                raise NotStored(CHANGED)
            _take_in(photo, draft, _suffix(source.path))
    except OSError as error:
        raise NotSaved(f"no original can be saved in {folder}: {error.strerror or error}") from None


def _take_in(photo: Photo, draft: Path, suffix: str) -> None:
    with transaction.atomic():
        lock_files()
        row = Photo.objects.get(pk=photo.pk)
        if row.removed_at is not None:  # in this moment
            return
        row.original_suffix = photo.original_suffix = suffix
        draft.replace(row.original_path)
        row.save(update_fields=["original_suffix"])


def _suffix(source: Path) -> str:
    """What tells the kind of the file when it is read again: all that is no picture by its name is a RAW file."""
    suffix = source.suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES | RAW_SUFFIXES else ".raw"
