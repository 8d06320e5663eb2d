"""Adding photos and removing them."""

from dataclasses import asdict, dataclass
from typing import Literal

from django.db import connection, transaction
from django.utils import timezone

from editing.photos.read_options import ReadOptions
from webapp.photos.decoding import Decoded
from webapp.photos.models import Photo
from webapp.photos.signals import files_needed, photo_removed
from webapp.photos.thumbnails import delete_thumbnails
from webapp.photos.transport import delete_packed

Outcome = Literal["added", "known", "restored"]
# Of Postgres's advisory locks: who adds a row for a file, or deletes the file, holds it.
_FILES_LOCK = 0x5AFE


class NotStored(ValueError):
    """A photo that cannot be kept; the message says why, in one line."""


@dataclass(frozen=True)
class Credit:
    """What is stated of a photo: its licence, and whom the licence asks to name; empty where nothing is."""

    licence: str = ""
    attribution: str = ""


NO_CREDIT = Credit()


def store(decoded: Decoded, credit: Credit = NO_CREDIT) -> tuple[Photo, Outcome]:
    """Keep a decoded photo; one that is known already stays as it is, one that was removed or lost comes back.

    Raises:
        NotStored: it comes back with another preview than the one that people have played on, or was removed by
            somebody else in this moment.
    """
    with transaction.atomic():
        lock_files()
        photo, created = Photo.objects.select_for_update().get_or_create(
            sha256=decoded.sha256, defaults=asdict(decoded) | asdict(credit)
        )
        if not created and known(photo.pk):
            return photo, "known"
        if photo.preview_sha256 != decoded.preview_sha256:
            raise NotStored(
                "it was on this site and would come back with another preview "
                f"({options_text(photo)} then): photos are never changed in place"
            )
        if not photo.preview_path.is_file():
            raise NotStored("it was being removed in the same moment: add it again")
        if created:
            return photo, "added"
        photo.removed_at = None
        photo.save(update_fields=["removed_at"])
        return photo, "restored"


def known(sha256: str) -> Photo | None:
    """The photo with this source, if it is here, not removed, and its preview not lost."""
    photo = Photo.objects.filter(sha256=sha256, removed_at=None).first()
    return photo if photo and photo.has_preview else None


def lock_files() -> None:
    """Make others wait who add or delete files, to the end of the transaction: so a new row keeps its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FILES_LOCK])


def kept_as_it_was(photo: Photo, options: ReadOptions) -> str:
    """What to tell someone who adds a known photo with other options: empty where they are the same."""
    if photo.decoding.get("options") in (None, asdict(options)):
        return ""
    return f"it is here already, imported with {options_text(photo)}, and stays as it is"


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
    """How a photo was asked to be read, as the command line writes it."""
    options = photo.decoding.get("options") or {}
    return " ".join(f"--{name} {value}" for name, value in options.items()) or "options unknown"


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
        needed = {sharer.pk for sharer in sharers if sharer.removed_at is None or _is_needed(sharer)}
        if photo.pk not in needed:
            _delete_original(photo)
        if any(sharer.removed_at is None for sharer in sharers):
            return
        delete_thumbnails(photo)
        delete_packed(photo)
        if not needed:
            photo.preview_path.unlink(missing_ok=True)


def _delete_original(photo: Photo) -> None:
    row = Photo.objects.get(pk=photo.pk)
    if row.original_suffix:
        row.original_path.unlink(missing_ok=True)
        row.original_suffix = ""
        row.save(update_fields=["original_suffix"])


def _is_needed(photo: Photo) -> bool:
    return any(answer for _, answer in files_needed.send(Photo, photo=photo))
