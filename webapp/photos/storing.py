"""Adding photos, with their source files, and removing them."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast

from django.conf import settings
from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from editing.photos.decoding import READING_VERSION
from editing.photos.finding import IMAGE_SUFFIXES, RAW_SUFFIXES
from editing.photos.read_options import ReadOptions
from webapp.photos.decoding import CHANGED, Decoded, NotSaved, SourceFile
from webapp.photos.models import ORIGINALS, PREVIEWS, Photo
from webapp.photos.thumbnails import delete_thumbnails
from webapp.photos.transport import delete_packed
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import SiteFile, scratch

Outcome = Literal["added", "known", "restored", "replaced"]
PLAYED = "people have played it, so that it is not decoded again"
_READ_FIELDS = (
    "preview_sha256",
    "large_preview_sha256",
    "width",
    "height",
    "preview_width",
    "preview_height",
    "working_space",
)
# Of Postgres's advisory locks: who adds a row for a file, or deletes the file, holds it.
_FILES_LOCK = 0x5AFE
# Sent with ``photo``, a removed one: a receiver answers whether it needs the preview and the original still.
files_needed = Signal()
# Sent inside the transaction that removes a photo, with ``photo``.
photo_removed = Signal()
# Sent with ``photos``, the SHA-256 of some: a receiver answers the set of those whose previews people have played on.
photos_played = Signal()
# Sent inside the transaction that gives a photo another preview, with ``photo``.
photo_replaced = Signal()


class NotStored(ValueError):
    """A photo that cannot be kept; the message says why, in one line."""


@dataclass(frozen=True)
class Credit:
    """What is stated of a photo: its licence, and whom the licence asks to name; empty where nothing is."""

    licence: str = ""
    attribution: str = ""


NO_CREDIT = Credit()


@contextmanager
def decoding_folder() -> Iterator[Path]:
    """Make a folder of this machine's to decode into, as `webapp.storage.site_file.scratch` does.

    Raises:
        NotSaved: it cannot be made.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(scratch())
        except OSError as error:
            raise NotSaved(f"no preview can be saved in {settings.DATA_DIR}: {error.strerror or error}") from None
        yield folder


def keep_previews(folder: Path, decoded: Decoded) -> None:
    """Give the previews of a photo, which were made in a folder of this machine's, their place.

    Raises:
        NotSaved: they cannot be saved.
    """
    try:
        for name in decoded.preview_names:
            SiteFile(f"{PREVIEWS}/{name}").take(folder / name)
    except OSError as error:
        raise NotSaved(f"no preview can be saved in {PREVIEWS}: {error.strerror or error}") from None


def store(decoded: Decoded, credit: Credit = NO_CREDIT, *, again: bool = False) -> tuple[Photo, Outcome]:
    """Keep a decoded photo; one that is known already stays as it is, one that was removed or lost comes back.

    Args:
        again: whether one that is known, and that nobody has played, takes what was decoded now.

    Raises:
        NotStored: it has another preview than the one that people have played on, or was removed by somebody else in
            this moment.
    """
    with transaction.atomic():
        lock_files()
        photo, created = Photo.objects.select_for_update().get_or_create(
            sha256=decoded.sha256, defaults=asdict(decoded) | asdict(credit)
        )
        is_same = photo.preview_sha256 == decoded.preview_sha256
        if not created and stored_photo(photo.pk):
            if again and not (is_same and photo.decoding == decoded.decoding):
                _replace(photo, decoded)
                return photo, "replaced"
            return photo, "known"
        if not is_same and not again:
            raise NotStored(
                "it was on this site and would come back with another preview "
                f"({_reading_text(photo)} then): photos are not changed in place unless they are decoded again"
            )
        if not is_same:
            _replace(photo, decoded)
        if not photo.preview.exists():
            raise NotStored("it was being removed in the same moment: add it again")
        if created:
            return photo, "added"
        photo.removed_at = None
        photo.large_preview_sha256 = decoded.large_preview_sha256
        photo.save(update_fields=["removed_at", "large_preview_sha256"])
        return photo, "restored"


def _replace(photo: Photo, decoded: Decoded) -> None:
    """Give a photo that nobody has played, and that is locked, what was decoded now; its old preview goes."""
    if photo.pk in played([photo.pk]):
        raise NotStored(PLAYED)
    before = copy(photo)
    for name in (*_READ_FIELDS, "decoding"):
        setattr(photo, name, getattr(decoded, name))
    photo.compared_reading, photo.reads_otherwise = None, False
    photo.save()
    photo_replaced.send(Photo, photo=photo)
    transaction.on_commit(lambda: _delete_preview(before))


def _delete_preview(photo: Photo) -> None:
    """Delete a preview that no photo has any more, and what was made of it."""
    with transaction.atomic():
        lock_files()
        if not Photo.objects.filter(preview_sha256=photo.preview_sha256).exists():
            delete_thumbnails(photo)
            delete_packed(photo)
            delete_or_retry(photo.preview)
            _delete_large_preview(photo)


