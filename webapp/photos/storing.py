"""Adding photos and removing them."""

from dataclasses import asdict
from typing import Literal

from django.db import transaction
from django.utils import timezone

from webapp.photos.decoding import Decoded
from webapp.photos.models import Photo
from webapp.photos.signals import photo_removed
from webapp.photos.thumbnails import delete_thumbnails

Outcome = Literal["added", "known", "restored"]


class OtherDecoding(ValueError):
    """A photo that was removed comes back with another preview than the one that people have played on."""


def store(decoded: Decoded, *, licence: str = "", attribution: str = "") -> tuple[Photo, Outcome]:
    """Keep a decoded photo; one that is known already stays as it is.

    Raises:
        OtherDecoding: see there.
    """
    with transaction.atomic():
        photo, created = Photo.objects.select_for_update().get_or_create(
            sha256=decoded.sha256, defaults={**asdict(decoded), "licence": licence, "attribution": attribution}
        )
        if created:
            return photo, "added"
        if photo.removed_at is None:
            return photo, "known"
        if photo.preview_sha256 != decoded.preview_sha256:
            raise OtherDecoding(
                f"{decoded.name} was removed from this site and would come back with another preview "
                f"({options_text(photo)} then): photos are never changed in place"
            )
        photo.removed_at = None
        photo.save(update_fields=["removed_at"])
        return photo, "restored"


def known(sha256: str) -> Photo | None:
    """The photo with this source, if it is here and not removed."""
    return Photo.objects.filter(sha256=sha256, removed_at=None).first()


def kept_as_it_was(photo: Photo, transfer: str, primaries: str) -> str:
    """What to tell someone who adds a known photo with other options: empty where they are the same."""
    options = photo.decoding.get("options")
    if options in (None, {"transfer": transfer, "primaries": primaries}):
        return ""
    return f"{photo.name} is here already, imported with {options_text(photo)}; it stays as it is"


def options_text(photo: Photo) -> str:
    """How a photo was asked to be read, as the command line writes it."""
    options = photo.decoding.get("options") or {}
    return " ".join(f"--{name} {value}" for name, value in options.items()) or "options unknown"


def remove(photo: Photo) -> None:
    """Take a photo out of play and delete its preview; what was submitted on it stays."""
    with transaction.atomic():
        row = Photo.objects.select_for_update().get(pk=photo.pk)
        if row.removed_at is not None:
            return
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        photo_removed.send(Photo, photo=row)
        transaction.on_commit(lambda: _delete_files(row))


def _delete_files(photo: Photo) -> None:
    # Two sources can have the same preview: two black frames.
    if not Photo.objects.filter(preview_sha256=photo.preview_sha256, removed_at=None).exists():
        photo.preview_path.unlink(missing_ok=True)
        delete_thumbnails(photo)
