"""Bringing photos into a study, and taking them out."""

from typing import Literal

from django.db import transaction

from editing.photos.read_options import ReadOptions
from webapp.photos.models import Photo
from webapp.photos.storing import Outcome, fill_credit, kept_as_it_was, remove
from webapp.studies.models import Study, StudyPhoto
from webapp.studies.signals import photo_taken_out


def add_photo(study: Study, photo: Photo) -> bool:
    """Make a photo one of the study's; False if it was already."""
    return StudyPhoto.objects.get_or_create(study=study, photo=photo)[1]


def bring_in(
    study: Study, photo: Photo, outcome: Outcome, options: ReadOptions, *, licence: str, attribution: str
) -> tuple[Outcome | Literal["linked"], str]:
    """Make a photo one of the study's, with what became of it when it was stored.

    Returns:
        The outcome, ``linked`` for a known photo that is new in this study, and a note on what was asked for and is
        not so; empty else.
    """
    is_new = add_photo(study, photo)
    if outcome == "added":
        return outcome, ""
    notes = [kept_as_it_was(photo, options), fill_credit(photo, licence=licence, attribution=attribution)]
    return "linked" if outcome == "known" and is_new else outcome, "; ".join(filter(None, notes))


@transaction.atomic
def take_out(study: Study, photo: Photo) -> None:
    """Take a photo out of a study; when no other study has it, it is removed."""
    # Nobody begins it in the meantime.
    Photo.objects.select_for_update().get(pk=photo.pk)
    StudyPhoto.objects.filter(study=study, photo=photo).delete()
    photo_taken_out.send(Study, study=study, photo=photo)
    if not StudyPhoto.objects.filter(photo=photo).exists():
        remove(photo)