def _delete_large_preview(photo: Photo) -> None:
    if photo.large_preview_sha256:
        delete_or_retry(photo.large_preview)


def played(photos: Collection[str]) -> set[str]:
    """Return those of some photos, by the SHA-256 of their sources, whose previews people have played on."""
    answers = (cast("set[str]", answer) for _, answer in photos_played.send(Photo, photos=photos))
    return set[str]().union(*answers)


def stored_photo(sha256: str) -> Photo | None:
    """Return the photo with this source, if it is here, not removed, and its preview not lost."""
    photo = Photo.objects.filter(sha256=sha256, removed_at=None).first()
    return photo if photo and photo.has_preview else None


def lock_files() -> None:
    """Make others wait who add or delete files, to the end of the transaction: so a new row keeps its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FILES_LOCK])


def kept_as_it_was(photo: Photo, options: ReadOptions) -> str:
    """Say what to tell someone who adds a known photo with other options: empty where they are the same."""
    if photo.decoding.get("options") in (None, asdict(options)):
        return ""
    advice = PLAYED if photo.pk in played([photo.pk]) else "nobody has played it: it can be decoded again"
    return f"it is here already, imported with {options_text(photo)}, and stays as it is ({advice})"


def read_otherwise(photo: Photo) -> str:
    """Say what to tell of a known photo that would be read otherwise by now: empty where it would not."""
    if not photo.would_be_read_otherwise:
        return ""
    return f"it would be read otherwise by now (it was by version {photo.reading.version}), and stays as it is"


def fill_credit(photo: Photo, credit: Credit) -> str:
    """State what is not stated yet of a known photo. What to tell where something else is: empty where nothing is."""
    given = {name: text for name, text in asdict(credit).items() if text}
    blank = [name for name in given if not getattr(photo, name)]
    for name in blank:
        setattr(photo, name, given[name])
    photo.save(update_fields=blank)
    kept = [f"its {name} '{getattr(photo, name)}'" for name in given if getattr(photo, name) != given[name]]
    return f"{' and '.join(kept)} stayed as before" if kept else ""


def options_text(photo: Photo) -> str:
    """Return how a photo was asked to be read, as the command line writes it."""
    options = photo.decoding.get("options") or {}
    return " ".join(f"--{name} {value}" for name, value in options.items()) or "options unknown"


def _reading_text(photo: Photo) -> str:
    """How a photo was read, as far as that may be otherwise now."""
    version = photo.reading.version
    return options_text(photo) + (f", version {version} of the reading" if version != READING_VERSION else "")


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
    if photo.original_suffix and photo.original.exists():
        return
    try:
        with scratch() as folder:
            draft = folder / photo.pk
            shutil.copyfile(source.path, draft)
            if source.has_changed:
                raise NotStored(CHANGED)
            photo.original_suffix = _suffix(source.path)
            photo.original.take(draft)
            _note_original(photo)
    except OSError as error:
        raise NotSaved(f"no original can be saved in {ORIGINALS}: {error.strerror or error}") from None


def _note_original(photo: Photo) -> None:
    """Write down that a photo's original is kept; that of one which was removed in this moment is deleted."""
    with transaction.atomic():
        lock_files()
        if Photo.objects.filter(pk=photo.pk, removed_at=None).update(original_suffix=photo.original_suffix):
            return
        delete_or_retry(photo.original)
        photo.original_suffix = ""


def _suffix(source: Path) -> str:
    """Return what tells the kind of the file when it is read again: what is no picture by its name is RAW."""
    suffix = source.suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES | RAW_SUFFIXES else ".raw"


def remove(photo: Photo) -> None:
    """Take a photo out of play. What was submitted on it stays, and as long as there is any, so do its files."""
    with transaction.atomic():
        row = Photo.objects.select_for_update().get(pk=photo.pk)
        if row.removed_at is not None:
            return
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        photo_removed.send(Photo, photo=row)
        transaction.on_commit(lambda: _delete_files(row))


def _delete_files(photo: Photo) -> None:
    with transaction.atomic():
        lock_files()
        # Two sources can have the same preview: copies that differ in their metadata alone.
        sharers = list(Photo.objects.filter(preview_sha256=photo.preview_sha256))
        needed = {sharer.pk for sharer in sharers if sharer.removed_at is None or is_needed(sharer)}
        if photo.pk not in needed:
            _delete_original(photo)
        if any(sharer.removed_at is None for sharer in sharers):
            return
        delete_thumbnails(photo)
        delete_packed(photo)
        for sharer in sharers:
            _delete_large_preview(sharer)
        if not needed:
            delete_or_retry(photo.preview)


def _delete_original(photo: Photo) -> None:
    row = Photo.objects.get(pk=photo.pk)
    if row.original_suffix:
        delete_or_retry(row.original)
        row.original_suffix = ""
        row.save(update_fields=["original_suffix"])


def is_needed(photo: Photo) -> bool:
    """Tell whether the files of a photo that was removed are still needed, by a version of a data set, say."""
    return any(answer for _, answer in files_needed.send(Photo, photo=photo))
